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


@njit(cache=True, inline="always")
def _angle_index(d, source, origin, spacing, k, j, i, count):
    """Position in the angle table of the direction `d` against the ray to voxel (k, j, i)."""
    r0 = origin[0] + k * spacing[0] - source[0]
    r1 = origin[1] + j * spacing[1] - source[1]
    r2 = origin[2] + i * spacing[2] - source[2]
    cosine = (d[0] * r0 + d[1] * r1 + d[2] * r2) / np.sqrt(r0 * r0 + r1 * r1 + r2 * r2)
    angle = np.arccos(min(1.0, max(-1.0, cosine))) * (count - 1) / np.pi
    at = min(int(angle), count - 2)
    return at, angle - at


@njit(cache=True)
def _add_linear(row, energy, value, slope):
    for i in range(row.shape[0]):
        row[i] += energy[i] * (value + slope * np.float32(i))


@njit(cache=True)
def _first_factors(density, scale, x, e, phi):
    """Optical step x, exp(-x) and (1 - exp(-x)) / x by Taylor's series; x stays below one half."""
    for i in range(density.shape[0]):
        y = density[i] * scale
        f = np.float32(1 / 120) - y * np.float32(1 / 720)
        f = np.float32(1 / 24) - y * f
        f = np.float32(1 / 6) - y * f
        f = np.float32(1 / 2) - y * f
        f = np.float32(1.0) - y * f
        x[i] = y
        phi[i] = f
        e[i] = np.float32(1.0) - y * f


@njit(cache=True)
def _double(x, e, phi):
    """The factors of twice the step."""
    for i in range(x.shape[0]):
        phi[i] *= (np.float32(1.0) + e[i]) * np.float32(0.5)
        e[i] *= e[i]
        x[i] += x[i]


@njit(cache=True)
def _step(state, born, dose, x, e, phi):
    """Carry one exponential through a row of voxels."""
    for i in range(state.shape[0]):
        dose[i] += state[i] * x[i] * phi[i] + born[i] * (np.float32(1.0) - phi[i])
        state[i] = state[i] * e[i] + born[i] * phi[i]


@njit(cache=True)
def _row_sources(d, k, j, energy, box, ranges, range_offset, sources, origin, spacing, amplitude, weight, row):
    """Sum the sources of all fields along row (k, j) into row[term, i]; returns the filled range."""
    groups, terms, angles = amplitude.shape
    first, last = row.shape[1], 0
    for f in range(box.shape[0]):
        kk, jj = k - box[f, 0], j - box[f, 1]
        n0, n1 = box[f, 3], box[f, 4]
        if kk < 0 or kk >= n0 or jj < 0 or jj >= n1:
            continue
        at = range_offset[f] + kk * n1 + jj
        low, high, held = ranges[at, 0], ranges[at, 1], ranges[at, 2]
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
                base = held + g * (high - low) + begin - low
                for t in range(terms):
                    begins = amplitude[g, t, a0] * (1 - t0) + amplitude[g, t, a0 + 1] * t0
                    ends = amplitude[g, t, a1] * (1 - t1) + amplitude[g, t, a1 + 1] * t1
                    value = np.float32(begins * weight)
                    slope = np.float32((ends - begins) * inverse * weight)
                    _add_linear(row[t, i0 : i0 + n], energy[base : base + n], value, slope)
    return first, last


@njit(cache=True)
def _row_range(reach, j, pad1, pad2, first, last, n2):
    """Voxels of a row that any line or source fills; `reach` keeps the filled part of each line's row."""
    begin, end = n2, 0
    for n in range(pad1.shape[0]):
        low, high = reach[n, j + pad1[n], 0], reach[n, j + pad1[n], 1]
        if last > first:
            if high <= low:
                low, high = first + pad2[n], last + pad2[n]
            else:
                low, high = min(low, first + pad2[n]), max(high, last + pad2[n])
            reach[n, j + pad1[n], 0] = low
            reach[n, j + pad1[n], 1] = high
        if high > low:
            begin, end = min(begin, low - pad2[n]), max(end, high - pad2[n])
    return max(begin, 0), min(end, n2)


@njit(cache=True)
def _below(state, at, least):
    for t in range(state.shape[0]):  # noqa: SIM110
        if abs(state[t, at]) >= least:
            return False
    return True


@njit(cache=True)
def _trim(state, reach, least):
    """Forget the ends of a line's row that carry less than `least`."""
    low, high = reach[0], reach[1]
    while low < high and _below(state, low, least):
        state[:, low] = 0.0
        low += 1
    while low < high and _below(state, high - 1, least):
        high -= 1
        state[:, high] = 0.0
    reach[0], reach[1] = low, high


@njit(cache=True)
def _sweep_one(
    d,
    weight,
    phase,
    density,
    dose,
    b_first,
    halvings,
    energy,
    box,
    ranges,
    range_offset,
    sources,
    origin,
    spacing,
    amplitude,
    cutoff,
):
    """Transport one direction; `d` is along the array's axes and follows axis 0 most; spacing in cm.

    `phase`, shape (lines, 2), places the lines of each voxel between the voxels of the first plane.
    """
    n0, n1, n2 = density.shape
    terms = amplitude.shape[1]
    lines = phase.shape[0]
    t1, t2 = d[1] / abs(d[0]) * spacing[0] / spacing[1], d[2] / abs(d[0]) * spacing[0] / spacing[2]
    length = spacing[0] / abs(d[0])
    max1, max2 = int(abs(t1) * n0 + 1), int(abs(t2) * n0 + 1)
    state = np.zeros((lines, n1 + max1, terms, n2 + max2), np.float32)
    reach = np.zeros((lines, n1 + max1, 2), np.int64)
    pad1, pad2 = np.empty(lines, np.int64), np.empty(lines, np.int64)
    row = np.zeros((terms, n2), np.float32)
    e = np.empty(n2, np.float32)
    phi = np.empty(n2, np.float32)
    x = np.empty(n2, np.float32)
    scale = np.float32(b_first * length / 2.0**halvings)
    least = np.float32(cutoff * weight / lines)
    for p in range(n0):
        k = p if d[0] > 0 else n0 - 1 - p
        for n in range(lines):
            s1, s2 = int(abs(t1) * p + phase[n, 0]), int(abs(t2) * p + phase[n, 1])
            pad1[n] = max1 - s1 if t1 > 0 else s1
            pad2[n] = max2 - s2 if t2 > 0 else s2
        for j in range(n1):
            first, last = _row_sources(
                d,
                k,
                j,
                energy,
                box,
                ranges,
                range_offset,
                sources,
                origin,
                spacing,
                amplitude,
                weight / lines,
                row,
            )
            begin, end = _row_range(reach, j, pad1, pad2, first, last, n2)
            if end <= begin:
                continue
            if last > first:
                row[:, begin:first] = 0.0
                row[:, last:end] = 0.0
            else:
                row[:, begin:end] = 0.0
            n = end - begin
            _first_factors(density[k, j, begin:end], scale, x[:n], e[:n], phi[:n])
            for _ in range(halvings):
                _double(x[:n], e[:n], phi[:n])
            kept = dose[k, j, begin:end]
            for t in range(terms):
                for line in range(lines):
                    at = pad2[line] + begin
                    carried = state[line, j + pad1[line], t, at : at + n]
                    _step(carried, row[t, begin:end], kept, x[:n], e[:n], phi[:n])
                _double(x[:n], e[:n], phi[:n])
            if least > 0.0:
                for line in range(lines):
                    _trim(state[line, j + pad1[line]], reach[line, j + pad1[line]], least)


@njit(cache=True, parallel=True)
def sweep(
    directions,
    weights,
    phases,
    density,
    doses,
    b_first,
    halvings,
    energy,
    box,
    ranges,
    range_offset,
    sources,
    origin,
    spacing,
    amplitude,
    cutoff,
):
    """Transport all `directions`, shared among the copies in `doses` (copies, n0, n1, n2), which are added to.

    Every direction follows array axis 0 most (per voxel). `energy` holds the filled part of each row
    of each field's released energy, group after group; `box` a field's first index and shape; `ranges` first and one
    past last filled index of its rows from `range_offset`, and where their energy begins; `sources` in cm in the
    array's axis order, as `origin` and `spacing`. What a line carries below `cutoff` (energy per steradian) is
    forgotten. The result does not depend on the number of threads, only on the number of copies.
    """
    copies = doses.shape[0]
    for c in prange(copies):
        for n in range(c, directions.shape[0], copies):
            _sweep_one(
                directions[n],
                weights[n],
                phases[n],
                density,
                doses[c],
                b_first,
                halvings,
                energy,
                box,
                ranges,
                range_offset,
                sources,
                origin,
                spacing,
                amplitude,
                cutoff,
            )
