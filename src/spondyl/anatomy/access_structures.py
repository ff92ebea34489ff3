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
SHAFT_MM = 60.0
"""How far behind the cortex the shaft is drawn."""
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
    source, direction = np.asarray(path.tip_mm), path.direction
    length = path.depth_from_entry_mm + SHAFT_MM
    radius = path.cannula_mm / 2

    def inside(points: NDArray[np.float64]) -> NDArray[np.bool_]:
        away = points - source
        along = away @ direction
        across = np.linalg.norm(away - along[..., None] * direction, axis=-1)
        shaft = (across <= radius) & (along <= 0) & (along >= -length)
        return shaft | (np.linalg.norm(away, axis=-1) <= tip_radius_mm)

    ends = np.stack((source, source - length * direction))
    reach = max(radius, tip_radius_mm) + 1.0
    box = _box(grid, ends.min(axis=0) - reach, ends.max(axis=0) + reach)
    coverage = np.zeros(grid.shape, np.float32)
    coverage[box] = _covered(grid.crop(box), inside)
    made = (
        f"cannula of {path.cannula_mm:g} mm from {SHAFT_MM:g} mm behind the cortex, {_told(path.entry_mm)} mm, to the "
        f"source at {_told(path.tip_mm)} mm, a ball of {tip_radius_mm:g} mm about it"
    )
    return from_coverage(name, "other", grid, coverage, made=(made,), colour="#222222")


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


def cement_structure(target: Structure, body: Structure) -> Structure:
    """The cement as it is assumed: all of the target that lies in the vertebral body, and nothing beyond."""
    return intersection(target, body, CEMENTED, "other")


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
