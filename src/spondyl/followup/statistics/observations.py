"""What every method takes: times from the start, a code for how each ended, and a group where there are several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spondyl.core.errors import StatisticsError

Floats = NDArray[np.floating[Any]]
Integers = NDArray[np.int64]

TIE_TOLERANCE = float(np.sqrt(np.finfo(np.float64).eps))
"""Times closer than this, absolutely or relative to the mean time, are one time: survival::aeqSurv's default."""


@dataclass(frozen=True)
class Observations:
    """Times and how they ended, one entry a subject.

    Parameters
    ----------
    times : (n,) float64
        From the start, zero or later, in any one unit; nearly equal ones made equal (`tied`).
    events : (n,) int64
        0 censored, 1 the event; with competing causes a code each.
    """

    times: Floats
    events: Integers

    def __len__(self) -> int:
        return len(self.times)


def observations(times: ArrayLike, events: ArrayLike) -> Observations:
    """Check times and event codes and make nearly equal times equal.

    Raises
    ------
    StatisticsError
        If there are none, the lengths differ, a time is negative or not finite, or a code is not a whole number from 0.
    """
    t = np.asarray(times, dtype=np.float64)
    e = np.asarray(events)
    if t.ndim != 1 or t.shape != e.shape:
        raise StatisticsError(f"times of shape {t.shape} and events of shape {e.shape}, expected two equal (n,)")
    if len(t) == 0:
        raise StatisticsError("no observation at all, expected at least one; check how the cohort was selected")
    if not np.isfinite(t).all() or (t < 0).any():
        first = int(np.flatnonzero(~np.isfinite(t) | (t < 0))[0])
        raise StatisticsError(f"time {t[first]} of observation {first + 1}, expected a number from 0; correct it")
    codes = e.astype(np.float64)
    wrong = ~np.isfinite(codes) | (codes < 0) | (codes != np.floor(codes))
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise StatisticsError(f"event code {e[first]} of observation {first + 1}, expected 0 (censored), 1, 2, ...")
    return Observations(tied(t), codes.astype(np.int64))


def tied(times: Floats) -> Floats:
    """Times with those made equal that differ by rounding only, each to the earliest of its run.

    The rule of R's survival (`timefix`, vignette "Roundoff error and tied times"): neighbours among the sorted times
    are one where their distance, or their distance over the mean of the distinct times, is within `TIE_TOLERANCE`.

    >>> tied(np.array([0.3, 0.1 + 0.2, 0.4]))
    array([0.3, 0.3, 0.4])
    """
    distinct = np.unique(times)
    gaps = np.diff(distinct)
    scale = float(np.abs(distinct).mean()) or 1.0  # all at zero: nothing to tell apart
    starts = distinct[np.concatenate(([True], (gaps > TIE_TOLERANCE) & (gaps / scale > TIE_TOLERANCE)))]
    return starts[np.searchsorted(starts, times, side="right") - 1]


def group_names(labels: Sequence[Any]) -> tuple[Any, ...]:
    """Distinct labels: numbers by value where all are numbers, else by their text; the first one is the reference."""
    names = set(labels)
    try:
        return tuple(sorted(names, key=lambda name: (float(name), str(name))))
    except (TypeError, ValueError):
        return tuple(sorted(names, key=str))


def group_indices(labels: Sequence[Any], n: int) -> tuple[Integers, tuple[Any, ...]]:
    """Index of each subject's group, (n,), and the groups' names in order.

    Raises
    ------
    StatisticsError
        If there is not one label a subject.
    """
    given = list(labels)
    if len(given) != n:
        raise StatisticsError(f"{len(given)} group labels for {n} observations, expected one each")
    names = group_names(given)
    place = {name: index for index, name in enumerate(names)}
    return np.array([place[label] for label in given], dtype=np.int64), names


def covariate_matrix(covariates: ArrayLike, n: int) -> Floats:
    """Covariates as (n, p) float64.

    Raises
    ------
    StatisticsError
        If the rows are not `n` or a value is missing.
    """
    x = np.asarray(covariates, dtype=np.float64)
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2 or len(x) != n or x.shape[1] == 0:
        raise StatisticsError(f"covariates of shape {x.shape} for {n} observations, expected ({n}, p)")
    if not np.isfinite(x).all():
        row = int(np.flatnonzero(~np.isfinite(x).all(axis=1))[0])
        raise StatisticsError(f"a covariate of observation {row + 1} is missing; leave the subject out, or complete it")
    return x
