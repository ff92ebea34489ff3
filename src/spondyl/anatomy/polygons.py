"""Polygons of one plane on a raster: which cell centres are inside, and how far they are from the border.

Several polygons on a plane combine by even-odd (XOR): a polygon inside another is a hole. Keyholes are no border.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spondyl.anatomy.keyholes import KEYHOLE_TOLERANCE_MM, one_sided, planes_that_meet

Polygons = Sequence[NDArray[np.float64]]
"""Each (n, 2), (x, y) in mm."""


def joined(planes: Sequence[Polygons]) -> tuple[NDArray[np.float64], NDArray[np.int_], NDArray[np.int_]]:
    """All points (n, 2), where polygons end among them, and where planes end among the polygons."""
    drawn = [polygon for polygons in planes for polygon in polygons]
    return np.concatenate(drawn), np.cumsum([len(p) for p in drawn]), np.cumsum([len(p) for p in planes])


def signed_distances(
    planes: Sequence[Polygons],
    origin_mm: tuple[float, float],
    cell_mm: tuple[float, float],
    shape: tuple[int, int],
    clip_mm: float,
) -> NDArray[np.float32]:
    """Signed distance in mm to the border of each plane's polygons on one raster, positive inside.

    Parameters
    ----------
    planes
        Of each its closed polygons, each of shape (m, 2) in mm.
    origin_mm, cell_mm
        (x, y) of the first cell's centre, and the cells' sides.
    shape
        Rows and columns of the raster.
    clip_mm
        No distance outside is said to be more.

    Returns
    -------
    Shape (planes, rows, columns).
    """
    points, ends, last = joined(planes)
    distance = np.empty((len(planes), *shape), dtype=np.float32)
    _distances(points, ends, last, planes_that_meet(points, ends, last), *origin_mm, *cell_mm, clip_mm, distance)
    return distance


@njit(cache=True, nogil=True)
def _distances(points, ends, last, meets, x0, y0, hx, hy, clip, distance):
    first_point = first = 0
    for n in range(len(last)):
        end = ends[last[n] - 1]
        edges = _edges(points[first_point:end], ends[first : last[n]] - first_point)
        border = np.ones(len(edges), dtype=np.bool_)
        if meets[n]:
            border = one_sided(edges, 2.0 * KEYHOLE_TOLERANCE_MM)
        signed_distance_raster(edges, border, x0, y0, hx, hy, clip, distance[n])
        first_point, first = end, last[n]


@njit(cache=True, nogil=True)
def _edges(points_mm, ends):
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


def areas_and_rims(polygons_mm: Polygons) -> NDArray[np.float64]:
    """Of each polygon the `area_and_rim`, shape (n, 2)."""
    points, ends, _ = joined([polygons_mm])
    return _areas_and_rims(points, ends)


@njit(cache=True, nogil=True)
def _areas_and_rims(points, ends):
    found, first = np.empty((len(ends), 2)), 0
    for n in range(len(ends)):
        found[n, 0], found[n, 1] = area_and_rim(points[first : ends[n]])
        first = ends[n]
    return found


def boxes_mm(polygons_mm: Polygons) -> NDArray[np.float64]:
    """Of each polygon the lowest x and y and the highest, shape (n, 4)."""
    points, ends, _ = joined([polygons_mm])
    first = np.concatenate(([0], ends[:-1]))
    return np.hstack((np.minimum.reduceat(points, first), np.maximum.reduceat(points, first)))


def width_mm(polygons_mm: Polygons) -> float:
    """Mean width of polygons, twice their area over their perimeter: half the diameter of a disc, that of a strip."""
    area, rim = np.abs(areas_and_rims(polygons_mm)).sum(axis=0)
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
def inside_raster(edges_mm, x0, y0, hx, hy, inside):
    """Fill `inside` (ny, nx) with whether the cell centre (x0 + i hx, y0 + j hy) is inside, by even-odd."""
    ny, nx = inside.shape
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
        inside[j, :] = False
        for c in range(0, counts[j] - 1, 2):
            first = max(0, int(np.floor((row[c] - x0) / hx)) + 1)
            last = min(nx - 1, int(np.floor((row[c + 1] - x0) / hx)))
            for i in range(first, last + 1):
                inside[j, i] = True


@njit(cache=True)
def _squared_distance(lines, k, x, y):
    """To the line (x, y, along x, along y, one over its squared length)."""
    ax, ay, dx, dy = x - lines[k, 0], y - lines[k, 1], lines[k, 2], lines[k, 3]
    t = min(1.0, max(0.0, (ax * dx + ay * dy) * lines[k, 4]))
    ex, ey = ax - t * dx, ay - t * dy
    return ex * ex + ey * ey


@njit(cache=True)
def _lines(edges_mm):
    lines = np.empty((len(edges_mm), 5))
    for k in range(len(edges_mm)):
        dx, dy = edges_mm[k, 2] - edges_mm[k, 0], edges_mm[k, 3] - edges_mm[k, 1]
        lines[k, 0], lines[k, 1], lines[k, 2], lines[k, 3] = edges_mm[k, 0], edges_mm[k, 1], dx, dy
        lines[k, 4] = 1.0 / (dx * dx + dy * dy)
    return lines


@njit(cache=True)
def _seed(edges_mm, lines, border, x0, y0, hx, hy, nearest, squared):
    """Exact distance to the cells near each edge."""
    ny, nx = nearest.shape
    reach = 1.5 * max(hx, hy)
    for k in range(edges_mm.shape[0]):
        if not border[k]:
            continue
        xa, ya, xb, yb = edges_mm[k, 0], edges_mm[k, 1], edges_mm[k, 2], edges_mm[k, 3]
        j0 = max(0, int(np.ceil((min(ya, yb) - reach - y0) / hy)))
        j1 = min(ny - 1, int(np.floor((max(ya, yb) + reach - y0) / hy)))
        i0 = max(0, int(np.ceil((min(xa, xb) - reach - x0) / hx)))
        i1 = min(nx - 1, int(np.floor((max(xa, xb) + reach - x0) / hx)))
        for j in range(j0, j1 + 1):
            for i in range(i0, i1 + 1):
                d = _squared_distance(lines, k, x0 + i * hx, y0 + j * hy)
                if d < squared[j, i]:
                    squared[j, i] = d
                    nearest[j, i] = k


@njit(cache=True, nogil=True)
def signed_distance_raster(edges_mm, border, x0, y0, hx, hy, clip_mm, phi):
    """Fill `phi` (ny, nx) with the distance in mm to the nearest border edge, positive inside, >= -clip_mm.

    Cells near an edge get its exact distance; the nearest edge then spreads over the raster in two sweeps
    (Danielsson 1980, doi:10.1016/0146-664X(80)90054-4).
    """
    ny, nx = phi.shape
    nearest = np.full((ny, nx), -1, dtype=np.int32)
    squared = np.full((ny, nx), 1e12, dtype=np.float64)
    lines = _lines(edges_mm)
    _seed(edges_mm, lines, border, x0, y0, hx, hy, nearest, squared)
    inside = np.empty((ny, nx), dtype=np.bool_)
    inside_raster(edges_mm, x0, y0, hx, hy, inside)
    far = (clip_mm + 2.0 * (hx + hy)) ** 2  # farther out the distance is clipped anyway
    for sweep in range(2):
        step = 1 if sweep == 0 else -1
        for row in range(ny):
            j = row if sweep == 0 else ny - 1 - row
            _pass_on(lines, nearest, squared, inside, far, j, j - step if row > 0 else -1, x0, y0 + j * hy, hx)
    for j in range(ny):
        for i in range(nx):
            d = np.sqrt(squared[j, i])
            phi[j, i] = d if inside[j, i] else max(-clip_mm, -d)


@njit(cache=True, nogil=True)
def _pass_on(lines, nearest, squared, inside, far, j, beside, x0, y, hx):
    """Offer each cell of row j the nearest edges of its neighbours in row `beside` (-1 for none) and in its own."""
    nx = nearest.shape[1]
    for i in range(nx):
        best, k, within = squared[j, i], nearest[j, i], inside[j, i]
        tried = k
        x = x0 + i * hx
        if i > 0:
            other = nearest[j, i - 1]
            if other >= 0 and other != k and (within or squared[j, i - 1] < far):
                tried = other
                d = _squared_distance(lines, other, x, y)
                if d < best:
                    best, k = d, other
        if beside >= 0:
            for n in range(max(0, i - 1), min(nx, i + 2)):
                other = nearest[beside, n]
                if other >= 0 and other != k and other != tried and (within or squared[beside, n] < far):
                    tried = other
                    d = _squared_distance(lines, other, x, y)
                    if d < best:
                        best, k = d, other
        squared[j, i], nearest[j, i] = best, k
    for i in range(nx - 2, -1, -1):
        other = nearest[j, i + 1]
        if other >= 0 and other != nearest[j, i] and (inside[j, i] or squared[j, i + 1] < far):
            d = _squared_distance(lines, other, x0 + i * hx, y)
            if d < squared[j, i]:
                squared[j, i], nearest[j, i] = d, other


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
