"""Exact area and time averages of what moving leaves leave open along a row.

Tips move linearly over a segment's time 0 to 1. Seen from an edge e of the u grid, the time average of the opening up
to e is a sum of averages of the positive part of a linear function, which have a closed form.
"""

# pyright: reportUnknownMemberType=false

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def mean_positive(start, end):  # type: ignore[no-untyped-def]
    """Mean over time of the positive part of a function that goes linearly from `start` to `end`."""
    if start >= 0.0 and end >= 0.0:
        return 0.5 * (start + end)
    if start <= 0.0 and end <= 0.0:
        return 0.0
    high, low = max(start, end), min(start, end)
    return 0.5 * high * high / (high - low)


@njit(cache=True)
def _crossings(first, second, times, count):  # type: ignore[no-untyped-def]
    """Add the time inside (0, 1) at which two linear functions (start, end) cross."""
    before, after = first[0] - second[0], first[1] - second[1]
    if before * after < 0.0:
        times[count] = before / (before - after)
        return count + 1
    return count


@njit(cache=True)
def _outer(functions, count, sign, time):  # type: ignore[no-untyped-def]
    """The largest (sign 1) or smallest (sign -1) of linear functions at `time`."""
    best = sign * (functions[0, 0] + time * (functions[0, 1] - functions[0, 0]))
    for k in range(1, count):
        best = max(best, sign * (functions[k, 0] + time * (functions[k, 1] - functions[k, 0])))
    return sign * best


@njit(cache=True)
def add_window(edges, lefts, rights, count, factor, opened):  # type: ignore[no-untyped-def]
    """Add to `opened[j]` factor x the mean over time and over pixel j of being right of all lefts, left of all rights.

    `lefts` and `rights` hold (start, end) of `count` edges each that move linearly.
    """
    times = np.empty(2 + 2 * count * count + count * count)
    times[0], times[1] = 0.0, 1.0
    n = 2
    for a in range(count):
        for b in range(count):
            if a < b:
                n = _crossings(lefts[a], lefts[b], times, n)
                n = _crossings(rights[a], rights[b], times, n)
            n = _crossings(lefts[a], rights[b], times, n)
    ordered = np.sort(times[:n])
    for k in range(n - 1):
        t0, t1 = ordered[k], ordered[k + 1]
        if t1 <= t0:
            continue
        middle = 0.5 * (t0 + t1)
        if _outer(lefts, count, 1.0, middle) >= _outer(rights, count, -1.0, middle):
            continue
        l0, l1 = _outer(lefts, count, 1.0, t0), _outer(lefts, count, 1.0, t1)
        r0, r1 = _outer(rights, count, -1.0, t0), _outer(rights, count, -1.0, t1)
        share = factor * (t1 - t0)
        below = mean_positive(edges[0] - l0, edges[0] - l1) - mean_positive(edges[0] - r0, edges[0] - r1)
        for j in range(opened.size):
            e = edges[j + 1]
            up_to = mean_positive(e - l0, e - l1) - mean_positive(e - r0, e - r1)
            opened[j] += share * (up_to - below) / (e - edges[j])
            below = up_to


@njit(cache=True)
def leaf_row(edges, tips, jaws, transmission, jaw_transmission, opened):  # type: ignore[no-untyped-def]
    """Opening of a row under the leaves alone in `tips`, shape (leaves, 2 sides, 2 times), and the jaws (2, 2).

    One leaf stands over a row of its own; two over the strip of tongue and groove, where each closed one lets the
    root of `transmission` through.
    """
    leaves = tips.shape[0]
    shut = transmission if leaves == 1 else np.sqrt(transmission)
    lefts, rights = np.empty((3, 2)), np.empty((3, 2))
    for behind_jaws in range(2):
        count = 0
        weight = jaw_transmission
        if behind_jaws == 1:
            lefts[0], rights[0] = jaws[0], jaws[1]
            count = 1
            weight = 1.0 - jaw_transmission
        if behind_jaws == 1:
            add_window(edges, lefts, rights, 1, weight * shut**leaves, opened)
        else:
            opened += weight * shut**leaves
        for which in range(leaves):
            lefts[count], rights[count] = tips[which, 0], tips[which, 1]
            add_window(edges, lefts, rights, count + 1, weight * shut ** (leaves - 1) * (1.0 - shut), opened)
        if leaves == 2:
            lefts[count + 1], rights[count + 1] = tips[0, 0], tips[0, 1]
            add_window(edges, lefts, rights, count + 2, weight * (1.0 - shut) ** 2, opened)


@njit(cache=True)
def leaf_rows(edges, start, end, rows, jaws, transmission, jaw_transmission, opened):  # type: ignore[no-untyped-def]
    """Opening of every row, shape (rows, pixels): `rows` holds the one or two leaf pairs above it, the same twice."""
    tips = np.empty((2, 2, 2))
    for i in range(rows.shape[0]):
        for k in range(2):
            for side in range(2):
                tips[k, side, 0], tips[k, side, 1] = start[rows[i, k], side], end[rows[i, k], side]
        leaves = 1 if rows[i, 0] == rows[i, 1] else 2
        leaf_row(edges, tips[:leaves], jaws, transmission, jaw_transmission, opened[i])
