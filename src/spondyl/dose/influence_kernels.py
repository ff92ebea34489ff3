"""Compiled loops of `influence`: rows in parallel, each row's entries field by field and cell by cell."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from spondyl.dose.radiological import depth_at


@njit(cache=True, parallel=True)
def count_entries(u, v, block_u, block_v, block_starts, cell_u, cell_v, member_starts, near_mm, far_mm, counts):
    """Entries of each row: every beamlet of a near cell, one of a farther cell, one of a far block of cells.

    Writes `counts`, shape (rows,). Block `b` holds cells block_starts[b] to block_starts[b + 1], cell `c`
    members member_starts[c] to member_starts[c + 1].
    """
    for row in prange(u.shape[0]):
        total = 0
        for block in range(block_u.shape[0]):
            if max(abs(u[row] - block_u[block]), abs(v[row] - block_v[block])) > far_mm:
                total += 1
                continue
            for cell in range(block_starts[block], block_starts[block + 1]):
                if max(abs(u[row] - cell_u[cell]), abs(v[row] - cell_v[cell])) < near_mm:
                    total += member_starts[cell + 1] - member_starts[cell]
                else:
                    total += 1
        counts[row] = total


@njit(cache=True, parallel=True)
def fill_entries(
    u, v, along, gain, fan, fan_frame, block_u, block_v, block_starts, cell_u, cell_v, member_starts,
    member_u, member_v, member_gain, member_column, near_mm, far_mm, row_key,
    near, far, near_pixel, far_pixel, depth_nodes, layers, head_by_depth, head_sigma, head_magnification,
    begin, data, indices,
):  # fmt: skip
    """Write one field's entries of every row from `begin[row]` on, as `count_entries` counted them.

    `fan_frame` is u0, v0, ray spacing, first plane, plane step. `gain` holds what belongs to the row alone.
    """
    layer_step = layers[1] - layers[0]
    for row in prange(u.shape[0]):
        x, y = u[row], v[row]
        depth = depth_at(
            fan,
            (x - fan_frame[0]) / fan_frame[2],
            (y - fan_frame[1]) / fan_frame[2],
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
        at = begin[row]
        for block in range(block_u.shape[0]):
            alone = max(abs(x - block_u[block]), abs(y - block_v[block])) > far_mm
            first_cell, last_cell = block_starts[block], block_starts[block + 1]
            if alone:
                data[at] = scale * _block(
                    x, y, first_cell, last_cell, cell_u, cell_v, member_starts, member_gain, far[nearest], far_pixel,
                    d, fd, block_u[block], block_v[block], far_mm, head_dose, head_sigma, head_magnification,
                )  # fmt: skip
                first = member_starts[first_cell]
                indices[at] = member_column[first + _choice(row_key[row], first_cell, member_starts[last_cell] - first)]
                at += 1
                continue
            for cell in range(first_cell, last_cell):
                first, last = member_starts[cell], member_starts[cell + 1]
                away = (head_magnification * x - cell_u[cell]) ** 2 + (head_magnification * y - cell_v[cell]) ** 2
                head = head_dose * np.exp(-away / (2 * head_sigma * head_sigma)) if head_dose > 0 else 0.0
                if max(abs(x - cell_u[cell]), abs(y - cell_v[cell])) < near_mm:
                    for member in range(first, last):
                        p, q = (x - member_u[member]) / near_pixel, (y - member_v[member]) / near_pixel
                        value = (1 - fm) * _between(near[m], d, fd, p, q) + fm * _between(near[m + 1], d, fd, p, q)
                        data[at] = scale * (member_gain[member] * value + head)
                        indices[at] = member_column[member]
                        at += 1
                else:
                    total = head * (last - first)
                    for member in range(first, last):
                        p, q = (x - member_u[member]) / far_pixel, (y - member_v[member]) / far_pixel
                        total += member_gain[member] * _between(far[nearest], d, fd, p, q)
                    data[at] = scale * total
                    indices[at] = member_column[first + _choice(row_key[row], cell, last - first)]
                    at += 1


@njit(cache=True)
def _block(
    x, y, first_cell, last_cell, cell_u, cell_v, member_starts, member_gain, far, far_pixel, d, fd, block_u, block_v,
    far_mm, head_dose, head_sigma, head_magnification,
):  # fmt: skip
    """Dose of a far block: cell by cell, or from its middle where it is twice as far as it must be."""
    total = 0.0
    if max(abs(x - block_u), abs(y - block_v)) > 2 * far_mm:
        value = _between(far, d, fd, (x - block_u) / far_pixel, (y - block_v) / far_pixel)
        for member in range(member_starts[first_cell], member_starts[last_cell]):
            total += member_gain[member] * value
    else:
        for cell in range(first_cell, last_cell):
            value = _between(far, d, fd, (x - cell_u[cell]) / far_pixel, (y - cell_v[cell]) / far_pixel)
            for member in range(member_starts[cell], member_starts[cell + 1]):
                total += member_gain[member] * value
    if head_dose > 0:
        away = (head_magnification * x - block_u) ** 2 + (head_magnification * y - block_v) ** 2
        members = member_starts[last_cell] - member_starts[first_cell]
        total += members * head_dose * np.exp(-away / (2 * head_sigma * head_sigma))
    return total


@njit(cache=True, inline="always")
def _choice(key, cell, count):
    """A fixed, well mixed number in 0..count-1 (multiplicative hashing, Knuth, TAOCP 3, 6.4)."""
    mixed = (np.uint64(key) * np.uint64(2654435761) + np.uint64(cell) * np.uint64(40503)) & np.uint64(0xFFFFFFFF)
    mixed = (mixed ^ (mixed >> np.uint64(15))) * np.uint64(2246822519) & np.uint64(0xFFFFFFFF)
    mixed ^= mixed >> np.uint64(13)
    return np.int64(mixed % np.uint64(count))


@njit(cache=True, inline="always")
def _between(table, d, fd, x, y):
    """Linear between depths d and d + 1, bilinear in |x| (last axis) and |y|, held at the far edge."""
    x = min(abs(x), table.shape[2] - 1.001)
    y = min(abs(y), table.shape[1] - 1.001)
    i, j = int(x), int(y)
    a, b = x - i, y - j
    low = (1 - b) * ((1 - a) * table[d, j, i] + a * table[d, j, i + 1]) + b * (
        (1 - a) * table[d, j + 1, i] + a * table[d, j + 1, i + 1]
    )
    high = (1 - b) * ((1 - a) * table[d + 1, j, i] + a * table[d + 1, j, i + 1]) + b * (
        (1 - a) * table[d + 1, j + 1, i] + a * table[d + 1, j + 1, i + 1]
    )
    return (1 - fd) * low + fd * high
