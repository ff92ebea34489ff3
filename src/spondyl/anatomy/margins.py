"""Margins in mm, different in six directions, with sub-voxel borders.

The border of a structure is where its coverage, interpolated between voxel centres, is a half (`subvoxel`): at the
edges of the voxels of a mask. A point belongs to the expanded structure if a point of the structure lies within the
ellipsoid of margins around it, whose semi-axis along x, y and z is the margin of that direction (an octant each).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spondyl.anatomy.structure import Role, Structure
from spondyl.anatomy.subvoxel import FineField, border_points, by_layer, refine
from spondyl.core.errors import StructureError
from spondyl.core.grid import Box

SMALLEST_MM = 1e-3
SMALLEST_COVERAGE = 1e-4
BEYOND = 2.0
"""Distances are found this many cells beyond the margin, so that the border's cells know its slope."""


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

    Parameters
    ----------
    structure
        At least one voxel.
    name, role
        Of the result.
    left_mm, right_mm, anterior_mm, posterior_mm, superior_mm, inferior_mm
        Margins in mm towards the patient's own sides, not rounded to voxels; 0 for none.

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
    field, edges = refine(structure, _room(structure, margins))
    grown = _grow(field, margins, edges)
    room = [(n, n) for n in _room(structure, margins)]
    coverage, box, cut = _to_grid(np.maximum(_voxels(grown, field), np.pad(structure.coverage, room)), field, structure)
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

    Parameters
    ----------
    structure
        At least one voxel.
    name, role
        Of the result.
    left_mm, right_mm, anterior_mm, posterior_mm, superior_mm, inferior_mm
        Depths in mm from the patient's own sides, not rounded to voxels; 0 for none.

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
    field, _ = refine(structure, (2, 2, 2))
    left, right, anterior, posterior, superior, inferior = margins
    outside = replace(field, values=1.0 - field.values)
    kept = 1.0 - _grow(outside, (right, left, posterior, anterior, inferior, superior), np.empty((0, 3)))
    coverage, box, _ = _to_grid(np.minimum(_voxels(kept, field), np.pad(structure.coverage, 2)), field, structure)
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


def _grow(field: FineField, margins: tuple[float, ...], edges: NDArray[np.float64]) -> NDArray[np.float32]:
    """Fraction of each fine cell that lies in the structure or within the margins of it."""
    left, right, anterior, posterior, superior, inferior = (max(m, SMALLEST_MM) for m in margins)
    cell = np.array(field.cell_mm)
    points, starts = by_layer(np.concatenate((border_points(field), edges)), field)
    ahead, behind = np.array([superior, posterior, left]), np.array([inferior, anterior, right])
    reach = 1.0 + BEYOND * cell.max() / max(cell.max(), min(ahead.min(), behind.min()))
    grown = np.empty(field.values.shape, dtype=np.float32)
    _anti_alias(1.0 - _nearest_ratio(field.values, points, starts, cell, ahead, behind, float(reach)), grown)
    return grown


@njit(cache=True, nogil=True)
def _nearest_ratio(values, crossings, starts, cell, ahead, behind, reach):
    """Smallest ellipsoidal distance of each cell to the border, 1 at the margin, 0 inside, at most `reach`."""
    nz, ny, nx = values.shape
    square = np.full((nz, ny, nx), reach * reach, dtype=np.float32)
    for k in range(nz):
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
            j0 = max(0, int(np.ceil((y - wide * behind[1]) / cell[1])))
            j1 = min(ny - 1, int((y + wide * ahead[1]) / cell[1]))
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


@njit(cache=True, nogil=True)
def _anti_alias(level, fraction):
    """Fraction of each cell above level zero, from the level's value and slope in the cell."""
    nz, ny, nx = level.shape
    for k in range(nz):
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


def _voxels(values: NDArray[np.float32], field: FineField) -> NDArray[np.float32]:
    """Means of the fine cells of each voxel."""
    z, y, x = field.parts
    nz, ny, nx = values.shape
    return values.reshape(nz // z, z, ny // y, y, nx // x, x).mean(axis=(1, 3, 5), dtype=np.float32)


def _to_grid(
    coverage: NDArray[np.float32], field: FineField, structure: Structure
) -> tuple[NDArray[np.float32], Box, bool]:
    """What is filled and within the grid, its box, and whether something was cut off."""
    filled = np.argwhere(coverage > SMALLEST_COVERAGE)
    if not len(filled):
        return np.zeros((0, 0, 0), np.float32), (slice(0, 0), slice(0, 0), slice(0, 0)), False
    first, shape = np.array(field.first), np.array(structure.grid.shape)
    low, high = filled.min(axis=0), filled.max(axis=0) + 1
    start, stop = np.maximum(low, -first), np.minimum(high, shape - first)
    cut = bool((start > low).any() or (stop < high).any())
    inner = tuple(slice(int(a), int(b)) for a, b in zip(start, stop, strict=True))
    box = [slice(int(a + f), int(b + f)) for a, b, f in zip(start, stop, first, strict=True)]
    return np.ascontiguousarray(coverage[inner]), (box[0], box[1], box[2]), cut
