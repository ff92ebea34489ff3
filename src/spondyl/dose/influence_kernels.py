"""Compiled loops of `influence`: rows in parallel, each row's entries field by field and cell by cell."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from spondyl.dose.radiological import depth_at


@njit(cache=True, parallel=True)
def count_entries(u, v, cell_u, cell_v, member_starts, near_mm, counts):
    """Entries of each row: every beamlet of a near cell, one of each far cell. Writes `counts`, shape (rows,)."""
    for row in prange(u.shape[0]):
        total = 0
        for cell in range(cell_u.shape[0]):
            if abs(u[row] - cell_u[cell]) < near_mm and abs(v[row] - cell_v[cell]) < near_mm:
                total += member_starts[cell + 1] - member_starts[cell]
            else:
                total += 1
        counts[row] = total


@njit(cache=True, parallel=True, fastmath=True)
def fill_entries(
    u, v, along, gain, fan, fan_frame, cell_u, cell_v, member_starts, member_u, member_v, member_gain,
    member_column, near_mm, row_key, near, far, near_pixel, far_pixel, depth_nodes, layers,
    head_by_depth, head_sigma, head_magnification, begin, data, indices,
):  # fmt: skip
    """Write one field's entries of every row from `begin[row]` on.

    `fan_frame` is u0, v0, ray spacing, first plane, plane step. Members of a cell follow one another.
    """
    layer_step = layers[1] - layers[0]
    for row in prange(u.shape[0]):
        depth = depth_at(
            fan,
            (u[row] - fan_frame[0]) / fan_frame[2],
            (v[row] - fan_frame[1]) / fan_frame[2],
            (along[row] - fan_frame[3]) / fan_frame[4],
        )
        d = min(max(np.searchsorted(depth_nodes, depth) - 1, 0), depth_nodes.shape[0] - 2)
        fd = min(max((depth - depth_nodes[d]) / (depth_nodes[d + 1] - depth_nodes[d]), 0.0), 1.0)
        at_layer = min(max((along[row] - layers[0]) / layer_step, 0.0), layers.shape[0] - 1.001)
        m = int(at_layer)
        fm = at_layer - m
        nearest = m + 1 if fm > 0.5 else m
        scale = gain[row] if depth > 0 else 0.0
        head_dose = (1 - fd) * head_by_depth[d] + fd * head_by_depth[d + 1]
        head_u, head_v = head_magnification * u[row], head_magnification * v[row]
        at = begin[row]
        for cell in range(cell_u.shape[0]):
            first, last = member_starts[cell], member_starts[cell + 1]
            head = 0.0
            if head_dose > 0:
                away = (head_u - cell_u[cell]) ** 2 + (head_v - cell_v[cell]) ** 2
                head = head_dose * np.exp(-away / (2 * head_sigma * head_sigma))
            if abs(u[row] - cell_u[cell]) < near_mm and abs(v[row] - cell_v[cell]) < near_mm:
                for member in range(first, last):
                    x, y = abs(u[row] - member_u[member]) / near_pixel, abs(v[row] - member_v[member]) / near_pixel
                    low = (1 - fd) * _bilinear(near[m, d], x, y) + fd * _bilinear(near[m, d + 1], x, y)
                    high = (1 - fd) * _bilinear(near[m + 1, d], x, y) + fd * _bilinear(near[m + 1, d + 1], x, y)
                    data[at] = scale * (member_gain[member] * ((1 - fm) * low + fm * high) + head)
                    indices[at] = member_column[member]
                    at += 1
            else:
                total = head * (last - first)
                for member in range(first, last):
                    x, y = abs(u[row] - member_u[member]) / far_pixel, abs(v[row] - member_v[member]) / far_pixel
                    value = (1 - fd) * _bilinear(far[nearest, d], x, y) + fd * _bilinear(far[nearest, d + 1], x, y)
                    total += member_gain[member] * value
                data[at] = scale * total
                indices[at] = member_column[first + _choice(row_key[row], cell, last - first)]
                at += 1


@njit(cache=True, inline="always")
def _choice(key, cell, count):
    """A fixed, well mixed number in 0..count-1 (multiplicative hashing, Knuth, TAOCP 3, 6.4)."""
    mixed = (np.uint64(key) * np.uint64(2654435761) + np.uint64(cell) * np.uint64(40503)) & np.uint64(0xFFFFFFFF)
    mixed = (mixed ^ (mixed >> np.uint64(15))) * np.uint64(2246822519) & np.uint64(0xFFFFFFFF)
    mixed ^= mixed >> np.uint64(13)
    return np.int64(mixed % np.uint64(count))


@njit(cache=True, inline="always")
def _bilinear(plane, x, y):
    """Value at fractional (x along the second axis, y along the first), held at the far edge."""
    x = min(x, plane.shape[1] - 1.001)
    y = min(y, plane.shape[0] - 1.001)
    i, j = int(x), int(y)
    a, b = x - i, y - j
    return (1 - b) * ((1 - a) * plane[j, i] + a * plane[j, i + 1]) + b * (
        (1 - a) * plane[j + 1, i] + a * plane[j + 1, i + 1]
    )
