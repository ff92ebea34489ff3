"""Dose of scattered photons from batches, raw and smoothed, and the better blend of both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.dose.kv.batch_kernels import (
    add_product,
    add_weighted,
    apart_and_own,
    blended,
    covariance,
    joined_level,
    over_expected,
    take_level,
)
from spondyl.dose.kv.smoothing import REACHES, smoothed
from spondyl.dose.kv.smoothing_kernels import blur

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
        levels, e = len(REACHES), expected
        self._unit = np.stack([e.medium.ravel(), e.mineral.ravel(), e.water.ravel()])
        each = (e.mineral_share * e.mineral, e.water_share * e.water)
        self._shares = np.stack([(share / e.medium).ravel() for share in each])
        self._sums = np.zeros((2 + 2 * levels, e.medium.size))
        self._squares, self._products = (np.zeros((1 + levels, e.medium.size)) for _ in range(2))
        self.histories = 0
        self.batches = 0

    def prepared(self, scatter: Volume) -> BatchMeans:
        """A batch's means to medium, mineral and water, shape (3, nz, ny, nx), over the expected ones; smoothed too."""
        medium, mineral, water, rest = over_expected(scatter.reshape(3, -1), self._unit, self._shares)
        shape = scatter.shape[1:]
        smooth_mineral, smooth_water = (
            [level.ravel() for level in smoothed(kerma.reshape(shape))] for kerma in (mineral, water)
        )
        smooth = [joined_level(m, w, rest, self._shares) for m, w in zip(smooth_mineral, smooth_water, strict=True)]
        return BatchMeans(medium, water, tuple(smooth), tuple(smooth_water))

    def take(self, batch: BatchMeans, histories: int) -> None:
        """Add the means of a batch of so many histories."""
        weight, raw = float(histories), batch.medium.ravel()
        for row, values in enumerate((raw, batch.water, *batch.smooth_medium, *batch.smooth_water)):
            add_weighted(weight, values.ravel(), self._sums[row])
        for row, values in enumerate((raw, *batch.smooth_medium)):
            add_product(weight, values.ravel(), values.ravel(), self._squares[row])
            add_product(weight, values.ravel(), raw, self._products[row])
        self.histories += histories
        self.batches += 1

    def raw(self) -> tuple[Floats, Floats]:
        """Mean dose of scattered photons to medium as it came, not smoothed, and its standard error."""
        unit = self.expected.medium.astype(np.float64)
        mean = (self._sums[0] / self.histories).reshape(unit.shape)
        variance = np.maximum(self._covariance(self._squares[0], 0, 0, 1.0), 0).reshape(unit.shape)
        return mean * unit, np.sqrt(variance) * unit

    def result(self) -> tuple[Volume, Volume, Volume]:
        """Mean dose of scattered photons to medium and to water, and the standard error of the former.

        Of the levels the one with the least expected square error, variance and squared bias, is blended with the
        raw mean for the least again: what noise both share decides nothing. What bias may be left is part of the error.
        A level that few photons carry below zero is not taken there.
        """
        levels, size = len(REACHES), self._unit.shape[1]
        mean = float(self._sums[0].mean()) / self.histories
        unit = mean if mean > 0 else 1.0
        raw_variance = self._covariance(self._squares[0], 0, 0, unit)
        around = self._local((self._sums[0] / (self.histories * unit)).astype(np.float32))
        best, chosen = np.full(size, np.inf, np.float32), np.zeros((3, size), np.float32)
        biases = np.stack([bias.ravel() for bias in self.bias])
        for level in range(levels):
            own, shared = (
                self._covariance(products[1 + level], 2 + level, with_, unit)
                for products, with_ in ((self._squares, 2 + level), (self._products, 0))
            )
            medium, water = self._sums[2 + level], self._sums[2 + levels + level]
            take_level(level, own, shared, around, self._local(own), biases[level], medium, water, best, chosen)
        apart, alone = (self._local(values) for values in apart_and_own(raw_variance, chosen))
        found = blended(
            self._sums, levels, self.histories, unit, raw_variance, around, apart, alone, biases, best, chosen,
            self._unit,
        )  # fmt: skip
        medium, water, error = found.reshape(3, *self.expected.medium.shape)
        return medium, water, error

    def _covariance(self, products: Floats, a: int, b: int, unit: float) -> Volume:
        """Covariance of two means, by their rows of the sums, over the unit squared."""
        return covariance(products, self._sums[a], self._sums[b], float(self.histories), float(self.batches), unit)

    def _local(self, values: Volume) -> Volume:
        """Mean of some 27 voxels about each, what is below 0 left out."""
        return blur(np.maximum(values, 0).reshape(self.expected.medium.shape), 1).ravel()
