"""What the hybrid engine prepares before photons fly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.dose.kv.energy_basis import REFERENCE_KEV, EnergyBasis, energy_basis, interpolated
from spondyl.dose.kv.primary import Emission
from spondyl.dose.kv.scatter import EnergyDraw, World, energy_draw, world
from spondyl.dose.kv.scatter_sums import ScatterSums
from spondyl.dose.kv.smoothing import smoothing_bias
from spondyl.dose.kv.sources import KvSources
from spondyl.dose.kv.surroundings import Surroundings, joined
from spondyl.dose.kv.voxels import PER_MM, VoxelGeometry
from spondyl.physics import Medium
from spondyl.physics.kv.tables import photon_tables


@dataclass(frozen=True)
class Beam:
    """One source: its share of the photons, where they start, and their energies for rays and for histories."""

    share: float
    emission: Emission
    energies: EnergyBasis
    draw: EnergyDraw


def world_of(medium: Medium, surroundings: Surroundings | None) -> World:
    """Tables and geometry of `medium` and what lies around."""
    materials, fine, coarse, hole = joined(medium, surroundings)
    return world(photon_tables(materials), fine, coarse, hole)


def beams_of(world: World, sources: KvSources) -> list[Beam]:
    """What is needed of each source that emits."""
    used = np.unique(world.fine.material).astype(np.intp)
    beams: list[Beam] = []
    for share, source, directions in sources.emitting():
        position = np.asarray(source.position_mm, np.float64)
        emission = Emission(position, directions.axis, directions.relative)
        energies = energy_basis(world.tables, source.spectrum, used)
        beams.append(Beam(share, emission, energies, energy_draw(world, source.spectrum, position)))
    return beams


def scatter_sums_of(world: World, beams: list[Beam], primary: NDArray[np.float32]) -> ScatterSums:
    """Empty sums that know where smoothing is safe.

    Parameters
    ----------
    primary
        Dose to medium and to water of unscattered photons, shape (2, nz, ny, nx).
    """
    g = world.fine
    falling, nearest = np.zeros(g.density.shape, np.float32), np.full(g.density.shape, np.inf)
    side = g.spacing_mm.max()
    for beam in beams:
        square = _squared_distance(g, beam.emission.position_mm)
        falling += (beam.share / np.maximum(square, side**2 / 4)).astype(np.float32)
        np.minimum(nearest, np.sqrt(square) / side, out=nearest)
    per_cm = interpolated(world.tables, world.tables.total, np.array([REFERENCE_KEV]))[:, 0].astype(np.float32)
    attenuation = np.float32(PER_MM) * g.density * per_cm[g.material]
    ratio = np.divide(primary[0], primary[1], out=np.ones_like(primary[0]), where=primary[1] > 0)
    bias = smoothing_bias(attenuation, g.spacing_mm, nearest.astype(np.float32))
    return ScatterSums(falling, bias, ratio)


def _squared_distance(g: VoxelGeometry, place_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    axes = [g.low_mm[a] + (np.arange(g.density.shape[2 - a]) + 0.5) * g.spacing_mm[a] - place_mm[a] for a in range(3)]
    return axes[2][:, None, None] ** 2 + axes[1][:, None] ** 2 + axes[0] ** 2
