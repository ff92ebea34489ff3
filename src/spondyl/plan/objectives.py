"""What a dose distribution is asked for, as smooth functions of the dose at sample points.

Each function gives its value and its derivative in one pass over a structure's points. `weights` are the points'
shares of the structure's volume and sum to one; doses are in Gy.

Dose-volume goals use the tail mean (conditional value at risk, Rockafellar and Uryasev 2000,
doi:10.21314/JOR.2000.038; in radiotherapy Romeijn et al. 2003, Phys Med Biol 48:3521), made
differentiable by a quadratic corner of half-width `corner_gy`.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spondyl.core import cite

Floats = NDArray[np.float64]

CORNER_GY = 0.2
"""Half-width of the rounded corner of the tail mean: small against the 0.3 Gy by which D90 % may miss."""

DEVIATION, OVERDOSE, UNDERDOSE = 0, 1, 2
KINDS = {"squared_deviation": DEVIATION, "squared_overdose": OVERDOSE, "squared_underdose": UNDERDOSE}


@cite("Rockafellar RT, Uryasev S, J Risk 2000;2:21", "10.21314/JOR.2000.038", "eq. 4")
def band_mean(
    dose_gy: Floats, weights: Floats, low: float, high: float, corner_gy: float = CORNER_GY
) -> tuple[float, Floats]:
    """Mean dose of the points between two volume fractions counted from the coldest, and its derivative.

    (0, 0.02) is the mean of the coldest 2 %, (0.98, 1) of the hottest 2 %, (0, 1) the mean dose. Where the weights sum
    to less than one, the rest of the volume has no dose and counts among the coldest.

    >>> value, _ = band_mean(np.arange(100.0), np.full(100, 0.01), 0.0, 0.1)
    >>> round(value, 2)
    4.5
    """
    if low <= 0.0 and high >= 1.0:
        return float(weights @ dose_gy), weights.copy()
    derivative = np.zeros_like(dose_gy)
    absent = 1.0 - float(weights.sum())
    upper = _partial(dose_gy, weights, high - absent, corner_gy, 1.0, derivative)
    lower = _partial(dose_gy, weights, low - absent, corner_gy, -1.0, derivative)
    derivative /= high - low
    return (upper - lower) / (high - low), derivative


def squared(kind: str, dose_gy: Floats, weights: Floats, reference_gy: Floats) -> tuple[float, Floats]:
    """Weighted mean of the squared deviation, overdose or underdose from `reference_gy` (one per point), in Gy2.

    >>> squared("squared_overdose", np.array([1.0, 3.0]), np.array([0.5, 0.5]), np.array([2.0, 2.0]))[0]
    0.5
    """
    derivative = np.empty_like(dose_gy)
    return float(_squared(KINDS[kind], dose_gy, weights, reference_gy, derivative)), derivative


@cite("Niemierko A, Med Phys 1997;24:103", "10.1118/1.598063", "generalised EUD, 1999 form")
def generalised_eud(dose_gy: Floats, weights: Floats, exponent: float) -> tuple[float, Floats]:
    """Generalised equivalent uniform dose, (sum of w d^a)^(1/a), and its derivative."""
    d = np.maximum(dose_gy, 1e-6)
    total = float(weights @ d**exponent)
    value = total ** (1.0 / exponent)
    return value, value / total * weights * d ** (exponent - 1.0)


def dose_at_volume(dose_gy: Floats, weights: Floats, hot_fraction: float) -> float:
    """Dose that the hottest `hot_fraction` of the volume receives at least: D98 % is 0.98. Not smoothed.

    Between points the cumulative volume is interpolated at the middle of each point's share, as a DVH does.
    """
    order = np.argsort(-dose_gy, kind="stable")
    share = weights[order]
    middle = np.cumsum(share) - share / 2
    return float(np.interp(hot_fraction, middle, dose_gy[order]))


@njit(cache=True)
def _partial(d, w, q, eps, sign, derivative):  # type: ignore[no-untyped-def]
    """S(q) = max over t of t q - sum w corner(t - d): the partial expectation of the coldest q; adds sign dS/dd."""
    n = d.size
    if q <= 0.0:
        return 0.0
    if q >= w.sum() - 1e-9:
        mean = 0.0
        for i in range(n):
            mean += w[i] * d[i]
            derivative[i] += sign * w[i]
        return mean
    low, high = d.min() - eps, d.max() + eps
    t = low + (high - low) * q
    for _ in range(60):
        below, slope = 0.0, 0.0
        for i in range(n):
            u = t - d[i]
            if u >= eps:
                below += w[i]
            elif u > -eps:
                below += w[i] * (u + eps) / (2 * eps)
                slope += w[i] / (2 * eps)
        miss = below - q
        if abs(miss) < 1e-12:
            break
        if miss > 0:
            high = t
        else:
            low = t
        step = t - miss / slope if slope > 0 else low - 1.0
        t = step if low < step < high else 0.5 * (low + high)
    total = t * q
    for i in range(n):
        u = t - d[i]
        if u >= eps:
            total -= w[i] * u
            derivative[i] += sign * w[i]
        elif u > -eps:
            total -= w[i] * (u + eps) ** 2 / (4 * eps)
            derivative[i] += sign * w[i] * (u + eps) / (2 * eps)
    return total


@njit(cache=True)
def _squared(kind, d, w, reference, derivative):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(d.size):
        miss = d[i] - reference[i]
        if (kind == 1 and miss < 0.0) or (kind == 2 and miss > 0.0):
            miss = 0.0
        total += w[i] * miss * miss
        derivative[i] = 2.0 * w[i] * miss
    return total
