"""Compiled: photons through a fine grid inside a coarse one, scored along every step (track length)."""

from __future__ import annotations

import numpy as np
from numba import njit

from spondyl.dose.kv.voxels import PER_MM, first_face


@njit(cache=True)
def voxel_at(place, size, first, last):
    """Voxel that holds a place along one axis, at least `first` and below `last`."""
    return min(max(int(place / size), first), last - 1)


@njit(cache=True)
def fly_scored(g, hole, mu, kerma, scored, depth, x, y, z, ux, uy, uz, ix, iy, iz, score):
    """Follow a ray in one grid until it has crossed an optical depth, left the grid, or reached `hole`.

    Parameters
    ----------
    g
        `VoxelGeometry`.
    hole
        First and one past last (x, y, z) voxel that the ray may not enter, shape (2, 3).
    mu
        Attenuation in cm2/g by material.
    kerma
        Weight times energy times absorption in keV cm2/g by material, water last.
    scored
        Whether the steps count.
    depth
        Mean free paths to cross; place in mm from the lower corner, direction, voxel.
    score
        Sums of keV cm2/g mm to medium and to water, shape (voxels, 2).

    Returns
    -------
    ended, depth, x, y, z, ix, iy, iz
        Whether the depth was crossed, what is left of it, and where; a ray that left has a voxel outside or in `hole`.
    """
    nz, ny, nx = g.density.shape
    density, material = g.density.ravel(), g.material.ravel()
    tx, dx = first_face(x, ix, ux, g.spacing_mm[0])
    ty, dy = first_face(y, iy, uy, g.spacing_mm[1])
    tz, dz = first_face(z, iz, uz, g.spacing_mm[2])
    sx, sy, sz = (1 if ux > 0.0 else -1), (1 if uy > 0.0 else -1), (1 if uz > 0.0 else -1)
    in_water = kerma[kerma.shape[0] - 1]
    voxel, gone = (iz * ny + iy) * nx + ix, 0.0
    while True:
        m = int(material[voxel])
        per_mm = PER_MM * density[voxel] * mu[m]
        face = min(tx, ty, tz)
        step = face - gone
        ends = per_mm * step >= depth and per_mm > 0.0
        if ends:
            step = depth / per_mm
        if scored:
            score[voxel, 0] += np.float32(step * kerma[m])
            score[voxel, 1] += np.float32(step * in_water)
        if ends:
            gone += step
            return True, 0.0, x + gone * ux, y + gone * uy, z + gone * uz, ix, iy, iz
        depth -= per_mm * step
        gone = face
        if tx <= face:
            ix += sx
            voxel += sx
            tx += dx
        elif ty <= face:
            iy += sy
            voxel += sy * nx
            ty += dy
        else:
            iz += sz
            voxel += sz * ny * nx
            tz += dz
        outside = ix < 0 or iy < 0 or iz < 0 or ix >= nx or iy >= ny or iz >= nz
        if outside or (
            hole[0, 0] <= ix < hole[1, 0] and hole[0, 1] <= iy < hole[1, 1] and hole[0, 2] <= iz < hole[1, 2]
        ):
            return False, depth, x + gone * ux, y + gone * uy, z + gone * uz, ix, iy, iz


@njit(cache=True)
def into_coarse(index, count, place, size, first, last):
    """Voxel of the coarse grid along one axis, from the fine grid's voxel `index` of `count`, outside where it left."""
    if index < 0:
        return first - 1
    if index >= count:
        return last
    return voxel_at(place, size, first, last)


@njit(cache=True)
def fly_nested(fine, coarse, hole, no_hole, mu, kerma, scored, depth, within, x, y, z, ux, uy, uz, ix, iy, iz, score):
    """`fly_scored` through the fine grid and its surroundings, to and fro, scored in the fine grid.

    Parameters
    ----------
    fine, coarse, hole
        `VoxelGeometry` of both, and the (x, y, z) voxels of `coarse` that `fine` fills.
    no_hole
        A hole that holds nothing.
    within
        Whether the photon is in the fine grid; its place counts from that grid's lower corner.

    Returns
    -------
    ended, within, x, y, z, ix, iy, iz
        Not ended: it left the coarse grid too.
    """
    while True:
        if within:
            ended, depth, x, y, z, ix, iy, iz = fly_scored(
                fine, no_hole, mu, kerma, scored, depth, x, y, z, ux, uy, uz, ix, iy, iz, score
            )
        else:
            ended, depth, x, y, z, ix, iy, iz = fly_scored(
                coarse, hole, mu, kerma, False, depth, x, y, z, ux, uy, uz, ix, iy, iz, score
            )
        if ended:
            return True, within, x, y, z, ix, iy, iz
        cz, cy, cx = coarse.density.shape
        if within:
            fz, fy, fx = fine.density.shape
            x += fine.low_mm[0] - coarse.low_mm[0]
            y += fine.low_mm[1] - coarse.low_mm[1]
            z += fine.low_mm[2] - coarse.low_mm[2]
            ix = into_coarse(ix, fx, x, coarse.spacing_mm[0], hole[0, 0], hole[1, 0])
            iy = into_coarse(iy, fy, y, coarse.spacing_mm[1], hole[0, 1], hole[1, 1])
            iz = into_coarse(iz, fz, z, coarse.spacing_mm[2], hole[0, 2], hole[1, 2])
            within = False
        if ix < 0 or iy < 0 or iz < 0 or ix >= cx or iy >= cy or iz >= cz:
            return False, within, x, y, z, ix, iy, iz
        if hole[0, 0] <= ix < hole[1, 0] and hole[0, 1] <= iy < hole[1, 1] and hole[0, 2] <= iz < hole[1, 2]:
            fz, fy, fx = fine.density.shape
            x -= fine.low_mm[0] - coarse.low_mm[0]
            y -= fine.low_mm[1] - coarse.low_mm[1]
            z -= fine.low_mm[2] - coarse.low_mm[2]
            ix = voxel_at(x, fine.spacing_mm[0], 0, fx)
            iy = voxel_at(y, fine.spacing_mm[1], 0, fy)
            iz = voxel_at(z, fine.spacing_mm[2], 0, fz)
            within = True
