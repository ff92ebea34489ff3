"""A vertebra made of boxes, with known volumes: sectors, canal, cord, sac, tumour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy import Case, Structure, Structures, from_coverage
from spondyl.clinic.facts import read_facts
from spondyl.core import Grid, Image

GRID = Grid((-49, -49, -39), (2, 2, 2), (40, 50, 50))
"""Voxel edges from -50 to 50 mm in x and y, -40 to 40 mm in z."""

# (x, y, z) edges in mm: x to the left, y to posterior, z up. Body 40 x 30 x 24 mm in front of a canal 20 x 16 mm.
BOXES: dict[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    "vertebral_body": ((-20, 20), (-38, -8), (-12, 12)),
    "pedicle_left": ((10, 16), (-8, 0), (-12, 12)),
    "pedicle_right": ((-16, -10), (-8, 0), (-12, 12)),
    "transverse_process_lamina_left": ((10, 34), (0, 8), (-12, 12)),
    "transverse_process_lamina_right": ((-34, -10), (0, 8), (-12, 12)),
    "arch_left": ((0, 10), (8, 14), (-12, 12)),
    "arch_right": ((-10, 0), (8, 14), (-12, 12)),
    "spinous_process": ((-4, 4), (14, 32), (-12, 12)),
    "spinal_canal": ((-10, 10), (-8, 8), (-40, 40)),
    "spinal_cord": ((-4, 4), (-4, 4), (-40, 40)),
    "thecal_sac": ((-8, 8), (-6, 6), (-40, 40)),
    "BODY": ((-50, 50), (-50, 40), (-40, 40)),
}
ROLES = {
    "BODY": "external",
    "spinal_canal": "canal",
    "spinal_cord": "oar",
    "thecal_sac": "oar",
    "GTV": "target",
}


def box(x: tuple[float, float], y: tuple[float, float], z: tuple[float, float]) -> NDArray[np.bool_]:
    inside = [(GRID.axis_mm(a) > lo) & (GRID.axis_mm(a) < hi) for a, (lo, hi) in zip("xyz", (x, y, z), strict=True)]
    return inside[2][:, None, None] & inside[1][None, :, None] & inside[0][None, None, :]


def structures() -> dict[str, Structure]:
    masks = {name: box(*edges) for name, edges in BOXES.items()}
    for side in ("left", "right"):
        masks[f"transverse_process_lamina_{side}"] |= masks.pop(f"arch_{side}")
    return {name: from_coverage(name, ROLES.get(name, "bone"), GRID, mask) for name, mask in masks.items()}


def case(
    gtv: NDArray[np.bool_] | None,
    level: str | None = "T11",
    without: tuple[str, ...] = (),
    more: tuple[Structure, ...] = (),
    name: str = "GTV",
) -> Case:
    found = {n: s for n, s in structures().items() if n not in without}
    for structure in more:
        found[structure.name] = structure
    if gtv is not None:
        found[name] = from_coverage(name, "target", GRID, gtv)
    ct = Image(GRID, np.zeros(GRID.shape, dtype=np.int16))
    facts = read_facts({} if level is None else {"level": level})
    return Case("phantom", facts, ct, Structures(list(found.values())))


SECTORS_AND_VERTEBRA = tuple(name for name in structures() if ROLES.get(name, "bone") == "bone")
