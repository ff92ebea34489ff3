"""How a protocol's goals read for the optimiser: each as a dose at a volume."""

from __future__ import annotations

from spondyl.evaluate import Goal as Judged
from spondyl.evaluate import parse_metric, physical_gy
from spondyl.plan.goals import Goal

HARD_MARGIN = 0.005
"""0.1 Gy in 25 Gy."""
HOT_SPOT_MARGIN = 0.015
"""For limits on a small absolute volume, whose value depends on how a system samples the structure's edge: 0.4 Gy in
25 Gy, so that another system's DVH finds the limit kept too."""
MAXIMUM_AS, MAXIMUM_MARGIN = "D0.001cc", 0.02
"""A maximum is one point; the optimiser holds the dose to a cubic millimetre, with more margin, and the correction adds
by how much the maximum of the final dose was above it (`judged_as`)."""


def as_dose_at_volume(goal: Judged, fractions: int) -> tuple[str, float] | None:
    """Metric and limit in Gy that say the same, None where there is none (intervals, minimum, cold volumes).

    V19Gy_cc < 0.03 says the same as D0.03cc < 19, V24Gy >= 95 % the same as D95% >= 24.
    """
    if goal.quantity not in ("physical", "eqd2"):
        return None
    asked, limit = parse_metric(goal.metric), goal.limit
    if goal.quantity == "eqd2" and goal.alpha_beta_gy is not None and asked.unit == "Gy":
        limit = physical_gy(goal.limit, fractions, goal.alpha_beta_gy)
    if asked.kind in ("D%", "Dcc"):
        return asked.name, limit
    if asked.kind == "Dmean":
        return "Dmean", limit
    if asked.kind == "Dmax":
        return MAXIMUM_AS, limit
    if asked.kind == "Vcc":
        return f"D{goal.limit:.10g}cc", asked.argument
    if asked.kind == "V%":
        return f"D{goal.limit:.10g}%", asked.argument
    return None


def judged_as(metric: str) -> str:
    """What verdicts read where the optimiser holds `metric`: the maximum of a cubic millimetre's stand-in.

    >>> judged_as("D0.001cc"), judged_as("D98%")
    ('Dmax', 'D98%')
    """
    return "Dmax" if metric == MAXIMUM_AS else metric


def hard_limits(goals: tuple[Judged, ...], fractions: int) -> tuple[tuple[Goal, ...], tuple[Goal, ...]]:
    """The mandatory goals: those never to be exceeded, and those at least to be reached."""
    never_above: list[Goal] = []
    at_least: list[Goal] = []
    for goal in goals:
        read = as_dose_at_volume(goal, fractions) if goal.level == "mandatory" else None
        if read is None:
            continue
        metric, limit = read
        margin = MAXIMUM_MARGIN if metric == MAXIMUM_AS else HARD_MARGIN
        if metric.endswith("cc") and metric != MAXIMUM_AS:
            margin = HOT_SPOT_MARGIN
        if goal.op in ("<=", "<", "="):
            never_above.append(Goal(goal.structure, metric, 1, limit + goal.tolerance, "mandatory", margin))
        if goal.op in (">=", ">", "="):
            at_least.append(Goal(goal.structure, metric, -1, limit - goal.tolerance, "mandatory", margin))
    return tuple(dict.fromkeys(never_above)), tuple(dict.fromkeys(at_least))
