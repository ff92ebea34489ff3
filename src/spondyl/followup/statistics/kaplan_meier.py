"""Kaplan-Meier: survival from times of which some are censored, its intervals, numbers at risk and median."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spondyl.core.citations import cite
from spondyl.followup.statistics.limits import limits
from spondyl.followup.statistics.observations import TIE_TOLERANCE, Floats, Integers, observations

REACHES_HALF = 0.5
"""Survival at the median."""


@dataclass(frozen=True)
class SurvivalAt:
    """Survival at one time; None with the reason where it is not known."""

    time: float
    n_at_risk: int
    survival: float | None
    lower: float | None
    upper: float | None
    reason: str = ""


@dataclass(frozen=True)
class SurvivalCurve:
    """A Kaplan-Meier curve at its (k,) distinct times, of events and of censoring.

    Parameters
    ----------
    times : (k,)
        Distinct times, increasing.
    n_at_risk, n_events, n_censored : (k,)
        Under observation just before each time; with the event at it; censored at it (after the events of that time).
    survival, standard_error : (k,)
        After each time; Greenwood's error of the survival itself, NaN at survival 0.
    lower, upper : (k,)
        95 % limits by `interval`, NaN where undefined: with log-log at survival 1 and 0.
    median, median_lower, median_upper
        None where the curve, or its limit, does not come down to one half.
    """

    interval: str
    times: Floats
    n_at_risk: Integers
    n_events: Integers
    n_censored: Integers
    survival: Floats
    standard_error: Floats
    lower: Floats
    upper: Floats
    median: float | None
    median_lower: float | None
    median_upper: float | None

    @property
    def n(self) -> int:
        """Subjects."""
        return int(self.n_at_risk[0])

    @property
    def events(self) -> int:
        """Events over the whole time."""
        return int(self.n_events.sum())

    def at(self, time: float) -> SurvivalAt:
        """Survival at `time`: unknown beyond the last time, as R's ``summary(survfit(...), times)`` leaves it out."""
        index = int(np.searchsorted(self.times, time, side="right")) - 1
        ahead = int(np.searchsorted(self.times, time, side="left"))
        if ahead == len(self.times):
            reason = f"beyond the last follow-up of {self.times[-1]:g}"
            return SurvivalAt(float(time), 0, None, None, None, reason)
        at_risk = int(self.n_at_risk[ahead])
        if index < 0:
            return SurvivalAt(float(time), at_risk, 1.0, 1.0, 1.0)
        lower, upper = _known(self.lower[index]), _known(self.upper[index])
        reason = "" if lower is not None else "no limits at survival " + ("1" if self.survival[index] > 0 else "0")
        return SurvivalAt(float(time), at_risk, float(self.survival[index]), lower, upper, reason)


@cite("Kaplan & Meier, J Am Stat Assoc 1958;53:457-81", "10.1080/01621459.1958.10501452", "eq. 2b")
def kaplan_meier(times: ArrayLike, events: ArrayLike, interval: str = "log-log") -> SurvivalCurve:
    r"""Estimate survival :math:`\hat S(t) = \prod_{t_j \le t} (1 - d_j / n_j)`.

    A closed form of our own: lifelines has the product, but neither R's rule for a median on a flat stretch, nor
    plain and log limits, nor equal times that differ by rounding; it is what the tests compare with.

    Parameters
    ----------
    times : (n,) array_like
        From the start, zero or later.
    events : (n,) array_like
        0 censored, anything above it the event.
    interval
        "log-log", "log" or "plain", as `limits` says; Greenwood's variance of log survival,
        :math:`\sum d_j / (n_j (n_j - d_j))`.

    Raises
    ------
    StatisticsError
        As `observations` and `limits` say.
    """
    seen = observations(times, events)
    distinct, index = np.unique(seen.times, return_inverse=True)
    ended = np.bincount(index, minlength=len(distinct))
    d = np.bincount(index, weights=seen.events > 0, minlength=len(distinct)).astype(np.int64)
    at_risk = len(seen) - np.concatenate(([0], np.cumsum(ended)[:-1]))
    survival = np.cumprod((at_risk - d) / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):  # all at risk have the event: infinite, as R's
        relative = np.sqrt(np.cumsum(d / (at_risk * (at_risk - d).astype(np.float64))))
        standard = relative * survival
    lower, upper = limits(survival, relative, interval)
    return SurvivalCurve(
        interval, distinct, at_risk, d, ended - d, survival, standard, lower, upper,
        half_time(distinct, survival), half_time(distinct, lower), half_time(distinct, upper),
    )  # fmt: skip


@cite("Brookmeyer & Crowley, Biometrics 1982;38:29-41", "10.2307/2530286", "interval of the median")
def half_time(times: Floats, curve: Floats) -> float | None:
    """When a curve comes down to one half: a median from the survival, its limits from the limits.

    R's rule (``survfit``'s table): the first time with a value below one half; where the curve lies at one half
    exactly (within 1.5e-8) and falls further later, the middle of that stretch; None where it stays above.

    Parameters
    ----------
    times, curve : (k,)
        Increasing times and the values from each of them on; NaN values are passed over.
    """
    low = ~np.isnan(curve) & (curve < REACHES_HALF + TIE_TOLERANCE)
    if not low.any():
        return None
    t, value = times[low], curve[low]
    further = np.flatnonzero(value < value[0])
    if abs(value[0] - REACHES_HALF) < TIE_TOLERANCE and len(further):
        return float((t[0] + t[further[0]]) / 2)
    return float(t[0])


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
