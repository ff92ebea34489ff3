"""A protocol turned into the question how high the tumour's median dose can go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spondyl.core.errors import ProtocolError
from spondyl.evaluate import Goal, Protocol

TUMOUR, METRIC = "GTV", "D50%"
STEP = "escalation as far as it goes"
NORMALISED = "D90%"


def escalated(rules: Protocol, keep_ceilings: bool = False) -> Protocol:
    """The protocol's wishes with the GTV's median as high as possible, right after coverage, under the same limits.

    Parameters
    ----------
    keep_ceilings
        Keep the upper limits on targets' hot spots (D2%), which would end the escalation before cord and organs do.

    Raises
    ------
    ProtocolError
        If the protocol has no wish that names the GTV, so that nothing says where the step belongs.
    """
    steps = [dict(step) for step in rules.wishlist]
    place = next((n for n, step in enumerate(steps) if any(_is_tumour(goal) for goal in step["goals"])), None)
    if place is None:
        raise ProtocolError(
            f'protocol "{rules.name}" wishes nothing for the {TUMOUR}, so there is no escalation to take further; '
            "choose one with a boost, such as sib-sbrt-30in5"
        )
    highest = {"structure": TUMOUR, "metric": METRIC, "as_high_as_possible": True}
    steps.insert(place, {"name": STEP, "goals": [highest]})
    goals = rules.goals if keep_ceilings else tuple(goal for goal in rules.goals if not _is_ceiling(goal))
    wishes = [step for step in (_without(step, keep_ceilings) for step in steps) if step["goals"]]
    return rules.model_copy(update={"goals": goals, "wishlist": tuple(wishes)})


def _is_tumour(goal: Mapping[str, Any]) -> bool:
    return goal["structure"] == TUMOUR and "at_least" in goal


def _is_ceiling(goal: Goal) -> bool:
    """An upper limit on a target's hot spot."""
    return goal.op in ("<=", "<") and goal.metric in ("D2%", "Dmax") and _is_target(goal.structure)


def _without(step: dict[str, Any], keep_ceilings: bool) -> dict[str, Any]:
    if keep_ceilings:
        return step
    kept = [g for g in step["goals"] if not ("at_most" in g and g["metric"] == "D2%" and _is_target(g["structure"]))]
    return {**step, "goals": kept}


def _is_target(structure: str) -> bool:
    return structure.startswith(("GTV", "CTV", "PTV"))
