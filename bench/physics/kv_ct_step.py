"""What blending Schneider's tissues smooths at the step from connective tissue to bone, in numbers.

Run: `python bench/physics/kv_ct_step.py`; docs/theory/kilovoltage-source.md has its table.
"""

import numpy as np

from spondyl.physics import mass_energy_absorption, schneider_calibration
from spondyl.physics.kv import blended_composition, kv_calibration


def absorption(material, kev):
    return float(mass_energy_absorption(material, kev / 1000)[0])


def main() -> None:
    table = schneider_calibration()
    names = [m.name for m in table.materials]
    below, above = (table.materials[names.index(n)] for n in ("ct-connective", "ct-bone-1"))
    published = 1.003 + 1.169e-3 * 100, 1.017 + 0.592e-3 * 101  # eq. 21: 24 to 100 HU, above 100 HU
    print(f"density, published, 100 to 101 HU: {published[0]:.3f} to {published[1]:.3f} g/cm3")
    here = kv_calibration().density(np.array([100.0, 101.0]))
    print(f"density, here: {here[0]:.4f} to {here[1]:.4f} g/cm3")
    hu = np.arange(-1020.0, 1701.0)
    for kev in (20.0, 30.0):
        blended = np.array([absorption(blended_composition(h), kev) for h in hu])
        steps = np.abs(blended[1:] / blended[:-1] - 1)
        print(
            f"{kev:g} keV: boundary x {absorption(above, kev) / absorption(below, kev):.2f}; blended, largest a HU "
            f"{100 * steps.max():.1f} % at {hu[:-1][steps.argmax()]:g} HU; 115 to 125 HU "
            f"x {blended[hu == 125][0] / blended[hu == 115][0]:.2f}"
        )
    print(f"materials: {len(kv_calibration().materials)}")


if __name__ == "__main__":
    main()
