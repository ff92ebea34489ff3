"""Analogue Monte Carlo of kilovoltage photons: the reference that faster estimators are held to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import get_num_threads, njit, prange
from numpy.typing import NDArray

from spondyl.core import Progress, cite, silent
from spondyl.core.errors import DoseError
from spondyl.dose.kv.analogue_steps import EMITTED, ESCAPED, FIELDS, MEDIUM, PENDING, UNITS_PER_KEV, WATER, follow
from spondyl.dose.kv.score import BatchSums, judged_uncertainty, judged_voxels
from spondyl.dose.kv.setup import KvPointSource, KvResult, KvSettings
from spondyl.dose.kv.voxels import VoxelGeometry, voxel_geometry
from spondyl.physics import Medium
from spondyl.physics.kv.tables import PhotonTables, photon_tables

DEFAULT_HISTORIES = 10_000_000
TARGET_HISTORIES = 1_000_000_000
"""The most, where a target is given and no number of histories."""
BATCHES = 40
BATCH_OF_TARGET = 250_000
_SUMS_BYTES = 512_000_000

Sums = NDArray[np.uint64]
Emit = Callable[[int, int], tuple[Sums, Sums]]
"""From the first history's number and their count to energy sums (lanes, voxels, 2) and balance (lanes, 8, 2)."""


@cite("Amanatides and Woo 1987, Eurographics (steps from voxel to voxel)", "10.2312/egtp.19871000")
def analogue_dose(medium: Medium, source: KvPointSource, settings: KvSettings, progress: Progress = silent) -> KvResult:
    """Follow photons as nature has them, and score what they leave.

    Histories are numbered, and each number decides its random numbers: the same seed gives the same dose, whatever
    the number of threads. The standard error comes from batches.

    Raises
    ------
    DoseError
        If the energies emitted, left and escaped do not balance, or the device is not there.
    """
    geometry, tables = voxel_geometry(medium), photon_tables(medium.materials)
    emit = _emitter(tables, geometry, source, settings)
    sums = BatchSums(medium)
    judged = judged_voxels(medium, source.position_mm)
    batch, most = _plan(settings)
    emitted = left = 0.0
    while sums.histories < most:
        count = min(batch, most - sums.histories)
        energy, balance = emit(sums.histories, count)
        emitted += float(balance[:, 0, EMITTED].sum()) / UNITS_PER_KEV
        left += float(balance[:, 0, ESCAPED].sum() + energy[..., MEDIUM].sum()) / UNITS_PER_KEV
        sums.take(energy, count)
        progress("photons", sums.histories / most)
        if sums.batches >= BATCHES and _reached(sums, judged, settings.target_uncertainty):
            break
    if abs(left / emitted - 1) > 1e-6:
        raise DoseError(f"{emitted:.9g} keV emitted, but {left:.9g} keV left and escaped, expected equal; report this")
    progress("photons", 1.0)
    made = (
        f"{sums.histories} photons in {sums.batches} batches, seed {settings.seed}, on {settings.device}",
        f"mean relative standard error 3 to 20 mm from the source {judged_uncertainty(sums.uncertainty(), judged):.3g}",
        f"{emitted / sums.histories:.4f} keV emitted a photon, left and escaped alike to {abs(left / emitted - 1):.1e}",
    )
    return KvResult(sums.dose_gy(MEDIUM), sums.dose_gy(WATER), sums.uncertainty(), sums.histories, made)


def _plan(settings: KvSettings) -> tuple[int, int]:
    """Histories a batch, and the most altogether."""
    if settings.target_uncertainty is None:
        most = settings.histories or DEFAULT_HISTORIES
        return -(-most // BATCHES), most
    most = settings.histories or TARGET_HISTORIES
    return min(-(-most // BATCHES), BATCH_OF_TARGET), most


def _reached(sums: BatchSums, judged: NDArray[np.bool_], target: float | None) -> bool:
    return target is not None and judged_uncertainty(sums.uncertainty(), judged) <= target


def _emitter(t: PhotonTables, g: VoxelGeometry, source: KvPointSource, settings: KvSettings) -> Emit:
    spectrum = source.spectrum
    beam = (spectrum.low_kev, spectrum.high_kev, spectrum.cumulative, np.asarray(source.position_mm) - g.low_mm)
    if settings.device == "cuda":
        from spondyl.dose.kv.cuda import cuda_emitter

        return cuda_emitter(t, g, beam, settings.seed)
    lanes = int(np.clip(_SUMS_BYTES // (16 * g.density.size), 1, get_num_threads()))
    sums = np.zeros((lanes, g.density.size, 2), np.uint64)
    waiting = np.zeros((lanes, PENDING, FIELDS))

    def emit(first: int, count: int) -> tuple[Sums, Sums]:
        sums[:] = 0
        balance = np.zeros((lanes, 8, 2), np.uint64)
        _emit(t, g, *beam, np.uint64(settings.seed), first, count, sums, balance, waiting)
        return sums, balance

    return emit


@njit(cache=True, parallel=True)
def _emit(t, g, low_kev, high_kev, cumulative, source, seed, first, count, sums, balance, waiting):
    lanes = sums.shape[0]
    for lane in prange(lanes):
        for history in range(first + lane, first + count, lanes):
            number = np.uint64(history)
            follow(t, g, low_kev, high_kev, cumulative, source, seed, number, sums, balance, lane, waiting, lane)
