"""A water cylinder with a tumour in front of a cord: a case small enough to plan in seconds."""

from __future__ import annotations

import numpy as np

from spondyl.anatomy import Case, Structure, Structures, expand, from_coverage
from spondyl.clinic import Facts
from spondyl.core import Grid, Image
from spondyl.plan import PlanSettings

GRID = Grid((-72.5, -72.5, -47.5), (5.0, 5.0, 5.0), (20, 30, 30))
SETTINGS = PlanSettings(fields=5, engine="pencil-beam")


def blocks(name: str, role: str, x: tuple[float, float], y: tuple[float, float], z: tuple[float, float]) -> Structure:
    """A box of whole voxels between the given bounds in mm."""
    inside = [
        (GRID.axis_mm(axis) > low) & (GRID.axis_mm(axis) < high)
        for axis, (low, high) in zip("zyx", (z, y, x), strict=True)
    ]
    coverage = inside[0][:, None, None] & inside[1][None, :, None] & inside[2][None, None, :]
    return from_coverage(name, role, GRID, coverage)  # type: ignore[arg-type]


def cylinder_case() -> Case:
    """GTV of 20 mm, PTV_Eval around it, and behind them a cord of 10 mm with its 2 mm margin."""
    _, y, x = np.meshgrid(*(GRID.axis_mm(a) for a in "zyx"), indexing="ij")
    body = from_coverage("BODY", "external", GRID, (np.hypot(x, y) <= 70).astype(np.float32))
    cord = blocks("SpinalCord", "oar", (-5, 5), (20, 30), (-50, 50))
    sides = dict.fromkeys(("left_mm", "right_mm", "anterior_mm", "posterior_mm", "superior_mm", "inferior_mm"), 2.0)
    structures = Structures(
        [
            body,
            blocks("GTV", "target", (-10, 10), (-10, 10), (-10, 10)),
            blocks("PTV_Eval", "target", (-15, 15), (-15, 15), (-15, 15)),
            cord,
            expand(cord, "SpinalCord_PRV02", "prv", **sides),
        ]
    )
    hu = np.where(body.full() > 0, 0, -1000).astype(np.int16)
    return Case("cylinder", Facts(), Image(GRID, hu), structures)
