"""Compiled: unscattered photons in the voxels of a twenty-fourth of space, which share the rays of a fan."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from spondyl.dose.kv.primary_kernels import (
    MOST_POINTS,
    OPAQUE_VOXEL,
    UNEVEN,
    VERY_OPAQUE_VOXEL,
    absorbed_from,
    answers,
    at_reference,
    points_a_side,
    sample_chords,
    sample_voxel,
)
from spondyl.dose.kv.rays import emission, transmitted_by_four
from spondyl.dose.kv.shared_rays import between_rays, cross_layer
from spondyl.dose.kv.voxels import PER_MM

SHARED_FROM = 10.0
"""Distance in voxel sides from which voxels share rays, and are sampled by four points."""
LEAST_DEPTH = SHARED_FROM / math.sqrt(3.0)
"""In voxels along the axis of a fan, the least at that distance."""
HIGH_POINT = 0.5 + 0.5 / math.sqrt(3.0)
"""Of two Gauss-Legendre points on 0..1 the second."""
BESIDE = 0.11
"""Slopes that a fan reaches beyond its part: the sampling points of a voxel at its side, at `LEAST_DEPTH`."""
TRACED_TO = 30.0
"""Distance in voxel sides to which an uneven voxel is sampled by rays of its own."""
RAY_GAP = 0.5
"""Voxels between a fan's rays where they leave the grid."""


@njit(cache=True, inline="always")
def sample_shared(
    spacing, attenuation, axis, anisotropy, own, axes, forward, voxel, means, slopes, at, depths, place, paths
):
    """Paths from the rays of a fan to four alternate corners of two points a side of a voxel; how uneven they are.

    Parameters
    ----------
    spacing
        Voxel sides, (x, y, z).
    own
        The voxel's attenuation at the reference energy, 1/mm.
    axes, forward
        The fan's axis and the two others, and whether it goes towards higher places.
    voxel
        (z, y, x).
    means, slopes, at, depths
        Of the fan in this layer, as `cross_layer` has them.
    paths
        As `trace_path`, and photons/mm2 a photon that would arrive in vacuum: float32, shape (4, ranks + 1). Filled.
    """
    ranks = attenuation.shape[0]
    least, most = math.inf, -math.inf
    for n in range(4):
        first, second = n // 2, n % 2
        for d, high in enumerate((first, second, (first + second) % 2)):
            place[axes[d]] = voxel[2 - axes[d]] + (HIGH_POINT if high == 1 else 1 - HIGH_POINT)
        stop = first if forward else 1 - first
        inverse = 1 / depths[1 + stop]
        square, along = 0.0, 0.0
        for d in range(3):
            off = (place[d] - at[d]) * spacing[d]
            square += off * off
            along += off * axis[d]
        distance = math.sqrt(square)
        between_rays(
            means[stop], slopes, (place[axes[1]] - at[axes[1]]) * inverse, (place[axes[2]] - at[axes[2]]) * inverse,
            PER_MM * distance, paths[n],
        )  # fmt: skip
        paths[n, ranks] = emission(along / distance, anisotropy) / (16 * math.pi * square)
        uneven = -own * distance
        for b in range(ranks):
            uneven += paths[n, b] * attenuation[b, attenuation.shape[1] - 1]
        least, most = min(least, uneven), max(most, uneven)
    return most - least


@njit(cache=True)
def _slopes(rays, towards):
    """Slopes of a fan's rays along its second and third axis, shape (2, rays), from beside its part to beyond it."""
    slopes = np.empty((2, rays))
    for n in range(2):
        for ray in range(rays):
            slope = -BESIDE + ray * (1 + 2 * BESIDE) / (rays - 1)
            slopes[n, ray] = slope if towards[n] else -slope
    return slopes


@njit(cache=True, inline="always")
def _beside(off, depth, towards, wins):
    """Whether a voxel `off` the fan's axis lies in its part: towards its side, and less far than along the axis."""
    if (off >= 0) != towards:
        return False
    return abs(off) <= depth if wins else abs(off) < depth


@njit(cache=True, nogil=True)
def fan_voxels(
    g, basis, attenuation, absorbed, common, source, axis, anisotropy, near, points, first, forward, towards, dose
):
    """Fill `dose` with the voxel means of one of 24 parts of space, outside the box `near`.

    Parameters
    ----------
    g
        `VoxelGeometry`.
    basis, attenuation, absorbed, common
        Arrays of an `EnergyBasis`.
    near
        First and one past last (z, y, x) voxel around the source that `near_voxels` does, shape (2, 3).
    points
        Gauss-Legendre points and weights for 1 to `MOST_POINTS` points a side.
    first, forward
        Along which axis (0 x, 1 y, 2 z) the part's voxels are farthest from the source, counted in voxels, and whether
        towards higher places.
    towards
        Whether they lie towards higher places along the two other axes, shape (2,).
    dose
        Gy to medium, and what the columns of `common` are, a photon: shape (1 + columns, nz, ny, nx).
    """
    shape = g.density.shape
    place, path, own = np.empty(3), np.empty(basis.shape[1], np.float32), np.empty(basis.shape[1], np.float32)
    depth, spectrum = np.empty((3, absorbed.shape[1]), np.float32), np.empty(absorbed.shape[1], np.float32)
    paths, depths_of = np.empty((4, basis.shape[1] + 1), np.float32), np.empty((4, absorbed.shape[1]), np.float32)
    found = np.empty(common.shape[1], np.float32)
    side = max(g.spacing_mm[0], g.spacing_mm[1], g.spacing_mm[2])
    voxel, axes, depths = np.empty(3, np.int64), np.empty(3, np.int64), np.empty(4)
    axes[0], axes[1], axes[2] = first, (first + 1) % 3, (first + 2) % 3
    at = (source - g.low_mm) / g.spacing_mm
    begin = int(at[first])
    reach = shape[2 - first] - 1 - begin if forward else begin
    rays = math.ceil((1 + 2 * BESIDE) * reach / RAY_GAP) + 2 if reach > LEAST_DEPTH else 2
    slopes = _slopes(rays, towards)
    carried = np.zeros((rays, rays, basis.shape[1]), np.float32)
    means = np.empty((2, rays, rays, basis.shape[1]), np.float32)
    edge = begin + 1 - at[first] if forward else at[first] - begin
    if rays > 2 and edge > 0:
        depths[0], depths[1:] = 0.0, edge
        cross_layer(g.density, g.material, basis, at, axes, begin, depths, slopes, carried, means)
    for n in range(reach):
        layer = begin + 1 + n if forward else begin - 1 - n
        depths[0], depths[3] = edge + n, edge + n + 1
        depths[1], depths[2] = edge + n + 1 - HIGH_POINT, edge + n + HIGH_POINT
        if rays > 2:
            cross_layer(g.density, g.material, basis, at, axes, layer, depths, slopes, carried, means)
        voxel[2 - first] = layer
        middle = edge + n + 0.5
        for row in range(shape[2 - axes[2]]):
            if not _beside(row + 0.5 - at[axes[2]], middle, towards[1], first < axes[2]):
                continue
            for column in range(shape[2 - axes[1]]):
                if not _beside(column + 0.5 - at[axes[1]], middle, towards[0], first < axes[1]):
                    continue
                voxel[2 - axes[2]], voxel[2 - axes[1]] = row, column
                k, j, i = voxel[0], voxel[1], voxel[2]
                if near[0, 0] <= k < near[1, 0] and near[0, 1] <= j < near[1, 1] and near[0, 2] <= i < near[1, 2]:
                    continue
                square = 0.0
                for d in range(3):
                    square += ((voxel[2 - d] + 0.5 - at[d]) * g.spacing_mm[d]) ** 2
                distance = math.sqrt(square) / side
                m = g.material[k, j, i]
                per_mm = PER_MM * g.density[k, j, i] * at_reference(basis[m], attenuation)
                opaque = side * per_mm
                order, uneven = points_a_side(distance), math.inf
                if opaque > VERY_OPAQUE_VOXEL:
                    sample_chords(
                        g, basis, attenuation, source, axis, anisotropy, points[MOST_POINTS - 1], voxel,
                        place, path, own, depth, spectrum,
                    )  # fmt: skip
                    uneven = 0.0
                elif opaque > OPAQUE_VOXEL:
                    order = max(order, 3)
                elif distance >= SHARED_FROM:
                    uneven = sample_shared(
                        g.spacing_mm, attenuation, axis, anisotropy, per_mm, axes, forward, voxel, means, slopes, at,
                        depths, place, paths,
                    )  # fmt: skip
                    if distance >= TRACED_TO or uneven <= UNEVEN:
                        uneven = 0.0
                        transmitted_by_four(paths, attenuation, depths_of, spectrum)
                    order = 3
                while uneven > UNEVEN:
                    uneven = sample_voxel(
                        g, basis, attenuation, source, axis, anisotropy, points[order - 1], voxel,
                        place, path, depth[0], spectrum,
                    )  # fmt: skip
                    if order >= 3:
                        break
                    order = 3
                answers(spectrum, common, found)
                dose[0, k, j, i] = absorbed_from(spectrum, absorbed[m])
                for r in range(found.shape[0]):
                    dose[1 + r, k, j, i] = found[r]
