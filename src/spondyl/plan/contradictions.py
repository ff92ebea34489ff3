"""Goals that no dose can meet: a target's least dose above what an organ may have, where the two are one place."""

from __future__ import annotations

from spondyl.anatomy import Structures, overlap_cm3
from spondyl.core.errors import PlanError
from spondyl.plan.goals import Goal, hot_fraction
from spondyl.plan.prescription import Prescription
from spondyl.plan.wishlist import Wishlist

TOLERANCE = 0.02
"""Share of the target by which overlap may be wrong, as it is counted in shares of voxels."""


def refuse_contradictions(wishlist: Wishlist, structures: Structures, prescription: Prescription) -> None:
    """Refuse a target that lies so far inside an organ with a lower limit that both cannot hold.

    Of the goals at least to be reached the mandatory ones count, and the one that the plan is normalised to; others end
    with the best plan and what binds it.

    Raises
    ------
    PlanError
        Naming both goals and the overlap.
    """
    wished = (goal for wish in wishlist.wishes for goal, _ in wish.goals)
    normalised = (
        g for g in wished if g.sense < 0 and (g.metric, g.limit) == (prescription.coverage, prescription.dose_gy)
    )
    for asked in (*wishlist.at_least, *normalised):
        for limit in wishlist.never_above:
            if _comparable(asked, structures) and _comparable(limit, structures):
                _check(asked, limit, structures)


def _comparable(goal: Goal, structures: Structures) -> bool:
    return goal.is_dose_volume and goal.limit is not None and goal.structure in structures


def _check(asked: Goal, limit: Goal, structures: Structures) -> None:
    assert asked.limit is not None
    assert limit.limit is not None
    if limit.limit >= asked.limit or asked.structure == limit.structure:
        return
    target, organ = structures[asked.structure], structures[limit.structure]
    if target.is_empty or organ.is_empty:
        return
    shared = overlap_cm3(target, organ)
    hot = hot_fraction(limit.metric, organ.volume_cm3) * organ.volume_cm3
    cold = (1.0 - hot_fraction(asked.metric, target.volume_cm3)) * target.volume_cm3
    if shared - hot > cold + TOLERANCE * target.volume_cm3:
        raise PlanError(
            f"{asked} and {limit} contradict each other: {shared:.2f} of {target.volume_cm3:.2f} cm3 of {target.name} "
            f"lie in {organ.name}; draw {target.name} without {organ.name}, or choose a protocol with other limits"
        )
