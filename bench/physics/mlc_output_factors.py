"""Output factors of squares that a multileaf collimator shapes, by an engine, beside the measured ones.

The leaves stand so that the fluence's edge, the rounded ends' offset included, is at the nominal side; the jaws stand
5 mm outside. Measured: Elekta Agility, SSD 900 mm, 100 mm deep in water (src/spondyl/data/machines/measured). That beam
is the one of the linac; its leaves are another maker's, so that the sides of the field are compared, not its leaves.

    python bench/physics/mlc_output_factors.py [collapsed-cone|pencil-beam] [hd120-6mv|m120-6mv]
"""

from __future__ import annotations

import csv
import sys
from importlib.resources import files

import numpy as np

from spondyl.core import Grid
from spondyl.dose import Field, LeafAperture, compute_dose
from spondyl.physics import Linac, load_linac, load_machine, uniform_medium
from spondyl.plan.external import Beam, ControlPoint, segment_fields

SIDES_MM = (10.0, 30.0, 40.0, 50.0, 70.0, 100.0)
JAWS_OUTSIDE_MM = 5.0
DEPTH_MM = 100.0
BEHIND_MM = 120.0


def measured() -> dict[float, float]:
    """Output factor by side of the square in mm."""
    path = files("spondyl").joinpath("data/machines/measured/agility-6mv/output_factor.csv")
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return {float(row["square_field_side_mm"]): float(row["output_factor"]) for row in rows}


def square(linac: Linac, side_mm: float) -> Field:
    """One monitor unit straight down through a square of leaves; the isocentre is at the origin."""
    tip = side_mm / 2 - linac.mlc.leaf_offset_mm
    leaves = np.full((linac.mlc.pairs, 2), -side_mm / 2 - 20.0)
    leaves[np.abs(linac.mlc.leaf_middles_mm) < side_mm / 2] = (-tip, tip)
    jaw = side_mm / 2 + JAWS_OUTSIDE_MM
    aperture = LeafAperture(leaves, (-jaw, jaw, -jaw, jaw))
    points = tuple(ControlPoint(0.0, 0.0, 0.0, aperture, mu) for mu in (0.0, 1.0))
    (field,) = segment_fields(Beam("square", linac.name, (0.0, 0.0, 0.0), points), linac, load_machine(linac.beam))
    return field


def water(half_mm: float, spacing_mm: float) -> Grid:
    """Water whose surface is `DEPTH_MM` before the isocentre; a voxel's middle lies on the axis."""
    across = 2 * int(half_mm / spacing_mm) + 1
    deep = int((DEPTH_MM + BEHIND_MM) / spacing_mm)
    side = -(across // 2) * spacing_mm
    return Grid((side, -DEPTH_MM + spacing_mm / 2, side), (spacing_mm,) * 3, (across, deep, across))


def gy_per_mu(linac: Linac, side_mm: float, engine: str, where: Grid | None = None, spacing_mm: float = 2.5) -> float:
    """Dose on the axis at the isocentre, on the whole phantom or on `where`."""
    phantom = uniform_medium(water(side_mm / 2 + 90.0, spacing_mm))
    dose = compute_dose([square(linac, side_mm)], phantom, load_machine(linac.beam), engine=engine, grid=where)
    nz, _, nx = dose.grid.shape
    return float(np.interp(0.0, dose.grid.axis_mm("y"), dose.values[nz // 2, :, nx // 2].astype(np.float64)))


def main() -> None:
    """Print the table."""
    engine, name = (*sys.argv[1:], *("collapsed-cone", "hd120-6mv")[len(sys.argv) - 1 :])
    linac, wanted = load_linac(name), measured()
    doses = {side: gy_per_mu(linac, side, engine) for side in SIDES_MM}
    print(f"{linac.mlc.name}, {engine}; {doses[100.0]:.5f} Gy/MU in 100 mm")
    for side, dose in doses.items():
        factor = dose / doses[100.0]
        print(f"{side:4.0f} mm  measured {wanted[side]:.4f}  {factor:.4f}  {100 * (factor / wanted[side] - 1):+.2f} %")


if __name__ == "__main__":
    main()
