"""Beamlets under the leaves: how rough a fluence is, and how many monitor units its delivery takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.plan.matvec import Floats

POWER = 12
"""Of the norm that stands in for the largest leaf pair of a field."""
ACROSS = 0.25
"""Weight of steps from leaf to leaf beside steps along a leaf's travel, in roughness."""


@dataclass(frozen=True)
class Leaves:
    """Beamlets next to each other, by pairs; the beamlet number `outside` stands for everything beyond the field.

    Parameters
    ----------
    first, second
        Pairs along leaf travel, first to last position of each leaf pair.
    row, field
        Leaf pair of each beamlet pair, and field of each leaf pair.
    above, below
        Pairs across leaves.
    outside
        Number of beamlets.
    corner
        Rise in beamlet weight below which the smooth stand-in of a rise is rounded.
    open_units
        Monitor units of open fields that give the target its dose on average: the scale of modulation.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    row: NDArray[np.int64]
    field: NDArray[np.int64]
    above: NDArray[np.int64]
    below: NDArray[np.int64]
    outside: int
    corner: float = 0.0
    open_units: float = 1.0

    @property
    def fields(self) -> int:
        """Number of fields, each with leaf pairs that move at the same time."""
        return int(self.field.max()) + 1

    def roughness(self, x: Floats) -> tuple[float, Floats]:
        """Sum of squared steps between neighbours over the sum of squares, and its derivative."""
        padded = np.append(x, 0.0)
        value, gradient = 0.0, np.zeros(self.outside + 1)
        for a, b, weight in ((self.first, self.second, 1.0), (self.above, self.below, ACROSS)):
            step = padded[b] - padded[a]
            value += weight * float(step @ step)
            push = 2.0 * weight * step
            gradient += np.bincount(b, push, self.outside + 1) - np.bincount(a, push, self.outside + 1)
        square = float(x @ x) + 1e-300
        return value / square, (gradient[:-1] - 2.0 * x * value / square) / square

    def units(self, x: Floats) -> float:
        """Monitor units of a sliding window for weights `x` (see `sequencing`), all fields together."""
        padded = np.append(x, 0.0)
        rises = np.maximum(padded[self.second] - padded[self.first], 0.0)
        by_row = np.bincount(self.row, rises, len(self.field))
        most = np.zeros(self.fields)
        np.maximum.at(most, self.field, by_row)
        return float(most.sum())

    def smooth_units(self, x: Floats) -> tuple[float, Floats]:
        """The same with rounded rises and a norm in place of the maximum, and its derivative."""
        padded = np.append(x, 0.0)
        step = padded[self.second] - padded[self.first]
        length = np.hypot(step, self.corner)
        by_row = np.bincount(self.row, 0.5 * (step + length), len(self.field)) + 1e-300
        largest = np.zeros(self.fields)
        np.maximum.at(largest, self.field, by_row)
        share = by_row / largest[self.field]
        norm = np.bincount(self.field, share**POWER) ** (1.0 / POWER)
        by_row_slope = (share / norm[self.field]) ** (POWER - 1)
        push = by_row_slope[self.row] * 0.5 * (1.0 + step / np.maximum(length, 1e-300))
        gradient = np.zeros(self.outside + 1)
        gradient += np.bincount(self.second, push, self.outside + 1)
        gradient -= np.bincount(self.first, push, self.outside + 1)
        return float((largest * norm).sum()), gradient[:-1]


def leaves_of(shapes: Sequence[tuple[int, ...]], column_of: NDArray[np.int64]) -> Leaves:
    """Leaves of fields of `shapes` (leaf pairs, positions).

    `column_of` gives each beamlet's column among those in use, or -1, for all fields in order.
    """
    outside = int(column_of.max()) + 1
    along: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = []
    across: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    fields: list[NDArray[np.int64]] = []
    start, rows = 0, 0
    for number, (nv, nu) in enumerate(shapes):
        columns = np.pad(column_of[start : start + nv * nu].reshape(nv, nu), 1, constant_values=-1)
        columns = np.where(columns < 0, outside, columns)
        first, second = columns[1:-1, :-1].ravel(), columns[1:-1, 1:].ravel()
        used = (first < outside) | (second < outside)
        along.append((first[used], second[used], (rows + np.repeat(np.arange(nv), nu + 1))[used]))
        above, below = columns[:-1, 1:-1].ravel(), columns[1:, 1:-1].ravel()
        used = (above < outside) | (below < outside)
        across.append((above[used], below[used]))
        fields.append(np.full(nv, number))
        start, rows = start + nv * nu, rows + nv
    first, second, row = (np.concatenate(parts) for parts in zip(*along, strict=True))
    above, below = (np.concatenate(parts) for parts in zip(*across, strict=True))
    return Leaves(first, second, row, np.concatenate(fields), above, below, outside)
