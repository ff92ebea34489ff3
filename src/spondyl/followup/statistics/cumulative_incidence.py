"""Cumulative incidence of one cause among several (Aalen-Johansen), with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spondyl.core.citations import cite
from spondyl.followup.statistics.limits import limits
from spondyl.followup.statistics.observations import Floats, Integers, observations


@dataclass(frozen=True)
class IncidenceAt:
    """Cumulative incidence at one time; None with the reason where it is not known."""

    time: float
    n_at_risk: int
    incidence: float | None
    lower: float | None
    upper: float | None
    reason: str = ""


@dataclass(frozen=True)
class IncidenceCurve:
    """Cumulative incidence of `cause` at the (k,) distinct times of the cohort.

    Parameters
    ----------
    n_at_risk : (k,)
        Under observation and free of every cause just before each time.
    incidence, standard_error, lower, upper : (k,)
        After each time; limits NaN while the incidence is 0.
    """

    cause: int
    times: Floats
    n_at_risk: Integers
    incidence: Floats
    standard_error: Floats
    lower: Floats
    upper: Floats

    def at(self, time: float) -> IncidenceAt:
        """Incidence at `time`: unknown beyond the last time, as cmprsk's ``timepoints`` has it."""
        index = int(np.searchsorted(self.times, time, side="right")) - 1
        ahead = int(np.searchsorted(self.times, time, side="left"))
        if ahead == len(self.times):
            reason = f"beyond the last follow-up of {self.times[-1]:g}"
            return IncidenceAt(float(time), 0, None, None, None, reason)
        at_risk = int(self.n_at_risk[ahead])
        if index < 0 or self.incidence[index] == 0:
            return IncidenceAt(float(time), at_risk, 0.0, None, None, "no event of the cause until then")
        value = float(self.incidence[index])
        if np.isnan(self.lower[index]):
            return IncidenceAt(float(time), at_risk, value, None, None, "no limits at incidence 1")
        return IncidenceAt(float(time), at_risk, value, float(self.lower[index]), float(self.upper[index]))


@cite("Aalen & Johansen, Scand J Stat 1978;5:141-50", "", "competing risks")
@cite("Gray, Ann Stat 1988;16:1141-54", "10.1214/aos/1176350951", "variance")
def cumulative_incidence(times: ArrayLike, events: ArrayLike, cause: int, interval: str = "log-log") -> IncidenceCurve:
    r"""Estimate :math:`\hat F_1(t) = \sum_{t_j \le t} \hat S(t_j-)\, d_{1j} / n_j`.

    The variance is that of R's ``cmprsk::cuminc`` (2.2-11), which ``survival`` does not share: with
    :math:`u_j = (\hat F_1(t) - \hat F_1(t_j)) / \hat S(t_j)`,

    .. math:: \sum_{t_j \le t} \frac{\hat S(t_j-)^2}{n_j^2}
        \left[ (1 - u_j)^2 d_{1j} \frac{n_j - d_{1j}}{n_j - 1} + u_j^2 d_{2j} \frac{n_j - d_{2j}}{n_j - 1} \right].

    Limits are taken on the log-log scale of the incidence itself, :math:`F^{\exp(\pm 1.96\,\sigma/(F \log F))}`;
    cmprsk prints none. lifelines' AalenJohansenFitter moves tied times by random numbers, so it is not used.

    Parameters
    ----------
    times, events : (n,) array_like
        Times and codes: 0 censored, a code a cause.
    cause
        The code whose incidence is asked for; every other one competes.
    interval
        Scale of the limits, as `limits` says.

    Raises
    ------
    StatisticsError
        As `observations` and `limits` say.
    """
    seen = observations(times, events)
    distinct, index = np.unique(seen.times, return_inverse=True)
    k = len(distinct)
    n = len(seen) - np.concatenate(([0.0], np.cumsum(np.bincount(index, minlength=k))[:-1]))
    own = (seen.events == cause).astype(np.float64)
    d1 = np.bincount(index, weights=own, minlength=k).astype(np.float64)
    d2 = np.bincount(index, weights=(seen.events > 0) - own, minlength=k).astype(np.float64)
    after = np.cumprod((n - d1 - d2) / n)
    before = np.concatenate(([1.0], after[:-1]))
    incidence = np.cumsum(before * d1 / n)
    error = np.sqrt(_variance(n, d1, d2, before, after, incidence))
    with np.errstate(divide="ignore", invalid="ignore"):  # incidence 0 has no relative error
        relative = error / incidence
    lower, upper = limits(np.where(incidence == 0, np.nan, incidence), relative, interval)
    return IncidenceCurve(cause, distinct, n.astype(np.int64), incidence, error, lower, upper)


def _variance(n: Floats, d1: Floats, d2: Floats, before: Floats, after: Floats, incidence: Floats) -> Floats:
    """Variance of the incidence at each time, (k,): the docstring's sum, expanded in F(t) to running sums.

    It is carried on from the last event of the cause, as cuminc has it; where nobody is left after t_j, u_j is 0 for
    the cause and the competing term is left out.
    """
    left = after > 0
    inverse = np.divide(1.0, after, out=np.zeros_like(after), where=left)
    unit = before**2 / n**2
    thinning = np.maximum(n - 1, 1.0)
    own = unit * d1 * (n - d1) / thinning
    own = np.where(n == 1, unit * d1, own)
    other = np.where(left, unit * d2 * (n - d2) / thinning, 0.0)
    a_own, a_other = 1 + incidence * inverse, incidence * inverse
    constant = np.cumsum(own * a_own**2 + other * a_other**2)
    linear = np.cumsum((own * a_own + other * a_other) * inverse)
    square = np.cumsum((own + other) * inverse**2)
    value = constant - 2 * incidence * linear + incidence**2 * square
    last = np.maximum.accumulate(np.where(d1 > 0, np.arange(len(n)), -1))
    return np.where(last < 0, 0.0, np.maximum(value[np.maximum(last, 0)], 0.0))
