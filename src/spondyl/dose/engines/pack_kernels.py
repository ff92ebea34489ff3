"""Compiled: arrays of released energy, summed and laid out for the sweep."""

from __future__ import annotations

from numba import njit, prange

from spondyl.dose.engines.sweep_sources import padded_length


@njit(cache=True, parallel=True)
def add_share(total, part, start, share):
    """Add `share` of `part` (groups, z, y, x) to `total` from index `start` (z, y, x)."""
    groups, nz, ny, nx = part.shape
    for row in prange(groups * nz):
        g, k = row // nz, row % nz
        for j in range(ny):
            for i in range(nx):
                total[g, k + start[0], j + start[1], i + start[2]] += part[g, k, j, i] * share


@njit(cache=True, parallel=True)
def filled_rows(energy, ranges):
    """First and one past last index along the last axis at which any group of `energy` (groups, n0, n1, n2) is not 0.

    `ranges`, shape (n0 * n1, 2), is filled; rows of nothing have 0 and 0.
    """
    groups, n0, n1, n2 = energy.shape
    for row in prange(n0 * n1):
        low, high = n2, 0
        for g in range(groups):
            for i in range(n2):
                if energy[g, row // n1, row % n1, i] != 0.0:
                    low = min(low, i)
                    high = max(high, i + 1)
        ranges[row, 0] = min(low, high)
        ranges[row, 1] = high


@njit(cache=True, parallel=True)
def pack_rows(energy, ranges, begins, packed):
    """Write the filled part of each row of `energy` to `packed`, group after group, from the row's `begins` on.

    Each group's is padded to whole chunks, which stay as they are.
    """
    groups, n0, n1, _ = energy.shape
    for row in prange(n0 * n1):
        low, high = ranges[row, 0], ranges[row, 1]
        for g in range(groups):
            at = begins[row] + g * padded_length(high - low)
            for i in range(low, high):
                packed[at + i - low] = energy[g, row // n1, row % n1, i]
