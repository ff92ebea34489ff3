"""Margins in mm, different in six directions, with sub-voxel borders.

The border of a structure is where its coverage, interpolated between voxel centres, is a half: at the edges of the
voxels of a mask. A point belongs to the expanded structure if a point of the structure lies within the ellipsoid of
margins around it, whose semi-axis along x, y and z is the margin of that direction (an octant each).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from spondyl.anatomy.structure import Role, Structure
from spondyl.core.errors import StructureError
from spondyl.core.grid import Box

FINE_MM = 0.7
"""Margins are drawn on cells no wider than this, several to a voxel."""
SMALLEST_MM = 1e-3


@dataclass(frozen=True)
class _Field:
    """A coverage on fine cells, `parts` (z, y, x) to a voxel; `first` is the grid index of its first voxel."""

    values: NDArray[np.float32]
    cell_mm: tuple[float, float, float]
    parts: tuple[int, int, int]
    first: tuple[int, int, int]


def expand(
    structure: Structure,
    name: str,
    role: Role,
    *,
    left_mm: float,
    right_mm: float,
    anterior_mm: float,
    posterior_mm: float,
    superior_mm: float,
    inferior_mm: float,
) -> Structure:
    """The structure with a margin around it, each direction its own, cut off at the edge of the grid.

    Returns
    -------
    Structure
        On the same grid, without contours; `made` tells the margins and whether the grid cut them.

    Raises
    ------
    StructureError
        If a margin is negative or not finite, or the structure is empty.
    """
    margins = _checked(structure, (left_mm, right_mm, anterior_mm, posterior_mm, superior_mm, inferior_mm))
    field = _fine(structure, _room(structure, margins))
    grown = _grow(field, margins)
    coverage, box, cut = _to_grid(grown, field, structure)
    step = f"{structure.name} + {_told(margins)}" + (", cut at the edge of the grid" if cut else "")
    return Structure(name, role, structure.grid, box, coverage, (), (*structure.made, step), structure.colour)


def shrink(
    structure: Structure,
    name: str,
    role: Role,
    *,
    left_mm: float,
    right_mm: float,
    anterior_mm: float,
    posterior_mm: float,
    superior_mm: float,
    inferior_mm: float,
) -> Structure:
    """The structure without a rim, each direction its own; beyond the grid counts as outside.

    Returns
    -------
    Structure
        On the same grid, without contours, empty if nothing is left.

    Raises
    ------
    StructureError
        If a margin is negative or not finite, or the structure is empty.
    """
    margins = _checked(structure, (left_mm, right_mm, anterior_mm, posterior_mm, superior_mm, inferior_mm))
    field = _fine(structure, (2, 2, 2))
    outside = _Field(1.0 - field.values, field.cell_mm, field.parts, field.first)
    left, right, anterior, posterior, superior, inferior = margins
    kept = 1.0 - _grow(outside, (right, left, posterior, anterior, inferior, superior))
    coverage, box, _ = _to_grid(np.minimum(kept, field.values), field, structure)
    step = f"{structure.name} - {_told(margins)}"
    return Structure(name, role, structure.grid, box, coverage, (), (*structure.made, step), structure.colour)


def _checked(structure: Structure, margins: tuple[float, ...]) -> tuple[float, ...]:
    if structure.is_empty:
        raise StructureError(f'structure "{structure.name}" is empty, expected one to put a margin on')
    if not all(np.isfinite(m) and m >= 0 for m in margins):
        raise StructureError(
            f'margins of "{structure.name}" must be finite and not negative, got {margins}; shrink takes a rim away'
        )
    return margins


def _told(margins: tuple[float, ...]) -> str:
    names = ("left", "right", "anterior", "posterior", "superior", "inferior")
    return ", ".join(f"{m:g} mm {n}" for n, m in zip(names, margins, strict=True))


def _room(structure: Structure, margins: tuple[float, ...]) -> tuple[int, int, int]:
    """Voxels to add around the structure's box along z, y and x."""
    x, y, z = structure.grid.spacing_mm
    left, right, anterior, posterior, superior, inferior = margins
    widest = (max(superior, inferior) / z, max(anterior, posterior) / y, max(left, right) / x)
    return int(np.ceil(widest[0])) + 2, int(np.ceil(widest[1])) + 2, int(np.ceil(widest[2])) + 2


def _fine(structure: Structure, room: tuple[int, int, int]) -> _Field:
    """The coverage interpolated to fine cells, with `room` voxels around it."""
    spacing = structure.grid.spacing_mm[::-1]
    parts = tuple(int(np.ceil(s / FINE_MM - 1e-9)) for s in spacing)
    padded = np.pad(structure.coverage, [(r, r) for r in room])
    values = padded
    for axis in range(3):
        values = _refine(values, parts[axis], axis)
    cell = tuple(s / p for s, p in zip(spacing, parts, strict=True))
    first = tuple(s.start - r for s, r in zip(structure.box, room, strict=True))
    return _Field(values, (cell[0], cell[1], cell[2]), (parts[0], parts[1], parts[2]), (first[0], first[1], first[2]))


def _refine(values: NDArray[np.float32], parts: int, axis: int) -> NDArray[np.float32]:
    """Linear interpolation along one axis from voxel centres to the centres of `parts` cells a voxel."""
    if parts == 1:
        return values
    count = values.shape[axis]
    at = (np.arange(count * parts) + 0.5) / parts - 0.5
    base = np.clip(np.floor(at).astype(int), 0, count - 2)
    weight = np.clip(at - base, 0.0, 1.0).astype(np.float32)
    shape = [1, 1, 1]
    shape[axis] = -1
    weight = weight.reshape(shape)
    return values.take(base, axis) * (1 - weight) + values.take(base + 1, axis) * weight


def _grow(field: _Field, margins: tuple[float, ...]) -> NDArray[np.float32]:
    """Fraction of each fine cell that lies in the structure or within the margins of it."""
    left, right, anterior, posterior, superior, inferior = (max(m, SMALLEST_MM) for m in margins)
    cell = np.array(field.cell_mm)
    crossings, starts = _crossings(field.values, cell)
    ahead, behind = np.array([superior, posterior, left]), np.array([inferior, anterior, right])
    ratio = _nearest_ratio(field.values, crossings, starts, cell, ahead, behind)
    grown = np.empty(field.values.shape, dtype=np.float32)
    _anti_alias(1.0 - ratio, grown)
    own = np.empty(field.values.shape, dtype=np.float32)
    _anti_alias(field.values - np.float32(0.5), own)
    return np.maximum(grown, own)


def _crossings(values: NDArray[np.float32], cell_mm: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Border points (z, y, x) in mm from the first cell's centre, sorted by layer, and where each layer starts."""
    points: list[NDArray[np.float64]] = []
    inside = values >= 0.5
    for axis in range(3):
        a = [slice(None)] * 3
        b = [slice(None)] * 3
        a[axis], b[axis] = slice(0, -1), slice(1, None)
        at = np.argwhere(inside[tuple(a)] != inside[tuple(b)])
        low = values[tuple(a)][tuple(at.T)].astype(np.float64)
        high = values[tuple(b)][tuple(at.T)].astype(np.float64)
        point = at.astype(np.float64)
        point[:, axis] += (0.5 - low) / (high - low)
        points.append(point)
    stacked = np.concatenate(points)
    layer = np.floor(stacked[:, 0] + 0.5).astype(np.int64)
    order = np.argsort(layer, kind="stable")
    starts = np.searchsorted(layer[order], np.arange(values.shape[0] + 1))
    return np.ascontiguousarray(stacked[order] * cell_mm), starts.astype(np.int64)


@njit(cache=True, parallel=True)
def _nearest_ratio(values, crossings, starts, cell, ahead, behind):
    """Smallest ellipsoidal distance of each cell to the border, 1 at the margin, 0 inside, 2 where out of reach."""
    nz, ny, nx = values.shape
    square = np.full((nz, ny, nx), 4.0, dtype=np.float32)
    reach = 1.5
    for k in prange(nz):
        k0 = max(0, int(np.floor(k - reach * ahead[0] / cell[0] - 1)))
        k1 = min(nz - 1, int(np.ceil(k + reach * behind[0] / cell[0] + 1)))
        for n in range(starts[k0], starts[k1 + 1]):
            z, y, x = crossings[n]
            dz = k * cell[0] - z
            fz = (dz / (ahead[0] if dz > 0 else behind[0])) ** 2
            rest = reach * reach - fz
            if rest <= 0.0:
                continue
            wide = np.sqrt(rest)
            j0, j1 = max(0, int(np.ceil((y - wide * behind[1]) / cell[1]))), min(ny - 1, int((y + wide * ahead[1]) / cell[1]))
            for j in range(j0, j1 + 1):
                dy = j * cell[1] - y
                fy = fz + (dy / (ahead[1] if dy > 0 else behind[1])) ** 2
                left = reach * reach - fy
                if left <= 0.0:
                    continue
                wide_x = np.sqrt(left)
                i0 = max(0, int(np.ceil((x - wide_x * behind[2]) / cell[2])))
                i1 = min(nx - 1, int((x + wide_x * ahead[2]) / cell[2]))
                for i in range(i0, i1 + 1):
                    dx = i * cell[2] - x
                    f = fy + (dx / (ahead[2] if dx > 0 else behind[2])) ** 2
                    if f < square[k, j, i]:
                        square[k, j, i] = f
        for j in range(ny):
            for i in range(nx):
                square[k, j, i] = 0.0 if values[k, j, i] >= 0.5 else np.sqrt(square[k, j, i])
    return square


@njit(cache=True, parallel=True)
def _anti_alias(level, fraction):
    """Fraction of each cell above level zero, from the level's value and slope in the cell."""
    nz, ny, nx = level.shape
    for k in prange(nz):
        for j in range(ny):
            for i in range(nx):
                z = level[min(nz - 1, k + 1), j, i] - level[max(0, k - 1), j, i]
                y = level[k, min(ny - 1, j + 1), i] - level[k, max(0, j - 1), i]
                x = level[k, j, min(nx - 1, i + 1)] - level[k, j, max(0, i - 1)]
                change = 0.5 * (abs(x) + abs(y) + abs(z))
                value = level[k, j, i]
                if change <= abs(value):
                    fraction[k, j, i] = 1.0 if value >= 0.0 else 0.0
                else:
                    fraction[k, j, i] = min(1.0, max(0.0, 0.5 + value / change))


def _to_grid(values: NDArray[np.float32], field: _Field, structure: Structure) -> tuple[NDArray[np.float32], Box, bool]:
    """Means over voxels, cut to the grid and cropped, with the box and whether something was cut off."""
    z, y, x = field.parts
    nz, ny, nx = values.shape
    coarse = values.reshape(nz // z, z, ny // y, y, nx // x, x).mean(axis=(1, 3, 5), dtype=np.float32)
    filled = np.argwhere(coarse > 1e-4)
    if not len(filled):
        return np.zeros((0, 0, 0), np.float32), (slice(0, 0), slice(0, 0), slice(0, 0)), False
    first, shape = np.array(field.first), np.array(structure.grid.shape)
    low, high = filled.min(axis=0), filled.max(axis=0) + 1
    start, stop = np.maximum(low, -first), np.minimum(high, shape - first)
    cut = bool((start > low).any() or (stop < high).any())
    inner = tuple(slice(int(a), int(b)) for a, b in zip(start, stop, strict=True))
    box = [slice(int(a + f), int(b + f)) for a, b, f in zip(start, stop, first, strict=True)]
    return np.ascontiguousarray(coarse[inner]), (box[0], box[1], box[2]), cut
