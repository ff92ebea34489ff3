"""What binding does to the energy that Compton electrons take: the impulse approximation, shell by shell.

An electron that moves, and that must be given at least its binding energy, takes more on average than one at rest:
in water 12 % more at 15 keV, 2.9 % at 30 keV, 0.5 % at 50 keV.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import xraylib
from numpy.typing import NDArray

from spondyl.physics.kv.coefficients import element_coefficients
from spondyl.physics.kv.energies import HIGHEST_KEV, LOWEST_KEV, energy_nodes
from spondyl.physics.kv.sampling import ELECTRON_KEV
from spondyl.physics.materials import Material

Floats = NDArray[np.float64]

_SUBSHELLS = {"L": 3, "M": 5, "N": 7, "O": 7, "P": 5, "Q": 3}
_SHELLS = ("K", *(f"{shell}{i}" for shell, count in _SUBSHELLS.items() for i in range(1, count + 1)))
_ATOMIC_UNITS = 137.035999
"""Atomic units of momentum in one electron mass times the speed of light: the inverse fine structure constant."""
_MOMENTUM = np.sinh(np.linspace(-8.0, 8.0, 401)) / np.sinh(8.0) * 99.0
"""Electron momentum along the transfer, in atomic units, to where xraylib's profiles end."""
_ENERGIES_KEV = np.geomspace(LOWEST_KEV, HIGHEST_KEV, 33)
_COSINES, _WEIGHTS = np.polynomial.legendre.leggauss(32)


def bound_transfer(material: Material) -> Floats:
    """Mean energy that a mixture's Compton electrons take, over the photon's, shape (nodes,)."""
    parts = [(w * element_coefficients(z)[1], _element_transfer(z)) for z, _, w in material.elements()]
    return sum(s * t for s, t in parts) / sum(s for s, _ in parts)  # pyright: ignore[reportReturnType]


@cache
def _element_transfer(z: int) -> Floats:
    """Mean share of the photon's energy that an element's Compton electrons take, shape (nodes,).

    Impulse approximation with Biggs's profiles: Ribberfors and Berggren 1982, Phys Rev A 26:3325,
    doi:10.1103/PhysRevA.26.3325; Brusa et al. 1996, Nucl Instrum Methods A 379:167,
    doi:10.1016/0168-9002(96)00652-3; profiles and binding energies as in xraylib.
    """
    shells = [found for name in _SHELLS if (found := _shell(z, name)) is not None]
    share = [_mean_share(shells, float(energy)) for energy in _ENERGIES_KEV]
    return np.exp(np.interp(np.log(energy_nodes().energy_kev), np.log(_ENERGIES_KEV), np.log(share)))


def _shell(z: int, name: str) -> tuple[float, float, Floats] | None:
    """Electrons, binding energy in keV and Compton profile on `_MOMENTUM`; None where the shell is empty."""
    index = getattr(xraylib, f"{name}_SHELL")
    try:
        electrons = float(xraylib.ElectronConfig(z, index))
        profile = np.array([xraylib.ComptonProfile_Partial(z, index, abs(float(p))) for p in _MOMENTUM])
    except ValueError:
        return None
    try:
        binding = float(xraylib.EdgeEnergy(z, index))
    except ValueError:  # the outermost shell of some metals, bound by a few eV
        binding = 0.0
    return electrons, binding, profile


def _mean_share(shells: list[tuple[float, float, Floats]], energy_kev: float) -> float:
    """Mean of (E - E') / E over angles and shells at one energy."""
    ratio = 1 / (1 + energy_kev / ELECTRON_KEV * (1 - _COSINES))
    weight = _WEIGHTS * ratio**2 * (ratio + 1 / ratio - 1 + _COSINES**2)
    given = energy_kev - _energy_after(ratio, energy_kev)
    taken = counted = 0.0
    for electrons, binding, profile in shells:
        if binding < energy_kev:
            most = np.clip(_momentum_at(energy_kev, energy_kev - binding), _MOMENTUM[0], _MOMENTUM[-1])
            taken += electrons * float(weight @ _integral(profile * given, most))
            counted += electrons * float(weight @ _integral(np.broadcast_to(profile, given.shape), most))
    return taken / counted / energy_kev


def _energy_after(ratio: Floats, energy_kev: float) -> Floats:
    """Scattered energy in keV by the electron's momentum, shape (angles, momenta); `ratio` is that at rest."""
    square, ratio = (_MOMENTUM / _ATOMIC_UNITS) ** 2, ratio[:, None]
    middle = 1 - square * ratio * _COSINES[:, None]
    root = np.sqrt(np.maximum(middle**2 - (1 - square * ratio**2) * (1 - square), 0))
    return energy_kev * ratio / (1 - square * ratio**2) * (middle + np.sign(_MOMENTUM) * root)


def _momentum_at(energy_kev: float, after_kev: float) -> Floats:
    """Momentum in atomic units with which an electron scatters to `after_kev`, by angle."""
    transfer = np.sqrt(energy_kev**2 + after_kev**2 - 2 * energy_kev * after_kev * _COSINES)
    excess = energy_kev * after_kev * (1 - _COSINES) - ELECTRON_KEV * (energy_kev - after_kev)
    return excess / (ELECTRON_KEV * transfer) * _ATOMIC_UNITS


def _integral(values: Floats, most: Floats) -> Floats:
    """Integral over momentum up to `most`, for each angle."""
    steps = np.diff(_MOMENTUM)
    total = np.cumsum((values[:, 1:] + values[:, :-1]) / 2 * steps, axis=1)
    total = np.concatenate([np.zeros((len(values), 1)), total], axis=1)
    i = np.clip(np.searchsorted(_MOMENTUM, most) - 1, 0, steps.size - 1)
    rows, part = np.arange(len(values)), most - _MOMENTUM[i]
    low = values[rows, i]
    end = low + (values[rows, i + 1] - low) * part / steps[i]
    return total[rows, i] + (low + end) / 2 * part
