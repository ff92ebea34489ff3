"""Compiled: the pencil beam's dose at every voxel, read from maps of spread fluence and from what rays carry."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from spondyl.dose.radiological import values_at


@njit(cache=True, parallel=True)
def read_maps(
    dose, origin, spacing, source, axis, eu, ev, sad, near, near_frame, far, far_frame, layers, by_depth, depth0,
    depth_step, state, frame, apart,
):  # fmt: skip
    """Add one field. Frames are u0, v0 and pixel; where the far map ends the dose is zero.

    `apart`: the near map goes with the first of the two amplitudes in `state` and the far map with the second; else
    both go with both.
    """
    nz, ny, nx = dose.shape
    terms = near.shape[3]
    ratio = np.log(layers[1] / layers[0])
    for k in prange(nz):
        weight, here = np.empty(terms), np.empty(5)
        for j in range(ny):
            for i in range(nx):
                x = origin[0] + i * spacing[0] - source[0]
                y = origin[1] + j * spacing[1] - source[1]
                z = origin[2] + k * spacing[2] - source[2]
                along = x * axis[0] + y * axis[1] + z * axis[2]
                u = (x * eu[0] + y * eu[1] + z * eu[2]) * sad / along
                v = (x * ev[0] + y * ev[1] + z * ev[2]) * sad / along
                if not _inside(far, far_frame, u, v):
                    continue
                values_at(
                    state, (u - frame[0]) / frame[2], (v - frame[1]) / frame[2], (along - frame[3]) / frame[4], here
                )
                if here[0] <= 0:
                    continue
                at_depth = min(max((here[0] - depth0) / depth_step, 0.0), by_depth.shape[0] - 1.001)
                d = int(at_depth)
                for t in range(terms):
                    weight[t] = (1 - at_depth + d) * by_depth[d, t] + (at_depth - d) * by_depth[d + 1, t]
                total = 0.0
                close = _inside(near, near_frame, u, v)
                for part in range(2):
                    at_layer = np.log(along * here[2 + 2 * part] / layers[0]) / ratio
                    at_layer = min(max(at_layer, 0.0), layers.shape[0] - 1.001)
                    m = int(at_layer)
                    value = 0.0
                    if close and not (apart and part == 1):
                        value += _weighted(near, near_frame, u, v, m, at_layer - m, weight)
                    if not (apart and part == 0):
                        value += _weighted(far, far_frame, u, v, m, at_layer - m, weight)
                    total += here[1 + 2 * part] * value
                dose[k, j, i] += max(total, 0.0) * sad * sad / (x * x + y * y + z * z)


@njit(cache=True, inline="always")
def _inside(maps, frame, u, v):
    a, b = (u - frame[0]) / frame[2], (v - frame[1]) / frame[2]
    return a >= 0 and b >= 0 and a < maps.shape[2] - 1 and b < maps.shape[1] - 1


@njit(cache=True)
def _weighted(maps, frame, u, v, m, fm, weight):
    """Sum over terms of weight times map, bilinear in u and v, linear between layers m and m + 1."""
    pu, pv = (u - frame[0]) / frame[2], (v - frame[1]) / frame[2]
    a, b = int(pu), int(pv)
    fa, fb = pu - a, pv - b
    total = 0.0
    for t in range(weight.shape[0]):
        near = (1 - fb) * ((1 - fa) * maps[m, b, a, t] + fa * maps[m, b, a + 1, t]) + fb * (
            (1 - fa) * maps[m, b + 1, a, t] + fa * maps[m, b + 1, a + 1, t]
        )
        far = (1 - fb) * ((1 - fa) * maps[m + 1, b, a, t] + fa * maps[m + 1, b, a + 1, t]) + fb * (
            (1 - fa) * maps[m + 1, b + 1, a, t] + fa * maps[m + 1, b + 1, a + 1, t]
        )
        total += weight[t] * ((1 - fm) * near + fm * far)
    return total
