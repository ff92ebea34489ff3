"""Dose in spherical shells about a point source in one material, with the same photon steps: for published tables."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numba import get_num_threads, njit, prange
from numpy.typing import NDArray

from spondyl.core import Grid
from spondyl.dose.kv.analogue_steps import FIELDS, MEDIUM, PENDING, UNITS_PER_KEV, follow
from spondyl.dose.kv.rebuild import rebuilt
from spondyl.dose.kv.setup import GRAY_PER_KEV_PER_GRAM
from spondyl.dose.kv.voxels import voxel_geometry
from spondyl.physics import Material, uniform_medium
from spondyl.physics.kv import KvSpectrum, photon_tables

Floats = NDArray[np.float64]

SHELLS = 52
"""Shell 0 reaches to 0.5 mm, shell n from n - 0.5 to n + 0.5 mm; the last also takes what lies beyond."""
_SIDE_MM = 300.0
BATCHES = 40


def shell_dose(material: Material, spectrum: KvSpectrum, histories: int, seed: int = 1) -> tuple[Floats, Floats]:
    """Dose to `material` in Gy per emitted photon and its standard error, shape (51,) each.

    An isotropic source in the middle of a cube of 300 mm, vacuum outside; analogue Monte Carlo, 40 batches.
    """
    medium = uniform_medium(Grid((0.0, 0.0, 0.0), (_SIDE_MM, _SIDE_MM, _SIDE_MM), (1, 1, 1)), material)
    geometry, tables, emit = voxel_geometry(medium), photon_tables([material]), _compiled()
    lanes, per, middle = get_num_threads(), -(-histories // BATCHES), np.full(3, _SIDE_MM / 2)
    waiting, energy = np.zeros((lanes, PENDING, FIELDS)), np.zeros((BATCHES, SHELLS))
    for batch in range(BATCHES):
        sums, balance = np.zeros((lanes, SHELLS, 2), np.uint64), np.zeros((lanes, 8, 2), np.uint64)
        emit(
            tables, geometry, spectrum.low_kev, spectrum.high_kev, spectrum.cumulative, middle,
            np.uint64(seed), batch * per, per, sums, balance, waiting,
        )  # fmt: skip
        energy[batch] = sums[..., MEDIUM].sum(axis=0) / UNITS_PER_KEV / per
    ends = np.concatenate([[0.0], np.arange(SHELLS - 1) + 0.5])
    mass_g = material.density_g_per_cm3 * 4 / 3 * np.pi * np.diff(ends**3) / 1000
    dose = energy[:, :-1] * GRAY_PER_KEV_PER_GRAM / mass_g
    return dose.mean(axis=0), dose.std(axis=0, ddof=1) / math.sqrt(BATCHES)


@njit
def _shell_at(g, x, y, z, ix, iy, iz):
    half = g.spacing_mm[0] / 2
    return min(int(math.sqrt((x - half) ** 2 + (y - half) ** 2 + (z - half) ** 2) + 0.5), SHELLS - 1)


@cache
def _compiled() -> Any:
    """`analogue`'s loop over histories, with shells in place of voxels."""
    step = rebuilt(follow, njit, {"scored_at": _shell_at})

    @njit(parallel=True)
    def emit(t, g, low_kev, high_kev, cumulative, source, seed, first, count, sums, balance, waiting):
        lanes = sums.shape[0]
        for lane in prange(lanes):
            for history in range(first + lane, first + count, lanes):
                number = np.uint64(history)
                step(t, g, low_kev, high_kev, cumulative, source, seed, number, sums, balance, lane, waiting, lane)

    return emit
