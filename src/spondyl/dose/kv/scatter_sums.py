"""Dose of scattered photons from batches, raw and smoothed, and the better blend of both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.dose.kv.smoothing import REACHES, smoothed
from spondyl.dose.kv.smoothing_kernels import add_batch, blur

Volume = NDArray[np.float32]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Expected:
    """What scattered photons are expected to leave, roughly, in each voxel; shape of the grid each.

    Parameters
    ----------
    medium, mineral, water
        Kerma in one unit of its own.
    mineral_share, water_share
        Whose sum, weighted so, is nearly the kerma to the voxel's medium at every energy.
    """

    medium: Volume
    mineral: Volume
    water: Volume
    mineral_share: Volume
    water_share: Volume


@dataclass(frozen=True)
class BatchMeans:
    """A batch's mean dose to medium and to water over the expected one, raw, and at each level of smoothing."""

    medium: Volume
    water: Volume
    smooth_medium: tuple[Volume, ...]
    smooth_water: tuple[Volume, ...]


class ScatterSums:
    """Sums over batches, weighted by their histories.

    Only the kerma to mineral and to water is smoothed, for it knows no media. Of the dose to the medium what these two
    do not tell, next to nothing in tissue, is left as it came.

    Parameters
    ----------
    expected
        What batches are divided by.
    bias
        Of each level, as `smoothing_bias` gives it.
    """

    def __init__(self, expected: Expected, bias: list[Volume]) -> None:
        self.expected, self.bias = expected, bias
        levels, shape = len(REACHES), expected.medium.shape
        self._sums = np.zeros((2 + 2 * levels, *shape))
        self._squares, self._products = (np.zeros((1 + levels, *shape)) for _ in range(2))
        self.histories = 0
        self.batches = 0

    def prepared(self, scatter: Volume) -> BatchMeans:
        """A batch's means to medium, mineral and water, shape (3, nz, ny, nx), over the expected ones; smoothed too."""
        e = self.expected
        medium, mineral, water = scatter[0] / e.medium, scatter[1] / e.mineral, scatter[2] / e.water
        of_mineral, of_water = e.mineral_share * e.mineral / e.medium, e.water_share * e.water / e.medium
        rest = medium - of_mineral * mineral - of_water * water
        smooth_mineral, smooth_water = smoothed(mineral), smoothed(water)
        smooth = tuple(of_mineral * m + of_water * w + rest for m, w in zip(smooth_mineral, smooth_water, strict=True))
        return BatchMeans(medium, water, smooth, smooth_water)

    def take(self, batch: BatchMeans, histories: int) -> None:
        """Add the means of a batch of so many histories."""
        smooth = [tuple(a.ravel() for a in each) for each in (batch.smooth_medium, batch.smooth_water)]
        sums = (a.reshape(a.shape[0], -1) for a in (self._sums, self._squares, self._products))
        add_batch(float(histories), batch.medium.ravel(), batch.water.ravel(), *smooth, *sums)
        self.histories += histories
        self.batches += 1

    def raw(self) -> tuple[Floats, Floats]:
        """Mean dose of scattered photons to medium as it came, not smoothed, and its standard error."""
        mean = self._sums[0] / self.histories
        variance = np.maximum(self._covariance(self._squares[0], mean, mean), 0)
        unit = self.expected.medium.astype(np.float64)
        return mean * unit, np.sqrt(variance) * unit

    def result(self) -> tuple[Volume, Volume, Volume]:
        """Mean dose of scattered photons to medium and to water, and the standard error of the former.

        Of the levels the one with the least expected square error, variance and squared bias, is blended with the
        raw mean for the least again: what noise both share decides nothing. What bias may be left is part of the error.
        A level that few photons carry below zero is not taken there.
        """
        raw, water = self._sums[:2] / self.histories
        raw_var = self._covariance(self._squares[0], raw, raw)
        mean2 = np.maximum(_local(raw), np.finfo(np.float32).tiny) ** 2
        best = np.full(raw.shape, np.inf)
        smooth, smooth_var, both, bias = raw.copy(), raw_var.copy(), raw_var.copy(), np.zeros(raw.shape)
        smooth_water = water.copy()
        for level, level_bias in enumerate(self.bias):
            mean, to_water = self._sums[[2 + level, 2 + len(REACHES) + level]] / self.histories
            variance = self._covariance(self._squares[1 + level], mean, mean)
            expected = _local(variance) / mean2 + level_bias.astype(np.float64) ** 2
            better = (expected < best) & (mean > 0) & (to_water > 0)
            best[better], smooth[better], smooth_var[better] = expected[better], mean[better], variance[better]
            bias[better] = level_bias[better]
            both[better] = self._covariance(self._products[1 + level], raw, mean)[better]
            smooth_water[better] = to_water[better]
        apart = _local(raw_var + smooth_var - 2 * both) / mean2 + bias**2
        share = np.divide(_local(raw_var - both) / mean2, apart, out=np.zeros_like(apart), where=apart > 0)
        share = np.where(best < np.inf, np.minimum(share, 1.0), 0.0)
        medium, water = share * smooth + (1 - share) * raw, share * smooth_water + (1 - share) * water
        variance = share**2 * smooth_var + (1 - share) ** 2 * raw_var + 2 * share * (1 - share) * both
        error = np.sqrt(np.maximum(variance, 0) + (share * bias * medium) ** 2) * self.expected.medium
        medium, water = medium * self.expected.medium, water * self.expected.water
        return medium.astype(np.float32), water.astype(np.float32), error.astype(np.float32)

    def _covariance(self, products: Floats, a: Floats, b: Floats) -> Floats:
        """Covariance of two means."""
        return (products / self.histories - a * b) / (self.batches - 1)


def _local(values: Floats) -> Floats:
    """Mean of some 27 voxels about each."""
    scale = float(np.abs(values).max()) or 1.0
    return scale * blur(np.maximum(values / scale, 0).astype(np.float32), 1).astype(np.float64)
