"""Compiled: a ray through voxels, what of its photons comes through, and what they leave on the way."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from spondyl.dose.kv.voxels import PER_MM, first_face

HALVINGS = 6
"""exp(-t) is the 64th power of a sixth-order series of exp(-t / 64), which vectorises; relative error below 1e-5."""
OPAQUE = 40.0
"""Optical depth at which a ray ends: exp(-40) is 4e-18."""


@njit(cache=True)
def trace_path(density, material, basis, low, spacing, source, x, y, z, path):
    """Fill `path` with the integrals of density times each basis from `source` to (x, y, z), in g/cm2 x basis.

    Voxel by voxel from the point to the source (Amanatides and Woo 1987, Eurographics).

    Parameters
    ----------
    density, material
        Shape (nz, ny, nx).
    basis
        Shape (materials, ranks).
    low, spacing, source
        Lower corner of the grid, voxel sides and source, (x, y, z) in mm; both ends lie inside the grid.
    """
    ny, nx = density.shape[1], density.shape[2]
    rho, kind = density.ravel(), material.ravel()
    path[:] = 0.0
    dx, dy, dz = source[0] - x, source[1] - y, source[2] - z
    length = math.sqrt(dx * dx + dy * dy + dz * dz)
    i, j, k = int((x - low[0]) / spacing[0]), int((y - low[1]) / spacing[1]), int((z - low[2]) / spacing[2])
    next_x, delta_x = first_face(x - low[0], i, dx / length, spacing[0])
    next_y, delta_y = first_face(y - low[1], j, dy / length, spacing[1])
    next_z, delta_z = first_face(z - low[2], k, dz / length, spacing[2])
    step_x, step_y, step_z = (1 if dx > 0 else -1), (nx if dy > 0 else -nx), (ny * nx if dz > 0 else -ny * nx)
    voxel = (k * ny + j) * nx + i
    at = 0.0
    while True:
        to = min(next_x, next_y, next_z, length)
        mass = rho[voxel] * (to - at) * PER_MM
        m = kind[voxel]
        for b in range(basis.shape[1]):
            path[b] += mass * basis[m, b]
        if to >= length:
            return
        at = to
        if next_x <= to:
            voxel += step_x
            next_x += delta_x
        elif next_y <= to:
            voxel += step_y
            next_y += delta_y
        else:
            voxel += step_z
            next_z += delta_z


@njit(cache=True, inline="always")
def transmission(depth):
    """exp(-depth) of a float32 number, not below exp(-`OPAQUE`), in steps that vectorise."""
    scale, limit, one = np.float32(-1.0 / 2**HALVINGS), np.float32(OPAQUE), np.float32(1)
    c2, c3, c4 = np.float32(1 / 2), np.float32(1 / 6), np.float32(1 / 24)
    c5, c6 = np.float32(1 / 120), np.float32(1 / 720)
    t = (depth if depth < limit else limit) * scale
    e = one + t * (one + t * (c2 + t * (c3 + t * (c4 + t * (c5 + t * c6)))))
    e = e * e
    e = e * e
    e = e * e
    e = e * e
    e = e * e
    return e * e


@njit(cache=True)
def add_transmitted(path, attenuation, weight, depth, spectrum):
    """Add ``weight * exp(-path . attenuation)`` to `spectrum`; `depth` is room to work in. float32, shape (nodes,)."""
    nodes = spectrum.shape[0]
    for n in range(nodes):
        depth[n] = path[0] * attenuation[0, n]
    for b in range(1, attenuation.shape[0]):
        for n in range(nodes):
            depth[n] += path[b] * attenuation[b, n]
    for n in range(nodes):
        spectrum[n] += weight * transmission(depth[n])


@njit(cache=True)
def transmitted_by_four(paths, attenuation, depth, spectrum):
    """Fill `spectrum` with the sum of four weights times what comes through four paths.

    Parameters
    ----------
    paths
        float32, shape (4, ranks + 1): path integrals, and the weight.
    depth
        Room to work in, float32, shape (4, nodes).
    """
    ranks, nodes = attenuation.shape[0], spectrum.shape[0]
    spectrum[:] = 0.0
    for n in range(4):
        to = depth[n]
        row = attenuation[0]
        by = paths[n, 0]
        for node in range(nodes):
            to[node] = by * row[node]
        for b in range(1, ranks):
            row, by = attenuation[b], paths[n, b]
            for node in range(nodes):
                to[node] += by * row[node]
        weight = paths[n, ranks]
        for node in range(nodes):
            spectrum[node] += weight * transmission(to[node])


@njit(cache=True)
def add_track(before, after, attenuated, length, track):
    """Add the expected path in mm, between transmissions `before` and `after`, of `length` mm of one voxel.

    `attenuated` is the optical depth of the piece; all float32, shape (nodes,).
    """
    thin = np.float32(0.1)  # below, the difference of two transmissions loses digits; the series is exact to 1e-6
    half, sixth, twenty_fourth, one = np.float32(1 / 2), np.float32(1 / 6), np.float32(1 / 24), np.float32(1)
    for n in range(track.shape[0]):
        t = attenuated[n]
        series = before[n] * (one - t * (half - t * (sixth - t * twenty_fourth)))
        exact = (before[n] - after[n]) / (t if t > thin else thin)
        track[n] += length * (exact if t > thin else series)


@njit(cache=True)
def emission(cosine, table):
    """Photons a solid angle relative to an isotropic source, linear between the table's equal steps of cosine."""
    steps = table.shape[0] - 1
    at = min(max((cosine + 1.0) * 0.5 * steps, 0.0), float(steps))
    n = min(int(at), steps - 1)
    return table[n] + (at - n) * (table[n + 1] - table[n])
