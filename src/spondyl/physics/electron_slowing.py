"""First electrons of a photon beam slowing down in water, group by group: how far aside they are, by Lewis' moments.

Photons hand energy to electrons in known directions; those scatter and lose energy continuously. In a wide uniform
beam the number of electrons in each group, and the mean of their cosines, are the same at every depth. How far aside of
its photon's ray an electron is, is not: it grows with geometric distance, and so changes where density does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from spondyl.core.citations import cite
from spondyl.physics.cross_sections import ELECTRON_MEV, mass_attenuation, mass_coefficients
from spondyl.physics.electrons import (
    mass_collision_stopping_power,
    relative_mass_stopping_power,
    scattering_per_g_per_cm2,
)
from spondyl.physics.materials import MATERIALS, Material
from spondyl.physics.spectra import Spectrum

Floats = NDArray[np.float64]

GROUP_EDGES_MEV = (3.5, 2.5, 1.8, 1.2, 0.6, 0.1)
"""Lower edges of the groups; what lies below the last is left where it is (electrons of 0.1 MeV go 0.14 mm). With three
groups the spread behind an interface comes too soon (3 x 3 cm2 in lung: gamma 97.4 %, 99.0 with six or nine)."""
DEPTH_G_PER_CM2 = 7.0
"""Water in front that hardens the spectrum."""
KINETIC_MEV: Floats = np.arange(0.0025, 8.0, 0.005)
"""Kinetic energies that electrons are counted at."""


@dataclass(frozen=True)
class SlowingChain:
    """Groups from fast to slow, in water in equilibrium, an electron's numbers per electron of its own group.

    Parameters
    ----------
    leave_per_mm
        Loss to the next group per path in water of 1 g/cm3, shape (g,).
    turn_per_mm
        Inverse of the transport mean free path, shape (g,).
    forward
        Mean cosine to the photon, shape (g,).
    aside
        Mean square of one lateral direction cosine, shape (g,).
    inflow
        Electrons that come from the group before per electron and mm, shape (g,).
    share
        Of the dose, shape (g,).
    """

    leave_per_mm: Floats
    turn_per_mm: Floats
    forward: Floats
    aside: Floats
    inflow: Floats
    share: Floats

    def moments(self) -> tuple[Floats, Floats]:
        """Means of (place aside x direction aside) in mm and of (place aside) squared in mm2, in water, shape (g,)."""
        first, second = np.zeros_like(self.share), np.zeros_like(self.share)
        for g, leave in enumerate(self.leave_per_mm):
            before = (first[g - 1], second[g - 1]) if g else (0.0, 0.0)
            first[g] = (self.inflow[g] * before[0] + self.aside[g]) / (leave + self.turn_per_mm[g])
            second[g] = (self.inflow[g] * before[1] + 2 * first[g]) / leave
        return first, second

    def forward_mm(self, slowing: float = 1.0, turning: float = 1.0) -> float:
        """Mean distance forward at which energy is left, in a medium that slows and turns so many times as water."""
        total, cosine, way = 0.0, 0.0, 0.0
        for g, leave in enumerate(self.leave_per_mm):
            born = (leave + self.turn_per_mm[g]) * self.forward[g] - (
                self.inflow[g] * self.forward[g - 1] if g else 0.0
            )
            cosine = (born + self.inflow[g] * slowing * cosine) / (leave * slowing + self.turn_per_mm[g] * turning)
            way = (cosine + self.inflow[g] * slowing * way) / (leave * slowing)
            total += float(self.share[g] * slowing * way)
        return total

    def aside_square(self, slowing: float = 1.0, turning: float = 1.0) -> float:
        """Mean square of one lateral cosine, weighted with dose, in a medium as in `forward_mm`."""
        total, square = 0.0, 0.0
        for g, leave in enumerate(self.leave_per_mm):
            turn = float(self.turn_per_mm[g])
            born = (leave + 3 * turn) * self.aside[g] - turn - (self.inflow[g] * self.aside[g - 1] if g else 0.0)
            square = born + self.inflow[g] * slowing * square + turn * turning / slowing
            square /= leave * slowing + 3 * turn * turning
            total += float(self.share[g] * slowing * square)
        return total

    def variance_mm2(self) -> float:
        """Along one lateral axis, weighted with dose."""
        return float(self.moments()[1] @ self.share)


@cite("Lewis 1950, Phys Rev 78:526 (lateral moments under multiple scattering)", "10.1103/PhysRev.78.526")
def slowing_chain(spectrum: Spectrum) -> SlowingChain:
    """The chain of the electrons that photons of `spectrum` set free in water."""
    return _chain(tuple(spectrum.energy_mev.tolist()), tuple(spectrum.photons.tolist()))


@lru_cache(maxsize=8)
def _chain(energy_mev: tuple[float, ...], photons: tuple[float, ...]) -> SlowingChain:
    born, forward, aside = electrons_set_free(np.asarray(energy_mev), np.asarray(photons))
    water = MATERIALS["water"]
    stopping = np.array([mass_collision_stopping_power(water, float(t)) for t in KINETIC_MEV])
    scattering = scattering_per_g_per_cm2(water, KINETIC_MEV)
    slowing = np.cumsum(born[::-1])[::-1]
    track = slowing / stopping * (KINETIC_MEV[1] - KINETIC_MEV[0])
    lower = np.array([edge for edge in GROUP_EDGES_MEV if slowing[np.searchsorted(KINETIC_MEV, edge)] > 0])
    group = np.searchsorted(-lower, -KINETIC_MEV, side="left")

    def sums(values: Floats) -> Floats:
        return np.bincount(group, values, len(lower) + 1)[:-1].astype(np.float64)

    many = sums(track)
    leaving = np.array([slowing[np.searchsorted(KINETIC_MEV, edge)] for edge in lower]) / many / 10
    turning = sums(track * scattering) / many / 10
    dose = sums(track * stopping)
    dose[-1] += (track * stopping)[group == len(lower)].sum()
    inflow = np.concatenate([[0.0], leaving[:-1] * many[:-1] / many[1:]])
    cosine, square = np.zeros(len(lower)), np.zeros(len(lower))
    for g in range(
        len(lower)
    ):  # Lewis: the mean cosine decays at the transport rate, the second Legendre mean at 3 times that
        before = (cosine[g - 1], square[g - 1]) if g else (0.0, 0.0)
        cosine[g] = (sums(forward)[g] / many[g] / 10 + inflow[g] * before[0]) / (leaving[g] + turning[g])
        square[g] = (sums(aside)[g] / many[g] / 10 + inflow[g] * before[1] + turning[g]) / (leaving[g] + 3 * turning[g])
    return SlowingChain(leaving, turning, cosine, square, inflow, dose / dose.sum())


def electrons_set_free(energy_mev: Floats, photons: Floats) -> tuple[Floats, Floats, Floats]:
    """Electrons that `photons` of `energy_mev` set free in water, behind `DEPTH_G_PER_CM2` of it.

    Compton electrons by Klein and Nishina; pairs share energy evenly and leave at the angle mc2 / E (Heitler 1954).

    Returns
    -------
    At each of `KINETIC_MEV`: their number per g, the sum of their cosines to the photon, and the sum of the square
    of one lateral cosine.
    """
    water = mass_coefficients(MATERIALS["water"], energy_mev)
    flux = photons * np.exp(-DEPTH_G_PER_CM2 * mass_attenuation(MATERIALS["water"], energy_mev))
    kinetic = KINETIC_MEV
    total = np.zeros((3, len(kinetic)))
    for e, compton, pair in zip(energy_mev, flux * water.incoherent, flux * (water.pair + water.triplet), strict=True):
        alpha = e / ELECTRON_MEV
        scattered = np.maximum(e - kinetic, 1e-9)
        cosine_photon = 1 - ELECTRON_MEV * (1 / scattered - 1 / e)
        share = scattered / e + e / scattered - (1 - cosine_photon**2)
        share = np.where(kinetic < e * 2 * alpha / (1 + 2 * alpha), share, 0.0)
        cosine = np.clip((1 + alpha) / alpha * np.sqrt(kinetic / (kinetic + 2 * ELECTRON_MEV)), 0, 1)
        total += share / share.sum() * compton * np.stack([np.ones_like(cosine), cosine, (1 - cosine**2) / 2])
        shared = (kinetic < e - 2 * ELECTRON_MEV).astype(np.float64)
        if shared.any():
            cosine = np.cos(np.minimum(ELECTRON_MEV / (kinetic + ELECTRON_MEV), 1.0))
            total += 2 * pair * shared / shared.sum() * np.stack([np.ones_like(cosine), cosine, (1 - cosine**2) / 2])
    return total[0], total[1], total[2]


@cache
def relative_turning(material: Material) -> float:
    """Scattering of electrons per energy that they lose, over water's: what decides how much a medium throws back.

    Taken at 1 MeV; from 0.3 to 2 MeV it changes by 3 % in lung, by less in bone and metals.
    """
    at_mev = np.array([1.0])
    turning, water = (scattering_per_g_per_cm2(m, at_mev)[0] for m in (material, MATERIALS["water"]))
    return float(turning / water / relative_mass_stopping_power(material))


def relative_stream_path(material: Material, chain: SlowingChain) -> float:
    """Mass of water in which the forward stream changes as it does in unit mass of `material`.

    In equilibrium fluence is kerma over stopping power, and the net current is kerma times the mean way forward; the
    forward stream is half their sum (two-stream approximation), so this is the harmonic mean of both ratios.
    Titanium: 0.73 and 1.17, so 0.90; discrete ordinates (bench/physics/electron_slabs.py) say 0.91.
    """
    slowing = relative_mass_stopping_power(material)
    way = chain.forward_mm() / chain.forward_mm(slowing, slowing * relative_turning(material))
    return 2 / (1 / slowing + 1 / way)


def relative_aside_square(material: Material, chain: SlowingChain) -> float:
    """Mean square of an electron's lateral cosine in `material` over water's (titanium: 1.14)."""
    slowing = relative_mass_stopping_power(material)
    return chain.aside_square(slowing, slowing * relative_turning(material)) / chain.aside_square()
