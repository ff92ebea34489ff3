"""Photons through voxels: exact steps from face to face, in mm from the grid's lower corner."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spondyl.dose.kv.interact import at
from spondyl.physics import Medium

PER_MM = 0.1
"""From 1/cm to 1/mm."""


class VoxelGeometry(NamedTuple):
    """A medium for compiled code.

    Parameters
    ----------
    low_mm, spacing_mm
        (x, y, z) of the lower corner of the outer voxel edges, and voxel sizes.
    density
        float32, g/cm3, indexed [z, y, x].
    material
        uint16, row in `PhotonTables`, indexed alike.
    """

    low_mm: NDArray[np.float64]
    spacing_mm: NDArray[np.float64]
    density: NDArray[np.float32]
    material: NDArray[np.uint16]


def voxel_geometry(medium: Medium) -> VoxelGeometry:
    """What compiled transport asks of `medium`; its materials are the rows of `photon_tables(medium.materials)`."""
    low, _ = medium.grid.bounds_mm()
    return VoxelGeometry(low, np.asarray(medium.grid.spacing_mm, np.float64), medium.density_g_per_cm3, medium.material)


@njit(cache=True)
def first_face(place, index, cosine, size):
    """Distance along a ray to the next face of one axis, and from face to face, in mm; infinite if parallel."""
    if cosine > 0.0:
        return max(0.0, ((index + 1) * size - place) / cosine), size / cosine
    if cosine < 0.0:
        return max(0.0, (index * size - place) / cosine), -size / cosine
    return math.inf, math.inf


@njit(cache=True)
def fly(t, g, node, weight, depth, x, y, z, ux, uy, uz, ix, iy, iz):
    """Follow a ray until it has crossed an optical depth.

    Parameters
    ----------
    t, g
        `PhotonTables` and `VoxelGeometry`.
    node, weight
        The photon's energy as `locate` gives it.
    depth
        Mean free paths to cross.
    x, y, z, ux, uy, uz
        Place in mm from the lower corner, and direction.
    ix, iy, iz
        Voxel of the place.

    Returns
    -------
    inside, x, y, z, ix, iy, iz
        Whether it ends in the grid, and where.
    """
    sx, sy, sz = g.spacing_mm[0], g.spacing_mm[1], g.spacing_mm[2]
    nz, ny, nx = g.density.shape
    tx, dx = first_face(x, ix, ux, sx)
    ty, dy = first_face(y, iy, uy, sy)
    tz, dz = first_face(z, iz, uz, sz)
    gone = 0.0
    while True:
        mu = PER_MM * g.density[iz, iy, ix] * at(t.total, int(g.material[iz, iy, ix]), node, weight)
        face = min(tx, ty, tz)
        here = mu * (face - gone)
        if here >= depth and mu > 0.0:
            gone += depth / mu
            return True, x + gone * ux, y + gone * uy, z + gone * uz, ix, iy, iz
        depth -= here
        gone = face
        if tx <= ty and tx <= tz:
            ix += 1 if ux > 0.0 else -1
            tx += dx
        elif ty <= tz:
            iy += 1 if uy > 0.0 else -1
            ty += dy
        else:
            iz += 1 if uz > 0.0 else -1
            tz += dz
        if ix < 0 or iy < 0 or iz < 0 or ix >= nx or iy >= ny or iz >= nz:
            return False, x + gone * ux, y + gone * uy, z + gone * uz, ix, iy, iz
