"""How long patients were followed, told both ways."""

from __future__ import annotations

import math

import numpy as np

from spondyl.app.trial.outcomes import Outcome
from spondyl.followup.statistics import kaplan_meier


def median_follow_up(outcome: Outcome) -> tuple[float, float, float] | None:
    """Median, shortest and longest of all times of an endpoint, events included; None where there are none."""
    times = outcome.data.times_months
    if not len(times):
        return None
    return float(np.median(times)), float(times.min()), float(times.max())


def reverse_median(outcome: Outcome) -> float | None:
    """Median follow-up by reverse Kaplan-Meier, in which the event censors; None where it is not reached."""
    if not len(outcome.data.observations):
        return None
    curve = kaplan_meier(outcome.data.times_months, outcome.data.events == 0)
    return curve.median if curve.median is not None and math.isfinite(curve.median) else None
