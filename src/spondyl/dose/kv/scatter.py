"""Scattered photons of a source: which energies to draw, and batches of histories."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.dose.kv.batch_kernels import by_kind
from spondyl.dose.kv.energy_quadrature import interpolated
from spondyl.dose.kv.primary import Emission
from spondyl.dose.kv.scatter_kernels import scatter_batch
from spondyl.dose.kv.setup import GRAY_PER_KEV_PER_GRAM
from spondyl.dose.kv.voxels import VoxelGeometry
from spondyl.physics.kv.spectrum import KvSpectrum
from spondyl.physics.kv.tables import PhotonTables

Floats = NDArray[np.float64]

IMPORTANT_MM = (4.0, 8.0, 13.0, 20.0, 30.0)
"""Distances whose dose counts alike when energies are drawn; they decide the noise, not the mean."""
AS_EMITTED = 0.1
"""Share of the energies drawn as the source emits them, which bounds a photon's weight by 10."""
LEAST_WEIGHT = 0.1
"""Weight below which photons are played against; decides the noise, not the mean."""
AROUND_MM = 20.0
"""Attenuation about the source is averaged this far."""
_CM2_PER_MM2 = 100.0


@dataclass(frozen=True)
class EnergyDraw:
    """Bins to draw energies from: their ends in keV, cumulative probability, and what a photon of each stands for."""

    low_kev: Floats
    high_kev: Floats
    cumulative: Floats
    weight: Floats


@dataclass(frozen=True)
class World:
    """What photons fly through.

    Parameters
    ----------
    tables
        Of all materials of both grids, and of mineral and water in the last two rows.
    total, absorption
        Tables turned to shape (nodes, rows).
    fine, coarse, hole
        As `fly_nested` takes them.
    """

    tables: PhotonTables
    total: Floats
    absorption: Floats
    fine: VoxelGeometry
    coarse: VoxelGeometry
    hole: NDArray[np.int64]


def world(tables: PhotonTables, fine: VoxelGeometry, coarse: VoxelGeometry, hole: NDArray[np.int64]) -> World:
    """A `World`, its tables turned so that all materials lie side by side."""
    total, absorption = np.ascontiguousarray(tables.total.T), np.ascontiguousarray(tables.absorption.T)
    return World(tables, total, absorption, fine, coarse, hole)


def energy_draw(w: World, spectrum: KvSpectrum, position_mm: Floats) -> EnergyDraw:
    """Energies in proportion to the unscattered dose that they give at `IMPORTANT_MM`, each distance counting alike."""
    kept = spectrum.photons > 0
    low, high, photons = spectrum.low_kev[kept], spectrum.high_kev[kept], spectrum.photons[kept]
    energy = (low + high) / 2
    share = _density_by_material(w.fine, position_mm, w.total.shape[1])
    per_cm = share @ interpolated(w.tables, w.tables.total, energy)
    absorbed = share @ interpolated(w.tables, w.tables.absorption, energy)
    drawn = AS_EMITTED * photons
    for distance in IMPORTANT_MM:
        dose = photons * energy * absorbed * np.exp(-(per_cm - per_cm.min()) * distance / 10)
        drawn += (1 - AS_EMITTED) / len(IMPORTANT_MM) * dose / dose.sum()
    cumulative = np.cumsum(drawn)
    return EnergyDraw(low, high, cumulative / cumulative[-1], photons / drawn)


def scattered(
    w: World, source: Emission, draw: EnergyDraw, seed: int, batch: int, count: int, share: float = 1.0
) -> NDArray[np.float32]:
    """Mean dose of scattered photons of `count` histories, Gy per emitted photon, times `share`.

    Returns
    -------
    To the medium, to mineral and to water, shape (3, nz, ny, nx).
    """
    score = np.zeros((w.fine.density.size, 3), np.float32)
    scatter_batch(
        w.tables, w.total, w.absorption, w.fine, w.coarse, w.hole,
        source.position_mm - w.fine.low_mm, source.axis, source.relative,
        draw.low_kev, draw.high_kev, draw.cumulative, draw.weight,
        LEAST_WEIGHT, np.uint64(seed), np.uint64(batch), count, score,
    )  # fmt: skip
    scale = np.float32(_CM2_PER_MM2 * GRAY_PER_KEV_PER_GRAM * share / float(np.prod(w.fine.spacing_mm)) / count)
    return by_kind(score, scale).reshape(3, *w.fine.density.shape)


def _density_by_material(g: VoxelGeometry, position_mm: Floats, rows: int) -> Floats:
    """Mean g/cm3 of each material within `AROUND_MM` of a place, shape (rows,)."""
    low = np.floor((position_mm - AROUND_MM - g.low_mm) / g.spacing_mm).astype(int)
    high = np.ceil((position_mm + AROUND_MM - g.low_mm) / g.spacing_mm).astype(int)
    box = tuple(slice(max(a, 0), b) for a, b in zip(low[::-1], high[::-1], strict=True))
    density = g.density[box]
    return np.bincount(g.material[box].ravel(), weights=density.ravel(), minlength=rows) / density.size
