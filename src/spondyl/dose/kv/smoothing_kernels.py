"""Compiled: the binomial blur of a volume, and the largest value about each voxel."""

from __future__ import annotations

import numpy as np
from numba import njit

QUARTER, HALF, TWO = np.float32(0.25), np.float32(0.5), np.float32(2)


@njit(cache=True)
def _blend(rows, at, reach, out):
    """Fill `out` with 1/2 of row `at` and 1/4 of the rows `reach` before and after; rows are float32, shape (n, m).

    Beyond an end stands the row as far within it, reversed about the end: what changes evenly stays as it is.
    """
    last = rows.shape[0] - 1
    here, first, end = rows[at], rows[0], rows[last]
    before, after = rows[min(abs(at - reach), last)], rows[max(last - abs(last - at - reach), 0)]
    if at >= reach and at + reach <= last:
        for i in range(out.shape[0]):
            out[i] = HALF * here[i] + QUARTER * (before[i] + after[i])
    elif at >= reach:
        for i in range(out.shape[0]):
            out[i] = HALF * here[i] + QUARTER * (before[i] + (TWO * end[i] - after[i]))
    elif at + reach <= last:
        for i in range(out.shape[0]):
            out[i] = HALF * here[i] + QUARTER * ((TWO * first[i] - before[i]) + after[i])
    else:
        out[:] = here


@njit(cache=True, nogil=True)
def blur(values, reach):
    """Mean with the weights 1/4, 1/2, 1/4 along each axis, of voxels `reach` apart.

    Parameters
    ----------
    values
        float32, shape (nz, ny, nx); beyond an end it goes on as it came, evenly.
    reach
        Voxels from a voxel to the others that count.
    """
    nz, ny, nx = values.shape
    out, plane, line = np.empty_like(values), np.empty((ny, nx), np.float32), np.empty(nx + 2 * reach, np.float32)
    left, middle, right = line[:nx], line[reach : nx + reach], line[2 * reach :]
    within = min(reach, nx - 1)
    planes, lines = values.reshape(nz, ny * nx), plane.reshape(ny * nx)
    for k in range(nz):
        _blend(planes, k, reach, lines)
        for j in range(ny):
            _blend(plane, j, reach, middle)
            first, last = middle[0], middle[nx - 1]
            for i in range(reach):
                n = min(i + 1, within)
                left[reach - 1 - i], right[nx - reach + i] = TWO * first - middle[n], TWO * last - middle[nx - 1 - n]
            to = out[k, j]
            for i in range(nx):
                to[i] = HALF * middle[i] + QUARTER * (left[i] + right[i])
    return out


@njit(cache=True, nogil=True)
def largest_beside(values):
    """Largest of each voxel and its six neighbours: float32, shape (nz, ny, nx)."""
    nz, ny, nx = values.shape
    out = np.empty_like(values)
    for k in range(nz):
        for j in range(ny):
            here, to = values[k, j], out[k, j]
            below, above = values[max(k - 1, 0), j], values[min(k + 1, nz - 1), j]
            near, far = values[k, max(j - 1, 0)], values[k, min(j + 1, ny - 1)]
            for i in range(nx):
                to[i] = max(max(max(below[i], above[i]), max(near[i], far[i])), here[i])
            left, right, inner = here[: nx - 1], here[1:], to[1:]
            for i in range(nx - 1):
                to[i] = max(to[i], right[i])
            for i in range(nx - 1):
                inner[i] = max(inner[i], left[i])
    return out
