"""Kerma of scattered photons from batches, raw and smoothed, and the better blend of both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.dose.kv.smoothing import REACHES, smoothed
from spondyl.dose.kv.smoothing_kernels import blur

Volume = NDArray[np.float32]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BatchMeans:
    """A batch's mean dose to medium and to water, and the latter smoothed at each level."""

    medium: Volume
    water: Volume
    smooth: tuple[Volume, ...]


class ScatterSums:
    """Sums over batches, weighted by their histories.

    Parameters
    ----------
    falling
        Sum of the sources' inverse squares, shape of the grid.
    bias
        Of each level, as `smoothing_bias` gives it.
    fallback
        Dose to medium over dose to water where no scattered photon came.
    """

    def __init__(self, falling: Volume, bias: list[Volume], fallback: Volume) -> None:
        self._falling, self._bias, self._fallback = falling, bias, fallback
        self._medium, self._raw, self._raw2 = (np.zeros(falling.shape) for _ in range(3))
        self._smooth, self._smooth2, self._both = ([np.zeros(falling.shape) for _ in REACHES] for _ in range(3))
        self.histories = 0
        self.batches = 0

    def prepared(self, medium: Volume, water: Volume) -> BatchMeans:
        """A batch's means, smoothed too."""
        return BatchMeans(medium, water, tuple(smoothed(water, self._falling, n) for n in range(len(REACHES))))

    def take(self, batch: BatchMeans, histories: int) -> None:
        """Add the means of a batch of so many histories."""
        self._medium += np.float32(histories) * batch.medium
        weighted = np.float32(histories) * batch.water
        self._raw += weighted
        self._raw2 += weighted * batch.water.astype(np.float64)
        for level, smooth in enumerate(batch.smooth):
            precise = smooth.astype(np.float64)
            self._smooth[level] += histories * precise
            self._smooth2[level] += histories * precise**2
            self._both[level] += weighted * precise
        self.histories += histories
        self.batches += 1

    def result(self) -> tuple[Volume, Volume, Volume]:
        """Mean kerma of scattered photons to medium and to water, and the standard error of the latter.

        Of the levels the one with the least expected square error, variance and squared bias, is blended with the
        raw mean for the least again; what bias may be left is part of the standard error.
        """
        raw = self._raw / self.histories
        raw_var = self._covariance(self._raw2, raw, raw)
        mean2 = np.maximum(_local(raw), np.finfo(np.float32).tiny) ** 2
        best = np.full(raw.shape, np.inf)
        smooth, smooth_var, both, bias = raw.copy(), raw_var.copy(), raw_var.copy(), np.zeros(raw.shape)
        for level, level_bias in enumerate(self._bias):
            mean = self._smooth[level] / self.histories
            variance = self._covariance(self._smooth2[level], mean, mean)
            expected = _local(variance) / mean2 + level_bias.astype(np.float64) ** 2
            better = (expected < best) & (mean > 0)
            best[better], smooth[better], smooth_var[better] = expected[better], mean[better], variance[better]
            bias[better] = level_bias[better]
            both[better] = self._covariance(self._both[level], raw, mean)[better]
        noise = _local(raw_var) / mean2
        share = np.divide(noise, noise + bias**2, out=np.zeros_like(noise), where=noise > 0)
        water = share * smooth + (1 - share) * raw
        variance = share**2 * smooth_var + (1 - share) ** 2 * raw_var + 2 * share * (1 - share) * both
        error = np.sqrt(np.maximum(variance, 0) + (share * bias * water) ** 2)
        ratio = np.divide(self._medium, self._raw, out=self._fallback.astype(np.float64), where=self._raw > 0)
        return (water * ratio).astype(np.float32), water.astype(np.float32), error.astype(np.float32)

    def _covariance(self, products: Floats, a: Floats, b: Floats) -> Floats:
        """Covariance of two means."""
        return (products / self.histories - a * b) / (self.batches - 1)


def _local(values: Floats) -> Floats:
    """Mean of some 27 voxels about each."""
    scale = float(np.abs(values).max()) or 1.0
    return scale * blur(np.maximum(values / scale, 0).astype(np.float32), 1).astype(np.float64)
