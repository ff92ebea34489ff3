"""Compiled: batches of scattered photons over what is expected of them, their sums, and the better blend of levels."""

from __future__ import annotations

import numpy as np
from numba import njit

TINY = 1e-10
"""Of the mean over all voxels, where a voxel has next to nothing."""


@njit(cache=True, nogil=True, error_model="numpy")
def by_kind(score, scale):
    """Sums to medium, mineral and water of shape (voxels, 3), times `scale`, as (3, voxels)."""
    found = np.empty((3, score.shape[0]), np.float32)
    medium, mineral, water = found[0], found[1], found[2]
    for voxel in range(score.shape[0]):
        medium[voxel] = score[voxel, 0] * scale
        mineral[voxel] = score[voxel, 1] * scale
        water[voxel] = score[voxel, 2] * scale
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def over_expected(scatter, expected, shares):
    """A batch's means over those expected, and what mineral and water do not tell of the medium.

    Parameters
    ----------
    scatter, expected
        To medium, mineral and water: float32, shape (3, voxels).
    shares
        Of mineral and of water, over what is expected, in the medium: float32, shape (2, voxels).

    Returns
    -------
    The ratios of the three, and the rest, float32, shape (4, voxels).
    """
    found = np.empty((4, scatter.shape[1]), np.float32)
    for kind in range(3):
        to, what, unit = found[kind], scatter[kind], expected[kind]
        for voxel in range(to.shape[0]):
            to[voxel] = what[voxel] / unit[voxel]
    rest, medium, mineral, water = found[3], found[0], found[1], found[2]
    of_mineral, of_water = shares[0], shares[1]
    for voxel in range(rest.shape[0]):
        rest[voxel] = medium[voxel] - of_mineral[voxel] * mineral[voxel] - of_water[voxel] * water[voxel]
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def joined_level(mineral, water, rest, shares):
    """The medium's smoothed means from those of mineral and water: float32, shape (voxels,)."""
    found, of_mineral, of_water = np.empty_like(rest), shares[0], shares[1]
    for voxel in range(rest.shape[0]):
        found[voxel] = of_mineral[voxel] * mineral[voxel] + of_water[voxel] * water[voxel] + rest[voxel]
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def add_weighted(weight, values, total):
    """Add `weight` times float32 `values` to float64 `total`, shape (voxels,)."""
    for voxel in range(values.shape[0]):
        total[voxel] += weight * float(values[voxel])


@njit(cache=True, nogil=True, error_model="numpy")
def add_product(weight, first, second, total):
    """Add `weight` times the product of two float32 volumes to float64 `total`, shape (voxels,)."""
    for voxel in range(first.shape[0]):
        total[voxel] += weight * float(first[voxel]) * float(second[voxel])


@njit(cache=True, nogil=True, error_model="numpy")
def covariance(products, a, b, histories, batches, unit):
    """Covariance of two means over `unit` squared: float32, shape (voxels,).

    Parameters
    ----------
    products, a, b
        Sums over batches, weighted by their histories: float64, shape (voxels,).
    """
    found = np.empty(a.shape[0], np.float32)
    share, scale = 1 / histories, 1 / ((batches - 1) * unit * unit)
    for voxel in range(a.shape[0]):
        found[voxel] = (products[voxel] * share - (a[voxel] * share) * (b[voxel] * share)) * scale
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def take_level(number, variance, shared, around, local_variance, bias, medium, water, best, chosen):
    """Where a level has the least expected square error so far, and no mean below 0, take it.

    Parameters
    ----------
    number
        Of the level.
    variance, shared
        Of its mean, and with the raw mean, over the unit squared.
    around, local_variance
        The raw mean over the unit and `variance`, both averaged over some 27 voxels.
    bias
        Relative; infinite where the level must not be used.
    medium, water
        Sums of the level's dose, whose sign counts: float64, shape (voxels,).
    best
        The least expected relative square error so far. Filled on.
    chosen
        Level, its variance, and what it shares with the raw mean: float32, shape (3, voxels). Filled on.
    """
    level, own, both = chosen[0], chosen[1], chosen[2]
    for voxel in range(best.shape[0]):
        mean = max(around[voxel], np.float32(TINY))
        expected = local_variance[voxel] / (mean * mean) + bias[voxel] * bias[voxel]
        if expected < best[voxel] and medium[voxel] > 0 and water[voxel] > 0:
            best[voxel], level[voxel], own[voxel], both[voxel] = expected, number, variance[voxel], shared[voxel]


@njit(cache=True, nogil=True, error_model="numpy")
def apart_and_own(raw_variance, chosen):
    """Variance of the chosen level less the raw mean, and of the raw mean less what they share; not below 0."""
    found, own, both = np.empty((2, raw_variance.shape[0]), np.float32), chosen[1], chosen[2]
    apart, alone = found[0], found[1]
    zero = np.float32(0)
    for voxel in range(raw_variance.shape[0]):
        apart[voxel] = max(raw_variance[voxel] + own[voxel] - 2 * both[voxel], zero)
        alone[voxel] = max(raw_variance[voxel] - both[voxel], zero)
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def blended(sums, levels, histories, unit, raw_variance, around, apart, alone, biases, best, chosen, expected):
    """Dose of scattered photons to medium and to water, and the standard error of the former: float32, (3, voxels).

    Parameters
    ----------
    sums
        Of medium and water, raw, then of medium and of water at each level: float64, shape (2 + 2 levels, voxels).
    unit
        Of variances and means below.
    apart, alone
        What `apart_and_own` gives, averaged over some 27 voxels; `around` is the raw mean averaged so.
    biases
        Relative, of each level, shape (levels, voxels).
    expected
        To medium, mineral and water, shape (3, voxels).
    """
    found = np.empty((3, raw_variance.shape[0]), np.float32)
    for voxel in range(raw_variance.shape[0]):
        medium, water, variance = sums[0, voxel] / histories, sums[1, voxel] / histories, float(raw_variance[voxel])
        left = 0.0
        if best[voxel] < np.inf:
            level = int(chosen[0, voxel])
            mean, bias = max(float(around[voxel]), TINY), float(biases[level, voxel])
            whole = float(apart[voxel]) / (mean * mean) + bias * bias
            share = min(float(alone[voxel]) / (mean * mean) / whole, 1.0) if whole > 0 else 0.0
            medium += share * (sums[2 + level, voxel] / histories - medium)
            water += share * (sums[2 + levels + level, voxel] / histories - water)
            variance = (
                share * share * chosen[1, voxel]
                + (1 - share) ** 2 * variance
                + 2 * share * (1 - share) * chosen[2, voxel]
            )
            left = share * bias * medium
        found[0, voxel], found[1, voxel] = medium * expected[0, voxel], water * expected[2, voxel]
        found[2, voxel] = np.sqrt(max(variance, 0.0) * unit * unit + left * left) * expected[0, voxel]
    return found
