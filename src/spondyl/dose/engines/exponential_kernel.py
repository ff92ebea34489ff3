"""A point kernel as exponentials along directions: what the collapsed cone transports.

Along direction theta the energy deposited within r is ``sum_k A_k(theta) (1 - exp(-b_k r))`` with decay constants b_k
that double from one to the next and are the same for every angle and energy. So the rays of all fields share
one pass through the medium. The angular dependence is a Legendre series, which the direction set integrates exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import eval_legendre

from spondyl.core.citations import cite
from spondyl.physics import PointKernel

Floats = NDArray[np.float64]
ANGLES_DEG = np.linspace(0.0, 180.0, 361)


@dataclass(frozen=True)
class ExponentialKernel:
    """Amplitudes of the exponentials.

    Parameters
    ----------
    decay_per_cm
        b_k in water, shape (k,), each twice the one before.
    moments
        Legendre moments of A_k, shape (k, degree + 1), as fraction of the energy of its part of the kernel (primary
        or scatter, each with total 1).
    worst_cumulative_error
        Largest error of the cumulative fit over r, summed over angles, as fraction of the part's energy.
    """

    decay_per_cm: Floats
    moments: Floats
    worst_cumulative_error: float

    @property
    def amplitude_per_sr(self) -> Floats:
        """A_k per steradian at `ANGLES_DEG`, shape (k, 361); the series is tapered so that it does not ring."""
        orders = np.arange(self.moments.shape[1])
        taper = np.exp(-4.0 * (orders / max(orders[-1], 1)) ** 6)
        factors = (2 * orders + 1) / (4 * np.pi) * taper
        basis = np.stack([eval_legendre(order, np.cos(np.deg2rad(ANGLES_DEG))) for order in orders])
        return (self.moments * factors) @ basis


@cite("Ahnesjö 1989, Med Phys 16:577 (collapsed cone, exponential kernels)", "10.1118/1.596360")
def exponential_kernel(
    kernel: PointKernel, part: str, first_decay_per_cm: float, terms: int, degree: int
) -> ExponentialKernel:
    """Fit `part` of `kernel` ("primary" or "scatter").

    Parameters
    ----------
    first_decay_per_cm
        Smallest decay constant.
    terms
        How many exponentials.
    degree
        Degree of the Legendre series.
    """
    decay = np.asarray(first_decay_per_cm * 2.0 ** np.arange(terms), np.float64)
    cumulative = kernel.cumulative(part)
    released = kernel.primary_fraction if part == "primary" else 1.0 - kernel.primary_fraction
    amplitude, error = _fit(kernel.r_edges_cm, cumulative / released, decay)
    moments = _legendre_moments(amplitude, np.cos(np.deg2rad(kernel.cone_edges_deg)), degree)
    return ExponentialKernel(decay, moments, error)


def _fit(r_cm: Floats, cumulative: Floats, decay: Floats) -> tuple[Floats, float]:
    """Ridge least squares on the cumulative kernel, its end held; amplitudes of shape (terms, cones)."""
    design = 1 - np.exp(-np.outer(r_cm[1:], decay))
    weight = np.ones(len(design))
    weight[-1] = 100.0
    rows = np.vstack([design * weight[:, None], 1e-4 * np.eye(len(decay))])
    wanted = np.vstack([cumulative[:, 1:].T * weight[:, None], np.zeros((len(decay), len(cumulative)))])
    amplitude = np.linalg.lstsq(rows, wanted, rcond=None)[0]
    error = np.abs(design @ amplitude - cumulative[:, 1:].T).sum(axis=1).max()
    return np.asarray(amplitude, np.float64), float(error)


def _legendre_moments(amplitude: Floats, cos_edges: Floats, degree: int) -> Floats:
    """Moments of each amplitude given as totals per cone, shape (terms, degree + 1)."""
    moments = np.empty((len(amplitude), degree + 1))
    width = np.diff(cos_edges)
    for order in range(degree + 1):
        if order == 0:
            mean = np.ones_like(width)
        else:
            integral = (eval_legendre(order + 1, cos_edges) - eval_legendre(order - 1, cos_edges)) / (2 * order + 1)
            mean = np.diff(integral) / width
        moments[:, order] = amplitude @ mean
    return moments
