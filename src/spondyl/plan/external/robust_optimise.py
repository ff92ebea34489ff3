"""Planning against set-up errors: cord and tumour are held where each error would put them.

The patient's points are moved in the dose as it stands (static dose cloud): what a tissue at p gets when the patient
lies moved by M is taken as the dose at M(p). That leaves out what depth changes with the move, below 1 % for moves of
millimetres; `spondyl whatif setup` computes the dose anew and shows what it came to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from spondyl.evaluate import Protocol, resolve
from spondyl.plan.external.robust import SetupError
from spondyl.plan.extras import Added, Extra, Seen, points_near
from spondyl.plan.goals import Goal
from spondyl.plan.limits import hard_limits
from spondyl.plan.points import PointSet
from spondyl.plan.regions import is_serial

CORD_MM, TUMOUR_MM = 1.2, 2.0
"""Between sample points: 0.03 cm3 of a cord are some 17 of them."""
HEIGHT_MM = 10.0
"""Cord is sampled so far above and below the tumour; the rest counts as volume with less dose."""
NEAR_MINIMUM = "D98%"


def against(errors: Sequence[SetupError], rules: Protocol, fractions: int) -> Extra:
    """Upper limits of cord and sac, and the wish for the tumour's near-minimum, under every error.

    Parameters
    ----------
    rules
        Their mandatory limits on a margin of the cord are taken as limits of the cord itself, which is what moves.
    """
    limits = _organ_limits(rules, fractions)

    def add(seen: Seen) -> Added:
        sets: list[PointSet] = []
        above: list[Goal] = []
        wished: list[tuple[Goal, Goal]] = []
        tumours = list(_tumours(seen))
        for error in errors:
            motion = error.motion(seen.isocentre_mm)
            for own, goal in _own(limits, seen):
                name = f"{own} ({error.name})"
                points = points_near(seen, seen.structures[own], name, CORD_MM, HEIGHT_MM, motion)
                if points is not None:
                    sets.append(points)
                    above.append(Goal(name, goal.metric, 1, goal.limit, f"{own} moved", goal.margin))
            for goal in tumours:
                name = f"{goal.structure} ({error.name})"
                points = points_near(seen, seen.structures[goal.structure], name, TUMOUR_MM, motion=motion)
                if points is not None:
                    sets.append(points)
                    wished.append((goal, Goal(name, goal.metric, -1, goal.limit, goal.why, goal.margin)))
        return Added(tuple(sets), tuple(above), tuple(wished))

    return add


def _organ_limits(rules: Protocol, fractions: int) -> tuple[Goal, ...]:
    """Near-maximum limits, each on the organ where the protocol has it on the organ's margin."""
    goals = tuple(
        goal if goal.organ is None else goal.model_copy(update={"structure": goal.organ, "organ": None})
        for goal in rules.goals_for(fractions)
    )
    above, _ = hard_limits(goals, fractions)
    return tuple(goal for goal in above if goal.metric.endswith("cc"))


def _own(limits: Sequence[Goal], seen: Seen) -> Iterator[tuple[str, Goal]]:
    """Limits on cord, sac and canal that the case has, under its own names."""
    present = [name for name, structure in seen.structures.items() if not structure.is_empty]
    for goal in limits:
        own = resolve(goal.structure, present)
        if own is not None and is_serial(seen.structures[own]) and seen.structures[own].role != "target":
            yield own, goal


def _tumours(seen: Seen) -> Iterator[Goal]:
    """The highest near-minimum that is wished for the GTV, where any is."""
    asked = [g for g in seen.goals if g.metric == NEAR_MINIMUM and g.sense < 0 and g.structure.upper() == "GTV"]
    wished = [g for g in asked if g.limit is not None]
    if wished:
        yield max(wished, key=lambda g: g.limit or 0.0)
