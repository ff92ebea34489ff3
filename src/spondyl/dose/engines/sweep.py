"""Compiled: transport along directions through the voxel lattice.

For each direction the voxels are visited plane by plane along the axis that the direction follows most. A line
enters each plane once, in the voxel nearest to it, so lines partition the lattice and energy is conserved
exactly. Along a line each exponential obeys ``R' = R e + S phi`` with ``x = b rho L``, ``e = exp(-x)``,
``phi = (1 - e) / x``; what a voxel keeps is ``R x phi + S (1 - phi)``. Decay constants double, so ``e`` and ``phi`` of
the next follow from ``e**2`` and ``phi (1 + e) / 2`` without another exponential.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

CHUNK = 24
"""Voxels along a row over which a kernel amplitude is linear."""


@njit(cache=True, fastmath=True, inline="always")
def _angle_index(d, source, origin, spacing, k, j, i, count):
    """Position in the angle table of the direction `d` against the ray to voxel (k, j, i)."""
    r0 = origin[0] + k * spacing[0] - source[0]
    r1 = origin[1] + j * spacing[1] - source[1]
    r2 = origin[2] + i * spacing[2] - source[2]
    cosine = (d[0] * r0 + d[1] * r1 + d[2] * r2) / np.sqrt(r0 * r0 + r1 * r1 + r2 * r2)
    angle = np.arccos(min(1.0, max(-1.0, cosine))) * (count - 1) / np.pi
    at = min(int(angle), count - 2)
    return at, angle - at


@njit(cache=True, fastmath=True)
def _row_sources(d, k, j, energy, offset, box, ranges, range_offset, sources, origin, spacing, amplitude, weight, row):
    """Sum the sources of all fields along row (k, j) into row[term, i]; returns the filled range."""
    groups, terms, angles = amplitude.shape
    first, last = row.shape[1], 0
    for f in range(box.shape[0]):
        kk, jj = k - box[f, 0], j - box[f, 1]
        n0, n1, n2 = box[f, 3], box[f, 4], box[f, 5]
        if kk < 0 or kk >= n0 or jj < 0 or jj >= n1:
            continue
        at = range_offset[f] + kk * n1 + jj
        low, high = ranges[at, 0], ranges[at, 1]
        if high <= low:
            continue
        new_first, new_last = min(first, low + box[f, 2]), max(last, high + box[f, 2])
        if first >= last:
            row[:, new_first:new_last] = 0.0
        else:
            row[:, new_first:first] = 0.0
            row[:, last:new_last] = 0.0
        first, last = new_first, new_last
        for begin in range(low, high, CHUNK):
            end = min(begin + CHUNK, high)
            i0 = begin + box[f, 2]
            n = end - begin
            a0, t0 = _angle_index(d, sources[f], origin, spacing, k, j, i0, angles)
            a1, t1 = _angle_index(d, sources[f], origin, spacing, k, j, i0 + n - 1, angles)
            inverse = 1.0 / max(n - 1, 1)
            for g in range(groups):
                base = offset[f] + ((g * n0 + kk) * n1 + jj) * n2 + begin
                for t in range(terms):
                    begins = amplitude[g, t, a0] * (1 - t0) + amplitude[g, t, a0 + 1] * t0
                    ends = amplitude[g, t, a1] * (1 - t1) + amplitude[g, t, a1 + 1] * t1
                    value = np.float32(begins * weight)
                    slope = np.float32((ends - begins) * inverse * weight)
                    for i in range(n):
                        row[t, i0 + i] += energy[base + i] * (value + slope * np.float32(i))
    return first, last


@njit(cache=True, fastmath=True)
def _sweep_one(
    d, weight, phase, density, dose, b_first, halvings, energy, offset, box, ranges, range_offset, sources,
    origin, spacing, amplitude,
):
    """Transport one direction; `d` is along the array's axes and follows axis 0 most; spacing in cm."""
    n0, n1, n2 = density.shape
    terms = amplitude.shape[1]
    t1, t2 = d[1] / abs(d[0]) * spacing[0] / spacing[1], d[2] / abs(d[0]) * spacing[0] / spacing[2]
    length = spacing[0] / abs(d[0])
    max1, max2 = int(abs(t1) * n0 + 1), int(abs(t2) * n0 + 1)
    m1, m2 = n1 + max1, n2 + max2
    state = np.zeros((m1, terms, m2), np.float32)
    reach = np.zeros((m1, 2), np.int64)
    row = np.zeros((terms, n2), np.float32)
    e = np.empty(n2, np.float32)
    phi = np.empty(n2, np.float32)
    x = np.empty(n2, np.float32)
    scale = np.float32(b_first * length / 2.0**halvings)
    for p in range(n0):
        k = p if d[0] > 0 else n0 - 1 - p
        s1, s2 = int(abs(t1) * p + phase), int(abs(t2) * p + phase)
        pad1 = max1 - s1 if t1 > 0 else s1
        pad2 = max2 - s2 if t2 > 0 else s2
        for j in range(n1):
            line = j + pad1
            first, last = _row_sources(
                d, k, j, energy, offset, box, ranges, range_offset, sources, origin, spacing, amplitude, weight, row
            )
            filled = last > first
            low, high = reach[line, 0], reach[line, 1]
            if filled:
                if high <= low:
                    low, high = first + pad2, last + pad2
                else:
                    low, high = min(low, first + pad2), max(high, last + pad2)
                reach[line, 0] = low
                reach[line, 1] = high
            begin, end = max(low - pad2, 0), min(high - pad2, n2)
            if end <= begin:
                continue
            if filled:
                row[:, begin:first] = 0.0
                row[:, last:end] = 0.0
            else:
                row[:, begin:end] = 0.0
            for i in range(begin, end):
                y = density[k, j, i] * scale
                f = np.float32(1.0) - y * (
                    np.float32(0.5) - y * (np.float32(1 / 6) - y * (np.float32(1 / 24) - y * (np.float32(1 / 120) - y * np.float32(1 / 720))))
                )
                x[i] = y
                phi[i] = f
                e[i] = np.float32(1.0) - y * f
            for _ in range(halvings):
                for i in range(begin, end):
                    phi[i] *= (np.float32(1.0) + e[i]) * np.float32(0.5)
                    e[i] *= e[i]
                    x[i] *= np.float32(2.0)
            for t in range(terms):
                for i in range(begin, end):
                    carried, born = state[line, t, i + pad2], row[t, i]
                    dose[k, j, i] += carried * x[i] * phi[i] + born * (np.float32(1.0) - phi[i])
                    state[line, t, i + pad2] = carried * e[i] + born * phi[i]
                    phi[i] *= (np.float32(1.0) + e[i]) * np.float32(0.5)
                    e[i] *= e[i]
                    x[i] *= np.float32(2.0)


@njit(cache=True, fastmath=True, parallel=True)
def sweep(
    directions, weights, phases, density, doses, b_first, halvings, energy, offset, box, ranges, range_offset, sources,
    origin, spacing, amplitude,
):
    """Transport all `directions`, shared among the copies in `doses` (copies, n0, n1, n2), which are added to.

    Every direction follows array axis 0 most (per voxel). `energy` holds each field's released energy
    (groups, box) one after the other from `offset`; `box` its first index and shape; `ranges` the filled part of
    each of its rows from `range_offset`; `sources` in cm in the array's axis order, as `origin` and `spacing`.
    The result does not depend on the number of threads, only on the number of copies.
    """
    copies = doses.shape[0]
    for c in prange(copies):
        for n in range(c, directions.shape[0], copies):
            _sweep_one(
                directions[n], weights[n], phases[n], density, doses[c], b_first, halvings, energy, offset, box, ranges,
                range_offset, sources, origin, spacing, amplitude,
            )
