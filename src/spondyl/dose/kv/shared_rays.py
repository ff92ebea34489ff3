"""Compiled: rays that fan out from a point through layers of voxels, each shared by the voxels about it.

Places and distances along an axis are in voxels of that axis. A fan goes along one axis, layer after layer; its rays
are told apart by how far they move along the two other axes a layer. What lies at a voxel's sampling point is
interpolated between the four rays about it, as the mean along the ray: exact where the medium is even.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

LANES = 4
"""Ranks of a basis are carried four at once."""
OUTSIDE = 2.0
"""Rays this many voxels beside the grid are followed no more."""


@njit(cache=True)
def cross_layer(density, material, basis, at, axes, layer, depths, slopes, carried, means):
    """Carry all rays of a fan through one layer, and tell the mean along each at two depths in it.

    Parameters
    ----------
    density, material
        Shape (nz, ny, nx).
    basis
        float32, shape (materials, ranks), ranks a multiple of `LANES`.
    at
        Source, (x, y, z) in voxels from the grid's lower corner.
    axes
        The fan's axis and the two others: 0 x, 1 y, 2 z.
    layer
        Voxel along the fan's axis.
    depths
        Where rays enter, the two depths asked for, and where they leave, from the source: shape (4,), ascending.
    slopes
        Voxels a layer along the second and the third axis, shape (2, rays).
    carried
        Integral of density times basis along each ray so far, a voxel: float32, shape (rays, rays, ranks), third axis
        first. Taken on.
    means
        float32, shape (2, rays, rays, ranks): the integral over the depth. Filled.
    """
    nx, ny = density.shape[2], density.shape[1]
    counts, strides = (nx, ny, density.shape[0]), (1, nx, nx * ny)
    rho, kind = density.ravel(), material.ravel()
    nu, nv, su, sv = counts[axes[1]], counts[axes[2]], strides[axes[1]], strides[axes[2]]
    base = layer * strides[axes[0]]
    at_u, at_v, rays = at[axes[1]], at[axes[2]], slopes.shape[1]
    for b in range(0, basis.shape[1], LANES):
        for row in range(rays):
            v = slopes[1, row]
            from_v = at_v + v * depths[0]
            if from_v < -OUTSIDE or from_v > nv + OUTSIDE:
                continue
            for column in range(rays):
                u = slopes[0, column]
                from_u = at_u + u * depths[0]
                if from_u < -OUTSIDE or from_u > nu + OUTSIDE:
                    continue
                ju, jv = math.floor(from_u), math.floor(from_v)
                next_u = ((ju + 1 if u > 0 else ju) - at_u) / u if u != 0.0 else math.inf
                next_v = ((jv + 1 if v > 0 else jv) - at_v) / v if v != 0.0 else math.inf
                voxel = base + min(max(ju, 0), nu - 1) * su + min(max(jv, 0), nv - 1) * sv
                gone = depths[0]
                p0, p1, p2, p3 = (
                    carried[row, column, b], carried[row, column, b + 1],
                    carried[row, column, b + 2], carried[row, column, b + 3],
                )  # fmt: skip
                for stop in range(1, 4):
                    end = depths[stop]
                    while True:
                        to = min(next_u, next_v, end)
                        mass = rho[voxel] * np.float32(to - gone)
                        m = kind[voxel]
                        p0 += mass * basis[m, b]
                        p1 += mass * basis[m, b + 1]
                        p2 += mass * basis[m, b + 2]
                        p3 += mass * basis[m, b + 3]
                        gone = to
                        if to >= end:
                            break
                        if next_u <= to:
                            ju += 1 if u > 0 else -1
                            next_u += 1 / abs(u)
                        else:
                            jv += 1 if v > 0 else -1
                            next_v += 1 / abs(v)
                        voxel = base + min(max(ju, 0), nu - 1) * su + min(max(jv, 0), nv - 1) * sv
                    if stop < 3:
                        inverse = np.float32(1 / end)
                        means[stop - 1, row, column, b] = p0 * inverse
                        means[stop - 1, row, column, b + 1] = p1 * inverse
                        means[stop - 1, row, column, b + 2] = p2 * inverse
                        means[stop - 1, row, column, b + 3] = p3 * inverse
                carried[row, column, b], carried[row, column, b + 1] = p0, p1
                carried[row, column, b + 2], carried[row, column, b + 3] = p2, p3


@njit(cache=True)
def between_rays(means, slopes, u, v, length, path):
    """Fill `path` with what lies `length` along a ray of slopes (u, v), from the four of a fan about it.

    Parameters
    ----------
    means
        At its depth, float32, shape (rays, rays, ranks).
    slopes
        Of the fan, at equal steps, shape (2, rays).
    """
    right = (u - slopes[0, 0]) / (slopes[0, 1] - slopes[0, 0])
    up = (v - slopes[1, 0]) / (slopes[1, 1] - slopes[1, 0])
    last = slopes.shape[1] - 2
    i, j = min(max(int(right), 0), last), min(max(int(up), 0), last)
    right -= i
    up -= j
    w00, w01 = np.float32(length * (1 - up) * (1 - right)), np.float32(length * (1 - up) * right)
    w10, w11 = np.float32(length * up * (1 - right)), np.float32(length * up * right)
    for b in range(path.shape[0]):
        path[b] = (
            w00 * means[j, i, b] + w01 * means[j, i + 1, b] + w10 * means[j + 1, i, b] + w11 * means[j + 1, i + 1, b]
        )
