"""How electrons lose energy: collision stopping powers of mixtures, to scale their paths."""

from __future__ import annotations

from functools import cache

import numpy as np

from spondyl.core.citations import cite
from spondyl.physics.cross_sections import ELECTRON_MEV
from spondyl.physics.materials import MATERIALS, Material

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
