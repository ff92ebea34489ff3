"""Compiled: photons through a fine grid inside a coarse one, to where they collide."""

from __future__ import annotations

from numba import njit

from spondyl.dose.kv.voxels import PER_MM, first_face


@njit(cache=True)
def voxel_at(place, size, first, last):
    """Voxel that holds a place along one axis, at least `first` and below `last`."""
    return min(max(int(place / size), first), last - 1)


@njit(cache=True, inline="always")
def next_voxel(face, tx, ty, tz, dx, dy, dz, sx, sy, sz, by, bz, end_x, end_y, end_z, ix, iy, iz, voxel):
    """Cross the face at distance `face`.

    Parameters
    ----------
    tx, ty, tz, dx, dy, dz
        Distance to the next face of each axis, and from face to face.
    sx, sy, sz, by, bz
        1 or -1 along each axis, and what a step along y and z adds to `voxel`.
    end_x, end_y, end_z
        The index outside the grid that each axis leads to.

    Returns
    -------
    tx, ty, tz, ix, iy, iz, voxel, left
        Behind the face; whether the grid was left.
    """
    if tx <= face:
        ix += sx
        voxel += sx
        tx += dx
        left = ix == end_x
    elif ty <= face:
        iy += sy
        voxel += by
        ty += dy
        left = iy == end_y
    else:
        iz += sz
        voxel += bz
        tz += dz
        left = iz == end_z
    return tx, ty, tz, ix, iy, iz, voxel, left


@njit(cache=True)
def fly_one(g, hole, mu, depth, x, y, z, ux, uy, uz, ix, iy, iz):
    """Follow a ray in one grid until it has crossed an optical depth, left the grid, or reached `hole`.

    Parameters
    ----------
    g
        `VoxelGeometry`.
    hole
        First and one past last (x, y, z) voxel that the ray may not enter, shape (2, 3).
    mu
        Attenuation in cm2/g by material.
    depth
        Mean free paths to cross; place in mm from the lower corner, direction, voxel.

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
    by, bz = sy * nx, sz * ny * nx
    end_x, end_y, end_z = (nx if sx > 0 else -1), (ny if sy > 0 else -1), (nz if sz > 0 else -1)
    holed = hole[1, 0] > hole[0, 0]
    voxel, gone = (iz * ny + iy) * nx + ix, 0.0
    while True:
        per_mm = PER_MM * density[voxel] * mu[material[voxel]]
        face = min(tx, ty, tz)
        crossed = per_mm * (face - gone)
        if crossed >= depth and per_mm > 0.0:
            gone += depth / per_mm
            return True, 0.0, x + gone * ux, y + gone * uy, z + gone * uz, ix, iy, iz
        depth -= crossed
        gone = face
        tx, ty, tz, ix, iy, iz, voxel, left = next_voxel(
            face, tx, ty, tz, dx, dy, dz, sx, sy, sz, by, bz, end_x, end_y, end_z, ix, iy, iz, voxel
        )
        if left or (holed and in_hole(hole, ix, iy, iz)):
            return False, depth, x + gone * ux, y + gone * uy, z + gone * uz, ix, iy, iz


@njit(cache=True)
def in_hole(hole, ix, iy, iz):
    """Whether a voxel lies in a box of first and one past last (x, y, z) voxels."""
    return hole[0, 0] <= ix < hole[1, 0] and hole[0, 1] <= iy < hole[1, 1] and hole[0, 2] <= iz < hole[1, 2]


@njit(cache=True)
def into_coarse(index, count, place, size, first, last):
    """Voxel of the coarse grid along one axis, from the fine grid's voxel `index` of `count`, outside where it left."""
    if index < 0:
        return first - 1
    if index >= count:
        return last
    return voxel_at(place, size, first, last)


@njit(cache=True)
def change_grid(fine, coarse, hole, within, x, y, z, ix, iy, iz):
    """Hand a ray that has left one grid over to the other.

    Returns
    -------
    inside, within, x, y, z, ix, iy, iz
        Not inside: it left the coarse grid too. `within`: whether it is in the fine grid now, from whose lower corner
        its place then counts.
    """
    cz, cy, cx = coarse.density.shape
    fz, fy, fx = fine.density.shape
    if within:
        x += fine.low_mm[0] - coarse.low_mm[0]
        y += fine.low_mm[1] - coarse.low_mm[1]
        z += fine.low_mm[2] - coarse.low_mm[2]
        ix = into_coarse(ix, fx, x, coarse.spacing_mm[0], hole[0, 0], hole[1, 0])
        iy = into_coarse(iy, fy, y, coarse.spacing_mm[1], hole[0, 1], hole[1, 1])
        iz = into_coarse(iz, fz, z, coarse.spacing_mm[2], hole[0, 2], hole[1, 2])
        within = False
    if ix < 0 or iy < 0 or iz < 0 or ix >= cx or iy >= cy or iz >= cz:
        return False, within, x, y, z, ix, iy, iz
    if in_hole(hole, ix, iy, iz):
        x -= fine.low_mm[0] - coarse.low_mm[0]
        y -= fine.low_mm[1] - coarse.low_mm[1]
        z -= fine.low_mm[2] - coarse.low_mm[2]
        ix = voxel_at(x, fine.spacing_mm[0], 0, fx)
        iy = voxel_at(y, fine.spacing_mm[1], 0, fy)
        iz = voxel_at(z, fine.spacing_mm[2], 0, fz)
        within = True
    return True, within, x, y, z, ix, iy, iz


@njit(cache=True)
def fly_nested(fine, coarse, hole, no_hole, mu, depth, within, x, y, z, ux, uy, uz, ix, iy, iz):
    """`fly_one` through the fine grid and its surroundings, to and fro.

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
            ended, depth, x, y, z, ix, iy, iz = fly_one(fine, no_hole, mu, depth, x, y, z, ux, uy, uz, ix, iy, iz)
        else:
            ended, depth, x, y, z, ix, iy, iz = fly_one(coarse, hole, mu, depth, x, y, z, ux, uy, uz, ix, iy, iz)
        if ended:
            return True, within, x, y, z, ix, iy, iz
        inside, within, x, y, z, ix, iy, iz = change_grid(fine, coarse, hole, within, x, y, z, ix, iy, iz)
        if not inside:
            return False, within, x, y, z, ix, iy, iz
