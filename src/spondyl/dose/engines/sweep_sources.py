"""Compiled: what sources send along a direction, summed over a row of voxels."""

from __future__ import annotations

import numpy as np
from numba import njit

CHUNK = 24
"""Voxels along a row over which a kernel amplitude is linear. Rows are padded to whole chunks: loops of a length that
the compiler knows are several times faster."""
_RAMP = np.arange(CHUNK, dtype=np.float32)
_SHARE = np.float32(1.0 / CHUNK)


@njit(cache=True, inline="always")
def padded_length(count):
    """Length of a row of `count` voxels in whole chunks."""
    return (count + CHUNK - 1) // CHUNK * CHUNK


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
def _amplitudes(d, source, origin, spacing, k, j, i, amplitude, weight, out):
    """Fill `out` (groups, terms) with what a unit of energy in voxel (k, j, i) sends along `d`."""
    at, t = _angle_index(d, source, origin, spacing, k, j, i, amplitude.shape[0])
    for g in range(out.shape[0]):
        for term in range(out.shape[1]):
            out[g, term] = (amplitude[at, g, term] * (1 - t) + amplitude[at + 1, g, term] * t) * weight


@njit(cache=True)
def _add_one(row, energy, knots, g, t):
    """Add a group's energy times amplitudes that go linearly from knot to knot; all rows in whole chunks."""
    for c in range(row.shape[0] // CHUNK):
        value = knots[c, g, t]
        slope = (knots[c + 1, g, t] - value) * _SHARE
        for i in range(CHUNK):
            k = c * CHUNK + i
            row[k] += energy[k] * (value + slope * _RAMP[i])


@njit(cache=True)
def _add_two(row, energy, other, knots, g, t):
    """The same of this group and the next at once."""
    for c in range(row.shape[0] // CHUNK):
        value, other_value = knots[c, g, t], knots[c, g + 1, t]
        slope = (knots[c + 1, g, t] - value) * _SHARE
        other_slope = (knots[c + 1, g + 1, t] - other_value) * _SHARE
        for i in range(CHUNK):
            k = c * CHUNK + i
            row[k] += energy[k] * (value + slope * _RAMP[i]) + other[k] * (other_value + other_slope * _RAMP[i])


@njit(cache=True)
def row_sources(d, k, j, energy, box, ranges, range_offset, sources, origin, spacing, amplitude, weight, row, knots):
    """Sum the sources of all fields along row (k, j) into row[term, i]; returns the filled range.

    `row` is `CHUNK` longer than the grid's, since whole chunks are added. `knots`, shape
    (chunks + 1, groups, terms), is written over with amplitudes.
    """
    groups, terms = amplitude.shape[1], amplitude.shape[2]
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
        padded = padded_length(high - low)
        at = low + box[f, 2]
        last_chunk = padded // CHUNK - 1
        for c in range(last_chunk + 1):
            _amplitudes(d, sources[f], origin, spacing, k, j, at + c * CHUNK, amplitude, weight, knots[c])
        end = knots[last_chunk + 1]
        _amplitudes(d, sources[f], origin, spacing, k, j, high - 1 + box[f, 2], amplitude, weight, end)
        # The last chunk's line goes through the last voxel, so that a mirrored row has the mirrored amplitudes.
        longer = np.float32(CHUNK / max(high - low - 1 - last_chunk * CHUNK, 1))
        for g in range(groups):
            for t in range(terms):
                end[g, t] = knots[last_chunk, g, t] + (end[g, t] - knots[last_chunk, g, t]) * longer
        for g in range(0, groups - 1, 2):
            one = energy[held + g * padded : held + (g + 1) * padded]
            other = energy[held + (g + 1) * padded : held + (g + 2) * padded]
            for t in range(terms):
                _add_two(row[t, at : at + padded], one, other, knots, g, t)
        if groups % 2 == 1:
            one = energy[held + (groups - 1) * padded : held + groups * padded]
            for t in range(terms):
                _add_one(row[t, at : at + padded], one, knots, groups - 1, t)
    return first, last
