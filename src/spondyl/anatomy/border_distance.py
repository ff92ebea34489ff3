"""Signed distance of a raster's cells to the border of the polygons on each plane, exact where the border is near.

Blocks of cells share the edges that can be the nearest of any: those hardly farther from the block's middle than its
nearest edge. Where the border is far on a plane and on those beside it, nothing asks for more than a lower bound.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spondyl.anatomy.keyholes import KEYHOLE_TOLERANCE_MM, meets_itself, one_sided
from spondyl.anatomy.polygons import Joined, edges_of, inside_raster

BLOCK, GROUP = 12, 48
"""Cells along a side of a block, and of a group of blocks."""
_LANES, _CELLS = 16, BLOCK * BLOCK
_NOWHERE = 1e9
BESIDE = 2
"""A plane's distances are used between planes up to two away."""


@njit(cache=True)
def far_mm(clip, hx, hy):
    """From which on a distance tells no more than the side of the border: no cell this far is cut, nor is its
    neighbour."""
    return min(clip, 0.5 * (hx + hy) + max(hx, hy))


def signed_distances(
    drawn: Joined,
    origin_mm: tuple[float, float],
    cell_mm: tuple[float, float],
    shape: tuple[int, int],
    clip_mm: float,
    *,
    everywhere: bool = False,
) -> NDArray[np.float32]:
    """Signed distance in mm to the border of each plane's polygons on one raster, positive inside.

    Parameters
    ----------
    drawn
        The closed polygons of each plane; planes rise, if not `everywhere`.
    origin_mm, cell_mm
        (x, y) of the first cell's centre, and the cells' sides.
    shape
        Rows and columns of the raster.
    clip_mm
        No distance outside is said to be more.
    everywhere
        Whether to tell exact distances all over. Else blocks of cells far from the border (`far_mm`), on the same side
        of it, on a plane and two planes on either side, get a lower bound of their distance.

    Returns
    -------
    Shape (planes, rows, columns).
    """
    distance = np.empty((len(drawn[2]), *shape), dtype=np.float32)
    _distances(*drawn, *origin_mm, *cell_mm, clip_mm, everywhere, distance)
    return distance


@njit(cache=True, nogil=True)
def _distances(points, ends, last, x0, y0, hx, hy, clip, everywhere, distance):
    planes = distance.shape[0]
    lines, starts = np.empty((5, len(points) + _LANES * planes)), np.zeros(planes + 1, dtype=np.int64)
    first_point = first = 0
    for n in range(planes):
        end = ends[last[n] - 1]
        edges = edges_of(points[first_point:end], ends[first : last[n]] - first_point)
        is_border = np.ones(len(edges), dtype=np.bool_)
        if meets_itself(edges):
            is_border = one_sided(edges, 2.0 * KEYHOLE_TOLERANCE_MM)
        starts[n + 1] = _add_lines(edges, is_border, lines, starts[n])
        inside_raster(edges, x0, y0, hx, hy, distance[n])
        first_point, first = end, last[n]
    bounds = _bounds(lines, starts, x0, y0, hx, hy, distance)
    near = _near_blocks(bounds, far_mm(clip, hx, hy), everywhere)
    for n in range(planes):
        _fill_plane(lines, starts[n], starts[n + 1], bounds[n], near[n], x0, y0, hx, hy, distance[n])
        _sign(distance[n], clip)


@njit(cache=True, nogil=True)
def _add_lines(edges, is_border, lines, first):
    """Add edges as start (x, y), way to the end (x, y) and one over its squared length; where they end."""
    end = first
    for k in range(len(edges)):
        if is_border[k]:
            dx, dy = edges[k, 2] - edges[k, 0], edges[k, 3] - edges[k, 1]
            lines[0, end], lines[1, end], lines[2, end], lines[3, end] = edges[k, 0], edges[k, 1], dx, dy
            lines[4, end] = 1.0 / (dx * dx + dy * dy)
            end += 1
    return _fill_up(lines, first, end)


@njit(cache=True, nogil=True)
def _fill_up(lines, first, end):
    """Add lines that are nowhere near, up to a multiple of `_LANES`; where they end."""
    full = first + (end - first + _LANES - 1) // _LANES * _LANES
    for k in range(end, full):
        lines[0, k] = _NOWHERE
        lines[1, k] = lines[2, k] = lines[3, k] = lines[4, k] = 0.0
    return full


@njit(cache=True, nogil=True)
def _squared_distances(lines, first, end, x, y, squared, least):
    """Fill `squared` with the squared distances of a point to lines `first` to `end`, `least` (_LANES,) with the least
    of each lane; the least of all."""
    for lane in range(_LANES):
        least[lane] = np.inf
    for start in range(first, end, _LANES):
        for lane in range(_LANES):
            k = start + lane
            ax, ay, dx, dy = x - lines[0, k], y - lines[1, k], lines[2, k], lines[3, k]
            t = (ax * dx + ay * dy) * lines[4, k]
            t = 0.0 if t < 0.0 else t
            t = 1.0 if t > 1.0 else t
            ex, ey = ax - t * dx, ay - t * dy
            d = ex * ex + ey * ey
            squared[k - first] = d
            least[lane] = d if d < least[lane] else least[lane]
    result = least[0]
    for lane in range(1, _LANES):
        result = min(result, least[lane])
    return result


@njit(cache=True, nogil=True)
def _lines_near(lines, first, end, x, y, reach, squared, least, some):
    """Fill `some` with the lines that may be the nearest to a point within `reach` of (x, y), from there, and tell
    how many there are."""
    most = (np.sqrt(_squared_distances(lines, first, end, x, y, squared, least)) + 2.0 * reach) ** 2 * (1.0 + 1e-12)
    count = 0
    for k in range(first, end):
        some[0, count], some[1, count], some[2, count] = lines[0, k] - x, lines[1, k] - y, lines[2, k]
        some[3, count], some[4, count] = lines[3, k], lines[4, k]
        count += squared[k - first] <= most
    return count


@njit(cache=True, nogil=True)
def _bounds(lines, starts, x0, y0, hx, hy, inside):
    """Of each plane's blocks, a lower bound of the signed distance; 0 where the border may be in the block."""
    planes, ny, nx = inside.shape
    bounds = np.zeros((planes, (ny + BLOCK - 1) // BLOCK, (nx + BLOCK - 1) // BLOCK), dtype=np.float32)
    squared, least, some = np.empty(lines.shape[1]), np.empty(_LANES), np.empty((5, lines.shape[1] + _LANES))
    half, reach = 0.5 * (BLOCK - 1), 0.5 * (BLOCK - 1) * np.hypot(hx, hy)
    middle, wide = 0.5 * (GROUP - 1), 0.5 * (GROUP - 1) * np.hypot(hx, hy)
    for n in range(planes):
        for top in range(0, ny, GROUP):
            for left in range(0, nx, GROUP):
                x, y = x0 + (left + middle) * hx, y0 + (top + middle) * hy
                count = _fill_up(
                    some, 0, _lines_near(lines, starts[n], starts[n + 1], x, y, wide, squared, least, some)
                )
                for j in range(top, min(ny, top + GROUP), BLOCK):
                    for i in range(left, min(nx, left + GROUP), BLOCK):
                        away_x, away_y = (i - left + half - middle) * hx, (j - top + half - middle) * hy
                        square = _squared_distances(some, 0, count, away_x, away_y, squared, least)
                        bounds[n, j // BLOCK, i // BLOCK] = max(0.0, np.sqrt(square) - reach) * inside[n, j, i]
    return bounds


@njit(cache=True, nogil=True)
def _near_blocks(bounds, far, everywhere):
    """Blocks in which distances matter: of planes up to `BESIDE` away from where two neighbours are not both far."""
    planes, rows, columns = bounds.shape
    near = np.full(bounds.shape, everywhere)
    for n in range(planes):
        other = min(n + 1, planes - 1)
        for j in range(rows):
            for i in range(columns):
                a, b = bounds[n, j, i], bounds[other, j, i]
                if min(abs(a), abs(b)) < far or (a > 0.0) != (b > 0.0):
                    for plane in range(max(0, n + 1 - BESIDE), min(planes, n + 1 + BESIDE)):
                        near[plane, j, i] = True
    return near


@njit(cache=True, nogil=True)
def _fill_plane(lines, first, end, bounds, near, x0, y0, hx, hy, distance):
    """Replace 1 inside and -1 outside by the squared distance with that sign."""
    ny, nx = distance.shape
    room = end - first + _LANES
    squared, least, some, few = np.empty(room), np.empty(_LANES), np.empty((5, room)), np.empty((5, room))
    cells_x, cells_y, best = np.empty(_CELLS), np.empty(_CELLS), np.empty(_CELLS)
    half, reach = 0.5 * (BLOCK - 1), 0.5 * (BLOCK - 1) * np.hypot(hx, hy)
    middle, wide = 0.5 * (GROUP - 1), 0.5 * (GROUP - 1) * np.hypot(hx, hy)
    for c in range(_CELLS):
        cells_x[c], cells_y[c] = (c % BLOCK - half) * hx, (c // BLOCK - half) * hy
    for top in range(0, ny, GROUP):
        for left in range(0, nx, GROUP):
            x, y = x0 + (left + middle) * hx, y0 + (top + middle) * hy
            count = _fill_up(some, 0, _lines_near(lines, first, end, x, y, wide, squared, least, some))
            for j in range(top, min(ny, top + GROUP), BLOCK):
                for i in range(left, min(nx, left + GROUP), BLOCK):
                    rows, columns = min(ny - j, BLOCK), min(nx - i, BLOCK)
                    if not near[j // BLOCK, i // BLOCK]:
                        bound = bounds[j // BLOCK, i // BLOCK]
                        for b in range(rows):
                            for a in range(columns):
                                distance[j + b, i + a] = abs(bound) * bound
                        continue
                    away_x, away_y = (i - left + half - middle) * hx, (j - top + half - middle) * hy
                    these = _lines_near(some, 0, count, away_x, away_y, reach, squared, least, few)
                    _nearest(few, these, cells_x, cells_y, best)
                    for b in range(rows):
                        for a in range(columns):
                            distance[j + b, i + a] *= best[b * BLOCK + a]


@njit(cache=True, nogil=True)
def _nearest(lines, count, cells_x, cells_y, best):
    """Squared distance of each of a block's cells to the nearest line."""
    for c in range(_CELLS):
        best[c] = np.inf
    for k in range(count):
        x, y, dx, dy, scale = lines[0, k], lines[1, k], lines[2, k], lines[3, k], lines[4, k]
        for c in range(_CELLS):
            ax, ay = cells_x[c] - x, cells_y[c] - y
            t = (ax * dx + ay * dy) * scale
            t = 0.0 if t < 0.0 else t
            t = 1.0 if t > 1.0 else t
            ex, ey = ax - t * dx, ay - t * dy
            d = ex * ex + ey * ey
            best[c] = d if d < best[c] else best[c]


@njit(cache=True, nogil=True)
def _sign(distance, clip):
    """Replace signed squares by signed distances, >= -clip."""
    for j in range(distance.shape[0]):
        for i in range(distance.shape[1]):
            square = distance[j, i]
            d = np.sqrt(abs(square))
            distance[j, i] = d if square > 0.0 else max(-clip, -d)
