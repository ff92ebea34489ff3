"""A plan beside what the protocol's own patients received."""

from __future__ import annotations

from collections.abc import Mapping

from spondyl.evaluate import Protocol
from spondyl.plan.goals import Goal


def beside_reported(rules: Protocol, final: Mapping[Goal, float]) -> tuple[str, ...]:
    """A line for each metric that the protocol reports and the plan was measured in."""
    ours = {(goal.structure, goal.metric): value for goal, value in final.items()}
    return tuple(
        f"{r.structure} {r.metric} {ours[r.structure, r.metric]:.1f} {r.unit}; reported median {r.median:g} "
        f"({r.low:g} to {r.high:g}) {r.unit}: {r.source}"
        for r in rules.reported
        if (r.structure, r.metric) in ours
    )
