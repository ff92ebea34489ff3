"""Distances between the borders of neighbouring planes, measured along the border's normal.

The nearest border of a plane need not be the one that moves: at the end face of a lying cylinder it stands still while
the sides close. So where two sections differ, distances are taken along the outward normal instead.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def slope(distance, j, i, hx, hy):
    """Unit vector (x, y) of the distance's steepest rise at a cell, by central differences."""
    ny, nx = distance.shape
    gx = (distance[j, min(nx - 1, i + 1)] - distance[j, max(0, i - 1)]) / hx
    gy = (distance[min(ny - 1, j + 1), i] - distance[max(0, j - 1), i]) / hy
    length = np.sqrt(gx * gx + gy * gy)
    if length == 0.0:
        return 1.0, 0.0
    return gx / length, gy / length


@njit(cache=True)
def _at(distance, row, column):
    """Bilinear value at fractional indices inside the raster."""
    j = min(int(row), distance.shape[0] - 2)
    i = min(int(column), distance.shape[1] - 2)
    v, u = row - j, column - i
    low = distance[j, i] * (1.0 - u) + distance[j, i + 1] * u
    high = distance[j + 1, i] * (1.0 - u) + distance[j + 1, i + 1] * u
    return low * (1.0 - v) + high * v


@njit(cache=True)
def along_normal(distance, j, i, out_x, out_y, hx, hy, limit):
    """Signed distance from a cell to a plane's border along the outward direction, positive inside.

    From an inner cell outwards, from an outer one inwards; the nearest distance where none is met within `limit`.
    """
    here = np.float64(distance[j, i])
    sign = 1.0 if here > 0.0 else -1.0
    least, step_x, step_y = 0.5 * min(hx, hy), sign * out_x / hx, sign * out_y / hy
    gone, before, value = 0.0, 0.0, sign * here
    last = value
    while value > 0.0:
        before, last = gone, value
        gone += max(value, least)
        if gone > limit:
            return here
        column, row = i + step_x * gone, j + step_y * gone
        if column < 0.0 or row < 0.0 or column > distance.shape[1] - 1 or row > distance.shape[0] - 1:
            return here
        value = sign * _at(distance, row, column)
    if gone == 0.0:
        return here
    return sign * (before + (gone - before) * last / (last - value))


@njit(cache=True, nogil=True)
def four_values(distance, planes, j, i, hx, hy, limit, values):
    """Fill `values` (4,) with a cell's signed distances on four planes, along the normal where 1 and 2 differ."""
    for k in range(4):
        values[k] = distance[max(0, planes[k]), j, i]
    if (values[1] > 0.0) == (values[2] > 0.0):
        return
    smaller = distance[planes[1]] if values[1] < values[2] else distance[planes[2]]
    gx, gy = slope(smaller, j, i, hx, hy)
    for k in range(4):
        if planes[k] >= 0:
            values[k] = along_normal(distance[planes[k]], j, i, -gx, -gy, hx, hy, limit)


@njit(cache=True, nogil=True)
def values_between(distance, planes, hx, hy, limit, values):
    """Fill `values` (4, ny, nx) with what `four_values` gives of each cell."""
    for j in range(distance.shape[1]):
        for i in range(distance.shape[2]):
            four_values(distance, planes, j, i, hx, hy, limit, values[:, j, i])


@njit(cache=True, nogil=True)
def border_values(distance, planes, hx, hy, limit):
    """Border cells (n, 2) as (j, i) of the last plane, and the signed distances (n, 3) of three planes there."""
    last = distance[planes[0]]
    ny, nx = last.shape
    reach = 0.75 * np.hypot(hx, hy)
    count = 0
    for j in range(ny):
        for i in range(nx):
            count += abs(last[j, i]) <= reach
    cells, values = np.empty((count, 2), dtype=np.int32), np.zeros((count, 3), dtype=np.float64)
    n = 0
    for j in range(ny):
        for i in range(nx):
            if abs(last[j, i]) > reach:
                continue
            gx, gy = slope(last, j, i, hx, hy)
            cells[n, 0], cells[n, 1] = j, i
            values[n, 0] = last[j, i]
            for k in range(1, 3):
                if planes[k] >= 0:
                    values[n, k] = along_normal(distance[planes[k]], j, i, -gx, -gy, hx, hy, limit)
            n += 1
    return cells, values


@njit(cache=True, nogil=True)
def moved_border(last, cells, moved, hx, hy, result):
    """Signed distance to a border whose cells have the distances `moved` (n,) instead of those in `last`.

    Each cell inside takes the least of (moved + distance to a border cell), each outside the largest of (moved -
    distance), by two sweeps that pass on border cells (Danielsson 1980, doi:10.1016/0146-664X(80)90054-4).
    """
    ny, nx = last.shape
    best = np.full((ny, nx), -1, dtype=np.int32)
    for j in range(ny):
        for i in range(nx):
            result[j, i] = 1e6 if last[j, i] > 0.0 else -1e6
    for n in range(cells.shape[0]):
        best[cells[n, 0], cells[n, 1]] = n
        result[cells[n, 0], cells[n, 1]] = moved[n]
    for sweep in range(2):
        step = 1 if sweep == 0 else -1
        for row in range(ny):
            j = row if sweep == 0 else ny - 1 - row
            for direction in (1, -1):
                for column in range(nx):
                    i = column if direction == 1 else nx - 1 - column
                    for neighbour in range(4 if direction == 1 else 1):
                        nj = j if neighbour == 0 else j - step
                        ni = i - direction if neighbour == 0 else i + neighbour - 2
                        if nj < 0 or nj >= ny or ni < 0 or ni >= nx:
                            continue
                        n = best[nj, ni]
                        if n < 0 or n == best[j, i]:
                            continue
                        away = np.sqrt(((j - cells[n, 0]) * hy) ** 2 + ((i - cells[n, 1]) * hx) ** 2)
                        if last[j, i] > 0.0:
                            if moved[n] + away < result[j, i]:
                                result[j, i] = moved[n] + away
                                best[j, i] = n
                        elif moved[n] - away > result[j, i]:
                            result[j, i] = moved[n] - away
                            best[j, i] = n
    for n in range(cells.shape[0]):
        j, i = cells[n]
        if last[j, i] <= 0.0:
            result[j, i] = min(result[j, i], _highest_inside(last, result, j, i))


@njit(cache=True)
def _highest_inside(last, result, j, i):
    """The largest result among the neighbours of a cell that were inside; no cell beyond a border exceeds it."""
    highest = -1e6
    for nj in range(max(0, j - 1), min(last.shape[0], j + 2)):
        for ni in range(max(0, i - 1), min(last.shape[1], i + 2)):
            if last[nj, ni] > 0.0:
                highest = max(highest, result[nj, ni])
    return highest
