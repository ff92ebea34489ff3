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

from spondyl.dose.engines.sweep_sources import CHUNK, row_sources


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
def _born(born, dose, x, phi, lines, kept):
    """What a row's voxels keep of what is born in them, of all lines; `born` becomes what each line carries on of it,
    `kept` the share that they keep of what arrives."""
    for i in range(born.shape[0]):
        dose[i] += lines * (born[i] * (np.float32(1.0) - phi[i]))
        kept[i] = x[i] * phi[i]
        born[i] *= phi[i]


@njit(cache=True)
def _step(state, dose, e, kept, born):
    """Carry one exponential of a line through a row of voxels."""
    for i in range(state.shape[0]):
        dose[i] += state[i] * kept[i]
        state[i] = state[i] * e[i] + born[i]


@njit(cache=True)
def _step_two(state, other, dose, e, kept, born):
    """The same of two lines at once."""
    for i in range(state.shape[0]):
        dose[i] += (state[i] + other[i]) * kept[i]
        state[i] = state[i] * e[i] + born[i]
        other[i] = other[i] * e[i] + born[i]


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
    groups, terms = amplitude.shape[1], amplitude.shape[2]
    lines = phase.shape[0]
    t1, t2 = d[1] / abs(d[0]) * spacing[0] / spacing[1], d[2] / abs(d[0]) * spacing[0] / spacing[2]
    length = spacing[0] / abs(d[0])
    max1, max2 = int(abs(t1) * n0 + 1), int(abs(t2) * n0 + 1)
    state = np.zeros((lines, n1 + max1, terms, n2 + max2), np.float32)
    reach = np.zeros((lines, n1 + max1, 2), np.int64)
    pad1, pad2 = np.empty(lines, np.int64), np.empty(lines, np.int64)
    row = np.zeros((terms, n2 + CHUNK), np.float32)
    e = np.empty(n2, np.float32)
    phi = np.empty(n2, np.float32)
    x = np.empty(n2, np.float32)
    keeps = np.empty(n2, np.float32)
    knots = np.empty((n2 // CHUNK + 3, groups, terms), np.float32)
    scale = np.float32(b_first * length / 2.0**halvings)
    least = np.float32(cutoff * weight / lines)
    for p in range(n0):
        k = p if d[0] > 0 else n0 - 1 - p
        for n in range(lines):
            s1, s2 = int(abs(t1) * p + phase[n, 0]), int(abs(t2) * p + phase[n, 1])
            pad1[n] = max1 - s1 if t1 > 0 else s1
            pad2[n] = max2 - s2 if t2 > 0 else s2
        for j in range(n1):
            first, last = row_sources(
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
                knots,
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
                born = row[t, begin:end]
                _born(born, kept, x[:n], phi[:n], np.float32(lines), keeps[:n])
                for line in range(0, lines - 1, 2):
                    at, beside = pad2[line] + begin, pad2[line + 1] + begin
                    carried = state[line, j + pad1[line], t, at : at + n]
                    other = state[line + 1, j + pad1[line + 1], t, beside : beside + n]
                    _step_two(carried, other, kept, e[:n], keeps[:n], born)
                if lines % 2 == 1:
                    at = pad2[lines - 1] + begin
                    carried = state[lines - 1, j + pad1[lines - 1], t, at : at + n]
                    _step(carried, kept, e[:n], keeps[:n], born)
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

    Every direction follows array axis 0 most (per voxel). `energy` holds the filled part of each row of each field's
    released energy, group after group, each padded to whole chunks; `box` a field's first index and shape; `ranges`
    first and one past last filled index of its rows from `range_offset`, and where their energy begins; `sources` in cm
    in the array's axis order, as `origin` and `spacing`; `amplitude` by angle, group and term. What a line carries
    below `cutoff` (energy per steradian) is forgotten. The result does not depend on the number of threads, only on the
    number of copies.
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
