"""Photon interaction in mixtures of elements, 1 keV to 20 MeV, and what it gives to electrons.

Up to 0.8 MeV the elements come from xraylib. Above, incoherent scattering is Klein and Nishina's, which is
exact there to 0.1 %; pair production is Bethe and Heitler's without Coulomb correction (Maximon's series),
triplet production Haug's fit, and the small photoelectric and coherent parts are continued as powers of energy.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import xraylib
from numpy.typing import ArrayLike, NDArray

from spondyl.core.errors import MaterialError
from spondyl.physics.materials import Material

Floats = NDArray[np.float64]

ELECTRON_MEV = 0.51099895
AVOGADRO = 6.02214076e23
CLASSICAL_RADIUS_CM = 2.8179403e-13
FINE_STRUCTURE = 7.2973526e-3
_TABLE_TOP_MEV = 0.8
_ZETA_3 = 1.2020569


@dataclass(frozen=True)
class MassCoefficients:
    """Cross sections by process in cm2/g, each of the shape of the energies asked for."""

    photoelectric: Floats
    incoherent: Floats
    coherent: Floats
    pair: Floats
    triplet: Floats

    @property
    def total(self) -> Floats:
        return self.photoelectric + self.incoherent + self.coherent + self.pair + self.triplet


def klein_nishina_cm2(energy_mev: ArrayLike) -> tuple[Floats, Floats]:
    """Cross section an electron and its energy-transfer part, in cm2.

    Klein and Nishina 1929, Z Phys 52:853, doi:10.1007/BF01366453; transfer as in Attix 1986, eq. 7.15-7.18.
    """
    a = np.asarray(energy_mev, np.float64) / ELECTRON_MEV
    log = np.log1p(2 * a)
    area = 2 * np.pi * CLASSICAL_RADIUS_CM**2
    total = area * (
        (1 + a) / a**2 * (2 * (1 + a) / (1 + 2 * a) - log / a) + log / (2 * a) - (1 + 3 * a) / (1 + 2 * a) ** 2
    )
    scattered = (area / 2) * (
        log / a**3
        + 2 * (1 + a) * (2 * a**2 - 2 * a - 1) / (a**2 * (1 + 2 * a) ** 2)
        + 8 * a**2 / (3 * (1 + 2 * a) ** 3)
    )
    return total, total - scattered


def pair_cm2_per_z2(energy_mev: ArrayLike) -> Floats:
    """Pair production in the nucleus' field over Z squared, in cm2.

    Unscreened Born approximation: Maximon 1968, J Res NBS 72B:79, doi:10.6028/jres.072B.011; screening and the
    Coulomb correction, below 3 % of pair production to 6 MeV in light elements, are left out.
    """
    k = np.asarray(energy_mev, np.float64) / ELECTRON_MEV
    unit = FINE_STRUCTURE * CLASSICAL_RADIUS_CM**2
    safe = np.maximum(k, 2.0)
    e = (2 * safe - 4) / (safe + 2 + 2 * np.sqrt(2 * safe))
    near = (2 * np.pi / 3) * ((safe - 2) / safe) ** 3
    near = near * (1 + e / 2 + 23 * e**2 / 40 + 11 * e**3 / 60 + 29 * e**4 / 960)
    log = np.log(2 * safe)
    far = 28 / 9 * log - 218 / 27
    far = far + (2 / safe) ** 2 * (
        6 * log - 3.5 + 2 / 3 * log**3 - log**2 - np.pi**2 / 3 * log + 2 * _ZETA_3 + np.pi**2 / 6
    )
    far = far - (2 / safe) ** 4 * (3 / 16 * log + 1 / 8) - (2 / safe) ** 6 * (29 / 2304 * log - 77 / 13824)
    return unit * np.where(k <= 2, 0.0, np.where(k < 4, near, far))


def triplet_cm2_per_electron(energy_mev: ArrayLike) -> Floats:
    """Pair production in an electron's field, in cm2.

    Haug 1981, Z Naturforsch 36a:413, doi:10.1515/zna-1981-0501, up to 9.2 MeV; above, logarithmic in energy to
    Borsellino's limit 28/9 ln(2k) - 11.3 at k = 200 (Motz, Olsen and Koch 1969, Rev Mod Phys 41:581).
    """
    k = np.asarray(energy_mev, np.float64) / ELECTRON_MEV
    d = k - 4
    onset = (5.6 + 20.4 * d - 10.9 * d**2 - 3.6 * d**3 + 7.4 * d**4) * 1e-3 * d**2
    low = 0.582814 - 0.29842 * k + 0.04354 * k**2 - 0.0012977 * k**3
    middle = (3.1247 - 1.3394 * k + 0.14612 * k**2) / (1 + 0.4648 * k + 0.016683 * k**2)
    high = 1.784 + 5.56 * np.log(np.maximum(k, 1) / 18) / np.log(200 / 18)
    value = np.select([k <= 4, k < 4.6, k < 6, k < 18], [np.zeros_like(k), onset, low, middle], high)
    return FINE_STRUCTURE * CLASSICAL_RADIUS_CM**2 * value


def mass_coefficients(material: Material, energy_mev: ArrayLike) -> MassCoefficients:
    """Cross sections of `material` at `energy_mev`.

    Raises
    ------
    MaterialError
        If an energy lies outside 1 keV to 20 MeV.
    """
    energy = np.atleast_1d(np.asarray(energy_mev, np.float64))
    if bool((energy < 1e-3).any()) or bool((energy > 20).any()):
        raise MaterialError(f"photon energies must lie in 0.001..20 MeV, got {energy.min()}..{energy.max()}")
    parts = np.zeros((3, energy.size))
    for z, _, fraction in material.elements():
        parts += fraction * _element(z, tuple(energy))
    kn = klein_nishina_cm2(energy)[0] * AVOGADRO * material.electrons_per_gram_mol
    incoherent = np.where(energy > _TABLE_TOP_MEV, kn, parts[1])
    pair = pair_cm2_per_z2(energy) * AVOGADRO * material.z_squared_per_gram_mol
    triplet = triplet_cm2_per_electron(energy) * AVOGADRO * material.electrons_per_gram_mol
    return MassCoefficients(parts[0], incoherent, parts[2], pair, triplet)


def mass_attenuation(material: Material, energy_mev: ArrayLike) -> Floats:
    """Mass attenuation coefficient with coherent scattering in cm2/g, shape (n,)."""
    return mass_coefficients(material, energy_mev).total


def mass_energy_transfer(material: Material, energy_mev: ArrayLike) -> Floats:
    """Mass energy-transfer coefficient in cm2/g, shape (n,); fluorescence counts as transferred."""
    return sum(_transferred(material, energy_mev), np.zeros(1))


def mass_energy_absorption(material: Material, energy_mev: ArrayLike) -> Floats:
    """Mass energy-absorption coefficient in cm2/g, shape (n,): transfer less bremsstrahlung.

    The radiated share of an electron of T MeV is taken as 6e-4 Z T / (1 + 6e-4 Z T) (Koch and Motz 1959,
    Rev Mod Phys 31:920, doi:10.1103/RevModPhys.31.920), Z the mean of Z squared over the mean of Z by atom.
    """
    energy = np.atleast_1d(np.asarray(energy_mev, np.float64))
    photo, compton, pair = _transferred(material, energy)
    kn, transfer = klein_nishina_cm2(energy)
    z = material.z_squared_per_gram_mol / material.electrons_per_gram_mol
    kept = [
        1 / (1 + 6e-4 * z * t) for t in (energy, energy * transfer / kn, np.maximum(energy - 2 * ELECTRON_MEV, 0) / 2)
    ]
    return photo * kept[0] + compton * kept[1] + pair * kept[2]


def _transferred(material: Material, energy_mev: ArrayLike) -> tuple[Floats, Floats, Floats]:
    energy = np.atleast_1d(np.asarray(energy_mev, np.float64))
    parts = mass_coefficients(material, energy)
    kn, transfer = klein_nishina_cm2(energy)
    kinetic = np.maximum(1 - 2 * ELECTRON_MEV / energy, 0)
    return parts.photoelectric, parts.incoherent * transfer / kn, (parts.pair + parts.triplet) * kinetic


@lru_cache(maxsize=4096)
def _element(z: int, energies_mev: tuple[float, ...]) -> Floats:
    """Photoelectric, incoherent, coherent in cm2/g, shape (3, n); continued as powers above 0.8 MeV."""
    rows = [_element_at(z, min(e, _TABLE_TOP_MEV)) for e in energies_mev]
    top, below = _element_at(z, _TABLE_TOP_MEV), _element_at(z, 0.6)
    slope = np.log(np.asarray(top) / np.asarray(below)) / np.log(_TABLE_TOP_MEV / 0.6)
    above = np.maximum(np.asarray(energies_mev) / _TABLE_TOP_MEV, 1.0)
    return np.asarray(rows).T * above[None, :] ** slope[:, None]


@lru_cache(maxsize=65536)
def _element_at(z: int, energy_mev: float) -> tuple[float, float, float]:
    kev = 1000 * energy_mev
    return (xraylib.CS_Photo(z, kev), xraylib.CS_Compt(z, kev), xraylib.CS_Rayl(z, kev))
