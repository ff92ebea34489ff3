"""The second flight of electrons: some of the energy that the kernels carry straight goes on in any direction.

Straight lines from where a photon interacts bring energy to the right places in water, but next to none of it
ever turns back. Real electrons do: they leave through a surface and are missed in front of it, come back from metal,
and spread sideways in lung. So the kernels are taken apart into a straight flight and a short isotropic one, such that
both together are the kernel again wherever the medium is uniform.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, hyp2f1

from spondyl.core import Grid
from spondyl.dose.engines.exponential_kernel import ExponentialKernel
from spondyl.dose.engines.lattice import Source, transport

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

_DEGREE = 11
"""Of the direction set: 50 directions, isotropic, for what is smooth already."""
_LINES = 2
_LEAST = 1e-6
"""Share of the largest energy, per steradian, below which a line is no longer followed: 1e-5 of what a voxel sends."""
_FREQUENCY_PER_CM = np.geomspace(0.05, 60.0, 60)
"""Where a kernel and its two flights are made to agree: waves from 1 mm to longer than any electron goes."""


def before_wandering(kernel: ExponentialKernel, share: float, decay_per_cm: float) -> ExponentialKernel:
    """The straight flight that a last flight of `share` of the energy turns into `kernel`.

    A least-squares fit of each Legendre moment to the kernel's transform over that of the last flight, with its first
    spatial moment kept: energy, mean place along the beam and so on. Within 0.5 % of the energy at every wavelength for
    the groups of a 6 MV beam, and within the fit of the exponentials themselves for single energies.
    """
    last = 1 - share + share * _transform(0, np.array([decay_per_cm]))
    fitted = np.empty_like(kernel.moments)
    for order, moment in enumerate(kernel.moments.T):
        wave = _transform(order, kernel.decay_per_cm)
        first = 100.0 * kernel.decay_per_cm ** -float(order)
        rows = np.vstack([wave * last, 1e-5 * np.eye(len(first)), first])
        wanted = np.concatenate([wave @ moment, 0 * first, [first @ moment]])
        fitted[:, order] = np.linalg.lstsq(rows, wanted, rcond=None)[0]
    return replace(kernel, moments=fitted)


def _transform(order: int, decay_per_cm: Floats) -> Floats:
    """Integral of b exp(-b r) times the spherical Bessel function of `order`, for each wave and b: shape (waves, b)."""
    x = decay_per_cm / _FREQUENCY_PER_CM[:, None]
    scale = np.sqrt(np.pi) * np.exp(gammaln(order + 1) - gammaln(order + 1.5)) * 0.5 ** (order + 1)
    return scale * x ** -float(order) * hyp2f1((order + 1) / 2, (order + 2) / 2, order + 1.5, -1 / x**2)


def wander(grid: Grid, energy: Floats32, path: Floats32, decay_per_cm: float) -> Floats32:
    """Where `energy` of each voxel goes in all directions, exponential in `path`; float32, shape ``grid.shape``."""
    isotropic = ExponentialKernel(np.array([decay_per_cm]), np.ones((1, 1)), 0.0)
    anywhere = np.asarray(grid.origin_mm) - 1e5
    source = Source((0, 0, 0), energy[None], anywhere)
    return transport(grid, path, [source], [isotropic], _DEGREE, _LINES, _LEAST, lambda _: None)
