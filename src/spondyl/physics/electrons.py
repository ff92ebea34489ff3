"""How electrons lose energy and direction: stopping powers and moments of tracks, to scale their paths."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from spondyl.core.citations import cite
from spondyl.physics.cross_sections import ELECTRON_MEV
from spondyl.physics.materials import MATERIALS, Material

Floats = NDArray[np.float64]

# Mean excitation energies in eV of elements inside solids and liquids: ICRU Report 37 (1984), tables 5.1 and 5.5
# (H, C, N, O, F, Cl in compounds; others 1.13 times the element's).
_IN_COMPOUND_EV = {1: 19.2, 6: 81.0, 7: 82.0, 8: 106.0, 9: 112.0, 17: 180.0}
_ELEMENT_EV = {
    1: 19.2, 2: 41.8, 6: 78.0, 7: 82.0, 8: 95.0, 9: 115.0, 10: 137.0, 11: 149.0, 12: 156.0, 13: 166.0, 14: 173.0,
    15: 173.0, 16: 180.0, 17: 174.0, 18: 188.0, 19: 190.0, 20: 191.0, 22: 233.0, 23: 245.0, 24: 257.0, 25: 272.0,
    26: 286.0, 27: 297.0, 28: 311.0, 29: 322.0, 30: 330.0, 40: 393.0, 42: 424.0, 46: 470.0, 47: 470.0, 50: 488.0,
    53: 491.0, 56: 491.0, 64: 591.0, 73: 718.0, 74: 727.0, 77: 757.0, 78: 790.0, 79: 790.0, 82: 823.0,
}  # fmt: skip


@cite(
    "Berger and Seltzer 1984, ICRU Report 37; density effect: Sternheimer and Peierls 1971", "10.1103/PhysRevB.3.3681"
)
def mass_collision_stopping_power(material: Material, kinetic_mev: float) -> float:
    """Collision stopping power of electrons in MeV cm2/g at `kinetic_mev`."""
    tau = kinetic_mev / ELECTRON_MEV
    beta2 = tau * (tau + 2) / (tau + 1) ** 2
    za = material.electrons_per_gram_mol
    excitation_mev = mean_excitation_ev(material) * 1e-6
    bracket = np.log(tau**2 * (tau + 2) / (2 * (excitation_mev / ELECTRON_MEV) ** 2))
    f = 1 - beta2 + (tau**2 / 8 - (2 * tau + 1) * np.log(2)) / (tau + 1) ** 2
    return float(0.153537 / beta2 * za * (bracket + f - _density_effect(material, tau)))


def mean_excitation_ev(material: Material) -> float:
    """Mean excitation energy in eV by Bragg's rule: ICRU Report 37 (1984), section 5."""
    log, count = 0.0, 0.0
    single = len(material.mass_fractions) == 1 or material.density_g_per_cm3 < 0.01
    for z, a, w in material.elements():
        element = _ELEMENT_EV.get(z, 10.0 * z)
        value = element if single else _IN_COMPOUND_EV.get(z, 1.13 * element)
        log += w * z / a * np.log(value)
        count += w * z / a
    return float(np.exp(log / count))


def _density_effect(material: Material, tau: float) -> float:
    plasma_ev = 28.816 * np.sqrt(material.density_g_per_cm3 * material.electrons_per_gram_mol)
    excitation_ev = mean_excitation_ev(material)
    c = -(2 * np.log(excitation_ev / plasma_ev) + 1)
    if material.density_g_per_cm3 < 0.01:
        x0, x1 = (1.6, 4.0) if -c < 10 else (1.8, 4.0)
    elif excitation_ev < 100:
        x0, x1 = (0.2 if -c < 3.681 else -0.326 * c - 1.0), 2.0
    else:
        x0, x1 = (0.2 if -c < 5.215 else -0.326 * c - 1.5), 3.0
    x = np.log10(np.sqrt(tau * (tau + 2)))
    if x < x0:
        return 0.0
    a = (-c - 4.6052 * x0) / (x1 - x0) ** 3
    return float(4.6052 * x + c + (a * (x1 - x) ** 3 if x < x1 else 0.0))


@cache
def relative_mass_stopping_power(material: Material, kinetic_mev: float = 1.0) -> float:
    """Mass collision stopping power relative to water's: the length of electron paths per mass.

    Between 0.5 and 4 MeV the ratio changes by less than 1.5 % in tissue and bone.
    """
    water = mass_collision_stopping_power(MATERIALS["water"], kinetic_mev)
    return mass_collision_stopping_power(material, kinetic_mev) / water


_AVOGADRO = 6.02214076e23
_CLASSICAL_RADIUS_CM = 2.8179403e-13
_FINE_STRUCTURE = 1 / 137.036
_FIRST_ELECTRON_MEV = 2.3
"""Where titanium's mean forward way over water's is that of all first electrons of 6 MV, each with its own angle and
energy (bench/physics/electron_tracks.py); from 2 to 3 MeV it changes by 4 %, bone's by 1 %."""
_MEAN_ELECTRON_MEV = 1.5
"""Energy-weighted mean of what photons of 6 MV hand to their first electron."""
_LAST_MEV = 0.01
WANDERING_SHARE = 0.45
"""Share of the electrons' energy that takes a last, isotropic flight in water, and below that flight's mean length
over the mean distance of the kernel. Together they bring what crosses a plane in water each way to that of Lewis's
tracks; the length is the longest that leaves every kernel group a remainder."""
WANDERING_LENGTH = 0.8
_CROSSING = 2.28
"""Four times what crosses a plane each way in water, even moments of the direction, over the length of the flight."""
_SIDEWAYS = 0.60
"""Share of the second Legendre moment in it over that of the zeroth (5/4 of their ratio in water, 0.48)."""


@cite("Molière 1947; Bethe 1953, Phys Rev 89:1256 (screened scattering of electrons)", "10.1103/PhysRev.89.1256")
def scattering_per_g_per_cm2(material: Material, kinetic_mev: NDArray[np.float64], order: int = 1) -> Floats:
    """Mean of 1 - P(cos) per mass path in cm2/g, at each energy, P the Legendre polynomial of `order` 0, 1 or 2.

    Of order 1 it is the inverse of the transport mean free path. Rutherford's cross section with Molière's screening,
    Z (Z + 1) for the electrons' share.
    """
    tau = np.asarray(kinetic_mev, np.float64) / ELECTRON_MEV
    beta2, momentum2 = tau * (tau + 2) / (tau + 1) ** 2, tau * (tau + 2)
    total = np.zeros_like(tau)
    for z, a, w in material.elements():
        angle2 = (_FINE_STRUCTURE * z ** (1 / 3) / 0.885) ** 2 / momentum2
        screening = angle2 / 4 * (1.13 + 3.76 * (_FINE_STRUCTURE * z) ** 2 / beta2)
        per_electron = 2 * np.pi * _CLASSICAL_RADIUS_CM**2 * (1 - beta2) / beta2**2
        log = np.log(1 + 1 / screening)
        turned = (0 * log, log - 1 / (1 + screening), 3 * ((1 + 2 * screening) * log - 2))[order]
        total += w / a * z * (z + 1) * per_electron * turned
    return _AVOGADRO * total


@cite("Lewis 1950, Phys Rev 78:526 (moments of direction under multiple scattering)", "10.1103/PhysRev.78.526")
def mean_way(material: Material, kinetic_mev: float, order: int) -> float:
    """Mean over a track, weighted with the energy still carried, of path times P(cos) in g/cm2.

    The mean of the Legendre polynomial of `order` after a path falls by `scattering_per_g_per_cm2` (Lewis, eq. 20); the
    electron slows down continuously. Order 0 is the mean path along the track to where energy is left, order 1 the
    mean distance forward.
    """
    energy = np.linspace(kinetic_mev, _LAST_MEV, 60)
    stopping = np.array([mass_collision_stopping_power(material, float(t)) for t in energy])
    path = -np.diff(energy) / ((stopping[1:] + stopping[:-1]) / 2)
    scattering = scattering_per_g_per_cm2(material, energy, order)
    turned = np.concatenate([[0.0], np.cumsum(path * (scattering[1:] + scattering[:-1]) / 2)])
    carried = energy * np.exp(-turned)
    return float(((carried[1:] + carried[:-1]) / 2) @ path / kinetic_mev)


@dataclass(frozen=True)
class ElectronFlights:
    """How electrons go through a material in two flights: straight, and then some of them isotropic.

    Parameters
    ----------
    straight, wandering
        Path per mass of each flight relative to water's.
    share
        Share of the energy that takes the second flight.
    """

    straight: float
    wandering: float
    share: float


@cache
def electron_flights(material: Material) -> ElectronFlights:
    """The two flights that carry as much through a plane, each way, as Lewis's tracks in equilibrium.

    Energy current is kerma times the mean forward way: that is the straight flight, for isotropic ones carry
    nothing on balance. What goes forward and what comes back add up to half the mean path, and 5/8 of the
    second moment, of the tracks; what the straight flight lacks of it is the second one's.
    """
    water = MATERIALS["water"]
    path, forward, sideways = (
        mean_way(material, _FIRST_ELECTRON_MEV, k) / mean_way(water, _FIRST_ELECTRON_MEV, k) for k in (0, 1, 2)
    )
    crossing = _CROSSING * (path + _SIDEWAYS * sideways) / (1 + _SIDEWAYS)
    lacking = crossing - (_CROSSING - WANDERING_SHARE) * forward
    return ElectronFlights(1 / forward, 1 / path, float(np.clip(lacking / path, 0.0, 1.0)))


@cache
def relative_electron_path(material: Material) -> float:
    """Length of electron paths per mass relative to water's where one straight flight stands for all: pencil beams.

    In equilibrium energy fluence is kerma over stopping power s, and the net energy current is kerma times the mean
    forward way 1 / t (both relative to water, whose own scattering is in the kernel). The forward stream is half
    their sum (two-stream approximation), so the path's scale is the harmonic mean of s and t. In tissue they differ by
    2 to 5 %; in titanium, which scatters electrons more, s is 0.73 and t 1.20.
    """
    stopping = relative_mass_stopping_power(material)
    way = mean_way(MATERIALS["water"], _MEAN_ELECTRON_MEV, 1) / mean_way(material, _MEAN_ELECTRON_MEV, 1)
    return 2 / (1 / stopping + 1 / way)
