"""Compiled: the energy that photons release in each voxel, behind what stands in their way and for the lattice."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from spondyl.dose.engines.release_kernels import path_to_source
from spondyl.physics.electrons import WANDERING_SHARE

EDGE_BLUR = 1 / 8 + WANDERING_SHARE / 12
"""Half the variance, in squared voxel sides, that the lattice adds along each axis: energy is averaged over the voxel
that releases it, carried from everywhere in a voxel to everywhere in another, and some of it carried so again: each
a box of variance 1/12."""
SHADOW_BLUR = EDGE_BLUR - 1 / 24
"""The same for what stands in the way: attenuation is that of the voxel's centre, not averaged over the voxel."""


@njit(cache=True)
def _lit(photons, k, j, i):
    """Whether photons meet voxel (k, j, i) or one beside it."""
    if photons[k, j, i] > 0.0:
        return True
    if (k > 0 and photons[k - 1, j, i] > 0.0) or (k < photons.shape[0] - 1 and photons[k + 1, j, i] > 0.0):
        return True
    if (j > 0 and photons[k, j - 1, i] > 0.0) or (j < photons.shape[1] - 1 and photons[k, j + 1, i] > 0.0):
        return True
    return (i > 0 and photons[k, j, i - 1] > 0.0) or (i < photons.shape[2] - 1 and photons[k, j, i + 1] > 0.0)


@njit(cache=True, parallel=True)
def interact(
    density,
    material,
    origin,
    spacing,
    start,
    rows,
    source,
    photons,
    energy,
    weight,
    group,
    basis,
    attenuation,
    absorption,
    escape,
    transmitted,
    primary,
    scatter,
):
    """What one photon/cm2 in vacuum would bring to each voxel; arrays (groups, z, y, x from `start`) are filled.

    `transmitted` in MeV/cm2 still on their way at the voxel's centre, `primary` and `scatter` in MeV/cm3.
    """
    nz, ny = primary.shape[1], primary.shape[2]
    for row in prange(nz * ny):
        k, j = row // ny, row % ny
        kk, jj = k + start[0], j + start[1]
        path = np.empty(3)
        for ii in range(rows[kk, jj, 0], rows[kk, jj, 1]):
            i = ii - start[2]
            rho = density[kk, jj, ii]
            if rho <= 0.0 or not _lit(photons, k, j, i):
                continue
            path_to_source(density, material, basis, origin, spacing, kk, jj, ii, source, np.inf, path)
            m = material[kk, jj, ii]
            for b in range(energy.shape[0]):
                depth = path[0] * attenuation[b, 0] + path[1] * attenuation[b, 1] + path[2] * attenuation[b, 2]
                flux = weight[b] * energy[b] * np.exp(-depth)
                g = group[b]
                transmitted[g, k, j, i] += flux
                primary[g, k, j, i] += flux * rho * absorption[m, b]
                scatter[g, k, j, i] += flux * rho * escape[m, b]


@njit(cache=True)
def _moved(photons, transmitted, density, start, g, k, j, i):
    """Energy that sharpening takes from voxel (k, j, i) to those beside it in the array, MeV/cm2 x g/cm3."""
    total = 0.0
    for side in range(6):
        step, axis = 1 - 2 * (side % 2), side // 2
        kn, jn, n = k + (step if axis == 0 else 0), j + (step if axis == 1 else 0), i + (step if axis == 2 else 0)
        if kn < 0 or jn < 0 or n < 0 or kn >= photons.shape[0] or jn >= photons.shape[1] or n >= photons.shape[2]:
            continue
        here, there = photons[k, j, i], photons[kn, jn, n]
        way, way_there = transmitted[g, k, j, i], transmitted[g, kn, jn, n]
        edge = (there - here) * (way + way_there) / 2
        shadow = (way_there - way) * (there + here) / 2
        thinner = min(
            density[k + start[0], j + start[1], i + start[2]], density[kn + start[0], jn + start[1], n + start[2]]
        )
        total += thinner * (EDGE_BLUR * edge + SHADOW_BLUR * shadow)
    return total


@njit(cache=True, parallel=True)
def release(density, start, photons, transmitted, primary, scatter):
    """Multiply `primary` and `scatter` (groups, z, y, x from `start`) with `photons`, sharpened, into MeV/cm3.

    What one voxel gives another takes, in proportion to the thinner one's density; beyond the grid fluence is
    not known, and that side is left out.
    """
    nz, ny, nx = photons.shape
    for row in prange(nz * ny):
        k, j = row // ny, row % ny
        for i in range(nx):
            for g in range(primary.shape[0]):
                way = transmitted[g, k, j, i]
                if way > 0.0:
                    rho = density[k + start[0], j + start[1], i + start[2]]
                    moved = _moved(photons, transmitted, density, start, g, k, j, i)
                    met = photons[k, j, i] - moved / (rho * way)
                    primary[g, k, j, i] *= met
                    scatter[g, k, j, i] *= met
