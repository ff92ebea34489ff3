"""A small water phantom as a case folder, with a target beside a cord, made without planning."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from spondyl.anatomy import Case, Structures, from_coverage
from spondyl.clinic import Facts
from spondyl.core import Grid, Image
from spondyl.io import write_ct_series, write_rtstruct

GRID = Grid((-48.0, -68.0, 80.0), (4.0, 4.0, 4.0), (12, 25, 25))
"""100 x 100 x 48 mm round the isocentre of `rtplan_maker`."""


def box(low: tuple[float, float, float], high: tuple[float, float, float]) -> np.ndarray:
    """Coverage of voxels whose centres lie in a box, (x, y, z) in mm."""
    inside = np.ones(GRID.shape, bool)
    for axis, a, b in zip("xyz", low, high, strict=True):
        at = GRID.axis_mm(axis)
        shape = [1, 1, 1]
        shape[2 - "xyz".index(axis)] = -1
        inside &= ((at >= a) & (at <= b)).reshape(shape)
    return inside.astype(np.float32)


def phantom_case() -> Case:
    parts = (
        ("External", "external", box((-44, -64, 80), (44, 24, 124))),
        ("PTV_Eval", "target", box((-14, -36, 92), (14, -12, 112))),
        ("SpinalCord", "oar", box((-6, -6, 84), (6, 2, 120))),
    )
    water = np.where(parts[0][2] > 0, 0, -1000).astype(np.int16)
    drawn = Structures([from_coverage(name, role, GRID, mask) for name, role, mask in parts])
    return Case("phantom", Facts(), Image(GRID, water), drawn)


def write_phantom(folder: Path) -> Path:
    """CT as DICOM, structures.dcm, case.yaml."""
    made = phantom_case()
    write_ct_series(folder / "ct", made)
    write_rtstruct(folder / "structures.dcm", made, made.structures)
    (folder / "case.yaml").write_text("case_id: phantom\n", encoding="utf-8")
    return folder
