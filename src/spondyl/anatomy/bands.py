"""The cells of a slab that its border may cut, and the arcs that the border follows there from plane to plane.

Between planes most cells lie far on one side of the border throughout: those need no arc.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from spondyl.anatomy.arcs import circle, curvature_between
from spondyl.anatomy.border_distance import far_mm
from spondyl.anatomy.rays import four_values


@njit(cache=True, nogil=True)
def sorted_cells(distance, z, planes, frame, clip, least, section, used, band, arcs):
    """Sort a slab's cells: those in the band, with what their arcs need, and those that any layer may use.

    An arc never leaves the range of its ends, so where both are far on one side of the border none is drawn and
    `section` is given a bound that is as far off.
    """
    ny, nx = section.shape
    hx, hy = frame[2], frame[3]
    far = far_mm(clip, hx, hy)
    lower, upper = distance[planes[1]], distance[planes[2]]
    values, heights = np.empty(4), _heights(z, planes)
    some = bent = 0
    for j in range(ny):
        for i in range(nx):
            low, high = lower[j, i], upper[j, i]
            if max(low, high) <= -far:
                section[j, i] = max(low, high)
                if section[j, i] <= least:
                    continue
            elif min(low, high) >= far:
                section[j, i] = min(low, high)
            else:
                four_values(distance, planes, j, i, hx, hy, clip, values)
                curvature = curvature_between(heights, values, planes, clip)
                _note_arc(arcs[bent], heights, values, curvature)
                band[bent, 0], band[bent, 1] = j, i
                bent += 1
            used[some, 0], used[some, 1] = j, i
            some += 1
    return some, bent


@njit(cache=True, nogil=True)
def arcs_of(distance, z, planes, frame, clip, near, bounds, arcs):
    """As `sorted_cells`, for some cells: bounds, not a number where an arc is to be drawn."""
    far = far_mm(clip, frame[2], frame[3])
    values, heights = np.empty(4), _heights(z, planes)
    for n in range(len(near)):
        j, i = np.int64(near[n, 0]), np.int64(near[n, 1])
        low, high = distance[planes[1], j, i], distance[planes[2], j, i]
        bounds[n] = np.nan
        if max(low, high) <= -far:
            bounds[n] = max(low, high)
        elif min(low, high) >= far:
            bounds[n] = min(low, high)
        else:
            four_values(distance, planes, j, i, frame[2], frame[3], clip, values)
            curvature = curvature_between(heights, values, planes, clip)
            _note_arc(arcs[n], heights, values, curvature)


@njit(cache=True, nogil=True)
def _heights(z, planes):
    """Of four planes; of one that is not there, any."""
    heights = np.empty(4)
    for k in range(4):
        heights[k] = z[max(0, planes[k])]
    return heights


@njit(cache=True, nogil=True)
def _note_arc(arc, heights, values, curvature):
    arc[0], arc[1], arc[2], arc[3] = circle(heights[1], values[1], heights[2], values[2], curvature)


@njit(cache=True, nogil=True)
def close_hole(section, distance, slab, z, height):
    """Take out the hole that reaches to the middle of the slab from the plane at this side of it."""
    hole = slab[5] if height < (z[slab[2]] + z[slab[3]]) / 2 else slab[6]
    if hole >= 0:
        for j in range(section.shape[0]):
            for i in range(section.shape[1]):
                section[j, i] = min(section[j, i], -distance[hole, j, i])


@njit(cache=True, nogil=True)
def above(section, least, used):
    some = 0
    for j in range(section.shape[0]):
        for i in range(section.shape[1]):
            if section[j, i] > least:
                used[some, 0], used[some, 1] = j, i
                some += 1
    return some


@njit(cache=True, nogil=True)
def neighbours(cells, wanted, near):
    """The (row, column) of cells and of those beside them, each once."""
    ny, nx = wanted.shape
    count = 0
    for c in range(len(cells)):
        for j, i in ((0, 0), (0, 1), (1, 0), (0, -1), (-1, 0)):
            j, i = min(ny - 1, max(0, cells[c, 1] + j)), min(nx - 1, max(0, cells[c, 2] + i))
            if not wanted[j, i]:
                wanted[j, i] = True
                near[count, 0], near[count, 1] = j, i
                count += 1
    for n in range(count):
        wanted[near[n, 0], near[n, 1]] = False
    return count
