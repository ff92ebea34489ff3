"""The planning problem as arrays: influence, sample points of the structures, and how rough a fluence is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import PlanError
from spondyl.plan.matvec import Floats, SparseRows


@dataclass(frozen=True)
class Samples:
    """Where one structure's points lie among all points, and the share of its volume that each stands for.

    Parameters
    ----------
    points
        Slice of the problem's points.
    weights
        Share of the structure's volume per point. They sum to one; to less where the rest of the structure
        lies beyond the beams and its dose is taken as zero (mean doses only).
    volume_cm3
        Of the whole structure.
    reference_gy
        For fall-off shells: the dose each point may have; empty otherwise.
    """

    points: slice
    weights: Floats
    volume_cm3: float
    reference_gy: Floats | None = None


@dataclass(frozen=True)
class Neighbours:
    """Pairs of beamlets next to each other (`first`, `second`; -1 is outside the field) and the pair's weight."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    weight: Floats

    def roughness(self, x: Floats) -> tuple[float, Floats]:
        """Weighted sum of squared steps between neighbours, and its derivative."""
        padded = np.append(x, 0.0)
        step = padded[self.second] - padded[self.first]
        push = 2.0 * self.weight * step
        outside = x.size
        second = np.where(self.second < 0, outside, self.second)
        first = np.where(self.first < 0, outside, self.first)
        gradient = np.bincount(second, push, outside + 1) - np.bincount(first, push, outside + 1)
        return float(self.weight @ step**2), gradient[:-1]


@dataclass(frozen=True)
class Problem:
    """Beamlet weights in, dose at the structures' points out.

    Parameters
    ----------
    influence
        Gy per unit of beamlet weight, shape (rows, beamlets).
    interpolation
        From rows to points, shape (points, rows).
    samples
        Points by structure name.
    neighbours
        Beamlets beside each other.
    prescription_gy
        Scale of every relative quantity.
    offset_gy
        Added to the rows' dose: what the accurate engine says beyond the influence. Shape (rows,).
    """

    influence: SparseRows
    interpolation: SparseRows
    samples: Mapping[str, Samples]
    neighbours: Neighbours
    prescription_gy: float
    offset_gy: Floats

    def __post_init__(self) -> None:
        if self.interpolation.columns != self.influence.rows:
            raise PlanError(
                f"interpolation has {self.interpolation.columns} columns, the influence {self.influence.rows} rows"
            )

    @property
    def beamlets(self) -> int:
        return self.influence.columns

    def dose_at_points(self, x: Floats) -> Floats:
        return self.interpolation.times(self.influence.times(x) + self.offset_gy)

    def gradient_from(self, derivative: Floats) -> Floats:
        """Gradient by beamlet of a function with `derivative` by point dose."""
        return self.influence.transposed_times(self.interpolation.transposed_times(derivative))

    def corrected(self, offset_gy: Floats) -> Problem:
        return replace(self, offset_gy=offset_gy)


def neighbours_of(shapes: Sequence[tuple[int, int]], column_of: NDArray[np.int64]) -> Neighbours:
    """Pairs along leaf travel (u, full weight) and across leaves (v, a quarter) for fields of `shapes` (nv, nu).

    `column_of` gives each beamlet's column among those in use, or -1, for all fields in order. A step from a
    beamlet to outside the field counts, since the leaves must travel it.
    """
    first: list[NDArray[np.int64]] = []
    second: list[NDArray[np.int64]] = []
    weight: list[Floats] = []
    start = 0
    for nv, nu in shapes:
        columns = np.pad(column_of[start : start + nv * nu].reshape(nv, nu), 1, constant_values=-1)
        start += nv * nu
        for a, b, w in (
            (columns[1:-1, :-1], columns[1:-1, 1:], 1.0),
            (columns[:-1, 1:-1], columns[1:, 1:-1], 0.25),
        ):
            used = (a >= 0) | (b >= 0)
            first.append(a[used])
            second.append(b[used])
            weight.append(np.full(int(used.sum()), w))
    return Neighbours(np.concatenate(first), np.concatenate(second), np.concatenate(weight))
