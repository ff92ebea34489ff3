"""Keyholes: the slits by which planning systems join a hole to its rim.

A keyhole has the inside on both sides; its edges are no border.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

KEYHOLE_TOLERANCE_MM = 0.01
"""Vertices closer than this count as the same point when a keyhole is looked for."""


def planes_that_meet(points: NDArray[np.float64], ends: NDArray[np.int_], last: NDArray[np.int_]) -> NDArray[np.bool_]:
    """Of each plane whether two of its edges begin at the same point, to within the tolerance; keyholes do.

    Parameters
    ----------
    points, ends, last
        Of `polygons.joined`: points (n, 2) in mm, where polygons end among them, where planes end among the polygons.
    """
    after = np.arange(1, len(points) + 1)
    after[ends - 1] = np.concatenate(([0], ends[:-1]))
    cell = np.rint(points / KEYHOLE_TOLERANCE_MM).astype(np.int64)
    key = cell[:, 0] * 2**32 + cell[:, 1]
    plane = np.repeat(np.arange(len(last)), np.diff(ends[last - 1], prepend=0))
    begins = (points != points[after]).any(axis=1)
    key, plane = key[begins], plane[begins]
    order = np.lexsort((key, plane))
    key, plane = key[order], plane[order]
    meets = np.zeros(len(last), dtype=np.bool_)
    meets[plane[1:][(key[1:] == key[:-1]) & (plane[1:] == plane[:-1])]] = True
    return meets


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
def one_sided(edges_mm, offset_mm):
    """Which edges are a border, with the inside on one side only; the others are keyholes or shared edges."""
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
