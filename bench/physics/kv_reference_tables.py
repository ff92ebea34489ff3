"""Analogue Monte Carlo against independent tables (EGSnrc / egs_brachy): point sources in water and cortical bone.

Usage: python bench/physics/kv_reference_tables.py [HISTORIES]

Prints, for every table of tests/data/kv, the deviation of each shell from 3 to 40 mm, its joint standard error, and
how many shells lie beyond both 1 % and 3 standard errors.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from spondyl.dose.kv.shells import shell_dose
from spondyl.physics import MATERIALS
from spondyl.physics.kv import KvSpectrum, bundled_kv_spectrum

TABLES = Path(__file__).parents[2] / "tests" / "data" / "kv"
SHELLS = slice(3, 41)


def _line(energy_kev: float) -> KvSpectrum:
    return KvSpectrum(np.array([energy_kev]), np.array([energy_kev]), np.ones(1))


def main(histories: int) -> None:
    for name, material, spectrum in (
        ("water_au50", "water", bundled_kv_spectrum()),
        ("bone_au50", "cortical-bone", bundled_kv_spectrum()),
        ("water_20", "water", _line(20.0)),
        ("water_30", "water", _line(30.0)),
    ):
        begun = time.process_time()
        dose, error = (a[SHELLS] for a in shell_dose(MATERIALS[material], spectrum, histories))
        reference = np.loadtxt(TABLES / f"{name}.csv", delimiter=",", skiprows=1)[SHELLS]
        off = dose / reference[:, 2] - 1
        joint = np.hypot(error / dose, reference[:, 3])
        beyond = (np.abs(off) > 0.01) & (np.abs(off) > 3 * joint)
        weight = joint**-2
        print(f"\n{name}: {histories:.3g} histories, {time.process_time() - begun:.0f} s of CPU")
        print("  r mm   off %   joint error %")
        for r, o, j in zip(range(SHELLS.start, SHELLS.stop), 100 * off, 100 * joint, strict=True):
            print(f"  {r:4d}  {o:6.2f}   {j:5.2f}")
        mean, spread = np.average(off, weights=weight), weight.sum() ** -0.5
        print(f"  mean {100 * mean:+.3f} +- {100 * spread:.3f} %; chi2 per shell {np.mean((off / joint) ** 2):.2f}")
        print(f"  {beyond.sum()} of {off.size} shells beyond both 1 % and 3 standard errors")


if __name__ == "__main__":
    main(int(float(sys.argv[1])) if len(sys.argv) > 1 else 40_000_000)
