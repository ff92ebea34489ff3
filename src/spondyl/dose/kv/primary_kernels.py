"""Compiled: the unscattered photons of a point source that arrive in each voxel."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from spondyl.dose.kv.rays import add_track, add_transmitted, emission, trace_path
from spondyl.dose.kv.shared_rays import LANES
from spondyl.dose.kv.voxels import PER_MM, first_face

MOST_POINTS = 8
OPAQUE_VOXEL, VERY_OPAQUE_VOXEL = 0.4, 1.5
"""Optical depth of a voxel at the reference energy from which it is sampled by 3 points a side, and by chords from
`MOST_POINTS` points a side of its faces."""
BEFORE_MM = 1e-6
"""A ray to a face ends this far before it, in the voxel that it comes from."""
UNEVEN = 0.4
"""Difference of optical depth between a voxel's rays from which it is sampled by 3 points a side."""


@njit(cache=True)
def points_a_side(distance):
    """Gauss-Legendre points a side that integrate inverse square and attenuation to 0.1 %, by distance in sides."""
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
def sample_voxel(g, basis, attenuation, source, axis, anisotropy, points, voxel, place, path, depth, spectrum):
    """Fill `spectrum` with the voxel mean of photons/mm2 in each energy node; returns how uneven the rays are.

    Parameters
    ----------
    points
        Gauss-Legendre points and weights on 0..1, shape (2, points a side).
    voxel
        (z, y, x).
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
        share = points[1, a] * points[1, b] * points[1, c]
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
    """Fill `found` with what photons/mm2 in each node give by the columns of `common`, a multiple of `LANES`."""
    for r in range(0, found.shape[0], LANES):
        a0, a1, a2, a3 = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
        for n in range(spectrum.shape[0]):
            photons = spectrum[n]
            a0 += photons * common[n, r]
            a1 += photons * common[n, r + 1]
            a2 += photons * common[n, r + 2]
            a3 += photons * common[n, r + 3]
        found[r], found[r + 1], found[r + 2], found[r + 3] = a0, a1, a2, a3


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
