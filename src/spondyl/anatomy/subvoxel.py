"""Where the border of a coverage runs between voxel centres."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_opening, convolve1d

from spondyl.anatomy.structure import Structure

T = TypeVar("T")

FINE_MM = 0.7
"""Borders are sought on cells no wider than this, several to a voxel."""
STAIR_WEIGHT = 0.1
"""Share of each neighbour when the stairs of a mask (voxels in or out, none partly) are smoothed; flat faces stay."""
FULL, LONELY = 0.95, 0.3
"""A full voxel, of which interpolation leaves less than the share `LONELY` above level 0.5, keeps its own corners."""
EDGE_TOLERANCE = 0.15
"""An edge is sharp where its voxel's coverage is that of two crossing faces to within this."""
EDGE_RUN = 5
"""An edge is at least this many voxels long, longer than the steps of a round border."""


@dataclass(frozen=True)
class FineField:
    """A coverage on fine cells, `parts` (z, y, x) to a voxel; `first` is the grid index of its first voxel."""

    values: NDArray[np.float32]
    cell_mm: tuple[float, float, float]
    parts: tuple[int, int, int]
    first: tuple[int, int, int]


def refine(structure: Structure, room: tuple[int, int, int]) -> tuple[FineField, NDArray[np.float64]]:
    """The coverage interpolated to fine cells, with `room` voxels around it, and points on its sharp edges.

    Returns
    -------
    field
        Its level 0.5 is the border.
    edges
        Points (n, 3) as (z, y, x) in mm from the first fine cell's centre, on convex edges whose faces are flat for
        three voxels to both sides: there interpolation would round the border.
    """
    spacing = np.array(structure.grid.spacing_mm[::-1])
    parts = np.ceil(spacing / FINE_MM - 1e-9).astype(int)
    padded = np.pad(structure.coverage, [(r, r) for r in room])
    values = padded
    if not ((padded > 0) & (padded < 1)).any():
        for axis in range(3):
            weights = [STAIR_WEIGHT, 1 - 2 * STAIR_WEIGHT, STAIR_WEIGHT]
            values = convolve1d(values, weights, axis=axis, mode="constant")
    for axis in range(3):
        values = _interpolate(values, int(parts[axis]), axis)
    cell, start = spacing / parts, [s.start - r for s, r in zip(structure.box, room, strict=True)]
    field = FineField(values, _triple(cell, float), _triple(parts, int), _triple(np.array(start), int))
    edges = np.concatenate((_sharp_edges(padded, parts), _lost_voxels(padded, field)))
    return field, edges * spacing + cell * (parts - 1) / 2


def _interpolate(values: NDArray[np.float32], parts: int, axis: int) -> NDArray[np.float32]:
    """Linear interpolation along one axis from voxel centres to the centres of `parts` cells a voxel."""
    if parts == 1:
        return values
    count = values.shape[axis]
    at = (np.arange(count * parts) + 0.5) / parts - 0.5
    base = np.clip(np.floor(at).astype(int), 0, count - 2)
    shape = [1, 1, 1]
    shape[axis] = -1
    weight = np.clip(at - base, 0.0, 1.0).astype(np.float32).reshape(shape)
    return values.take(base, axis) * (1 - weight) + values.take(base + 1, axis) * weight


def border_points(field: FineField) -> NDArray[np.float64]:
    """Points (n, 3) as (z, y, x) in mm from the first fine cell's centre, where lines of cells cross level 0.5."""
    values, inside = field.values, field.values >= 0.5
    points: list[NDArray[np.float64]] = []
    for axis in range(3):
        count = values.shape[axis]
        here, after = np.arange(count - 1), np.arange(1, count)
        at = np.argwhere(inside.take(here, axis) != inside.take(after, axis))
        beyond = at.copy()
        beyond[:, axis] += 1
        low, high = values[tuple(at.T)].astype(np.float64), values[tuple(beyond.T)].astype(np.float64)
        point = at.astype(np.float64)
        point[:, axis] += (0.5 - low) / (high - low)
        points.append(point)
    return np.concatenate(points) * np.array(field.cell_mm)


def by_layer(points: NDArray[np.float64], field: FineField) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The points sorted by the layer of fine cells they are in, and where each layer starts."""
    layer = np.clip(np.floor(points[:, 0] / field.cell_mm[0] + 0.5).astype(np.int64), 0, field.values.shape[0] - 1)
    order = np.argsort(layer, kind="stable")
    starts = np.searchsorted(layer[order], np.arange(field.values.shape[0] + 1))
    return np.ascontiguousarray(points[order]), starts.astype(np.int64)


def _triple(values: NDArray[Any], kind: Callable[[Any], T]) -> tuple[T, T, T]:
    return kind(values[0]), kind(values[1]), kind(values[2])


def _lost_voxels(coverage: NDArray[np.float32], field: FineField) -> NDArray[np.float64]:
    """Corners and face centres, in voxel indices (n, 3), of voxels too lonely for interpolation to reach 0.5."""
    z, y, x = field.parts
    nz, ny, nx = coverage.shape
    reached = (field.values >= 0.5).reshape(nz, z, ny, y, nx, x).mean(axis=(1, 3, 5))
    at = np.argwhere((coverage >= min(FULL, float(coverage.max()))) & (reached < LONELY)).astype(np.float64)
    around = np.array([*product((-0.5, 0.5), repeat=3), *(0.5 * np.eye(3)), *(-0.5 * np.eye(3))])
    return (at[:, None, :] + around[None, :, :]).reshape(-1, 3)


def _sharp_edges(coverage: NDArray[np.float32], parts: NDArray[np.int_]) -> NDArray[np.float64]:
    """Points (n, 3) in voxel indices (z, y, x) on sharp convex edges."""
    found = [np.empty((0, 3))]
    for a, b in combinations(range(3), 2):
        along = 3 - a - b
        steps = np.linspace(-0.5, 0.5, int(parts[along]) + 1)
        for sign_a, sign_b in product((1, -1), repeat=2):
            points = _edges_between(coverage, a, sign_a, b, sign_b)
            spread = np.repeat(points, len(steps), axis=0)
            spread[:, along] += np.tile(steps, len(points))
            found.append(spread)
    return np.concatenate(found)


def _edges_between(coverage: NDArray[np.float32], a: int, sign_a: int, b: int, sign_b: int) -> NDArray[np.float64]:
    """Where a flat face towards `a` meets one towards `b`: the edge's points beside the voxels' centres."""
    inner = coverage[2:-2, 2:-2, 2:-2]

    def shifted(steps_a: int, steps_b: int) -> NDArray[np.float32]:
        start = [2, 2, 2]
        start[a] += sign_a * steps_a
        start[b] += sign_b * steps_b
        z, y, x = (slice(s, s + n) for s, n in zip(start, inner.shape, strict=True))
        return coverage[z, y, x]

    edge = (inner > 0.05) & (shifted(1, 0) < 0.5) & (shifted(0, 1) < 0.5)
    for m in (1, 2):
        edge &= (shifted(-m, 0) >= 0.5) & (shifted(-m, 1) < 0.5) & (shifted(0, -m) >= 0.5) & (shifted(1, -m) < 0.5)
    if not edge.any():
        return np.empty((0, 3))
    reach_a, reach_b = shifted(0, -2) + shifted(1, -2), shifted(-2, 0) + shifted(-2, 1)
    edge &= np.abs(inner - np.minimum(reach_a, 1.0) * np.minimum(reach_b, 1.0)) < EDGE_TOLERANCE
    line = [1, 1, 1]
    line[3 - a - b] = EDGE_RUN
    edge = binary_opening(edge, np.ones(line, dtype=np.bool_))
    points = np.argwhere(edge).astype(np.float64) + 2.0
    points[:, a] += sign_a * (reach_a[edge] - 0.5)
    points[:, b] += sign_b * (reach_b[edge] - 0.5)
    return points
