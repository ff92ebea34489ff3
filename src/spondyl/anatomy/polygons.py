"""Polygons of one plane on a raster: which cell centres are inside, and how far they are from the border.

Several polygons on a plane combine by even-odd (XOR): a polygon inside another is a hole. Keyholes are no border.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

Polygons = Sequence[NDArray[np.float64]]
"""Each (n, 2), (x, y) in mm."""


Joined = tuple[NDArray[np.float64], NDArray[np.int_], NDArray[np.int_]]
"""All points (n, 2) of some planes, where polygons end among them, and where planes end among the polygons."""


def joined(planes: Sequence[Polygons]) -> Joined:
    """The polygons of planes as compiled functions take them."""
    drawn = [polygon for polygons in planes for polygon in polygons]
    return np.concatenate(drawn), np.cumsum([len(p) for p in drawn]), np.cumsum([len(p) for p in planes])


@njit(cache=True, nogil=True)
def edges_of(points_mm, ends):
    edges, n, first = np.empty((len(points_mm), 4)), 0, 0
    for end in ends:
        for k in range(first, end):
            after = k + 1 if k + 1 < end else first
            xa, ya, xb, yb = points_mm[k, 0], points_mm[k, 1], points_mm[after, 0], points_mm[after, 1]
            if xa != xb or ya != yb:
                edges[n, 0], edges[n, 1], edges[n, 2], edges[n, 3] = xa, ya, xb, yb
                n += 1
        first = end
    return edges[:n].copy()


@njit(cache=True, nogil=True)
def area_and_rim(points_mm):
    """Signed area in mm2 of a polygon (n, 2), positive when x turns towards y, and the length of its rim in mm."""
    area = rim = 0.0
    x0, y0 = points_mm[0, 0], points_mm[0, 1]
    for n in range(len(points_mm)):
        xa, ya = points_mm[n - 1, 0], points_mm[n - 1, 1]
        xb, yb = points_mm[n, 0], points_mm[n, 1]
        area += 0.5 * ((xa - x0) * (yb - y0) - (xb - x0) * (ya - y0))
        rim += np.sqrt((xb - xa) ** 2 + (yb - ya) ** 2)
    return area, rim


def area_mm2(points_mm: NDArray[np.float64]) -> float:
    """Signed area of a polygon (n, 2), positive when x turns towards y."""
    return float(area_and_rim(points_mm)[0])


def areas_and_rims(drawn: Joined) -> NDArray[np.float64]:
    """Of each polygon the `area_and_rim`, shape (n, 2)."""
    points, ends, _ = drawn
    return _areas_and_rims(points, ends)


@njit(cache=True, nogil=True)
def _areas_and_rims(points, ends):
    found, first = np.empty((len(ends), 2)), 0
    for n in range(len(ends)):
        found[n, 0], found[n, 1] = area_and_rim(points[first : ends[n]])
        first = ends[n]
    return found


def boxes_mm(drawn: Joined) -> NDArray[np.float64]:
    """Of each polygon the lowest x and y and the highest, shape (n, 4)."""
    points, ends, _ = drawn
    first = np.concatenate(([0], ends[:-1]))
    return np.hstack((np.minimum.reduceat(points, first), np.maximum.reduceat(points, first)))


def width_mm(polygons_mm: Polygons) -> float:
    """Mean width of polygons, twice their area over their perimeter: half the diameter of a disc, that of a strip."""
    area, rim = np.abs(areas_and_rims(joined([polygons_mm]))).sum(axis=0)
    return float(2.0 * area / rim) if rim > 0 else 0.0


@njit(cache=True, nogil=True)
def _wider(rows):
    """Rows of twice the length that begin with those given; a loop, as slices take long to compile."""
    more = np.empty((rows.shape[0], 2 * rows.shape[1]))
    for j in range(rows.shape[0]):
        for i in range(rows.shape[1]):
            more[j, i] = rows[j, i]
    return more


@njit(cache=True, nogil=True)
def inside_raster(edges_mm, x0, y0, hx, hy, side):
    """Fill `side` (ny, nx) with 1 where the cell centre (x0 + i hx, y0 + j hy) is inside, by even-odd, else -1."""
    ny, nx = side.shape
    crossings = np.empty((ny, 16), dtype=np.float64)
    counts = np.zeros(ny, dtype=np.int64)
    for k in range(edges_mm.shape[0]):
        xa, ya, xb, yb = edges_mm[k, 0], edges_mm[k, 1], edges_mm[k, 2], edges_mm[k, 3]
        low, high = min(ya, yb), max(ya, yb)
        first, last = max(0, int(np.ceil((low - y0) / hy)) - 1), min(ny - 1, int(np.floor((high - y0) / hy)) + 1)
        for j in range(first, last + 1):
            y = y0 + j * hy
            if (ya > y) == (yb > y):
                continue
            if counts[j] == crossings.shape[1]:
                crossings = _wider(crossings)
            crossings[j, counts[j]] = xa + (y - ya) / (yb - ya) * (xb - xa)
            counts[j] += 1
    for j in range(ny):
        row = crossings[j, : counts[j]]
        for c in range(1, counts[j]):  # a row crosses few edges: put each where it belongs
            at, value = c, row[c]
            while at > 0 and row[at - 1] > value:
                row[at] = row[at - 1]
                at -= 1
            row[at] = value
        side[j, :] = -1.0
        for c in range(0, counts[j] - 1, 2):
            first = max(0, int(np.floor((row[c] - x0) / hx)) + 1)
            last = min(nx - 1, int(np.floor((row[c + 1] - x0) / hx)))
            for i in range(first, last + 1):
                side[j, i] = 1.0


@njit(cache=True)
def half_plane_fraction(distance, a, b):
    """Fraction of a cell on the inner side of a straight border.

    `distance` is that of the cell's centre (positive inside); `a`, `b` are the cell's sides times the components
    of the border's unit normal, both >= 0.
    """
    low, high = min(a, b), max(a, b)
    p = distance + 0.5 * (low + high)
    if p <= 0.0:
        return 0.0
    if p >= low + high:
        return 1.0
    if p < low:
        return 0.5 * p * p / (low * high)
    if p <= high:
        return (p - 0.5 * low) / high
    q = low + high - p
    return 1.0 - 0.5 * q * q / (low * high)
