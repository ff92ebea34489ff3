"""C-index: does a score put those first who have the event first?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spondyl.core.citations import cite
from spondyl.core.errors import StatisticsError
from spondyl.followup.statistics.effects import cluster_sums
from spondyl.followup.statistics.limits import Z95
from spondyl.followup.statistics.observations import Floats, covariate_matrix, observations

ROWS_AT_ONCE = 512


@dataclass(frozen=True)
class Concordance:
    """Share of comparable pairs that the score orders as the events fell; a tie of the score counts one half.

    Parameters
    ----------
    c, error, lower, upper
        Estimate, its infinitesimal-jackknife error, and 95 % limits c plus and minus 1.96 errors, cut to 0..1.
    concordant, discordant, tied_score
        Pairs; weighted ones for Uno's.
    """

    c: float
    error: float
    lower: float
    upper: float
    concordant: float
    discordant: float
    tied_score: float


@cite("Harrell, Califf, Pryor, Lee & Rosati, JAMA 1982;247:2543-6", "10.1001/jama.1982.03320430047030", "C-index")
def harrell_c(
    times: ArrayLike,
    events: ArrayLike,
    score: ArrayLike,
    higher_is_longer: bool = True,
    clusters: Sequence[Any] | None = None,
) -> Concordance:
    """Harrell's C with its error, as R's ``survival::concordance(Surv(time, event) ~ score)``.

    A pair is comparable where one has the event and the other is known to be free of it then (later, or censored at
    that very time). Our own: lifelines gives no error.

    Parameters
    ----------
    times, events : (n,) array_like
        Times; 0 censored, anything above it the event.
    score : (n,) array_like
        The score or prediction.
    higher_is_longer
        Whether a higher score predicts a later event (Tokuhashi), not an earlier one (a risk).
    clusters
        (n,) patients where one has several lesions: the error by the sum of their influences.

    Raises
    ------
    StatisticsError
        Where no pair is comparable.
    """
    return _concordance(times, events, score, higher_is_longer, clusters, None)


@cite("Uno, Cai, Pencina, D'Agostino & Wei, Stat Med 2011;30:1105-17", "10.1002/sim.4154", "eq. 6")
def uno_c(
    times: ArrayLike,
    events: ArrayLike,
    score: ArrayLike,
    until: float,
    higher_is_longer: bool = True,
    clusters: Sequence[Any] | None = None,
) -> Concordance:
    """Uno's C: pairs weighted by 1 / G(t-)^2, so that it does not depend on how the cohort was censored.

    As R's ``concordance(..., timewt = "n/G2", ymax = until)``: the error takes the weights for known.

    Parameters
    ----------
    until
        Events up to this time count; it should lie where follow-up is still common.
    times, events, score, higher_is_longer, clusters
        As for `harrell_c`.

    Raises
    ------
    StatisticsError
        Where no pair is comparable.
    """
    return _concordance(times, events, score, higher_is_longer, clusters, until)


def _concordance(
    times: ArrayLike, events: ArrayLike, score: ArrayLike, longer: bool, clusters: Sequence[Any] | None, until: Any
) -> Concordance:
    seen = observations(times, events)
    value = covariate_matrix(score, len(seen))[:, 0]
    happened = seen.events > 0
    weight = np.ones(len(seen))
    if until is not None:
        happened, weight = happened & (seen.times <= until), _inverse_censoring(seen.times, seen.events > 0)
    balance, pairs = np.zeros(len(seen)), np.zeros(len(seen))
    counts = np.zeros(3)
    rows = np.flatnonzero(happened)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        i = rows[start : start + ROWS_AT_ONCE]
        later = seen.times[None, :] > seen.times[i, None]
        outlives = later | ((seen.times[None, :] == seen.times[i, None]) & (seen.events == 0)[None, :])
        ahead = np.sign(value[None, :] - value[i, None]) * (1.0 if longer else -1.0)
        held = outlives * weight[i, None]
        counts += [(held * (ahead == kind)).sum() for kind in (1.0, -1.0, 0.0)]
        right = held * (1 + ahead) / 2
        balance += right.sum(axis=0)
        pairs += held.sum(axis=0)
        balance[i] += right.sum(axis=1)
        pairs[i] += held.sum(axis=1)
    total = float(counts.sum())
    if total == 0:
        raise StatisticsError("no two observations can be compared: nobody is followed beyond an event")
    c = float((counts[0] + counts[2] / 2) / total)
    influence = ((balance - c * pairs) / total)[:, None]
    error = float(np.sqrt((cluster_sums(influence, clusters) ** 2).sum()))
    low, high = max(c - Z95 * error, 0.0), min(c + Z95 * error, 1.0)
    return Concordance(c, error, low, high, *(float(v) for v in counts))


def _inverse_censoring(times: Floats, happened: Any) -> Floats:
    """1 / G(t-)^2 at each time, (n,); those censored at a time leave after its events."""
    _, place = np.unique(times, return_inverse=True)
    n = len(times) - np.concatenate(([0], np.cumsum(np.bincount(place))[:-1]))
    d, c = np.bincount(place, weights=happened), np.bincount(place, weights=~happened)
    at_risk = np.maximum(n - d, 1.0)
    before = np.concatenate(([1.0], np.cumprod((at_risk - c) / at_risk)[:-1]))
    with np.errstate(divide="ignore"):
        return (1 / before**2)[place]
