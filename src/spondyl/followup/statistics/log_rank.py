"""Log-rank test: do two or more groups have the same hazard?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2 as chi2_distribution

from spondyl.core.citations import cite
from spondyl.followup.statistics.observations import Floats, group_indices, observations


@dataclass(frozen=True)
class GroupTest:
    """A chi-squared test between groups; None with the reason where it cannot be computed.

    Parameters
    ----------
    groups
        Names, in order.
    observed, expected : (g,)
        Events, and those expected under the null hypothesis; expected is NaN for a test that has none (Gray's).
    """

    groups: tuple[Any, ...]
    observed: tuple[float, ...]
    expected: tuple[float, ...]
    chi2: float | None
    df: int
    p: float | None
    reason: str = ""


@cite("Mantel, Cancer Chemother Rep 1966;50:163-70", "", "several groups: Peto & Peto, J R Stat Soc A 1972;135:185-207")
def log_rank(times: ArrayLike, events: ArrayLike, groups: Sequence[Any]) -> GroupTest:
    """Compare the hazards of two or more groups, every event weighted alike, as R's ``survival::survdiff``.

    A closed form of our own: a group of which nobody is at risk at any event has no expected event, and R leaves it
    out (and its degree of freedom), where lifelines still counts it (one degree of freedom
    too many, so a wrong p), and takes times apart that differ by rounding.

    Parameters
    ----------
    times, events : (n,) array_like
        Times; 0 censored, anything above it the event.
    groups
        (n,) labels.

    Raises
    ------
    StatisticsError
        As `observations` says, or if there is not one label a subject.
    """
    seen = observations(times, events)
    index, names = group_indices(groups, len(seen))
    observed, expected, variance = _sums(seen.times, seen.events > 0, index, len(names))
    compared = expected > 0
    told = (names, tuple(observed.tolist()), tuple(expected.tolist()))
    if compared.sum() < 2:
        return GroupTest(*told, None, 0, None, "fewer than two groups are at risk at an event")
    difference = (observed - expected)[compared][1:]
    matrix = variance[np.ix_(compared, compared)][1:, 1:]
    return chi_squared(told, difference, matrix)


def chi_squared(
    told: tuple[tuple[Any, ...], tuple[float, ...], tuple[float, ...]], difference: Floats, variance: Floats
) -> GroupTest:
    """The test of `difference`, (g - 1,), against zero with its (g - 1, g - 1) variance."""
    df = len(difference)
    if np.linalg.matrix_rank(variance) < df:
        return GroupTest(*told, None, df, None, "the variance of the difference is singular: too few events to compare")
    value = float(difference @ np.linalg.solve(variance, difference))
    return GroupTest(*told, value, df, float(chi2_distribution.sf(value, df)))


def _sums(times: Floats, happened: Any, index: Any, g: int) -> tuple[Floats, Floats, Floats]:
    """Observed and expected events, (g,), and the variance of their difference, (g, g), hypergeometric."""
    distinct, place = np.unique(times, return_inverse=True)
    ended, d = np.zeros((2, len(distinct), g))
    np.add.at(ended, (place, index), 1.0)
    np.add.at(d, (place, index), happened.astype(np.float64))
    at_risk = ended[::-1].cumsum(axis=0)[::-1]
    some = d.sum(axis=1) > 0
    at_risk, d = at_risk[some], d[some]
    n, deaths = at_risk.sum(axis=1), d.sum(axis=1)
    share = at_risk / n[:, None]
    weight = deaths * (n - deaths) / np.maximum(n - 1, 1.0)  # the last subject alone adds no variance
    variance = np.diag(weight @ share) - (share * weight[:, None]).T @ share
    return d.sum(axis=0), deaths @ share, variance
