"""Gray's test: is the cumulative incidence of a cause the same in two or more groups?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spondyl.core.citations import cite
from spondyl.followup.statistics.log_rank import GroupTest, chi_squared
from spondyl.followup.statistics.observations import Floats, group_indices, observations


@cite("Gray, Ann Stat 1988;16:1141-54", "10.1214/aos/1176350951", "rho = 0")
def gray(times: ArrayLike, events: ArrayLike, groups: Sequence[Any], cause: int) -> GroupTest:
    """Compare the subdistribution hazards of `cause` between groups, as R's ``cmprsk::cuminc`` (2.2-11) does.

    Our own: no maintained Python library has it.

    Parameters
    ----------
    times, events : (n,) array_like
        Times and codes: 0 censored, a code a cause.
    groups
        (n,) labels.
    cause
        The code compared; every other one competes.

    Raises
    ------
    StatisticsError
        As `observations` says, or if there is not one label a subject.
    """
    seen = observations(times, events)
    index, names = group_indices(groups, len(seen))
    g = len(names)
    own, other = seen.events == cause, (seen.events > 0) & (seen.events != cause)
    observed = np.bincount(index, weights=own, minlength=g)
    told = (names, tuple(observed.tolist()), (float("nan"),) * g)
    if g < 2:
        return GroupTest(told[0], told[1], told[2], None, 0, None, "there is one group only")
    distinct, place = np.unique(seen.times, return_inverse=True)
    counts = np.zeros((3, len(distinct), g))
    for layer, chosen in enumerate((np.ones(len(seen), dtype=bool), own, other)):
        np.add.at(counts[layer], (place[chosen], index[chosen]), 1.0)
    score, variance = _score(*counts)
    return chi_squared(told, score[:-1], variance[:-1, :-1])


@dataclass
class _Sums:
    """Running sums over the event times: eq. 2.2 and 3.3 of Gray 1988."""

    score: Floats
    shift: Floats
    constant: Floats
    linear: Floats
    square: Floats

    def add_variance(self, slope: Floats, change: Floats, size: Floats) -> None:
        """One term a group k: (change[:, k] + shift_at_the_end[:, k] * slope[k])^2 * size[k], expanded."""
        self.constant += (change * size) @ change.T
        self.linear += change * (slope * size)
        self.square += slope**2 * size

    def variance(self) -> Floats:
        """(g, g) variance of the score, with the shift as it is at the end."""
        cross = self.linear @ self.shift.T
        return self.constant + cross + cross.T + (self.shift * self.square) @ self.shift.T


def _score(ended: Floats, d1: Floats, d2: Floats) -> tuple[Floats, Floats]:
    """Score (g,) and its variance (g, g) from counts (k, g) at each distinct time: ended at all, by cause, by others.

    The weights are one (rho = 0). ``before`` is the survival free of every cause just before a time, by group;
    at_risk / before is the paper's h, at_risk (1 - incidence) / before its R.
    """
    k, g = ended.shape
    sums = _Sums(np.zeros(g), np.zeros((g, g)), np.zeros((g, g)), np.zeros((g, g)), np.zeros(g))
    at_risk = ended.sum(axis=0)
    before, incidence, pooled = np.ones(g), np.zeros(g), 0.0
    for j in range(k):
        if d1[j].any() or d2[j].any():
            before, incidence, pooled = _step(sums, at_risk, d1[j], d2[j], before, incidence, pooled)
        at_risk = at_risk - ended[j]
    return sums.score, sums.variance()


def _step(
    sums: _Sums, at_risk: Floats, d1: Floats, d2: Floats, before: Floats, incidence: Floats, pooled: float
) -> tuple[Floats, Floats, float]:
    """Add one event time; the survival, the incidence by group and the pooled incidence after it."""
    here = at_risk > 0
    n = np.where(here, at_risk, 1.0)
    after = np.where(here, before * (n - d1 - d2) / n, before)
    h = np.where(here, at_risk / np.where(here, before, 1.0), 0.0)
    total, events = float(h.sum()), float(d1.sum())
    hazard = h * (1 - incidence)
    now = pooled + events / total
    change = np.diag(h) - np.outer(h, h) / total
    sums.shift += change * (events / (total * (1 - pooled)))
    if events > 0:
        sums.score += d1 - events * hazard / hazard.sum()
        slope = np.where(after > 0, 1 - (1 - now) / np.where(after > 0, after, 1.0), 1.0)
        ties = 1 - (events - 1) / np.where(here, total * before - 1, 1.0) if events > 1 else np.ones_like(h)
        size = np.where(here, ties * before * events / (total * n), 0.0)
        # at the end the term is change - slope * shift(now) + slope * shift(end)
        sums.add_variance(slope, change - slope * sums.shift, size)
    if d2.any():
        chosen = (after > 0) & (d2 > 0)
        slope = np.where(chosen, (1 - now) / np.where(chosen, after, 1.0), 0.0)
        ties = np.where(d2 > 1, 1 - (d2 - 1) / np.maximum(n - 1, 1.0), 1.0)
        size = np.where(chosen, ties * before**2 * d2 / n**2, 0.0)
        sums.add_variance(-slope, slope * sums.shift, size)
    return after, np.where(here, incidence + before * d1 / n, incidence), now
