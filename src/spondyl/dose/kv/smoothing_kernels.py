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


@njit(cache=True, nogil=True)
def add_batch(histories, medium, water, smooth_medium, smooth_water, sums, squares, products):
    """Add a batch's means, weighted by its histories, to the sums over batches.

    Parameters
    ----------
    medium, water, smooth_medium, smooth_water
        Means, float32, shape (voxels,), and of each level.
    sums
        Of medium and water, raw, then of medium and of water at each level: shape (2 + 2 levels, voxels).
    squares, products
        Of the medium's means, raw and at each level, with themselves and with the raw one: shape (1 + levels, voxels).
    """
    levels = len(smooth_medium)
    for voxel in range(medium.shape[0]):
        raw = float(medium[voxel])
        sums[0, voxel] += histories * raw
        sums[1, voxel] += histories * float(water[voxel])
        squares[0, voxel] += histories * raw * raw
    for level in range(levels):
        for voxel in range(medium.shape[0]):
            raw, smooth = float(medium[voxel]), float(smooth_medium[level][voxel])
            sums[2 + level, voxel] += histories * smooth
            sums[2 + levels + level, voxel] += histories * float(smooth_water[level][voxel])
            squares[1 + level, voxel] += histories * smooth * smooth
            products[1 + level, voxel] += histories * smooth * raw
