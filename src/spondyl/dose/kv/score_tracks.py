"""Compiled: what a photon is expected to leave along its ray, scored in every voxel that it crosses."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from spondyl.dose.kv.tracks import change_grid, in_hole, next_voxel
from spondyl.dose.kv.voxels import PER_MM, first_face

THIN = 0.4
"""Optical depth below which the mean of exp(-t) is taken from its series, to 1e-6."""


@njit(cache=True)
def mean_transmission(crossed):
    """Mean of exp(-t) for t from 0 to `crossed`."""
    if crossed >= THIN:
        return (1.0 - math.exp(-crossed)) / crossed
    t = crossed
    return 1.0 - t * (1 / 2 - t * (1 / 6 - t * (1 / 24 - t * (1 / 120 - t * (1 / 720)))))


@njit(cache=True, inline="always")
def score_one(g, hole, mu, kerma, scored, share, expected, tail, x, y, z, ux, uy, uz, ix, iy, iz, score):
    """Score a ray in one grid: its expected path to a depth, beyond that its path to a depth drawn by chance.

    Parameters
    ----------
    g, hole, mu
        As `fly_one` takes them.
    kerma
        Weight times energy times absorption in keV cm2/g by material; the last two rows are mineral and water.
    scored
        Whether the steps count.
    share
        Of the photon that has come so far.
    expected
        Optical depth still to be crossed by the expected share; the voxel in which it ends is crossed so to its face.
    tail
        Optical depth after that at which what is left of the photon ends, drawn by chance.
    score
        Sums of keV cm2/g mm to medium, to mineral and to water, shape (voxels, 3).

    Returns
    -------
    ended, share, expected, tail, x, y, z, ix, iy, iz
        As it ended, or left the grid.
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
    in_mineral, in_water = kerma[kerma.shape[0] - 2], kerma[kerma.shape[0] - 1]
    voxel, gone = (iz * ny + iy) * nx + ix, 0.0
    while True:
        m = material[voxel]
        per_mm = PER_MM * density[voxel] * mu[m]
        face = min(tx, ty, tz)
        step = face - gone
        crossed = per_mm * step
        ended = False
        if expected > 0.0:
            kept = mean_transmission(crossed)
            path = share * step * kept
            share -= share * crossed * kept
            expected -= crossed
        else:
            ended = crossed >= tail and per_mm > 0.0
            path = share * (tail / per_mm if ended else step)
            tail -= crossed
        if scored:
            score[voxel, 0] += np.float32(path * kerma[m])
            score[voxel, 1] += np.float32(path * in_mineral)
            score[voxel, 2] += np.float32(path * in_water)
        gone = face
        tx, ty, tz, ix, iy, iz, voxel, left = next_voxel(
            face, tx, ty, tz, dx, dy, dz, sx, sy, sz, by, bz, end_x, end_y, end_z, ix, iy, iz, voxel
        )
        if ended or left or (holed and in_hole(hole, ix, iy, iz)):
            return ended, share, expected, tail, x + gone * ux, y + gone * uy, z + gone * uz, ix, iy, iz


@njit(cache=True, inline="always")
def score_nested(
    fine, coarse, hole, no_hole, mu, kerma, expected, tail, within, x, y, z, ux, uy, uz, ix, iy, iz, score
):
    """`score_one` through the fine grid, from the surroundings first to it; parameters as `fly_nested`.

    A straight ray that has left the fine grid does not come back.
    """
    share = 1.0
    while True:
        if within:
            score_one(fine, no_hole, mu, kerma, True, share, expected, tail, x, y, z, ux, uy, uz, ix, iy, iz, score)
            return
        ended, share, expected, tail, x, y, z, ix, iy, iz = score_one(
            coarse, hole, mu, kerma, False, share, expected, tail, x, y, z, ux, uy, uz, ix, iy, iz, score
        )
        if ended:
            return
        inside, within, x, y, z, ix, iy, iz = change_grid(fine, coarse, hole, within, x, y, z, ix, iy, iz)
        if not inside:
            return
