"""Both engines beside EGSnrc in water, in numbers: the table of docs/validation.md.

Run: `python bench/physics/monte_carlo_water.py`. Reference and phantom are those of tests/dose.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "dose"))
from photon_phantoms import DOSE, line_gamma, reference, shares, square_field, water_grid

from spondyl.dose import ENGINE_NAMES, compute_dose
from spondyl.physics import bare_beam, mohan_6mv, uniform_medium

FIELDS = ((30, 40, 3.0), (100, 85, 9.0))  # side, half width of the phantom, half width of the averaged core, mm


def lines(dose, name, core_mm):
    """Depth curve and four profiles: places and dose of the reference, places and dose of the engine."""
    x, z = dose.grid.axis_mm("x"), dose.grid.axis_mm("z")
    across = shares(x, -core_mm, core_mm)
    depth = [r for r in reference(f"{name}_depth.csv") if 0.2 < r["depth_cm"] < 21]
    yield depth, "depth_cm", z, np.einsum("zyx,y,x->z", dose.values, across, across)
    for at_cm, half_mm in (("1.5", 1.25), ("5", 2.5), ("10", 2.5), ("20", 2.5)):
        rows = [r for r in reference(f"{name}_profile_d{at_cm}cm.csv") if 10 * r["x_cm"] < x[-1]]
        layer = shares(z, 10 * float(at_cm) - half_mm, 10 * float(at_cm) + half_mm)
        yield rows, "x_cm", x, np.einsum("zyx,z,y->x", dose.values, layer, across)


def main() -> None:
    print("engine          field  points  2%/2mm  1%/1mm  mean gamma  engine over MC on the axis: mean, least, most")
    for side_mm, half_mm, core_mm in FIELDS:
        name = f"W_{side_mm // 10}x{side_mm // 10}"
        maximum = max(r[DOSE] for r in reference(f"{name}_depth.csv"))
        for engine in ENGINE_NAMES:
            dose = compute_dose(
                [square_field(side_mm)], uniform_medium(water_grid(half_mm, 230)), bare_beam(mohan_6mv()), engine=engine
            )
            wide, narrow, ratio = [], [], np.empty(0)
            for rows, key, places, values in lines(dose, name, core_mm):
                at, wanted = (np.array([r[k] for r in rows]) for k in (key, DOSE))
                kept = wanted > 0.1 * maximum
                for share, mm, found in ((0.02, 2.0, wide), (0.01, 1.0, narrow)):
                    found.append(line_gamma(10 * at[kept], wanted[kept], places, values, share * maximum, mm))
                if key == "depth_cm":
                    ratio = (np.interp(10 * at, places, values) / wanted)[10 * at > 15]
            first, second = np.concatenate(wide), np.concatenate(narrow)
            passing = [100 * np.mean(found <= 1) for found in (first, second)]
            print(
                f"{engine:15} {side_mm:4}   {len(first):5}  {passing[0]:5.1f}   {passing[1]:5.1f}"
                f"      {first.mean():.2f}       {ratio.mean():.4f}, {ratio.min():.4f}, {ratio.max():.4f}"
            )


if __name__ == "__main__":
    main()
