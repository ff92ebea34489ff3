"""Where the border of a coverage runs between voxel centres."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, binary_opening, uniform_filter

from spondyl.anatomy.levelset import cells_of, nodes_of, sections_of
from spondyl.anatomy.rims import FLAT, beside, rim_points
from spondyl.anatomy.structure import Structure

T = TypeVar("T")

FINE_MM = 0.7
"""Borders are sought on cells no wider than this, several to a voxel."""
ROOM = 2
"""Empty voxels around a structure that the field needs."""
LONELY, SMALLEST_LOST = 0.3, 0.02
"""Voxels covered by at least `SMALLEST_LOST` of which, with their neighbours, the field encloses less than `LONELY` of
their coverage, are taken as cubes."""
EDGE_TOLERANCE = 0.15
"""An edge is sharp where its voxel's coverage is that of two crossing faces to within this."""
EDGE_RUN, STAIR_RUN = 3, 5
"""An edge is at least this many voxels long; in a mask, longer than the steps of a round border."""


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
        three voxels to both sides and on the rims of flat ends: there the field rounds the border.
    """
    spacing = np.array(structure.grid.spacing_mm[::-1])
    parts = np.ceil(spacing / FINE_MM - 1e-9).astype(int)
    padded = np.pad(structure.coverage, [(r, r) for r in room])
    edges = _sharp_edges(padded, parts)
    values = cells_of(nodes_of(padded, parts, _around(edges, padded)), parts)
    cell, start = spacing / parts, [s.start - r for s, r in zip(structure.box, room, strict=True)]
    field = FineField(values, _triple(cell, float), _triple(parts, int), _triple(np.array(start), int))
    offset = (parts - 1) / 2
    found = [edges, _lost_voxels(padded, field)]
    if ((padded > 0) & (padded < 1)).any():
        found.append(
            rim_points(padded, (border_points(field) - cell * offset) / spacing, _voxels_of(edges, padded.shape))
        )
    return field, np.concatenate(found) * spacing + cell * offset


def sections(structure: Structure) -> tuple[NDArray[np.float32], tuple[float, float], tuple[float, float]]:
    """The field of `refine` on the middle planes of the structure's slices.

    Returns
    -------
    tuple
        Values (slices, ny, nx), zero at the rim; (x, y) in mm of the first one, and their spacing.
    """
    grid = structure.local_grid
    spacing = np.array(grid.spacing_mm[::-1])
    parts = np.ceil(spacing / FINE_MM - 1e-9).astype(int)
    padded = np.pad(structure.coverage, ROOM)
    nodes = nodes_of(padded, parts, _around(_sharp_edges(padded, parts), padded))
    cell = (spacing / parts)[:0:-1]
    first = np.array(grid.origin_mm[:2]) - (ROOM + 0.5) * spacing[:0:-1] + 0.5 * cell
    values = sections_of(nodes, parts, spacing)[ROOM:-ROOM]
    return values, (float(first[0]), float(first[1])), (float(cell[0]), float(cell[1]))


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
    """Corners and face centres, in voxel indices (n, 3), of cubes for voxels of which the field encloses too little.

    A small or thin part may pass level 0.5 nowhere; a cube then holds its volume.
    """
    z, y, x = field.parts
    nz, ny, nx = coverage.shape
    reached = (field.values >= 0.5).reshape(nz, z, ny, y, nx, x).mean(axis=(1, 3, 5), dtype=np.float32)
    lonely = uniform_filter(reached, 3, mode="constant") < LONELY * uniform_filter(coverage, 3, mode="constant")
    at = np.argwhere(lonely & (coverage > SMALLEST_LOST) & (reached < LONELY * coverage)).astype(np.float64)
    side = np.cbrt(coverage[tuple(at.astype(int).T)].astype(np.float64))
    around = np.array([*product((-0.5, 0.5), repeat=3), *(0.5 * np.eye(3)), *(-0.5 * np.eye(3))])
    return (at[:, None, :] + side[:, None, None] * around[None, :, :]).reshape(-1, 3)


def _voxels_of(points: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The voxels that hold points, told in voxel indices."""
    there = np.zeros(shape, dtype=np.bool_)
    there[tuple(np.clip(np.rint(points), 0, np.array(shape) - 1).astype(int).T)] = True
    return there


def _around(edges: NDArray[np.float64], coverage: NDArray[np.float32]) -> NDArray[np.bool_]:
    """The voxels at sharp edges and those of sheets and rods of one voxel, and their neighbours."""
    there = _voxels_of(edges, coverage.shape)
    for axis in range(3):
        around = np.maximum(beside(coverage, axis, 1), beside(coverage, axis, -1))
        thin = (coverage > 0) & (around == 0)
        for along in {0, 1, 2} - {axis}:
            line = [1, 1, 1]
            line[along] = STAIR_RUN
            there |= binary_opening(thin, np.ones(line, dtype=np.bool_))
    return binary_dilation(there, np.ones((3, 3, 3), dtype=np.bool_)) if there.any() else there


def _sharp_edges(coverage: NDArray[np.float32], parts: NDArray[np.int_]) -> NDArray[np.float64]:
    """Points (n, 3) in voxel indices (z, y, x) on sharp convex edges."""
    partly = bool(((coverage > 0) & (coverage < 1)).any())
    found = [np.empty((0, 3))]
    for a, b in combinations(range(3), 2):
        for sign_a, sign_b in product((1, -1), repeat=2):
            middle, begin, end = _edges_between(coverage, a, sign_a, b, sign_b, EDGE_RUN if partly else STAIR_RUN)
            steps = np.linspace(0.0, 1.0, int(parts[3 - a - b]) + 1)
            points = np.repeat(middle, len(steps), axis=0)
            points[:, 3 - a - b] += (begin[:, None] + (end - begin)[:, None] * steps).ravel()
            found.append(points)
    return np.concatenate(found)


def _edges_between(
    coverage: NDArray[np.float32], a: int, sign_a: int, b: int, sign_b: int, run: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Where a flat face towards `a` meets one towards `b`: the edge's points beside the voxels' centres, and where
    along the edge, in voxels from there, each voxel's piece begins and ends."""
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
    nothing = np.empty(0)
    if not edge.any():
        return np.empty((0, 3)), nothing, nothing
    reach_a, reach_b = shifted(0, -2) + shifted(1, -2), shifted(-2, 0) + shifted(-2, 1)
    edge &= np.abs(reach_a - shifted(0, -1) - shifted(1, -1)) < FLAT
    edge &= np.abs(reach_b - shifted(-1, 0) - shifted(-1, 1)) < FLAT
    whole = np.minimum(reach_a, 1.0) * np.minimum(reach_b, 1.0)
    edge &= np.abs(inner - whole) < EDGE_TOLERANCE
    along = 3 - a - b
    edge = _runs(edge, reach_a, reach_b, along, run)
    ends = [_end_of(edge, inner, whole, along, side)[edge].astype(np.float64) for side in (-1, 1)]
    points = np.argwhere(edge).astype(np.float64) + 2.0
    points[:, a] += sign_a * (reach_a[edge] - 0.5)
    points[:, b] += sign_b * (reach_b[edge] - 0.5)
    return points, ends[0], ends[1]


def _runs(
    edge: NDArray[np.bool_], reach_a: NDArray[np.float32], reach_b: NDArray[np.float32], along: int, run: int
) -> NDArray[np.bool_]:
    """The voxels of an edge that goes straight on for at least `run` of them."""
    steady = edge.copy()
    for side in (-1, 1):
        steady &= beside(edge, along, side)
        for reach in (reach_a, reach_b):
            steady &= np.abs(beside(reach, along, side) - reach) < FLAT
    steady |= beside(steady, along, 1) | beside(steady, along, -1)
    line = [1, 1, 1]
    line[along] = run
    return binary_opening(steady, np.ones(line, dtype=np.bool_))


def _end_of(
    edge: NDArray[np.bool_], inner: NDArray[np.float32], whole: NDArray[np.float32], along: int, side: int
) -> NDArray[np.float32]:
    """How far the edge goes on to one side of each voxel's centre: to the next one, or to where it ends.

    A voxel of the coverage `inner` that the edge fills in part has less than the `whole` of those before it.
    """
    before = np.where(beside(edge, along, -side), beside(whole, along, -side), whole)
    within = np.minimum(inner / np.maximum(before, 0.05), 1.0) - 0.5
    share = np.minimum(beside(inner, along, side) / np.maximum(whole, 0.05), 1.0)
    ends_there = beside(inner, along, 2 * side) < FLAT
    ended = np.where(share < FLAT, within, np.where(ends_there, share, 0.0) + 0.5)
    return side * np.where(beside(edge, along, side), 0.5, ended)
