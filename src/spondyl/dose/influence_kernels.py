"""Compiled loops of `influence`: rows in parallel, each row's entries field by field and cell by cell."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from spondyl.dose.beamlet_table import LAYER_RATIO

PRIMARY_REACH_MM = 25.0
"""Farther than this from a beamlet, where kernels are as in water at the isocentre, there is no primary dose."""


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
    u, v, broad, layer, shape, head, block_u, block_v, block_starts, cell_u, cell_v, member_starts, member_u, member_v,
    member_gain, member_column, cell_gain, whole, near_mm, far_mm, cell_mm, row_key, near, far, ends, head_sigma,
    head_magnification, begin, data, indices,
):  # fmt: skip
    """Write one field's entries of every row from `begin[row]` on, as `count_entries` counted them.

    `broad`, `layer`, `shape` and `head` are a `RowDose`'s. `near` and `far` hold the tables of beamlets and of whole
    cells (mean of their members): pixel, first layer and layers of primary dose, the same two of scatter. Cells that
    lack members are read member by member as long as the table of beamlets reaches, which is `cell_mm` / 2 beyond
    `near_mm`. A cell's beamlets end at `ends` mm from its middle, its primary dose `PRIMARY_REACH_MM` beyond, where it
    spreads as in water.
    """
    near_pixel, near_first, near_primary, near_second, near_scatter = near
    far_pixel, far_first, far_primary, far_second, far_scatter = far
    for row in prange(u.shape[0]):
        x, y = u[row], v[row]
        c, d = shape[row, 0], shape[row, 1]
        m, m_next, p0, p1 = _layers(broad[row, 0], layer[row, 0], near_first)
        n, n_next, s0, s1 = _layers(broad[row, 1], layer[row, 1], near_second)
        near0, near1 = near_primary[m, c], near_primary[m_next, c]
        near2, near3 = near_scatter[n, d], near_scatter[n_next, d]
        m, m_next, q0, q1 = _layers(broad[row, 0], layer[row, 0], far_first)
        n, n_next, t0, t1 = _layers(broad[row, 2], layer[row, 2], far_second)
        far0, far1 = far_primary[m, c], far_primary[m_next, c]
        far2, far3 = far_scatter[n, d], far_scatter[n_next, d]
        reach = ends + PRIMARY_REACH_MM / LAYER_RATIO ** layer[row, 0]
        at = begin[row]
        for block in range(block_u.shape[0]):
            first_cell, last_cell = block_starts[block], block_starts[block + 1]
            distance = max(abs(x - block_u[block]), abs(y - block_v[block]))
            alone, total = distance > far_mm, 0.0
            if distance > 2 * far_mm:  # from its middle
                first, last = member_starts[first_cell], member_starts[last_cell]
                total = (last - first) * _head(
                    head[row], x, y, block_u[block], block_v[block], head_sigma, head_magnification
                )
                total += cell_gain[first_cell:last_cell].sum() * _sum(
                    far2, far3, t0, t1, (x - block_u[block]) / far_pixel, (y - block_v[block]) / far_pixel
                )
                last_cell_read = first_cell
            else:
                last_cell_read = last_cell
            for cell in range(first_cell, last_cell_read):
                first, last = member_starts[cell], member_starts[cell + 1]
                scattered = _head(head[row], x, y, cell_u[cell], cell_v[cell], head_sigma, head_magnification)
                distance = max(abs(x - cell_u[cell]), abs(y - cell_v[cell]))
                single = not alone and distance < near_mm
                if single or (not whole[cell] and distance < near_mm + cell_mm / 2):
                    value = 0.0
                    for member in range(first, last):
                        i, j = (x - member_u[member]) / near_pixel, (y - member_v[member]) / near_pixel
                        dose = _sum(near0, near1, p0, p1, i, j) + _sum(near2, near3, s0, s1, i, j)
                        dose = scattered + member_gain[member] * dose
                        value += dose
                        if single:
                            data[at] = dose
                            indices[at] = member_column[member]
                            at += 1
                    if single:
                        continue
                else:
                    i, j = (x - cell_u[cell]) / far_pixel, (y - cell_v[cell]) / far_pixel
                    value = _sum(far2, far3, t0, t1, i, j)
                    if distance < reach:
                        value += _sum(far0, far1, q0, q1, i, j)
                    value = (last - first) * scattered + cell_gain[cell] * value
                if alone:
                    total += value
                else:
                    data[at] = value
                    indices[at] = member_column[first + _choice(row_key[row], cell, last - first)]
                    at += 1
            if alone:
                first, last = member_starts[first_cell], member_starts[last_cell]
                data[at] = total
                indices[at] = member_column[first + _choice(row_key[row], first_cell, last - first)]
                at += 1


@njit(cache=True, inline="always")
def _layers(broad, layer, first):
    """The layers on both sides of `layer`, and what of `broad` each gives: linear in the kernels' scale."""
    low = np.floor(layer)
    share = (LAYER_RATIO ** (layer - low) - 1) / (LAYER_RATIO - 1)
    at = int(low) - first
    return at, at + 1, (1 - share) * broad, share * broad


@njit(cache=True, inline="always")
def _head(dose, x, y, u, v, sigma, magnification):
    if dose <= 0:
        return 0.0
    away = (magnification * x - u) ** 2 + (magnification * y - v) ** 2
    return dose * np.exp(-away / (2 * sigma * sigma))


@njit(cache=True, inline="always")
def _choice(key, cell, count):
    """A fixed, well mixed number in 0..count-1 (multiplicative hashing, Knuth, TAOCP 3, 6.4)."""
    mixed = (np.uint64(key) * np.uint64(2654435761) + np.uint64(cell) * np.uint64(40503)) & np.uint64(0xFFFFFFFF)
    mixed = (mixed ^ (mixed >> np.uint64(15))) * np.uint64(2246822519) & np.uint64(0xFFFFFFFF)
    mixed ^= mixed >> np.uint64(13)
    return np.int64(mixed % np.uint64(count))


@njit(cache=True, inline="always")
def _sum(first, second, w1, w2, x, y):
    """Weighted sum of two maps of the same shape, bilinear in |x| (last axis) and |y|, held at the far edge."""
    x = min(abs(x), first.shape[1] - 1.001)
    y = min(abs(y), first.shape[0] - 1.001)
    i, j = int(x), int(y)
    a, b = x - i, y - j
    low = w1 * first[j, i] + w2 * second[j, i], w1 * first[j, i + 1] + w2 * second[j, i + 1]
    high = w1 * first[j + 1, i] + w2 * second[j + 1, i], w1 * first[j + 1, i + 1] + w2 * second[j + 1, i + 1]
    return (1 - b) * ((1 - a) * low[0] + a * low[1]) + b * ((1 - a) * high[0] + a * high[1])
