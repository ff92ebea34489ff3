"""Structures whose border moves by a fraction of a voxel, and what they hold between voxel centres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter

from spondyl.anatomy.distance import signed_distance_mm
from spondyl.anatomy.frame import Points
from spondyl.anatomy.structure import Structure
from spondyl.core.grid import Box, Grid
from spondyl.core.image import trilinear


def voxel_edge_mm(grid: Grid) -> float:
    """Edge of the cube with a voxel's volume."""
    return float(np.prod(grid.spacing_mm)) ** (1 / 3)


def room_around(structure: Structure, room_mm: float) -> Box:
    """The structure's box with `room_mm` on all sides, as far as the grid reaches."""
    voxels = [int(np.ceil(room_mm / s)) for s in structure.grid.spacing_mm[::-1]]
    ranges = [
        slice(max(0, s.start - v), min(n, s.stop + v))
        for s, v, n in zip(structure.box, voxels, structure.grid.shape, strict=True)
    ]
    return ranges[0], ranges[1], ranges[2]


def cut_to(structure: Structure, box: Box) -> Structure:
    """The structure on the grid of `box` alone, and only what lies in it."""
    parts = [
        (max(a.start, b.start), max(max(a.start, b.start), min(a.stop, b.stop)))
        for a, b in zip(structure.box, box, strict=True)
    ]
    own = tuple(slice(lo - s.start, hi - s.start) for (lo, hi), s in zip(parts, structure.box, strict=True))
    inner = [slice(lo - b.start, hi - b.start) for (lo, hi), b in zip(parts, box, strict=True)]
    return replace(
        structure,
        grid=structure.grid.crop(box),
        box=(inner[0], inner[1], inner[2]),
        coverage=structure.coverage[own],
        contours=(),
    )


def depth_mm(structure: Structure, box: Box) -> NDArray[np.float32]:
    """Signed distance to the structure's border within `box`, positive inside; far outside where nothing of it lies.

    A border farther from `box` than the box is wide is not seen.
    """
    part = cut_to(structure, box)
    if part.is_empty:
        shape = part.grid.shape
        return np.full(shape, -float(np.linalg.norm(np.array(shape[::-1]) * part.grid.spacing_mm)), dtype=np.float32)
    return signed_distance_mm(part)


def rough_depth_mm(structure: Structure, box: Box) -> NDArray[np.float64]:
    """As `depth_mm`, counted from whole voxels: right to half a voxel, for margins of several."""
    inside = np.pad(cut_to(structure, box).full() >= 0.5, 1)
    spacing = structure.grid.spacing_mm[::-1]
    far = float(np.linalg.norm(np.array(inside.shape) * spacing))
    within = cast(NDArray[np.float64], distance_transform_edt(inside, sampling=spacing))
    without = cast(NDArray[np.float64], distance_transform_edt(~inside, sampling=spacing)) if inside.any() else far
    half = min(spacing) / 2
    return np.where(inside, within - half, half - without)[1:-1, 1:-1, 1:-1]


def moved(structure: Structure, outwards_mm: Sequence[float]) -> list[Structure]:
    """The structure with its border moved along its normal by each of the distances, outwards where positive."""
    edge = voxel_edge_mm(structure.grid)
    box = room_around(structure, max(0.0, *outwards_mm) + 2 * edge)
    depth = depth_mm(structure, box)
    coverages = [np.clip(0.5 + (depth + step) / edge, 0.0, 1.0).astype(np.float32) for step in outwards_mm]
    return [replace(structure, box=box, coverage=coverage, contours=()) for coverage in coverages]


def surface_cm2(structure: Structure) -> float:
    """Area of the border: the integral of the gradient of its coverage, smoothed by one voxel against stairs.

    Sharp edges are rounded by that: the area of a cube 20 voxels wide comes out 8 % too small.
    """
    coverage = gaussian_filter(np.pad(structure.coverage, 4).astype(np.float64), 1.0)
    slope = np.gradient(coverage, *structure.grid.spacing_mm[::-1])
    return float(np.sqrt(sum(along**2 for along in slope)).sum()) * structure.grid.voxel_volume_cm3 * 10


def coverage_at(structure: Structure, points_mm: Points) -> NDArray[np.float64]:
    """Coverage between voxel centres, 0 beyond the structure's box; points (..., 3) as x, y, z in mm."""
    grid = structure.local_grid
    padded = np.pad(structure.coverage, 1)
    origin = np.asarray(grid.origin_mm) - np.asarray(grid.spacing_mm)
    around = Grid((origin[0], origin[1], origin[2]), grid.spacing_mm, (*padded.shape,))
    return trilinear(padded, around, points_mm)
