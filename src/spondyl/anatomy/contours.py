"""Contours to coverage: each voxel the fraction of its volume that lies inside."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy.polygons import width_mm
from spondyl.anatomy.solid import CAPS, Cap, Slab, Solid, build_solid, fractions
from spondyl.anatomy.stack import Raster, with_area
from spondyl.anatomy.structure import Contour, Role, Structure
from spondyl.core.errors import StructureError
from spondyl.core.grid import Box, Grid

CELLS_ACROSS = 48
CELLS_IN_WIDTH = 6
SMALLEST_CELL_MM = 0.05
"""A small structure's raster has `CELLS_ACROSS` cells across it, a thin one's `CELLS_IN_WIDTH` across its width."""
LARGEST_SUBDIVISION = 16
LARGE_SECTION = 20_000
"""Voxels of a slice from which on a slice is cut into 4 instead of 8 layers."""


def contours_to_structure(
    name: str,
    role: Role,
    contours: Sequence[Contour],
    grid: Grid,
    *,
    cap: Cap = "half-slice",
    colour: str = "#808080",
    made: tuple[str, ...] = (),
) -> Structure:
    """A structure from its contours, each voxel with the fraction of its volume that lies inside.

    Contours on a plane combine by even-odd (XOR), so an inner one is a hole; a keyhole is one too. Planes need not
    be the grid's, nor evenly spaced. Between planes, and beyond the last one, the border follows circular arcs of
    the signed distance (`spondyl.anatomy.arcs`). A gap of more than 1.5 contour spacings leaves two parts.

    Parameters
    ----------
    name, role, colour, made
        Of the structure.
    contours
        Closed polygons in mm; none give an empty structure.
    grid
        The voxels to cover; what lies outside it is cut off, and `made` says so.
    cap
        How far the structure reaches beyond its last contour: "half-slice", half the local contour spacing (less or
        more where its section closes before the next plane), or "none".

    Returns
    -------
    Structure
        With `contours` kept as they are.

    Raises
    ------
    StructureError
        If `cap` is unknown or a coordinate is not finite.
    """
    if cap not in CAPS:
        raise StructureError(f'structure "{name}": cap is "{cap}", expected one of {", ".join(CAPS)}')
    kept = tuple(contours)
    if not all(np.isfinite(c.points_mm).all() and np.isfinite(c.z_mm) for c in kept):
        raise StructureError(f'structure "{name}" has a contour with coordinates that are not finite; remove it')
    if not (drawn := with_area(kept)):
        nothing = (slice(0, 0), slice(0, 0), slice(0, 0))
        steps = (*made, "no contours")
        return Structure(name, role, grid, nothing, np.zeros((0, 0, 0), np.float32), (), steps, colour)
    coverage, box, cut = _cover(drawn, grid, cap)
    steps = (*made, f"from {len(kept)} contours, cap {cap}" + (", cut at the edge of the grid" if cut else ""))
    return Structure(name, role, grid, box, coverage, kept, steps, colour)


def _cover(contours: tuple[Contour, ...], grid: Grid, cap: Cap) -> tuple[NDArray[np.float32], Box, bool]:
    low = np.min([c.points_mm.min(axis=0) for c in contours], axis=0)
    high = np.max([c.points_mm.max(axis=0) for c in contours], axis=0)
    raster, first, parts = _grid_raster(low, high, width_mm([c.points_mm for c in contours]), grid)
    solid = build_solid(contours, raster, cap, grid.spacing_mm[2])
    dz, z0 = grid.spacing_mm[2], grid.origin_mm[2]
    bottom = min([float(solid.z_mm[0]), *(s.z_low_mm for s in solid.slabs)])
    top = max([float(solid.z_mm[-1]), *(s.z_high_mm for s in solid.slabs)])
    k0, k1 = int(np.floor((bottom - z0) / dz + 0.5 + 1e-6)), int(np.ceil((top - z0) / dz + 0.5 - 1e-6))
    layers = np.zeros((max(1, k1 - k0), raster.ny // parts[1], raster.nx // parts[0]), dtype=np.float32)
    for slab in solid.slabs:
        _add_slab(solid, slab, (z0 + (k0 - 0.5) * dz, dz), parts, layers)
    return _crop(layers, (k0, first[1], first[0]), grid)


def _grid_raster(
    low: NDArray[np.float64], high: NDArray[np.float64], width: float, grid: Grid
) -> tuple[Raster, tuple[int, int], tuple[int, int]]:
    """A raster that divides the grid's pixels evenly, its first pixel (x, y), and the parts a pixel is cut into."""
    spacing, origin = np.array(grid.spacing_mm[:2]), np.array(grid.origin_mm[:2])
    room = np.maximum(2.0 * spacing, grid.spacing_mm[2])
    first = np.floor((low - room - origin) / spacing + 0.5).astype(int)
    last = np.ceil((high + room - origin) / spacing + 0.5).astype(int)
    cell = max(min(float(np.sqrt(np.prod(high - low))) / CELLS_ACROSS, width / CELLS_IN_WIDTH), SMALLEST_CELL_MM)
    parts = np.clip(np.ceil(spacing / cell), 1, LARGEST_SUBDIVISION).astype(int)
    h = spacing / parts
    start = origin + (first - 0.5) * spacing + 0.5 * h
    count = (last - first) * parts
    raster = Raster(float(start[0]), float(start[1]), float(h[0]), float(h[1]), int(count[0]), int(count[1]))
    return raster, (int(first[0]), int(first[1])), (int(parts[0]), int(parts[1]))


def levels(low_mm: float, high_mm: float, step_mm: float, least: int = 1) -> tuple[NDArray[np.float64], float]:
    """Heights of equal thin layers between two heights, no thicker than `step_mm`, and their thickness in mm."""
    if high_mm - low_mm <= 1e-9:
        return np.empty(0), 0.0
    count = max(least, int(np.ceil((high_mm - low_mm) / step_mm - 1e-6)))
    thickness = (high_mm - low_mm) / count
    return low_mm + thickness * (np.arange(count, dtype=np.float64) + 0.5), thickness


def _add_slab(
    solid: Solid, slab: Slab, layers_mm: tuple[float, float], parts: tuple[int, int], layers: NDArray[np.float32]
) -> None:
    """Add what a slab fills to the layers of voxels, which begin at a height and are of one thickness."""
    start, dz = layers_mm
    field, raster = solid.at(slab), solid.raster
    fraction = np.empty((raster.ny, raster.nx), dtype=np.float32)
    step = dz / (4 if layers[0].size > LARGE_SECTION else 8)
    first, last = int((slab.z_low_mm - start) / dz), int((slab.z_high_mm - start) / dz)
    for k in range(first, min(last, len(layers) - 1) + 1):
        low, high = max(slab.z_low_mm, start + k * dz), min(slab.z_high_mm, start + (k + 1) * dz)
        heights, thickness = levels(low, high, step, least=2)
        for z in heights:
            fractions(field.distance_mm(float(z)), raster.hx, raster.hy, fraction)
            blocks = fraction.reshape(layers.shape[1], parts[1], layers.shape[2], parts[0])
            layers[k] += blocks.mean(axis=(1, 3), dtype=np.float32) * np.float32(thickness / dz)


def _crop(
    layers: NDArray[np.float32], first_zyx: tuple[int, int, int], grid: Grid
) -> tuple[NDArray[np.float32], Box, bool]:
    """What is filled and within the grid, its box, and whether something was cut off."""
    filled = np.argwhere(layers > 1e-6)
    if not len(filled):
        return np.zeros((0, 0, 0), np.float32), (slice(0, 0), slice(0, 0), slice(0, 0)), False
    low, high = filled.min(axis=0), filled.max(axis=0) + 1
    start = np.maximum(low, -np.array(first_zyx))
    stop = np.minimum(high, np.array(grid.shape) - np.array(first_zyx))
    cut = bool((start > low).any() or (stop < high).any())
    if (start >= stop).any():
        return np.zeros((0, 0, 0), np.float32), (slice(0, 0), slice(0, 0), slice(0, 0)), cut
    inner = tuple(slice(int(a), int(b)) for a, b in zip(start, stop, strict=True))
    z, y, x = (slice(int(a + f), int(b + f)) for a, b, f in zip(start, stop, first_zyx, strict=True))
    coverage = np.ascontiguousarray(np.clip(layers[inner], 0.0, 1.0))
    return coverage, (z, y, x), cut
