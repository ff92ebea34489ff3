"""Cells of a solid's layers cut again, on the same distances and arcs."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spondyl.anatomy.arcs import on_circle
from spondyl.anatomy.bands import arcs_of, neighbours
from spondyl.anatomy.caps import border_beyond, section_beyond
from spondyl.anatomy.layers import Arrays, layers_between
from spondyl.anatomy.placing import place_parts


def split(
    solid: Arrays, layers: NDArray[np.float64], cells: NDArray[np.int32], step_mm: float, parts: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cells (layer, row, column), layers rising, cut into `parts` along x and y and to `step_mm` along z: points and
    volumes."""
    return _recut(*solid, layers, cells, step_mm, *parts)


@njit(cache=True, nogil=True)
def _recut(distance, z, slabs, reach, frame, clip, layers, cells, step, parts_x, parts_y):
    ny, nx = distance.shape[1:]
    section, wanted = np.empty((ny, nx), dtype=np.float32), np.zeros((ny, nx), dtype=np.bool_)
    near, bounds, arcs = (
        np.empty((5 * len(cells), 2), np.int32),
        np.empty(5 * len(cells)),
        np.empty((5 * len(cells), 4)),
    )
    room = parts_x * parts_y * _layers_of(cells, layers, step)
    points, weights, n, end = np.empty((room, 3)), np.empty(room), np.int64(0), 0
    for first in range(len(cells)):
        if first < end:
            continue
        while end < len(cells) and cells[end, 0] == cells[first, 0]:
            end += 1
        at = layers[cells[first, 0]]
        slab, half = slabs[int(at[0])], 0.5 * at[2]
        planes, count = slab[1:5], layers_between(at[1] - half, at[1] + half, step)
        border = border_beyond(distance, z, planes, frame[2], frame[3], clip, slab[0] != 0)
        around = 0
        if slab[0] == 0:
            around = neighbours(cells[first:end], wanted, near)
            arcs_of(distance, z, planes, frame, clip, near[:around], bounds, arcs)
        for layer in range(count):
            dz = at[2] / count
            height = at[1] - half + dz * (layer + 0.5)
            if slab[0] == 0:
                hole = slab[5] if height < (z[slab[2]] + z[slab[3]]) / 2 else slab[6]
                for b in range(around):
                    j, i, d = near[b, 0], near[b, 1], bounds[b]
                    if np.isnan(d):
                        d = on_circle(arcs[b, 0], arcs[b, 1], arcs[b, 2], arcs[b, 3], height)
                    section[j, i] = d if hole < 0 else min(d, -distance[hole, j, i])
            else:
                section_beyond(distance[planes[0]], border, abs(height - z[planes[0]]), frame[2], frame[3], section)
            n = place_parts(section, cells[first:end], frame, at, height, dz, parts_x, parts_y, points, weights, n)
    return points[:n], weights[:n]


@njit(cache=True, nogil=True)
def _layers_of(cells, layers, step):
    """How many pieces cells make when they are cut along z alone."""
    pieces = 0
    for c in range(len(cells)):
        at = layers[cells[c, 0]]
        pieces += layers_between(at[1] - 0.5 * at[2], at[1] + 0.5 * at[2], step)
    return pieces
