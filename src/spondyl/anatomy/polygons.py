"""Polygons of one plane on a raster: which cell centres are inside, and how far they are from the border.

Several polygons on a plane combine by even-odd (XOR): a polygon inside another is a hole. A keyhole, the slit by
which planning systems join a hole to its rim, has the inside on both sides; its edges are no border and are left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

KEYHOLE_TOLERANCE_MM = 0.01
"""Vertices closer than this count as the same point when a keyhole is looked for."""


def edges_of(polygons_mm: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Edges (x0, y0, x1, y1) in mm, shape (n, 4), of closed polygons, each of shape (m, 2)."""
    points = np.concatenate(polygons_mm)
    ends = np.cumsum([len(p) for p in polygons_mm])
    return _edges(points, ends)


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


def width_mm(polygons_mm: Sequence[NDArray[np.float64]]) -> float:
    """Mean width of polygons, twice their area over their perimeter: half the diameter of a disc, that of a strip."""
    sizes = [area_and_rim(points) for points in polygons_mm]
    rim = sum(float(length) for _, length in sizes)
    return 2.0 * sum(abs(float(area)) for area, _ in sizes) / rim if rim > 0 else 0.0


def border_of(edges_mm: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which edges are a border, with the inside on one side only; the others are keyholes or shared edges."""
    if not _meets_itself(edges_mm, KEYHOLE_TOLERANCE_MM):
        return np.ones(len(edges_mm), dtype=np.bool_)
    return _one_sided(edges_mm, 2.0 * KEYHOLE_TOLERANCE_MM)


@njit(cache=True, nogil=True)
def _meets_itself(edges_mm, tolerance):
    """Whether two edges begin at the same point, to within a tolerance."""
    keys = np.empty(len(edges_mm), dtype=np.int64)
    for k in range(len(edges_mm)):
        keys[k] = np.int64(np.rint(edges_mm[k, 0] / tolerance)) * 2**32 + np.int64(np.rint(edges_mm[k, 1] / tolerance))
    keys.sort()
    return bool((keys[1:] == keys[:-1]).any())


@njit(cache=True)
def _is_inside(edges_mm, x, y):
    inside = False
    for k in range(edges_mm.shape[0]):
        y0, y1 = edges_mm[k, 1], edges_mm[k, 3]
        if (y0 > y) != (y1 > y):
            cross = edges_mm[k, 0] + (y - y0) / (y1 - y0) * (edges_mm[k, 2] - edges_mm[k, 0])
            if x < cross:
                inside = not inside
    return inside


@njit(cache=True, nogil=True)
def _one_sided(edges_mm, offset_mm):
    count = edges_mm.shape[0]
    border = np.ones(count, dtype=np.bool_)
    for k in range(count):
        dx, dy = edges_mm[k, 2] - edges_mm[k, 0], edges_mm[k, 3] - edges_mm[k, 1]
        scale = offset_mm / np.hypot(dx, dy)
        x, y = 0.5 * (edges_mm[k, 0] + edges_mm[k, 2]), 0.5 * (edges_mm[k, 1] + edges_mm[k, 3])
        left = _is_inside(edges_mm, x - dy * scale, y + dx * scale)
        right = _is_inside(edges_mm, x + dy * scale, y - dx * scale)
        border[k] = left != right
    return border


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
                wider = np.empty((ny, 2 * crossings.shape[1]), dtype=np.float64)
                wider[:, : crossings.shape[1]] = crossings
                crossings = wider
            crossings[j, counts[j]] = xa + (y - ya) / (yb - ya) * (xb - xa)
            counts[j] += 1
    for j in range(ny):
        row = np.sort(crossings[j, : counts[j]])
        inside[j, :] = False
        for c in range(0, counts[j] - 1, 2):
            first = max(0, int(np.floor((row[c] - x0) / hx)) + 1)
            last = min(nx - 1, int(np.floor((row[c + 1] - x0) / hx)))
            for i in range(first, last + 1):
                inside[j, i] = True


@njit(cache=True)
def _squared_distance(edges_mm, k, x, y):
    xa, ya = edges_mm[k, 0], edges_mm[k, 1]
    dx, dy = edges_mm[k, 2] - xa, edges_mm[k, 3] - ya
    t = ((x - xa) * dx + (y - ya) * dy) / (dx * dx + dy * dy)
    t = min(1.0, max(0.0, t))
    ex, ey = x - xa - t * dx, y - ya - t * dy
    return ex * ex + ey * ey


@njit(cache=True)
def _seed(edges_mm, border, x0, y0, hx, hy, nearest, squared):
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
                d = _squared_distance(edges_mm, k, x0 + i * hx, y0 + j * hy)
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
    _seed(edges_mm, border, x0, y0, hx, hy, nearest, squared)
    inside = np.empty((ny, nx), dtype=np.bool_)
    inside_raster(edges_mm, x0, y0, hx, hy, inside)
    far = (clip_mm + 2.0 * (hx + hy)) ** 2  # farther out the distance is clipped anyway
    for sweep in range(2):
        step = 1 if sweep == 0 else -1
        first_j, end_j = (0, ny) if sweep == 0 else (ny - 1, -1)
        for j in range(first_j, end_j, step):
            for direction in (1, -1):
                first_i, end_i = (0, nx) if direction == 1 else (nx - 1, -1)
                for i in range(first_i, end_i, direction):
                    for neighbour in range(4 if direction == 1 else 1):
                        nj = j if neighbour == 0 else j - step
                        ni = i - direction if neighbour == 0 else i + neighbour - 2
                        if nj < 0 or nj >= ny or ni < 0 or ni >= nx:
                            continue
                        k = nearest[nj, ni]
                        if k >= 0 and k != nearest[j, i] and (squared[nj, ni] < far or inside[j, i]):
                            d = _squared_distance(edges_mm, k, x0 + i * hx, y0 + j * hy)
                            if d < squared[j, i]:
                                squared[j, i] = d
                                nearest[j, i] = k
    for j in range(ny):
        for i in range(nx):
            d = np.sqrt(squared[j, i])
            phi[j, i] = d if inside[j, i] else max(-clip_mm, -d)


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
