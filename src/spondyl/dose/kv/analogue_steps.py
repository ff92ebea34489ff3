"""One photon history as nature has it: every energy that is left is left on the spot, and counted."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from spondyl.dose.kv.interact import (
    at,
    isotropic,
    locate,
    relax,
    sample_compton,
    sample_energy,
    sample_rayleigh,
    sample_vacancy,
    turn,
)
from spondyl.dose.kv.random import start, uniform
from spondyl.dose.kv.voxels import fly
from spondyl.physics.kv.energies import LOWEST_KEV

UNITS_PER_KEV = 2.0**24
"""Energies are summed as whole numbers: sums then do not depend on their order, nor on the number of threads."""
MEDIUM, WATER = 0, 1
EMITTED, ESCAPED = 0, 1
PENDING = 16
"""Fluorescence photons that can wait; more would stay on the spot. An absorption leaves two at most, both weaker."""
FIELDS = 7
"""Of a waiting photon: energy, place in mm, voxel along x, y, z."""


@njit(cache=True)
def add(sums, lane, place, kind, energy_kev):
    """Add an energy to a sum; a CUDA kernel puts an atomic addition in its place."""
    sums[lane, place, kind] += np.uint64(energy_kev * UNITS_PER_KEV + 0.5)


@njit(cache=True)
def scored_at(g, x, y, z, ix, iy, iz):
    """Where in the sums a place scores: its voxel. A test that scores shells puts its own in its place."""
    return (iz * g.density.shape[1] + iy) * g.density.shape[2] + ix


@njit(cache=True)
def follow(t, g, low_kev, high_kev, cumulative, source, seed, history, sums, balance, lane, waiting, own):
    """Emit one photon and follow it, and the fluorescence it gives rise to, to the end.

    Parameters
    ----------
    t, g
        `PhotonTables`, whose last row is water, and `VoxelGeometry`.
    low_kev, high_kev, cumulative
        The spectrum's bins.
    source
        Place in mm from the grid's lower corner, shape (3,).
    seed, history
        uint64 numbers that decide every random number.
    sums
        uint64 energies, shape (lanes, voxels, 2): left in the medium, and in water that scored in its place.
    balance
        uint64 energies, shape (lanes, 8, 2): [lane, 0] is emitted and escaped; the rest keeps lanes apart in memory.
    lane
        Whose sums to add to.
    waiting, own
        Shape (owners, PENDING, FIELDS), and the row of it to use.
    """
    state = start(seed, history)
    state, energy = sample_energy(low_kev, high_kev, cumulative, state)
    add(balance, lane, 0, EMITTED, energy)
    x, y, z = source[0], source[1], source[2]
    nz, ny, nx = g.density.shape  # a place just below the upper edge may round to the edge
    ix = min(int(x / g.spacing_mm[0]), nx - 1)
    iy = min(int(y / g.spacing_mm[1]), ny - 1)
    iz = min(int(z / g.spacing_mm[2]), nz - 1)
    count = 0
    while True:
        state, count = _to_absorption(
            t, g, energy, x, y, z, ix, iy, iz, state, sums, balance, lane, waiting, own, count
        )  # fmt: skip
        if count == 0:
            return
        count -= 1
        energy = waiting[own, count, 0]
        x, y, z = waiting[own, count, 1], waiting[own, count, 2], waiting[own, count, 3]
        ix, iy, iz = int(waiting[own, count, 4]), int(waiting[own, count, 5]), int(waiting[own, count, 6])


@njit(cache=True)
def _to_absorption(t, g, energy, x, y, z, ix, iy, iz, state, sums, balance, lane, waiting, own, count):
    """Follow a photon that starts anywhere within its voxel in any direction; its fluorescence waits."""
    water = t.total.shape[0] - 1
    state, ux, uy, uz = isotropic(state)
    while True:
        node, weight = locate(t, energy)
        state, u = uniform(state)
        inside, x, y, z, ix, iy, iz = fly(
            t, g, node, weight, -math.log(u), x, y, z, ux, uy, uz, ix, iy, iz
        )  # fmt: skip
        if not inside:
            add(balance, lane, 0, ESCAPED, energy)
            return state, count
        row = int(g.material[iz, iy, ix])
        scored = scored_at(g, x, y, z, ix, iy, iz)
        total = at(t.total, row, node, weight)
        add(sums, lane, scored, WATER, energy * at(t.absorption, water, node, weight) / total)
        state, u = uniform(state)
        pick = u * total - at(t.photoelectric, row, node, weight)
        if pick < 0.0:
            state, left, count = _absorb(t, row, node, weight, energy, x, y, z, ix, iy, iz, state, waiting, own, count)
            add(sums, lane, scored, MEDIUM, left)
            return state, count
        if pick < at(t.incoherent, row, node, weight):
            state, scattered, cosine = sample_compton(t, row, energy, state)
            if scattered < LOWEST_KEV:
                add(sums, lane, scored, MEDIUM, energy)
                return state, count
            add(sums, lane, scored, MEDIUM, energy - scattered)
            energy = scattered
        else:
            state, cosine = sample_rayleigh(t, row, energy, state)
        state, v = uniform(state)
        ux, uy, uz = turn(ux, uy, uz, cosine, 2.0 * math.pi * v)


@njit(cache=True)
def _absorb(t, row, node, weight, energy, x, y, z, ix, iy, iz, state, waiting, own, count):
    """Energy left on the spot by a photoelectric absorption; its fluorescence is put to wait."""
    state, vacancy = sample_vacancy(t, row, node, weight, state)
    while vacancy >= 0:
        state, line, vacancy = relax(t, vacancy, state)
        line = min(line, energy)
        if line > 0.0 and count < PENDING:
            waiting[own, count, 0] = line
            waiting[own, count, 1], waiting[own, count, 2], waiting[own, count, 3] = x, y, z
            waiting[own, count, 4], waiting[own, count, 5], waiting[own, count, 6] = ix, iy, iz
            count += 1
            energy -= line
    return state, energy, count
