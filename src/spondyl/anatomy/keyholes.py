"""Keyholes: the slits by which planning systems join a hole to its rim.

A keyhole has the inside on both sides; its edges are no border.
"""

from __future__ import annotations

import numpy as np
from numba import njit

KEYHOLE_TOLERANCE_MM = 0.01
"""Vertices closer than this count as the same point when a keyhole is looked for."""
_NOWHERE = -(2**63)


@njit(cache=True, nogil=True)
def meets_itself(edges_mm):
    """Whether two edges (n, 4) begin at the same point, to within the tolerance; keyholes do."""
    size = 16
    while size < 2 * len(edges_mm):
        size *= 2
    met = np.empty(size, dtype=np.int64)
    for slot in range(size):
        met[slot] = _NOWHERE
    for k in range(len(edges_mm)):
        x = np.int64(np.rint(edges_mm[k, 0] / KEYHOLE_TOLERANCE_MM))
        y = np.int64(np.rint(edges_mm[k, 1] / KEYHOLE_TOLERANCE_MM))
        key = x * 2**32 + y
        slot = (x * 73856093 ^ y * 19349663) & (size - 1)
        while met[slot] != _NOWHERE:
            if met[slot] == key:
                return True
            slot = (slot + 1) & (size - 1)
        met[slot] = key
    return False


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
