"""Compiled: photons that spread from voxels along a few directions, plane after plane."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def sweep(per_mm, emitted, forward, slopes, steps_mm, weight, fluence):
    """Add what flies along directions that meet one plane of voxels after the other to `fluence`.

    Each voxel hands on to the next plane where the directions lead, in shares of the four voxels about that place;
    the absorption along its own step is 1 / (1 + t + t^2/2 + t^3/6) for exp(-t).

    Parameters
    ----------
    per_mm, emitted
        Attenuation, and photons emitted a mm3 into all directions: float32, shape (planes, ny, nx).
    forward
        Whether the planes follow in their order.
    slopes, steps_mm
        Voxels that a direction moves along the two other axes from plane to plane, -1 to 1, shape (n, 2), and how far
        it goes, shape (n,): float32.
    weight
        Share of the sphere that each direction stands for.
    fluence
        Photons a mm2, float32, shape (planes, ny, nx).
    """
    planes, ny, nx = per_mm.shape
    one, half, third, sixth = np.float32(1), np.float32(1 / 2), np.float32(1 / 3), np.float32(1 / 6)
    before = np.zeros((slopes.shape[0], ny + 2, nx + 2), np.float32)  # a rim of 0 around
    after, came = np.zeros((ny + 2, nx + 2), np.float32), np.empty(nx, np.float32)
    for plane in range(planes):
        k = plane if forward else planes - 1 - plane
        for n in range(slopes.shape[0]):
            y, x, step = slopes[n, 0], slopes[n, 1], steps_mm[n]
            sy, sx = (-1 if y > 0 else 1), (-1 if x > 0 else 1)
            y, x = abs(y), abs(x)
            w00, w01, w10, w11 = (one - y) * (one - x), (one - y) * x, y * (one - x), y * x
            for j in range(ny):
                near, beside = before[n, j + 1], before[n, j + 1 + sy]
                n0, n1, b0, b1 = near[1 : 1 + nx], near[1 + sx :], beside[1 : 1 + nx], beside[1 + sx :]
                for i in range(nx):
                    came[i] = w00 * n0[i] + w01 * n1[i] + w10 * b0[i] + w11 * b1[i]
                attenuates, source, found, out = per_mm[k, j], emitted[k, j], fluence[k, j], after[j + 1, 1:]
                for i in range(nx):
                    t = attenuates[i] * step
                    made = source[i] * step
                    passes = one / (one + t * (one + t * (half + t * sixth)))
                    mean = passes * (one + t * (half + t * sixth))
                    out[i] = came[i] * passes + made * mean
                    found[i] += weight * (came[i] * mean + made * passes * (half + t * (third + t * sixth)))
            before[n] = after
