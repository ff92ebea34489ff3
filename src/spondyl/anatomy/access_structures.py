"""What a needle adds to a case's structures: itself, the tumour that its end leaves, the skin, the cement after it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from spondyl.anatomy.access import Access
from spondyl.anatomy.algebra import intersection
from spondyl.anatomy.structure import Structure, from_coverage
from spondyl.core.errors import StructureError
from spondyl.core.grid import Box, Grid

SKIN_MM = 3.0
"""The outer rim of the body that is told as skin. Ours: limits on skin name no depth."""
CEMENTED = "Cement_assumed"
"""The structure that is cement in the dose after it."""
SHAFT = "Cannula_assumed"
"""The structure that is metal in the dose that is given."""
METAL_FROM_MM = 10.0
"""Behind the source's centre: from here to the skin the needle is taken for metal throughout, its whole width. Ours:
what the last centimetre is made of was found in no opened source; docs/theory/needle-access.md has what others change.
"""
SHAFT_MM = 60.0
"""How far behind the cortex the shaft is drawn."""
MOST_OF_BODY = 0.3
"""Share of the vertebral body that the assumed cement fills at most: the largest filling that Rotter et al. tested (10,
16 and 30 % of the body's volume; Clin Biomech 2015;30:720-725)."""
PARTS = 4
"""A voxel's share is counted on this many points along each axis."""


def needle_structure(grid: Grid, path: Access, tip_radius_mm: float, name: str) -> Structure:
    """The cannula from behind the cortex to the source, and a ball of `tip_radius_mm` about the source.

    Parameters
    ----------
    grid
        The CT's.
    tip_radius_mm
        From the source's centre to the applicator's surface.
    """
    coverage = np.zeros(grid.shape, np.float32)
    _add_shaft(coverage, grid, path, (0.0, path.depth_from_entry_mm + SHAFT_MM), tip_radius_mm)
    made = (
        f"cannula of {path.cannula_mm:g} mm from {SHAFT_MM:g} mm behind the cortex, {_told(path.entry_mm)} mm, to the "
        f"source at {_told(path.tip_mm)} mm, a ball of {tip_radius_mm:g} mm about it"
    )
    return from_coverage(name, "other", grid, coverage, made=(made,), colour="#222222")


def shaft_structure(grid: Grid, paths: Sequence[Access]) -> Structure:
    """The metal of the needles, `METAL_FROM_MM` behind the source and on to the skin; tip and applicator are left out.

    Parameters
    ----------
    grid
        The CT's.
    paths
        Where the skin is not known, `SHAFT_MM` behind the cortex is the end.
    """
    coverage = np.zeros(grid.shape, np.float32)
    for path in paths:
        behind = SHAFT_MM if path.skin_to_entry_mm is None else path.skin_to_entry_mm
        _add_shaft(coverage, grid, path, (METAL_FROM_MM, path.depth_from_entry_mm + behind))
    made = f"cannula of {paths[0].cannula_mm:g} mm from {METAL_FROM_MM:g} mm behind the source to the skin, massive"
    return from_coverage(SHAFT, "other", grid, coverage, made=(made,), colour="#555555")


def _add_shaft(
    coverage: NDArray[np.float32], grid: Grid, path: Access, behind_mm: tuple[float, float], ball_mm: float = 0.0
) -> None:
    """Add the cylinder of a path between two distances behind its tip, and a ball about the tip, in place."""
    source, direction = np.asarray(path.tip_mm), path.direction
    radius = path.cannula_mm / 2

    def inside(points: NDArray[np.float64]) -> NDArray[np.bool_]:
        away = points - source
        along = -(away @ direction)
        across = np.linalg.norm(away + along[..., None] * direction, axis=-1)
        shaft = (across <= radius) & (along >= behind_mm[0]) & (along <= behind_mm[1])
        return shaft | (np.linalg.norm(away, axis=-1) <= ball_mm)

    ends = np.stack((source, source - behind_mm[1] * direction))
    reach = max(radius, ball_mm) + 1.0
    box = _box(grid, ends.min(axis=0) - reach, ends.max(axis=0) + reach)
    coverage[box] = np.maximum(coverage[box], _covered(grid.crop(box), inside))


def skin_structure(external: Structure, low_mm: Sequence[float], high_mm: Sequence[float]) -> Structure:
    """The outer `SKIN_MM` of the body between two corners (x, y, z).

    Raises
    ------
    StructureError
        If the body has no skin there.
    """
    grid = external.grid
    box = _box(grid, np.asarray(low_mm), np.asarray(high_mm))
    body = external.full()[box] >= 0.5
    away = np.asarray(distance_transform_edt(body, sampling=grid.spacing_mm[::-1]))
    coverage = np.zeros(grid.shape, np.float32)
    coverage[box] = body & (away <= SKIN_MM)
    if body.all() or not coverage.any():
        raise StructureError(f'"{external.name}" has no surface within the dose grid, so the skin there is not known')
    return from_coverage(
        "Skin", "oar", grid, coverage, made=(f"outer {SKIN_MM:g} mm of {external.name} near the path",)
    )


def cement_structure(target: Structure, body: Structure, places_mm: Sequence[Sequence[float]]) -> Structure:
    """The cement as it is assumed: the target in the vertebral body, nearest to the source first, nothing beyond.

    Parameters
    ----------
    target, body
        On one grid. More than `MOST_OF_BODY` of the body is never filled.
    places_mm
        (x, y, z) where the source stood, which is where cement comes out.
    """
    room = intersection(target, body, CEMENTED, "other")
    most_cm3 = MOST_OF_BODY * body.volume_cm3
    if room.volume_cm3 <= most_cm3:
        return room
    grid = room.local_grid
    z, y, x = np.meshgrid(grid.axis_mm("z"), grid.axis_mm("y"), grid.axis_mm("x"), indexing="ij")
    centres = np.stack((x, y, z), axis=-1)
    away = np.min([np.linalg.norm(centres - np.asarray(place), axis=-1) for place in places_mm], axis=0)
    order = np.argsort(away, axis=None, kind="stable")
    filled_cm3 = np.cumsum(room.coverage.ravel()[order], dtype=np.float64) * grid.voxel_volume_cm3
    coverage = np.zeros(room.grid.shape, np.float32)
    nearest = np.zeros(room.coverage.size, bool)
    nearest[order[filled_cm3 <= most_cm3]] = True
    coverage[room.box] = np.where(nearest.reshape(room.coverage.shape), room.coverage, 0)
    share = f"{100 * MOST_OF_BODY:g} % of {body.name}"
    step = f"of {room.volume_cm3:.3g} cm3 the {most_cm3:.3g} cm3 nearest to the source, {share}"
    return from_coverage(CEMENTED, "other", room.grid, coverage, made=(*room.made, step), colour=room.colour)


def _covered(grid: Grid, inside) -> NDArray[np.float32]:
    z, y, x = np.meshgrid(grid.axis_mm("z"), grid.axis_mm("y"), grid.axis_mm("x"), indexing="ij")
    centres = np.stack((x, y, z), axis=-1)
    share = np.zeros(grid.shape, np.float32)
    for index in np.ndindex(PARTS, PARTS, PARTS):
        share += inside(centres + ((np.array(index) + 0.5) / PARTS - 0.5) * np.asarray(grid.spacing_mm))
    return share / np.float32(PARTS**3)


def _box(grid: Grid, low_mm: NDArray[np.float64], high_mm: NDArray[np.float64]) -> Box:
    first = np.clip(np.floor(grid.index_of(low_mm)), 0, np.array(grid.shape) - 1).astype(int)
    last = np.clip(np.ceil(grid.index_of(high_mm)), 0, np.array(grid.shape) - 1).astype(int)
    z, y, x = (slice(int(a), int(b) + 1) for a, b in zip(first, last, strict=True))
    return z, y, x


def _told(point: Sequence[float]) -> str:
    return ", ".join(f"{v:.1f}" for v in point)
