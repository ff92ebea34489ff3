"""Compiled: which voxels a field meets, the photons that come to each in vacuum, and the way from the source."""

from __future__ import annotations

import numpy as np
from numba import njit, prange


@njit(cache=True, parallel=True)
def mark_field(origin, spacing, shape, source, u, v, axis, sad, limits):
    """First and one past last voxel along x that the field may meet, for each row; int64, shape (nz, ny, 2).

    `limits` are the map's u and v bounds in the isocentre plane; a voxel counts with half its diagonal, and so do
    its neighbours.
    """
    nz, ny, nx = shape[0], shape[1], shape[2]
    rows = np.zeros((nz, ny, 2), np.int64)
    reach = 0.5 * np.sqrt(spacing[0] ** 2 + spacing[1] ** 2 + spacing[2] ** 2)
    reach += max(spacing[0], spacing[1], spacing[2])
    for k in prange(nz):
        for j in range(ny):
            first, last = nx, 0
            for i in range(nx):
                x = origin[0] + i * spacing[0] - source[0]
                y = origin[1] + j * spacing[1] - source[1]
                z = origin[2] + k * spacing[2] - source[2]
                along = x * axis[0] + y * axis[1] + z * axis[2]
                if along <= 0.05 * sad:
                    continue
                scale = sad / along
                pu = (x * u[0] + y * u[1] + z * u[2]) * scale
                pv = (x * v[0] + y * v[1] + z * v[2]) * scale
                m = reach * scale
                if limits[0] - m < pu < limits[1] + m and limits[2] - m < pv < limits[3] + m:
                    first = min(first, i)
                    last = i + 1
            if last > first:
                rows[k, j, 0] = first
                rows[k, j, 1] = last
    return rows


@njit(cache=True, inline="always")
def _pixel(at, count):
    """Pixel that a position, in pixels from the first edge, lies in, and the share of it passed; held at the ends."""
    at = min(max(at, 0.0), float(count))
    pixel = min(int(at), count - 1)
    return pixel, at - pixel


@njit(cache=True, inline="always")
def _integral(table, iu, fu, iv, fv):
    """The cumulative map, bilinear between pixel edges."""
    low = table[iv, iu] * (1 - fu) + table[iv, iu + 1] * fu
    high = table[iv + 1, iu] * (1 - fu) + table[iv + 1, iu + 1] * fu
    return low * (1 - fv) + high * fv


@njit(cache=True)
def voxel_fluence(point, spacing, u, v, axis, sad, table, edges_u, edges_v):
    """Mean over a voxel of photons/cm2, inverse square included; `point` is its centre less the source.

    Eight octants, each averaged over a rectangle with the variance of the voxel's projection: exact for a voxel that
    is aligned with the field.
    """
    nu, nv = edges_u.shape[0] - 1, edges_v.shape[0] - 1
    per_u, per_v = 1.0 / (edges_u[1] - edges_u[0]), 1.0 / (edges_v[1] - edges_v[0])
    along = point[0] * axis[0] + point[1] * axis[1] + point[2] * axis[2]
    if along <= 0.0:
        return 0.0
    scale = sad / along
    lean_u = (point[0] * u[0] + point[1] * u[1] + point[2] * u[2]) / along
    lean_v = (point[0] * v[0] + point[1] * v[1] + point[2] * v[2]) / along
    wu, wv = 0.0, 0.0
    for a in range(3):
        wu += (spacing[a] / 4 * scale * (u[a] - axis[a] * lean_u)) ** 2
        wv += (spacing[a] / 4 * scale * (v[a] - axis[a] * lean_v)) ** 2
    wu, wv = max(np.sqrt(wu), 1e-4), max(np.sqrt(wv), 1e-4)
    total = 0.0
    for octant in range(8):
        x = point[0] + (spacing[0] if octant & 1 else -spacing[0]) / 4
        y = point[1] + (spacing[1] if octant & 2 else -spacing[1]) / 4
        z = point[2] + (spacing[2] if octant & 4 else -spacing[2]) / 4
        scale = sad / (x * axis[0] + y * axis[1] + z * axis[2])
        pu = (x * u[0] + y * u[1] + z * u[2]) * scale - edges_u[0]
        pv = (x * v[0] + y * v[1] + z * v[2]) * scale - edges_v[0]
        iu, fu = _pixel((pu - wu) * per_u, nu)
        ju, gu = _pixel((pu + wu) * per_u, nu)
        iv, fv = _pixel((pv - wv) * per_v, nv)
        jv, gv = _pixel((pv + wv) * per_v, nv)
        inside = _integral(table, ju, gu, jv, gv) - _integral(table, iu, fu, jv, gv)
        inside += _integral(table, iu, fu, iv, fv) - _integral(table, ju, gu, iv, fv)
        total += inside * sad * sad / (x * x + y * y + z * z)
    return total / (32 * wu * wv)


@njit(cache=True)
def path_to_source(density, material, basis, origin, spacing, k, j, i, source, most, out):
    """Integrals of density times each basis from the source to the centre of voxel (k, j, i), in g/cm2 x basis.

    Amanatides and Woo 1987 (Eurographics): voxel by voxel from the centre until the grid or the source ends it, or
    the first integral exceeds `most`.
    """
    nz, ny, nx = density.shape
    out[:] = 0.0
    dx = source[0] - (origin[0] + i * spacing[0])
    dy = source[1] - (origin[1] + j * spacing[1])
    dz = source[2] - (origin[2] + k * spacing[2])
    length = np.sqrt(dx * dx + dy * dy + dz * dz)
    huge = 1e30
    ax, ay, az = abs(dx) / length, abs(dy) / length, abs(dz) / length
    step_x, step_y, step_z = (1 if dx > 0 else -1), (1 if dy > 0 else -1), (1 if dz > 0 else -1)
    delta_x = spacing[0] / ax if ax > 1e-12 else huge
    delta_y = spacing[1] / ay if ay > 1e-12 else huge
    delta_z = spacing[2] / az if az > 1e-12 else huge
    next_x, next_y, next_z = delta_x / 2, delta_y / 2, delta_z / 2
    at = 0.0
    while True:
        nearest = min(next_x, next_y, next_z)
        to = min(nearest, length)
        mass = density[k, j, i] * (to - at) * 0.1
        m = material[k, j, i]
        out[0] += mass * basis[m, 0]
        out[1] += mass * basis[m, 1]
        out[2] += mass * basis[m, 2]
        if to >= length or out[0] > most:
            return
        at = to
        if next_x <= nearest:
            i += step_x
            next_x += delta_x
            if i < 0 or i >= nx:
                return
        elif next_y <= nearest:
            j += step_y
            next_y += delta_y
            if j < 0 or j >= ny:
                return
        else:
            k += step_z
            next_z += delta_z
            if k < 0 or k >= nz:
                return


@njit(cache=True, parallel=True)
def fluence_in_air(origin, spacing, start, rows, source, u, v, axis, sad, table, edges_u, edges_v, photons):
    """Fill `photons` (z, y, x from `start`) with each voxel's mean photons/cm2 in vacuum."""
    nz, ny, _ = photons.shape
    for row in prange(nz * ny):
        k, j = row // ny + start[0], row % ny + start[1]
        point = np.empty(3)
        for i in range(rows[k, j, 0], rows[k, j, 1]):
            point[0] = origin[0] + i * spacing[0] - source[0]
            point[1] = origin[1] + j * spacing[1] - source[1]
            point[2] = origin[2] + k * spacing[2] - source[2]
            photons[k - start[0], j - start[1], i - start[2]] = voxel_fluence(
                point, spacing, u, v, axis, sad, table, edges_u, edges_v
            )
