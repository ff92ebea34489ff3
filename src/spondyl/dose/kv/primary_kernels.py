"""Compiled: the unscattered photons of a point source that arrive in each voxel."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from spondyl.dose.kv.rays import add_track, add_transmitted, emission, trace_path
from spondyl.dose.kv.voxels import PER_MM, first_face

MOST_POINTS = 8
ALTERNATE_FROM, SINGLE_FROM = 10.0, 45.0
"""Distances in voxel sides from which a voxel is sampled by 4 points, and by its centre (1 % off in a patient)."""
OPAQUE_VOXEL, VERY_OPAQUE_VOXEL = 0.4, 1.5
"""Optical depth of a voxel at the reference energy from which it is sampled by 3 points a side, and by chords from
`MOST_POINTS` points a side of its faces."""
BEFORE_MM = 1e-6
"""A ray to a face ends this far before it, in the voxel that it comes from."""
UNEVEN = 0.4
"""Difference of optical depth between a voxel's rays from which it is sampled by 3 points a side."""


@njit(cache=True)
def _points_a_side(distance):
    """Gauss-Legendre points a side that integrate inverse square and attenuation to 0.1 %, by distance in sides."""
    if distance >= SINGLE_FROM:
        return 1
    if distance >= 5.0:
        return 2
    return 3 if distance >= 2.5 else 4


@njit(cache=True)
def at_reference(path, attenuation):
    """Optical depth at the reference energy, the last column of `attenuation`."""
    total = 0.0
    for b in range(attenuation.shape[0]):
        total += path[b] * attenuation[b, attenuation.shape[1] - 1]
    return total


@njit(cache=True)
def sample_voxel(
    g, basis, attenuation, source, axis, anisotropy, points, voxel, alternate, place, path, depth, spectrum
):
    """Fill `spectrum` with the voxel mean of photons/mm2 in each energy node; returns how uneven the rays are.

    Parameters
    ----------
    points
        Gauss-Legendre points and weights on 0..1, shape (2, points a side).
    voxel
        (z, y, x).
    alternate
        Of two points a side take the four at alternate corners, which are exact to second order too.
    place, path, depth
        Room to work in: float64 (3,), float32 (ranks,), float32 (nodes,).

    Returns
    -------
    Spread of optical depth at the reference energy among the rays, the voxel's own attenuation left out.
    """
    order = points.shape[1]
    m = g.material[voxel[0], voxel[1], voxel[2]]
    own = PER_MM * g.density[voxel[0], voxel[1], voxel[2]] * at_reference(basis[m], attenuation)
    spectrum[:] = 0.0
    least, most = math.inf, -math.inf
    for n in range(order * order * order):
        a, b, c = n // (order * order), n // order % order, n % order
        if alternate and (a + b + c) % 2 == 1:
            continue
        share = points[1, a] * points[1, b] * points[1, c] * (2.0 if alternate else 1.0)
        place[0] = g.low_mm[0] + (voxel[2] + points[0, c]) * g.spacing_mm[0]
        place[1] = g.low_mm[1] + (voxel[1] + points[0, b]) * g.spacing_mm[1]
        place[2] = g.low_mm[2] + (voxel[0] + points[0, a]) * g.spacing_mm[2]
        square, along = 0.0, 0.0
        for d in range(3):
            square += (place[d] - source[d]) ** 2
            along += (place[d] - source[d]) * axis[d]
        share *= emission(along / math.sqrt(square), anisotropy) / (4 * math.pi * square)
        trace_path(g.density, g.material, basis, g.low_mm, g.spacing_mm, source, place[0], place[1], place[2], path)
        uneven = at_reference(path, attenuation) - own * math.sqrt(square)
        least, most = min(least, uneven), max(most, uneven)
        add_transmitted(path, attenuation, np.float32(share), depth, spectrum)
    return most - least


@njit(cache=True)
def sample_chords(g, basis, attenuation, source, axis, anisotropy, points, voxel, place, path, own, depth, spectrum):
    """As `sample_voxel`, by the photons that enter through the faces towards the source: for voxels that absorb much.

    Where a voxel is deeper than a photon goes, what it takes lies in a skin that points miss. The voxel mean of
    photons/mm2 is the expected path of those who enter, along their chords, over the volume.

    Parameters
    ----------
    points
        On each face, points a side.
    own
        Room for the chord's part of `path`, float32 (ranks,); `depth` is (3, nodes) here.
    """
    order = points.shape[1]
    density, m = g.density[voxel[0], voxel[1], voxel[2]], g.material[voxel[0], voxel[1], voxel[2]]
    spectrum[:] = 0.0
    for face in range(3):
        low = g.low_mm[face] + voxel[2 - face] * g.spacing_mm[face]
        plane = low if source[face] < low else low + g.spacing_mm[face]
        if low <= source[face] <= low + g.spacing_mm[face]:
            continue
        u, v = (face + 1) % 3, (face + 2) % 3
        for n in range(order * order):
            a, b = n // order, n % order
            place[face] = plane
            place[u] = g.low_mm[u] + (voxel[2 - u] + points[0, a]) * g.spacing_mm[u]
            place[v] = g.low_mm[v] + (voxel[2 - v] + points[0, b]) * g.spacing_mm[v]
            square, along = 0.0, 0.0
            for d in range(3):
                square += (place[d] - source[d]) ** 2
                along += (place[d] - source[d]) * axis[d]
            distance = math.sqrt(square)
            chord = math.inf
            for d in range(3):
                slope = (place[d] - source[d]) / distance
                start = g.low_mm[d] + voxel[2 - d] * g.spacing_mm[d]
                if abs(slope) > 1e-12:
                    end = start + g.spacing_mm[d] if slope > 0 else start
                    chord = min(chord, (end - place[d]) / slope)
                place[d] -= slope * BEFORE_MM
            trace_path(g.density, g.material, basis, g.low_mm, g.spacing_mm, source, place[0], place[1], place[2], path)
            for r in range(basis.shape[1]):
                own[r] = np.float32(PER_MM * density * chord) * basis[m, r]
            share = points[1, a] * points[1, b] * abs(plane - source[face]) / (distance * g.spacing_mm[face])
            share *= emission(along / distance, anisotropy) / (4 * math.pi * square)
            depth[1, :] = 0.0
            depth[2, :] = 0.0
            add_transmitted(path, attenuation, np.float32(share), depth[0], depth[1])
            add_transmitted(own, attenuation, np.float32(1.0), depth[0], depth[2])
            for node in range(spectrum.shape[0]):
                depth[2, node] *= depth[1, node]
            add_track(depth[1], depth[2], depth[0], np.float32(chord), spectrum)


@njit(cache=True)
def absorbed_from(spectrum, absorbed):
    """Gy by a material's row of `absorbed` from photons/mm2 in each node."""
    total = np.float32(0.0)
    for n in range(spectrum.shape[0]):
        total += spectrum[n] * absorbed[n]
    return total


@njit(cache=True)
def answers(spectrum, common, found):
    """Fill `found` with what photons/mm2 in each node give by the columns of `common`."""
    found[:] = 0.0
    for n in range(spectrum.shape[0]):
        for r in range(found.shape[0]):
            found[r] += spectrum[n] * common[n, r]


@njit(cache=True, nogil=True)
def far_voxels(g, basis, attenuation, absorbed, common, source, axis, anisotropy, near, points, first, stride, dose):
    """Fill `dose` with voxel means outside the box `near`, for every `stride`-th line along x from `first`.

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
    dose
        Gy to medium, and what the columns of `common` are, a photon: shape (1 + columns, nz, ny, nx).
    """
    nz, ny, nx = g.density.shape
    place, path, own = np.empty(3), np.empty(basis.shape[1], np.float32), np.empty(basis.shape[1], np.float32)
    depth, spectrum = np.empty((3, absorbed.shape[1]), np.float32), np.empty(absorbed.shape[1], np.float32)
    found = np.empty(common.shape[1], np.float32)
    side = max(g.spacing_mm[0], g.spacing_mm[1], g.spacing_mm[2])
    voxel = np.empty(3, np.int64)
    for line in range(first, nz * ny, stride):
        k, j = line // ny, line % ny
        for i in range(nx):
            if near[0, 0] <= k < near[1, 0] and near[0, 1] <= j < near[1, 1] and near[0, 2] <= i < near[1, 2]:
                continue
            voxel[0], voxel[1], voxel[2] = k, j, i
            square = 0.0
            for d in range(3):
                square += (g.low_mm[d] + (voxel[2 - d] + 0.5) * g.spacing_mm[d] - source[d]) ** 2
            distance = math.sqrt(square) / side
            m = g.material[k, j, i]
            opaque = side * PER_MM * g.density[k, j, i] * at_reference(basis[m], attenuation)
            order = _points_a_side(distance)
            alternate = order == 2 and distance >= ALTERNATE_FROM
            if opaque > OPAQUE_VOXEL:
                order, alternate = max(order, 3), False
            if opaque > VERY_OPAQUE_VOXEL:
                sample_chords(
                    g, basis, attenuation, source, axis, anisotropy, points[MOST_POINTS - 1], voxel,
                    place, path, own, depth, spectrum,
                )  # fmt: skip
            while opaque <= VERY_OPAQUE_VOXEL:
                uneven = sample_voxel(
                    g, basis, attenuation, source, axis, anisotropy, points[order - 1], voxel, alternate,
                    place, path, depth[0], spectrum,
                )  # fmt: skip
                if uneven <= UNEVEN or order >= 3:
                    break
                order, alternate = 3, False
            answers(spectrum, common, found)
            dose[0, k, j, i] = absorbed_from(spectrum, absorbed[m])
            for r in range(found.shape[0]):
                dose[1 + r, k, j, i] = found[r]


@njit(cache=True, nogil=True)
def near_voxels(g, basis, attenuation, source, directions, weights, near, first, stride, track):
    """Add to `track` the path of the unscattered photons in the voxels of the box `near`, in mm a photon.

    One ray a direction, voxel by voxel from the source, each energy's expected path in closed form: the inverse
    square is integrated exactly, in the voxel that holds the source too.

    Parameters
    ----------
    directions, weights
        Unit vectors (x, y, z), shape (n, 3), and photons a direction, which add up to 1.
    near
        First and one past last (z, y, x) voxel, shape (2, 3).
    first, stride
        Which directions to do.
    track
        float32, shape (nz, ny, nx, nodes) of `near`.
    """
    nodes = attenuation.shape[1]
    delta, next_face = np.empty(3), np.empty(3)
    voxel = np.empty(3, np.int64)
    path, depth = np.empty(basis.shape[1], np.float32), np.empty(nodes, np.float32)
    before, after = np.empty(nodes, np.float32), np.empty(nodes, np.float32)
    for ray in range(first, directions.shape[0], stride):
        for a in range(3):
            place = source[a] - g.low_mm[a]
            voxel[a] = int(place / g.spacing_mm[a])
            next_face[a], delta[a] = first_face(place, voxel[a], directions[ray, a], g.spacing_mm[a])
        before[:] = np.float32(weights[ray])
        at = 0.0
        while True:
            k, j, i = voxel[2], voxel[1], voxel[0]
            if not (near[0, 0] <= k < near[1, 0] and near[0, 1] <= j < near[1, 1] and near[0, 2] <= i < near[1, 2]):
                break
            a = 0 if next_face[0] <= next_face[1] else 1
            if next_face[2] < next_face[a]:
                a = 2
            length = next_face[a] - at
            at = next_face[a]
            next_face[a] += delta[a]
            voxel[a] += 1 if directions[ray, a] > 0 else -1
            if length <= 0.0:
                continue
            mass, m = PER_MM * g.density[k, j, i] * length, g.material[k, j, i]
            for b in range(basis.shape[1]):
                path[b] = mass * basis[m, b]
            after[:] = 0.0
            add_transmitted(path, attenuation, np.float32(1.0), depth, after)
            for n in range(nodes):
                after[n] *= before[n]
            add_track(before, after, depth, np.float32(length), track[k - near[0, 0], j - near[0, 1], i - near[0, 2]])
            before[:] = after
