"""Fine and Gray's regression of the subdistribution hazard of one cause among several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spondyl.core.citations import cite
from spondyl.core.errors import StatisticsError
from spondyl.followup.statistics.effects import Effect, cluster_sums, effects, term_names
from spondyl.followup.statistics.newton import maximum, standardised
from spondyl.followup.statistics.observations import Floats, covariate_matrix, observations


@dataclass(frozen=True)
class FineGrayFit:
    """Subdistribution hazard ratios of `cause`.

    Parameters
    ----------
    effects
        One a covariate; the errors are always the sandwich, which carries the estimated censoring.
    covariance : (p, p)
        Of the coefficients.
    log_likelihood
        Pseudo, at the maximum.
    clusters
        How many, None without.
    """

    cause: int
    n: int
    events: int
    effects: tuple[Effect, ...]
    covariance: Floats
    log_likelihood: float
    clusters: int | None


@cite("Fine & Gray, J Am Stat Assoc 1999;94:496-509", "10.1080/01621459.1999.10474144", "eq. 7 and 8")
def fine_gray(
    times: ArrayLike,
    events: ArrayLike,
    covariates: ArrayLike,
    cause: int,
    names: Sequence[str] | None = None,
    clusters: Sequence[Any] | None = None,
) -> FineGrayFit:
    """Fit subdistribution hazard ratios, as R's ``cmprsk::crr`` (2.2-11): Breslow's ties, its sandwich variance.

    Our own: no maintained Python library has it. A subject with a competing event stays in the risk sets after it
    with weight G(t-) / G(its time-), G the Kaplan-Meier curve of the censoring.

    Parameters
    ----------
    times, events : (n,) array_like
        Times and codes: 0 censored, a code a cause.
    covariates : (n, p) array_like
        One column a covariate.
    cause
        The code of interest; every other one competes.
    names
        Of the covariates.
    clusters
        (n,) patients, where one has several lesions: the subjects' terms of the sandwich are summed by patient (Zhou,
        Fine, Latouche & Labopin, Biostatistics 2012;13:371-83, doi:10.1093/biostatistics/kxr032).

    Raises
    ------
    StatisticsError
        Without an event of the cause, with a covariate that cannot be told from others, or without a finite maximum.
    """
    seen = observations(times, events)
    x = covariate_matrix(covariates, len(seen))
    words = term_names(names, x.shape[1])
    if not (seen.events == cause).any():
        raise StatisticsError(f"no event of cause {cause} among the observations, expected at least one")
    z, spread = standardised(x, words)
    risk = _Risk(seen.times, seen.events, z, cause)
    b = maximum(risk.derivatives, words)
    value, _, information = risk.derivatives(b)
    model = np.linalg.inv(information)
    single = (risk.scores(b) + risk.censoring_terms(b)) @ model
    summed = cluster_sums(single, clusters)
    scale = np.outer(spread, spread)
    covariance = summed.T @ summed / scale
    found = effects(words, b / spread, covariance, model / scale)
    count = None if clusters is None else len(summed)
    return FineGrayFit(cause, len(seen), int((seen.events == cause).sum()), found, covariance, value, count)


class _Risk:
    """Risk sets of the weighted partial likelihood, in order of time.

    ``at`` (m,) are the distinct times of the cause, ``d`` (m,) its events there, ``censoring_at`` (m,) G(t-) there.
    """

    def __init__(self, times: Floats, events: Any, x: Floats, cause: int) -> None:
        order = np.argsort(times, kind="stable")
        self.back = np.argsort(order, kind="stable")
        self.t, self.x, codes = times[order], x[order], events[order]
        self.own, self.other, self.censored = codes == cause, (codes > 0) & (codes != cause), codes == 0
        self.at, counts = np.unique(self.t[self.own], return_counts=True)
        self.d = counts.astype(np.float64)
        self.first = np.searchsorted(self.t, self.at, side="left")
        curve = _censoring_survival(self.t, self.censored)
        self.censoring_at, self.censoring = curve(self.at), curve(self.t)

    def _held(self, weight: Floats, values: Floats) -> Floats:
        """(n + 1, ...) running sums of weight / G over subjects with a competing event, in order of time."""
        lifted = np.where(self.other, weight / self.censoring, 0.0).reshape(-1, *(1,) * (values.ndim - 1)) * values
        return np.concatenate((np.zeros((1, *values.shape[1:])), lifted.cumsum(axis=0)))

    def _sums(self, weight: Floats, values: Floats) -> Floats:
        """Weighted sums over the risk set of each time of the cause, (m, ...)."""
        shape = (-1, *(1,) * (values.ndim - 1))
        later = (weight.reshape(shape) * values)[::-1].cumsum(axis=0)[::-1]
        return later[self.first] + self.censoring_at.reshape(shape) * self._held(weight, values)[self.first]

    def _means(self, b: Floats) -> tuple[Floats, Floats, Floats, float]:
        eta = self.x @ b
        top = float(eta.max())
        weight = np.exp(eta - top)
        s0 = self._sums(weight, np.ones(len(eta)))
        return weight, s0, self._sums(weight, self.x) / s0[:, None], top

    def derivatives(self, b: Floats) -> tuple[float, Floats, Floats]:
        """Log pseudo likelihood, gradient, minus second derivatives."""
        weight, s0, mean, top = self._means(b)
        second = self._sums(weight, self.x[:, :, None] * self.x[:, None, :]) / s0[:, None, None]
        value = float((self.x[self.own] @ b).sum() - self.d @ (np.log(s0) + top))
        gradient = self.x[self.own].sum(axis=0) - self.d @ mean
        spread = second - mean[:, :, None] * mean[:, None, :]
        return value, gradient, np.tensordot(self.d, spread, axes=1)

    def _hazards(self, b: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Weight of each subject; running sums over times (m + 1, 1 + p) of hazard x (1, mean): plain, times G."""
        weight, s0, mean, _ = self._means(b)
        step = (self.d / s0)[:, None] * np.column_stack((np.ones(len(s0)), mean))
        start = np.zeros((1, step.shape[1]))
        plain = np.concatenate((start, step.cumsum(axis=0)))
        return weight, plain, np.concatenate((start, (self.censoring_at[:, None] * step).cumsum(axis=0))), mean

    def scores(self, b: Floats) -> Floats:
        """Each subject's integral of (x - mean) w dM, (n, p), in the order given: eta of eq. 7."""
        weight, plain, held, mean = self._hazards(b)
        until = np.searchsorted(self.at, self.t, side="right")
        total = weight[:, None] * plain[until]
        kept = (weight / self.censoring)[:, None] * (held[-1] - held[until])
        total += np.where(self.other[:, None], kept, 0.0)
        score = total[:, 1:] - total[:, :1] * self.x
        score[self.own] += self.x[self.own] - mean[np.searchsorted(self.at, self.t[self.own])]
        return score[self.back]

    def censoring_terms(self, b: Floats) -> Floats:
        """Each subject's part in the error of G, (n, p), in the order given: psi of eq. 8."""
        weight, _, held, _ = self._hazards(b)
        moments = self._held(weight, np.column_stack((np.ones(len(self.t)), self.x)))
        at, c = np.unique(self.t[self.censored], return_counts=True)
        left = np.searchsorted(self.t, at, side="left")
        rest = held[-1] - held[np.searchsorted(self.at, at, side="left")]
        q = rest[:, :1] * moments[left, 1:] - rest[:, 1:] * moments[left, :1]
        at_risk = (len(self.t) - left).astype(np.float64)
        drift = np.concatenate((np.zeros((1, q.shape[1])), np.cumsum((c / at_risk**2)[:, None] * q, axis=0)))
        term = -drift[np.searchsorted(at, self.t, side="right")]
        here = np.searchsorted(at, self.t[self.censored])
        term[self.censored] += (q / at_risk[:, None])[here]
        return term[self.back]


def _censoring_survival(t: Floats, censored: Any) -> Any:
    """Kaplan-Meier of the censoring as a function of times: just before each of them."""
    at, place = np.unique(t, return_inverse=True)
    ended = np.bincount(place)
    c = np.bincount(place, weights=censored)
    n = len(t) - np.concatenate(([0], np.cumsum(ended)[:-1]))
    after = np.concatenate(([1.0], np.cumprod((n - c) / n)))
    return lambda times: after[np.searchsorted(at, times, side="left")]
