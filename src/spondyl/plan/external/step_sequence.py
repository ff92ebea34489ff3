"""A fluence in whole levels as a sum of leaf openings: the fewest monitor units, and few segments.

Engel 2005 (Discrete Appl Math 152; volume from memory, the method also in Kalinowski's reports, Rostock 2003): the
least sum of weights is the largest sum of rises of any row. Each step takes the largest weight by which some opening
lowers it by that weight, so the sum stays the least; among the openings that may be taken, the ones that end at a step
of just this weight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.core import cite

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Opening:
    """Leaf openings of one segment.

    Parameters
    ----------
    weight
        In levels.
    first, after
        Shape (rows,): the first open position of each row and the one after the last; equal where the row is closed.
    """

    weight: int
    first: Integers
    after: Integers


def complexity(levels: Integers) -> Integers:
    """Sum of rises of each row, shape (rows,)."""
    return np.maximum(np.diff(levels, axis=1, prepend=0), 0).sum(axis=1)


@cite("Engel K, Discrete Appl Math 2005 (volume unverified)", "", "least monitor units, few segments")
def openings(levels: Integers) -> tuple[Opening, ...]:
    """Openings whose weighted sum is `levels`, int64, shape (rows, positions along leaf travel).

    >>> [o.weight for o in openings(np.array([[0, 2, 5, 3], [1, 1, 0, 4]]))]
    [3, 1, 1]
    """
    left = levels.copy()
    made: list[Opening] = []
    while left.any():
        total = int(complexity(left).max())
        spare = total - complexity(left)
        tables = [_largest(row, int(room)) for row, room in zip(left, spare, strict=True)]
        weight = min(max(int(table.max(initial=0)), int(room)) for table, room in zip(tables, spare, strict=True))
        first, after = np.zeros(len(left), np.int64), np.zeros(len(left), np.int64)
        for k, (row, table) in enumerate(zip(left, tables, strict=True)):
            first[k], after[k] = _best(row, table, weight, int(spare[k]))
            left[k, first[k] : after[k]] -= weight
        made.append(Opening(weight, first, after))
    return tuple(made)


def _largest(row: Integers, spare: int) -> Integers:
    """The largest weight that each opening [l, r] of a row may have, shape (positions, positions); 0 where none.

    A weight u is allowed where it leaves no fluence below zero and lowers the row's complexity by u - spare or more: it
    takes min(u, rise at l) away and adds what u exceeds the fall after r by.
    """
    n = len(row)
    rise = np.maximum(np.diff(row, prepend=0), 0)
    fall = np.maximum(-np.diff(row, append=0), 0)
    lowest = np.minimum.accumulate(np.where(np.tri(n, dtype=bool).T, row[None, :], np.iinfo(np.int64).max), axis=1)
    up, down = rise[:, None], fall[None, :]
    # u - min(u, up) + max(0, u - down) <= spare: u beyond up costs 1 each, beyond down 1 each.
    low, high = np.minimum(up, down), np.maximum(up, down)
    allowed = np.where(low + spare <= high, low + spare, (low + high + spare) // 2)
    return np.where(np.tri(n, dtype=bool).T, np.minimum(allowed, lowest), 0)


def _best(row: Integers, table: Integers, weight: int, spare: int) -> tuple[int, int]:
    """An allowed opening that takes most steps away whole, the longest among those; closed if none has the weight."""
    first, last = np.nonzero(table >= weight)
    if not len(first):
        return 0, 0
    rise = np.diff(row, prepend=0)[first]
    fall = -np.diff(row, append=0)[last]
    whole = (rise == weight).astype(np.int64) + (fall == weight)
    if spare >= weight and whole.max() == 0:
        return 0, 0
    k = int(np.lexsort((last - first, whole))[-1])
    return int(first[k]), int(last[k]) + 1
