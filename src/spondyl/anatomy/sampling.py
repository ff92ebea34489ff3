"""Sample points of a structure for dose-volume histograms: where they lie and the volume each stands for."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spondyl.anatomy.pieces import contoured_pieces
from spondyl.anatomy.placing import spread
from spondyl.anatomy.solid import CAPS, Cap
from spondyl.anatomy.structure import Structure
from spondyl.core.errors import StructureError
from spondyl.core.grid import Grid

FINEST_POINTS, MOST_POINTS = 80_000, 600_000
LARGEST_SMALL_MM = 0.5
"""Structures are sampled at this spacing, finer for fewer than `FINEST_POINTS`, coarser for more than `MOST_POINTS`."""
MOST_CELLS = 1_000_000
"""Of a plane's raster, so that thin structures are not cut too fine."""
PARTS_OF_A_VOXEL = 3


def sample_points(
    structure: Structure, spacing_mm: float | None = None, cap: Cap = "half-slice"
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points inside a structure and the volume each stands for.

    From the contours where there are any, else from the coverage, whose voxels are cut into up to 3 x 3 x 3 parts, or
    put together to blocks inside large structures. Cells
    that the border cuts weigh what lies inside of them, and their point lies in the middle of that part. Points are
    spread within their cells (a fixed low-discrepancy sequence), so that no lattice meets the dose grid's.

    Parameters
    ----------
    structure
        With contours or coverage; an empty one gives no points.
    spacing_mm
        Distance of points; by default 0.5 mm, less for small structures, more for large ones.
    cap
        As in `contours_to_structure`; used where there are contours.

    Returns
    -------
    points_mm
        Shape (n, 3), (x, y, z) in LPS mm.
    weights_cm3
        Shape (n,); they add up to the structure's volume.

    Raises
    ------
    StructureError
        If `cap` is unknown or `spacing_mm` is not positive.
    """
    if cap not in CAPS:
        raise StructureError(f'structure "{structure.name}": cap is "{cap}", expected one of {", ".join(CAPS)}')
    if spacing_mm is not None and not spacing_mm > 0:
        raise StructureError(f'structure "{structure.name}": spacing_mm is {spacing_mm}, expected a positive number')
    if pieces := contoured_pieces(structure, cap, lambda cm3: spacing_mm or _default_spacing_mm(cm3), MOST_CELLS):
        return pieces.points_mm, pieces.weights_cm3
    if structure.is_empty:
        return np.empty((0, 3)), np.empty(0)
    return _from_coverage(structure, spacing_mm)


def _default_spacing_mm(volume_cm3: float) -> float:
    volume_mm3 = max(1000.0 * volume_cm3, 1.0)
    return max(min(LARGEST_SMALL_MM, (volume_mm3 / FINEST_POINTS) ** (1 / 3)), (volume_mm3 / MOST_POINTS) ** (1 / 3))


def _from_coverage(structure: Structure, spacing_mm: float | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    grid = structure.local_grid
    spacing = np.array(grid.spacing_mm)
    step = spacing_mm or max(_default_spacing_mm(structure.volume_cm3), float(spacing.min()) / PARTS_OF_A_VOXEL)
    parts = np.maximum(1, np.round(spacing / step)).astype(int)
    blocks = np.maximum(1, np.floor(step / spacing)).astype(int)
    block_points, block_weights, rest = _whole_blocks(structure.coverage, grid, blocks)
    filled = np.argwhere(rest).astype(np.int64)
    count = int(parts.prod())
    points = np.empty((len(filled) * count, 3))
    weights = np.empty(len(filled) * count)
    padded = np.pad(structure.coverage, 1)
    _split(padded, filled, np.array(grid.origin_mm), spacing, parts, grid.voxel_volume_cm3, points, weights)
    keep = weights > 0
    return np.concatenate((block_points, points[keep])), np.concatenate((block_weights, weights[keep]))


def _whole_blocks(
    coverage: NDArray[np.float32], grid: Grid, blocks: NDArray[np.int_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """One point for each block (x, y, z voxels) that is covered wholly, its weight, and the voxels in none of them."""
    rest = coverage > 0
    if blocks.prod() == 1:
        return np.empty((0, 3)), np.empty(0), rest
    step = blocks[::-1]
    count = np.array(coverage.shape) // step
    inner = coverage[tuple(slice(0, int(n)) for n in count * step)]
    shape = np.column_stack((count, step)).ravel()
    whole = (inner.reshape(shape) == 1.0).all(axis=(1, 3, 5))
    spread_out = whole.repeat(step[0], 0).repeat(step[1], 1).repeat(step[2], 2)
    rest[tuple(slice(0, int(n)) for n in count * step)] &= ~spread_out
    at = np.argwhere(whole)
    offsets = np.column_stack(spread(at[:, 2], at[:, 1], at[:, 0].astype(np.float64)))
    points = grid.point_at((at + 0.5) * step - 0.5) + offsets * blocks * np.array(grid.spacing_mm)
    return points, np.full(len(at), float(blocks.prod()) * grid.voxel_volume_cm3), rest


@njit(cache=True)
def _tilt(padded, k, j, i):
    """Central differences of the coverage per voxel along x, y, z."""
    return (
        0.5 * (padded[k, j, i + 1] - padded[k, j, i - 1]),
        0.5 * (padded[k, j + 1, i] - padded[k, j - 1, i]),
        0.5 * (padded[k + 1, j, i] - padded[k - 1, j, i]),
    )


@njit(cache=True, nogil=True)
def _split(padded, filled, origin, spacing, parts, volume, points, weights):
    """Parts of each voxel; those of a partly covered one are filled from the side where the structure lies."""
    count = parts[0] * parts[1] * parts[2]
    for n in range(filled.shape[0]):
        k, j, i = filled[n]
        f = padded[k + 1, j + 1, i + 1]
        gx, gy, gz = _tilt(padded, k + 1, j + 1, i + 1)
        rank = np.empty(count)
        for m in range(count):
            a, b, c = m % parts[0], (m // parts[0]) % parts[1], m // (parts[0] * parts[1])
            fx, fy, fz = (a + 0.5) / parts[0] - 0.5, (b + 0.5) / parts[1] - 0.5, (c + 0.5) / parts[2] - 0.5
            rank[m] = gx * fx + gy * fy + gz * fz
            u, v, w = spread(i * parts[0] + a, j * parts[1] + b, float(k * parts[2] + c))
            at = n * count + m
            points[at, 0] = origin[0] + spacing[0] * (i + fx + u / parts[0])
            points[at, 1] = origin[1] + spacing[1] * (j + fy + v / parts[1])
            points[at, 2] = origin[2] + spacing[2] * (k + fz + w / parts[2])
        left = f * count
        order = np.argsort(-rank)
        for m in order:
            weights[n * count + m] = min(1.0, max(0.0, left)) * volume / count
            left -= 1.0
