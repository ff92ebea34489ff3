"""Calibration: do as many survive as a score said they would?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spondyl.core.citations import cite
from spondyl.core.errors import StatisticsError
from spondyl.followup.statistics.cox import cox
from spondyl.followup.statistics.effects import Effect
from spondyl.followup.statistics.kaplan_meier import SurvivalAt, kaplan_meier
from spondyl.followup.statistics.observations import Floats, covariate_matrix, group_indices, observations


@dataclass(frozen=True)
class CalibrationGroup:
    """One band of a score: survival as predicted, on average, and as observed (Kaplan-Meier)."""

    name: Any
    n: int
    predicted: float
    observed: SurvivalAt


@dataclass(frozen=True)
class Calibration:
    """Predicted against observed survival at a time.

    Parameters
    ----------
    overall
        All subjects as one group.
    observed_to_expected
        Observed over expected events by the time, 1 minus survival each; None beyond follow-up or where none is
        expected.
    slope
        Cox coefficient of log(-log(predicted)): 1 where the predictions are spread as the outcomes are, below 1 where
        they are too extreme; None with `reason` where all predictions are alike, 0 or 1.
    brier
        Mean squared error of the predictions at the time, censoring weighted out; None beyond follow-up.
    """

    at: float
    groups: tuple[CalibrationGroup, ...]
    overall: CalibrationGroup
    observed_to_expected: float | None
    slope: Effect | None
    brier: float | None
    reason: str = ""


@cite(
    "Van Houwelingen, Stat Med 2000;19:3401-15", "10.1002/1097-0258(20001230)19:24<3401::AID-SIM554>3.0.CO;2-2", "slope"
)
@cite("Graf, Schmoor, Sauerbrei & Schumacher, Stat Med 1999;18:2529-45", "", "Brier score with censoring")
def calibration(
    times: ArrayLike, events: ArrayLike, predicted: ArrayLike, at: float, groups: Sequence[Any]
) -> Calibration:
    """Compare predicted survival at a time with what was observed, by group and overall.

    Parameters
    ----------
    times, events : (n,) array_like
        Times; 0 censored, anything above it the event.
    predicted : (n,) array_like
        Predicted chance to be free of the event at `at`, 0 to 1.
    at
        The time.
    groups
        (n,) bands: a score's classes, or the quarters of `quantile_groups`.

    Raises
    ------
    StatisticsError
        If a prediction is outside 0..1.
    """
    seen = observations(times, events)
    p = covariate_matrix(predicted, len(seen))[:, 0]
    if (p < 0).any() or (p > 1).any():
        raise StatisticsError("a predicted survival is outside 0..1; give probabilities, not percent")
    index, names = group_indices(groups, len(seen))
    made = tuple(_group(name, seen.times, seen.events, p, index == j, at) for j, name in enumerate(names))
    everybody = np.ones(len(seen), dtype=bool)
    overall = _group("all", seen.times, seen.events, p, everybody, at)
    expected = 1 - overall.predicted
    found = overall.observed.survival
    ratio = (1 - found) / expected if found is not None and expected > 0 else None
    try:
        slope, reason = _slope(seen.times, seen.events, p), ""
    except StatisticsError as error:
        slope, reason = None, str(error)
    brier = _brier(seen.times, seen.events, p, at) if found is not None else None
    return Calibration(at, made, overall, ratio, slope, brier, reason)


def quantile_groups(predicted: ArrayLike, count: int = 4) -> list[int]:
    """Groups 1 (lowest) to `count` of about equal size, by quantiles of the predictions; equal ones stay together."""
    p = np.asarray(predicted, dtype=np.float64)
    cuts = np.quantile(p, np.arange(1, count) / count)
    return [int(g) + 1 for g in np.searchsorted(cuts, p, side="left")]


def _group(name: Any, times: Floats, events: Any, p: Floats, part: Any, at: float) -> CalibrationGroup:
    observed = kaplan_meier(times[part], events[part]).at(at)
    return CalibrationGroup(name, int(part.sum()), float(p[part].mean()), observed)


def _slope(times: Floats, events: Any, p: Floats) -> Effect:
    if (p <= 0).any() or (p >= 1).any():
        raise StatisticsError("a prediction of 0 or 1 has no log(-log): no calibration slope")
    return cox(times, events, np.log(-np.log(p)), ["log(-log predicted)"]).effects[0]


def _brier(times: Floats, events: Any, p: Floats, at: float) -> float:
    """Graf's: those with the event by `at` weigh 1 / G(t-), those beyond it 1 / G(at), those censored before 0."""
    curve = kaplan_meier(times, events == 0)
    after = np.concatenate(([1.0], curve.survival))
    died, beyond = (times <= at) & (events > 0), times > at
    g_before = after[np.searchsorted(curve.times, times, side="left")]
    g_at = float(after[np.searchsorted(curve.times, at, side="right")])
    error = np.zeros(len(times))
    error[died] = p[died] ** 2 / g_before[died]
    error[beyond] = (1 - p[beyond]) ** 2 / g_at if beyond.any() else 0.0
    return float(error.mean())
