"""Kerma of scattered photons from batches, raw and smoothed, and the better blend of both."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spondyl.dose.kv.smoothing import blur, smoothed

Volume = NDArray[np.float32]
Floats = NDArray[np.float64]
BatchMeans = tuple[Volume, Volume, Volume]
"""A batch's mean dose to medium and to water, and the latter smoothed."""


class ScatterSums:
    """Sums over batches, weighted by their histories.

    Parameters
    ----------
    falling
        Sum of the sources' inverse squares, shape of the grid.
    bias
        As `smoothing_bias` gives it.
    fallback
        Dose to medium over dose to water where no scattered photon came.
    """

    def __init__(self, falling: Volume, bias: Volume, fallback: Volume) -> None:
        self._falling, self._bias, self._fallback = falling, bias, fallback
        self._medium, self._raw, self._smooth = (np.zeros(falling.shape) for _ in range(3))
        self._raw2, self._smooth2, self._both = (np.zeros(falling.shape) for _ in range(3))
        self.histories = 0
        self.batches = 0

    def prepared(self, medium: Volume, water: Volume) -> BatchMeans:
        """A batch's means to medium, to water, and to water smoothed."""
        return medium, water, smoothed(water, self._falling)

    def take(self, batch: BatchMeans, histories: int) -> None:
        """Add the means of a batch of so many histories."""
        medium, raw, smooth = batch
        self._medium += histories * medium.astype(np.float64)
        for total, square, values in ((self._raw, self._raw2, raw), (self._smooth, self._smooth2, smooth)):
            weighted = histories * values.astype(np.float64)
            total += weighted
            square += weighted * values
            if values is smooth:
                self._both += weighted * raw
        self.histories += histories
        self.batches += 1

    def result(self) -> tuple[Volume, Volume, Volume]:
        """Mean kerma of scattered photons to medium and to water, and the standard error of the latter.

        Raw and smoothed are blended for the least expected square error, bias against noise; what bias may be left
        is part of the standard error.
        """
        raw, smooth = self._raw / self.histories, self._smooth / self.histories
        raw_var = self._covariance(self._raw2, raw, raw)
        share = np.where(smooth > 0, self._smooth_share(raw, raw_var), 0.0)
        smooth_var = self._covariance(self._smooth2, smooth, smooth)
        both = self._covariance(self._both, raw, smooth)
        water = share * smooth + (1 - share) * raw
        variance = share**2 * smooth_var + (1 - share) ** 2 * raw_var + 2 * share * (1 - share) * both
        left = np.where(share > 0, share * np.where(np.isfinite(self._bias), self._bias, 0) * water, 0)
        ratio = np.divide(self._medium, self._raw, out=self._fallback.astype(np.float64), where=self._raw > 0)
        error = np.sqrt(np.maximum(variance, 0) + left**2)
        return (water * ratio).astype(np.float32), water.astype(np.float32), error.astype(np.float32)

    def _covariance(self, products: Floats, a: Floats, b: Floats) -> Floats:
        """Covariance of two means."""
        return (products / self.histories - a * b) / (self.batches - 1)

    def _smooth_share(self, raw: Floats, raw_var: Floats) -> Floats:
        """How much of the smoothed mean to take: variance over variance and squared bias, the variance a local mean."""
        local = blur(blur(np.maximum(raw_var, 0).astype(np.float32))).astype(np.float64)
        mean = blur(blur(raw.astype(np.float32))).astype(np.float64)
        relative = np.divide(local, mean**2, out=np.ones_like(mean), where=mean > 0)
        bias2 = self._bias.astype(np.float64) ** 2
        usable = np.isfinite(bias2) & (relative > 0)
        return np.divide(relative, relative + bias2, out=np.zeros_like(relative), where=usable)
