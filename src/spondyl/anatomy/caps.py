"""The section beyond a last plane, whose border goes on along its arcs."""

from __future__ import annotations

import numpy as np
from numba import njit

from spondyl.anatomy.arcs import beyond
from spondyl.anatomy.rays import border_values, moved_border

FAR_OUTSIDE_MM = -1e6


@njit(cache=True, nogil=True)
def border_beyond(distance, z, planes, hx, hy, clip, wanted):
    """What sections beyond plane `planes[0]` are made of, from it and up to two planes before; nothing if not `wanted`.

    Returns
    -------
    Border cells (n, 2) as (row, column) in a window, their signed distances (n, 3) on the three planes, the window's
    first and end row and column, the distances of the planes from one another, and how many planes there are.
    """
    window = np.zeros(4, dtype=np.int64)
    if not wanted:
        return np.empty((0, 2), dtype=np.int32), np.empty((0, 3)), window, 0.0, 0.0, 0
    count = 1 + int(planes[1] >= 0) + int(planes[2] >= 0)
    gap = abs(z[planes[1]] - z[planes[0]]) if count > 1 else 0.0
    gap_before = abs(z[planes[2]] - z[planes[1]]) if count > 2 else 0.0
    cells, values = border_values(distance, planes, hx, hy, clip)
    _window(distance[planes[0]], -gap - 2.0 * (hx + hy), window)
    for n in range(len(cells)):
        cells[n, 0] -= window[0]
        cells[n, 1] -= window[2]
    return cells, values, window, gap, gap_before, count


@njit(cache=True, nogil=True)
def section_beyond(last, border, reach, hx, hy, section):
    """Fill `section` with the signed distances `reach` mm beyond; `FAR_OUTSIDE_MM` where it cannot reach."""
    cells, values, window, gap, gap_before, count = border
    if count == 1:
        for j in range(section.shape[0]):
            for i in range(section.shape[1]):
                section[j, i] = last[j, i]
        return
    moved = np.empty(values.shape[0])
    for n in range(values.shape[0]):
        moved[n] = beyond(reach, values[n, 0], values[n, 1], values[n, 2], gap, gap_before, count)
    section[:] = FAR_OUTSIDE_MM
    rows, columns = slice(window[0], window[1]), slice(window[2], window[3])
    moved_border(last[rows, columns], cells, moved, hx, hy, section[rows, columns])


@njit(cache=True, nogil=True)
def inner_cells(distance):
    """How many cells are inside. A loop: an expression of arrays takes many times as long to compile."""
    count = 0
    for j in range(distance.shape[0]):
        for i in range(distance.shape[1]):
            count += distance[j, i] > 0.0
    return count


@njit(cache=True, nogil=True)
def closing_share(last, border, hx, hy, closed_share, steps):
    """Share of the gap to the next plane at which the section closes, found by halvings; -1 where it stays open.

    It closes where less than `closed_share` of the last plane's cells would be left at the next plane, and has closed
    where no more are left than there.
    """
    gap, section = border[3], np.empty_like(last)
    section_beyond(last, border, gap, hx, hy, section)
    left = inner_cells(section)
    if left >= closed_share * inner_cells(last):
        return -1.0
    opened, closed = 0.0, 1.0
    for _ in range(steps):
        middle = (opened + closed) / 2
        section_beyond(last, border, middle * gap, hx, hy, section)
        if inner_cells(section) <= left:
            closed = middle
        else:
            opened = middle
    return closed


@njit(cache=True, nogil=True)
def _window(distance, least, window):
    """First and end row and column of the cells with at least a distance, and one more on each side."""
    ny, nx = distance.shape
    j0, j1, i0, i1 = ny, -1, nx, -1
    for j in range(ny):
        for i in range(nx):
            if distance[j, i] >= least:
                j0, j1, i0, i1 = min(j0, j), max(j1, j), min(i0, i), max(i1, i)
    window[0], window[1], window[2], window[3] = max(0, j0 - 1), min(ny, j1 + 2), max(0, i0 - 1), min(nx, i1 + 2)
    if j1 < 0:
        window[0], window[1], window[2], window[3] = 0, ny, 0, nx
