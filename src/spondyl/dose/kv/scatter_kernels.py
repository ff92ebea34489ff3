"""Compiled: histories of scattered photons by implicit capture, from an even sequence of first flights."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from spondyl.dose.kv.interact import (
    at,
    locate,
    relax,
    sample_compton,
    sample_rayleigh,
    sample_vacancy,
    turn,
)
from spondyl.dose.kv.random import start, uniform
from spondyl.dose.kv.rays import emission
from spondyl.dose.kv.score_tracks import score_nested
from spondyl.dose.kv.tracks import fly_nested, voxel_at
from spondyl.physics.kv.energies import LOWEST_KEV

STEPS = (0.8566748838545029, 0.7338918566271260, 0.6287067210378087, 0.5385972572236101)
"""Powers 1 to 4 of 1 / 1.16730, the root of x^5 = x + 1: their multiples fill four dimensions evenly (an additive
recurrence, Niederreiter 1992, doi:10.1137/1.9781611970081, section 3; these steps are Roberts's, 2018)."""
AZIMUTHS = 4
"""Photons scored at each collision, alike but for their direction about the photon's; one of them lives on."""
EXPECTED = 2.0
"""Optical depth to which a photon is scored by its expected share, beyond by chance. Both decide the noise and the
time, never the mean; of 1, 2, 4 and 8 azimuths and depths of 0 to 3 these win in the T11 case."""
PENDING, FIELDS = 16, 9
"""Fluorescence photons that may wait, and what is kept of each; more than one absorption sends out."""


@njit(cache=True)
def even_point(shift, number, dimension):
    """Coordinate `dimension` of point `number` of the shifted even sequence, from 0 to 1."""
    value = shift[dimension] + number * STEPS[dimension]
    return value - math.floor(value)


@njit(cache=True)
def energy_at(low_kev, high_kev, cumulative, u):
    """Bin and energy in keV up to which a share `u` of the photons lies."""
    first, last = 0, cumulative.shape[0] - 1
    while first < last:
        middle = (first + last) // 2
        if cumulative[middle] < u:
            first = middle + 1
        else:
            last = middle
    before = cumulative[first - 1] if first > 0 else 0.0
    part = (u - before) / (cumulative[first] - before)
    return first, low_kev[first] + part * (high_kev[first] - low_kev[first])


@njit(cache=True)
def rows_at(table, node, part, scale, out):
    """Fill `out` with `scale` times all materials' values between two nodes of `table`, shape (nodes, rows)."""
    for m in range(out.shape[0]):
        out[m] = scale * (table[node, m] + part * (table[node + 1, m] - table[node, m]))


@njit(cache=True)
def send_lines(t, m, node, part, state, weight, within, x, y, z, ix, iy, iz, wait, waiting):
    """Absorb a photon: put the fluorescence that leaves onto `wait`; returns the state and how many wait."""
    state, vacancy = sample_vacancy(t, m, node, part, state)
    while vacancy >= 0:
        state, line_kev, vacancy = relax(t, vacancy, state)
        if line_kev > 0.0 and waiting < wait.shape[0]:
            one = wait[waiting]
            one[0], one[1], one[2], one[3], one[4] = line_kev, weight, x, y, z
            one[5], one[6], one[7], one[8] = float(ix), float(iy), float(iz), 1.0 if within else 0.0
            waiting += 1
    return state, waiting


@njit(cache=True, inline="always")
def score_around(
    fine, coarse, hole, no_hole, mu, kerma, cosine, phi, state, within, x, y, z, ux, uy, uz, ix, iy, iz, score
):
    """Score `AZIMUTHS` photons that leave a place at one angle from a direction, evenly about it; returns the state."""
    for n in range(AZIMUTHS):
        vx, vy, vz = turn(ux, uy, uz, cosine, phi + 2.0 * math.pi * n / AZIMUTHS)
        state, u = uniform(state)
        score_nested(
            fine, coarse, hole, no_hole, mu, kerma, EXPECTED, -math.log(u), within, x, y, z, vx, vy, vz, ix, iy, iz,
            score,
        )  # fmt: skip
    return state


@njit(cache=True, nogil=True)
def scatter_batch(
    t, total, absorption, fine, coarse, hole, source, axis, relative,
    low_kev, high_kev, cumulative, weights, least, seed, batch, count, score,
):  # fmt: skip
    """Add what scattered and fluorescence photons of `count` histories leave along their way to `score`.

    Parameters
    ----------
    t
        `PhotonTables`; `total` and `absorption` are its tables turned to shape (nodes, rows).
    fine, coarse, hole
        As `fly_nested` takes them.
    source, axis, relative
        Arrays of an `Emission`, the place from the fine grid's lower corner.
    low_kev, high_kev, cumulative, weights
        Bins to draw energies from, and what a photon of each stands for.
    least
        Weight below which a photon lives on with probability weight / least, and then has weight `least`.
    seed, batch
        uint64: decide the random numbers.
    score
        float32, shape (voxels, 3), see `score_one`.
    """
    mu, kerma = np.empty(total.shape[1]), np.empty(total.shape[1])
    wait, waiting = np.empty((PENDING, FIELDS)), 0
    no_hole = np.zeros((2, 3), np.int64)
    shift = np.empty(4)
    state = start(seed, batch)
    for d in range(4):
        state, shift[d] = uniform(state)
    nz, ny, nx = fine.density.shape
    kx = voxel_at(source[0], fine.spacing_mm[0], 0, nx)
    ky = voxel_at(source[1], fine.spacing_mm[1], 0, ny)
    kz = voxel_at(source[2], fine.spacing_mm[2], 0, nz)
    for number in range(count):
        chosen, energy = energy_at(low_kev, high_kev, cumulative, even_point(shift, number, 0))
        uz, phi = 2.0 * even_point(shift, number, 1) - 1.0, 2.0 * math.pi * even_point(shift, number, 2)
        across = math.sqrt(max(0.0, 1.0 - uz * uz))
        ux, uy = across * math.cos(phi), across * math.sin(phi)
        weight = weights[chosen] * emission(ux * axis[0] + uy * axis[1] + uz * axis[2], relative)
        depth = -math.log(1.0 - even_point(shift, number, 3))
        x, y, z, ix, iy, iz, within = source[0], source[1], source[2], kx, ky, kz, True
        node, part = locate(t, energy)
        rows_at(total, node, part, 1.0, mu)
        while True:
            alive, within, x, y, z, ix, iy, iz = fly_nested(
                fine, coarse, hole, no_hole, mu, depth, within, x, y, z, ux, uy, uz, ix, iy, iz
            )
            cosine = 0.0
            if alive:
                m = int(fine.material[iz, iy, ix] if within else coarse.material[iz, iy, ix])
                incoherent, coherent = at(t.incoherent, m, node, part), at(t.coherent, m, node, part)
                share = (incoherent + coherent) / mu[m]
                if t.candidate.shape[1] > 0 and t.candidate[m, 0] >= 0:
                    state, u = uniform(state)
                    if u >= share:
                        alive = False
                        state, waiting = send_lines(
                            t, m, node, part, state, weight, within, x, y, z, ix, iy, iz, wait, waiting
                        )
                else:
                    weight *= share
                if alive and weight < least:
                    state, u = uniform(state)
                    alive = u * least < weight
                    weight = least
                if alive:
                    state, u = uniform(state)
                    if u * (incoherent + coherent) < incoherent:
                        state, energy, cosine = sample_compton(t, m, energy, state)
                    else:
                        state, cosine = sample_rayleigh(t, m, energy, state)
                    alive = energy >= LOWEST_KEV
            if not alive:
                if waiting == 0:
                    break
                waiting -= 1
                one = wait[waiting]
                energy, weight, x, y, z = one[0], one[1], one[2], one[3], one[4]
                ix, iy, iz, within = int(one[5]), int(one[6]), int(one[7]), one[8] > 0.5
                state, u = uniform(state)
                ux, uy, uz, cosine = 0.0, 0.0, 1.0, 2.0 * u - 1.0
            node, part = locate(t, energy)
            rows_at(total, node, part, 1.0, mu)
            rows_at(absorption, node, part, weight * energy / AZIMUTHS, kerma)
            state, u = uniform(state)
            phi = 2.0 * math.pi * u
            state = score_around(
                fine, coarse, hole, no_hole, mu, kerma, cosine, phi, state, within, x, y, z, ux, uy, uz, ix, iy, iz,
                score,
            )  # fmt: skip
            ux, uy, uz = turn(ux, uy, uz, cosine, phi)
            state, u = uniform(state)
            depth = -math.log(u)
