"""Coverage to contours: closed polygons on each slice, for planning systems.

A contour is the section of the border (`spondyl.anatomy.subvoxel`) with the middle plane of its slice. That of a mask,
whose border is not known as closely, is the 0.5 level between voxel centres (marching squares), moved outwards by the
little that this cuts off. Holes and islands are polygons of their own; where they lie inside one another they combine
by even-odd (DICOM's CLOSEDPLANAR_XOR reading), as `contours_to_structure` reads them.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spondyl.anatomy.polygons import area_mm2
from spondyl.anatomy.structure import Contour, Structure
from spondyl.anatomy.subvoxel import sections

SIMPLIFY_MM = 0.03
"""No vertex that is left out lies farther than this from the polygon."""
LEVEL = 0.5
SMALLEST_MM2 = 0.01
SPECK = 0.25
"""Loops smaller than this share of a voxel, and of the structure's largest loop, are rounding."""
LARGEST_MOVE = 0.2
"""Polygons are moved outwards by at most this many voxels to keep their slice's area."""


def structure_to_contours(structure: Structure) -> tuple[Contour, ...]:
    """Contours of a structure, from inferior to superior, on the slices of its grid.

    Its own contours where it has them; else traced from the coverage.

    Returns
    -------
    tuple of Contour
        Closed polygons; one inside another is a hole (XOR). Empty for an empty structure. Slits and specks narrower
        than `SIMPLIFY_MM` are left out.
    """
    if structure.contours:
        return tuple(sorted(structure.contours, key=lambda c: c.z_mm))
    if structure.is_empty:
        return ()
    partly = bool(((structure.coverage > 0) & (structure.coverage < 1)).any())
    drawn = _sections(structure) if partly else _stairs(structure)
    heights = structure.local_grid.axis_mm("z")
    polygons = [(float(z), simplify(loop)) for z, loops in zip(heights, drawn, strict=True) for loop in loops]
    contours = [Contour(z, polygon) for z, polygon in polygons if len(polygon) >= 3]
    areas = np.array([abs(area_mm2(c.points_mm)) for c in contours])
    speck = min(SPECK * float(np.prod(structure.grid.spacing_mm[:2])), SPECK * float(areas.max(initial=0.0)))
    return tuple(c for c, area in zip(contours, areas, strict=True) if area > max(SMALLEST_MM2, speck))


def _sections(structure: Structure) -> list[list[NDArray[np.float64]]]:
    """Loops in mm of each slice's middle plane through the border."""
    values, first, cell = sections(structure)
    return [[p * np.array(cell) + np.array(first) for p in trace(layer)] for layer in values]


def _stairs(structure: Structure) -> list[list[NDArray[np.float64]]]:
    """Loops in mm round the voxels of a mask, their corners cut, with the area of the slice."""
    grid = structure.local_grid
    origin, spacing = np.array(grid.origin_mm[:2]), np.array(grid.spacing_mm[:2])
    loops = [[(p - 1.0) * spacing + origin for p in trace(np.pad(layer, 1))] for layer in structure.coverage]
    moved = _lost_to_corners_mm(structure.coverage, loops, spacing)
    return [[_offset(loop, float(by)) for loop in drawn] for drawn, by in zip(loops, moved, strict=True)]


def _lost_to_corners_mm(
    coverage: NDArray[np.float32], loops: list[list[NDArray[np.float64]]], spacing: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How far outwards to move each slice's polygons for the area that the slice's coverage has.

    Linear interpolation cuts corners and pulls a round border inwards. Where a structure goes on in both neighbouring
    slices its area tells by how much; a slice at its end, which it may fill in part, takes its neighbour's value.
    """
    area = coverage.sum(axis=(1, 2), dtype=np.float64) * float(np.prod(spacing))
    rim = np.array([sum(float(np.hypot(*(p - np.roll(p, 1, axis=0)).T).sum()) for p in drawn) for drawn in loops])
    drawn_area = np.array([abs(sum(area_mm2(p) for p in drawn)) for drawn in loops])
    beside = np.pad(area, 1)
    middle = area - (beside[:-2] - 2.0 * area + beside[2:]) / 24.0
    goes_on = (np.minimum(beside[:-2], beside[2:]) > 0.5 * area) & (rim > 0)
    if not goes_on.any():
        return np.zeros(len(loops))
    known = np.flatnonzero(goes_on)
    by = (middle[known] - drawn_area[known]) / rim[known]
    return np.clip(np.interp(np.arange(len(loops)), known, by), 0.0, LARGEST_MOVE * float(spacing.min()))


def _offset(points_mm: NDArray[np.float64], by_mm: float) -> NDArray[np.float64]:
    """A loop of `trace`, moved outwards; its inside is on the right when y grows upwards."""
    along = np.roll(points_mm, -1, axis=0) - np.roll(points_mm, 1, axis=0)
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None]
    return points_mm + by_mm * np.column_stack((-along[:, 1], along[:, 0])) / length


def trace(layer: NDArray[np.float32]) -> list[NDArray[np.float64]]:
    """Loops (n, 2) of (x, y) indices along which the layer, zero at its rim, passes 0.5."""
    points, starts = _trace(np.ascontiguousarray(layer, dtype=np.float32), LEVEL)
    return [points[a:b] for a, b in pairwise(starts)]


@njit(cache=True)
def _trace(layer, level):
    """Follow each border cell by cell, the inside always on the same side; at saddles the inside is parted."""
    ny, nx = layer.shape
    # edge ids: horizontal (j, i)-(j, i+1) -> 2 (j nx + i); vertical (j, i)-(j+1, i) -> 2 (j nx + i) + 1
    following = np.full(2 * ny * nx, -1, dtype=np.int64)
    for j in range(ny - 1):
        for i in range(nx - 1):
            south, north = 2 * (j * nx + i), 2 * ((j + 1) * nx + i)
            west, east = 2 * (j * nx + i) + 1, 2 * (j * nx + i + 1) + 1
            a, b = layer[j, i] >= level, layer[j, i + 1] >= level
            c, d = layer[j + 1, i + 1] >= level, layer[j + 1, i] >= level
            # a, b, c, d: the cell's corners; a segment enters by one edge and leaves by another
            if a and not d:
                if not b:
                    following[west] = south
                elif not c:
                    following[west] = east
                else:
                    following[west] = north
            if b and not a:
                if not c:
                    following[south] = east
                elif not d:
                    following[south] = north
                else:
                    following[south] = west
            if c and not b:
                if not d:
                    following[east] = north
                elif not a:
                    following[east] = west
                else:
                    following[east] = south
            if d and not c:
                if not a:
                    following[north] = west
                elif not b:
                    following[north] = south
                else:
                    following[north] = east
    total = 0
    for e in range(len(following)):
        if following[e] >= 0:
            total += 1
    points = np.empty((total, 2))
    starts = [0]
    n = 0
    for first in range(len(following)):
        e = first
        while following[e] >= 0:
            at = e // 2
            j, i = at // nx, at % nx
            u = layer[j, i]
            if e % 2 == 0:
                v = layer[j, i + 1]
                points[n, 0], points[n, 1] = i + (level - u) / (v - u), j
            else:
                v = layer[j + 1, i]
                points[n, 0], points[n, 1] = i, j + (level - u) / (v - u)
            n += 1
            after = following[e]
            following[e] = -1
            e = after
        if n > starts[-1]:
            starts.append(n)
    return points, np.array(starts)


def simplify(points_mm: NDArray[np.float64], tolerance_mm: float = SIMPLIFY_MM) -> NDArray[np.float64]:
    """A closed polygon with the fewer vertices of Douglas and Peucker 1973 (doi:10.3138/FM57-6770-U75U-7727)."""
    if len(points_mm) < 5:
        return points_mm
    far = int(np.argmax(((points_mm - points_mm[0]) ** 2).sum(axis=1)))
    closed = np.vstack((points_mm, points_mm[:1]))
    keep = _keep(closed, np.array([0, far, len(points_mm)]), tolerance_mm)
    return closed[:-1][keep[:-1]]


@njit(cache=True)
def _keep(points, anchors, tolerance):
    keep = np.zeros(len(points), dtype=np.bool_)
    for a in anchors:
        keep[a] = True
    todo = [(anchors[0], anchors[1]), (anchors[1], anchors[2])]
    while len(todo) > 0:
        first, last = todo.pop()
        dx, dy = points[last, 0] - points[first, 0], points[last, 1] - points[first, 1]
        length = np.hypot(dx, dy)
        widest, at = tolerance, -1
        for n in range(first + 1, last):
            ex, ey = points[n, 0] - points[first, 0], points[n, 1] - points[first, 1]
            if length > 0.0:
                t = min(1.0, max(0.0, (ex * dx + ey * dy) / (length * length)))
                off = np.hypot(ex - t * dx, ey - t * dy)
            else:
                off = np.hypot(ex, ey)
            if off > widest:
                widest, at = off, n
        if at >= 0:
            keep[at] = True
            todo.append((first, at))
            todo.append((at, last))
    return keep
