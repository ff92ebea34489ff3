"""Compiled: the binomial blur of a volume."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def blur(values, reach):
    """Mean with the weights 1/4, 1/2, 1/4 along each axis, of voxels `reach` apart.

    Parameters
    ----------
    values
        float32, shape (nz, ny, nx); beyond an end stands its outermost voxel.
    reach
        Voxels from a voxel to the others that count.
    """
    nz, ny, nx = values.shape
    quarter, half = np.float32(0.25), np.float32(0.5)
    along_z, along_y, out = np.empty_like(values), np.empty_like(values), np.empty_like(values)
    for k in range(nz):
        before, after = max(k - reach, 0), min(k + reach, nz - 1)
        for j in range(ny):
            for i in range(nx):
                along_z[k, j, i] = half * values[k, j, i] + quarter * (values[before, j, i] + values[after, j, i])
    for k in range(nz):
        for j in range(ny):
            before, after = max(j - reach, 0), min(j + reach, ny - 1)
            for i in range(nx):
                along_y[k, j, i] = half * along_z[k, j, i] + quarter * (along_z[k, before, i] + along_z[k, after, i])
    for k in range(nz):
        for j in range(ny):
            for i in range(nx):
                before, after = max(i - reach, 0), min(i + reach, nx - 1)
                out[k, j, i] = half * along_y[k, j, i] + quarter * (along_y[k, j, before] + along_y[k, j, after])
    return out
