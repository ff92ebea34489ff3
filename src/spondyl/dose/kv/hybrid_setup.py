"""What the hybrid engine prepares before photons fly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.dose.kv.energy_basis import EnergyBasis, energy_basis
from spondyl.dose.kv.energy_groups import EnergyGroups, energy_groups
from spondyl.dose.kv.energy_quadrature import REFERENCE_KEV, interpolated
from spondyl.dose.kv.expected_scatter import expected_scatter, squared_distance
from spondyl.dose.kv.primary import Emission, primary_dose
from spondyl.dose.kv.scatter import EnergyDraw, World, energy_draw, world
from spondyl.dose.kv.scatter_sums import Expected, ScatterSums
from spondyl.dose.kv.smoothing import smoothing_bias
from spondyl.dose.kv.sources import KvSources
from spondyl.dose.kv.surroundings import Surroundings, joined
from spondyl.dose.kv.voxels import PER_MM
from spondyl.physics import MATERIALS, Medium
from spondyl.physics.kv.tables import photon_tables

Volume = NDArray[np.float32]

MINERAL = MATERIALS["cortical-bone"]
"""Its absorption and water's together tell that of every tissue, for both grow alike towards low energies."""


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
    return world(photon_tables((*materials, MINERAL)), fine, coarse, hole)


def beams_of(w: World, sources: KvSources) -> tuple[list[Beam], EnergyGroups]:
    """What is needed of each source that emits, and the energy groups of their photons."""
    used = np.unique(w.fine.material).astype(np.intp)
    emitting = [(share, s, towards, np.asarray(s.position_mm)) for share, s, towards in sources.emitting()]
    draws = [energy_draw(w, source.spectrum, place) for _, source, _, place in emitting]
    groups = energy_groups(draws[0])
    beams = [
        Beam(
            share, Emission(place, towards.axis, towards.relative),
            energy_basis(w.tables, source.spectrum, used, groups.edges_kev), draw,
        )
        for (share, source, towards, place), draw in zip(emitting, draws, strict=True)
    ]  # fmt: skip
    return beams, groups


def unscattered(w: World, beams: list[Beam], groups: EnergyGroups) -> tuple[Volume, ScatterSums]:
    """Dose of unscattered photons to medium and to water, shape (2, nz, ny, nx), and empty sums for the scattered."""
    g = w.fine
    rays = [np.float32(beam.share) * primary_dose(g, beam.energies, beam.emission) for beam in beams]
    places = [beam.emission.position_mm for beam in beams]
    expected = _expected(w, beams, expected_scatter(w, groups, places, [one[2:] for one in rays]))
    nearest = np.sqrt(np.min([squared_distance(g, place) for place in places], axis=0)) / g.spacing_mm.max()
    per_cm = interpolated(w.tables, w.tables.total, np.array([REFERENCE_KEV]))[:, 0].astype(np.float32)
    attenuation = np.float32(PER_MM) * g.density * per_cm[g.material]
    bias = smoothing_bias(attenuation, g.spacing_mm, nearest.astype(np.float32))
    return np.sum([one[:2] for one in rays], axis=0), ScatterSums(expected, bias)


def _expected(w: World, beams: list[Beam], kerma: Volume) -> Expected:
    """Kerma to mineral and to water, and the shares of both that stand for each material's absorption."""
    draw = beams[0].draw
    energy, weight = (draw.low_kev + draw.high_kev) / 2, np.sqrt(np.diff(draw.cumulative, prepend=0.0))
    absorbed = weight * interpolated(w.tables, w.tables.absorption, energy)
    shares = np.linalg.lstsq(absorbed[-2:].T, absorbed.T, rcond=None)[0].astype(np.float32)
    of_mineral, of_water = (row[w.fine.material] for row in shares)
    kerma = np.maximum(kerma, np.finfo(np.float32).tiny)
    medium = of_mineral * kerma[0] + of_water * kerma[1]
    return Expected(np.where(medium > 0, medium, kerma[1]), kerma[0], kerma[1], of_mineral, of_water)
