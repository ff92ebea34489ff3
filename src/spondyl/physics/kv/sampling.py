"""How photons of 1 to 100 keV scatter in a material: bound electrons' recoil and atoms' form factors."""

from __future__ import annotations

from functools import cache

import numpy as np
import xraylib
from numpy.typing import NDArray

from spondyl.physics.kv.energies import HIGHEST_KEV
from spondyl.physics.materials import Material

Floats = NDArray[np.float64]

HC_KEV_ANGSTROM = 12.398420
"""Planck's constant times the speed of light, CODATA 2018."""
ELECTRON_KEV = 510.99895
X_STEP = 0.01
X_NODES = int(HIGHEST_KEV / HC_KEV_ANGSTROM / X_STEP) + 3
_ANGLES, _WEIGHTS = np.polynomial.legendre.leggauss(64)


def momentum_transfer() -> Floats:
    """The tables' momentum transfer x = E / hc sin(theta / 2), in 1/angstrom, shape (X_NODES,)."""
    return X_STEP * np.arange(X_NODES, dtype=np.float64)


@cache
def _element(z: int) -> tuple[Floats, Floats]:
    """Incoherent scattering function S and form factor F on the nodes: S(0) = 0 and F(0) = Z, where splines end."""
    x = momentum_transfer()[1:]
    scattering = [0.0, *(xraylib.SF_Compt(z, float(q)) for q in x)]
    factor = [float(z), *(xraylib.FF_Rayl(z, float(q)) for q in x)]
    return np.asarray(scattering), np.asarray(factor)


def scattering_function(material: Material) -> Floats:
    """Incoherent scattering function of a mixture per electron, 0..1, shape (X_NODES,).

    Hubbell et al. 1975, J Phys Chem Ref Data 4:471, doi:10.1063/1.555523, as tabulated in xraylib.
    """
    total = sum((w / a * _element(z)[0] for z, a, w in material.elements()), np.zeros(X_NODES))
    return total / material.electrons_per_gram_mol


def form_factor_squared(material: Material) -> Floats:
    """Square of the atoms' form factors, mean of a mixture over its value at 0, shape (X_NODES,).

    Atoms scatter independently of each other: interference in liquids and tissue is left out.
    """
    total = sum((w / a * _element(z)[1] ** 2 for z, a, w in material.elements()), np.zeros(X_NODES))
    return total / material.z_squared_per_gram_mol


def cumulative_form_factor(squared: Floats) -> Floats:
    """Integral of F^2 over x^2 from 0, shape (X_NODES,)."""
    steps = np.diff(momentum_transfer() ** 2) * (squared[1:] + squared[:-1]) / 2
    return np.concatenate([[0.0], np.cumsum(steps)])


def mean_transfer(scattering: Floats, energy_kev: Floats) -> Floats:
    """Mean energy given to the electron over the photon's, by Klein and Nishina times S, shape of `energy_kev`.

    Computed at 65 energies and linear in logarithms between them.
    The electron is free and at rest before; `binding` has what bound ones take.
    """
    few = np.geomspace(energy_kev[0], energy_kev[-1], 65)[:, None]
    k = few / ELECTRON_KEV
    ratio = 1 / (1 + k * (1 - _ANGLES))
    shape = ratio**2 * (ratio + 1 / ratio - 1 + _ANGLES**2)
    x = few / HC_KEV_ANGSTROM * np.sqrt((1 - _ANGLES) / 2)
    weight = shape * np.interp(x, momentum_transfer(), scattering) * _WEIGHTS
    share = (weight * (1 - ratio)).sum(axis=1) / weight.sum(axis=1)
    return np.exp(np.interp(np.log(energy_kev), np.log(few[:, 0]), np.log(share)))
