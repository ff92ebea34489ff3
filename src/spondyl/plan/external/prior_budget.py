"""Planning after an earlier course: each point of cord and sac may have what that course left of its budget.

The limits are a protocol's on EQD2 (HyTEC: cumulative, of this course, and this course's share of the cumulative
maximum), read point by point. A share r of the maximum is kept where no point gets more than the larger of
r / (1 - r) times its own prior EQD2 and r times the prior maximum: at the hottest point of this course the cumulative
EQD2 is then at least 1 / r times this course's. That is enough, not needed: a plan may keep the share without it.
"""

from __future__ import annotations

import numpy as np

from spondyl.core.errors import DoseGridError, PlanError
from spondyl.evaluate import PriorCourse, Protocol, resolve
from spondyl.evaluate.radiobiology import prior_eqd2_at
from spondyl.plan.extras import Added, Extra, Seen, points_near
from spondyl.plan.goals import Goal
from spondyl.plan.limits import MAXIMUM_AS, MAXIMUM_MARGIN
from spondyl.plan.matvec import Floats
from spondyl.plan.points import PointSet

HELD = ("ThecalSac", "SpinalCord", "CaudaEquina")
"""HyTEC states its limits for the sac; where cord or cauda are drawn they are held to the same."""
SPACING_MM, HEIGHT_MM = 1.2, 25.0
"""Between points; how far above and below the targets they reach, where the course gives less than its limits."""


def within_budget(prior: PriorCourse, rules: Protocol, fractions: int) -> Extra:
    """Hold every point of sac, cord and cauda to what the prior course leaves.

    Parameters
    ----------
    prior
        With its dose, fractions, and registration where it needs one.
    rules
        With goals on EQD2, such as hytec-reirradiation.
    fractions
        Of this course.
    """

    def add(seen: Seen) -> Added:
        present = [name for name, structure in seen.structures.items() if not structure.is_empty]
        names = dict.fromkeys(own for wanted in HELD if (own := resolve(wanted, present)) is not None)
        if not names:
            raise PlanError(
                "neither thecal sac, spinal cord nor cauda equina is drawn, so nothing can be held to what the prior "
                "course leaves; contour one"
            )
        made = [_held(seen, own, prior, rules, fractions) for own in names]
        return Added(tuple(points for points, _ in made), tuple(goal for _, goal in made))

    return add


def _held(seen: Seen, own: str, prior: PriorCourse, rules: Protocol, fractions: int) -> tuple[PointSet, Goal]:
    name = f"{own} (what the prior course leaves)"
    points = points_near(seen, seen.structures[own], name, SPACING_MM, HEIGHT_MM)
    if points is None:
        raise PlanError(f'"{own}" has no points beside the targets, expected some; check the contours')
    allowed = allowed_gy(points.points_mm, own, prior, rules, fractions)
    most = float(allowed.max())
    scaled = PointSet(name, points.points_mm, points.weights, points.volume_cm3, scale=most / allowed)
    return scaled, Goal(name, MAXIMUM_AS, 1, most, rules.name, MAXIMUM_MARGIN)


def allowed_gy(points_mm: Floats, what: str, prior: PriorCourse, rules: Protocol, fractions: int) -> Floats:
    """Physical dose in Gy that each point (n, 3) may have in this course of so many fractions.

    Raises
    ------
    DoseGridError
        If the prior dose does not reach over the points: what lies beyond is unknown, not zero.
    PlanError
        If a point has no budget left, or the protocol has no limit on EQD2.
    """
    limits = [goal for goal in rules.goals if goal.quantity in ("eqd2", "eqd2-cumulative", "eqd2-ratio")]
    if not limits:
        raise PlanError(f"protocol {rules.name} has no limits on EQD2, expected some; use hytec-reirradiation")
    bounds: list[Floats] = []
    for goal in limits:
        assert goal.alpha_beta_gy is not None
        before = prior_eqd2_at(prior, points_mm, goal.alpha_beta_gy)
        _refuse_unknown(before, points_mm, what)
        if goal.quantity == "eqd2":
            left = np.full(len(points_mm), goal.limit)
        elif goal.quantity == "eqd2-cumulative":
            left = goal.limit - before
        else:
            share = goal.limit
            left = np.maximum(before * share / (1.0 - share), share * before.max())
        _refuse_spent(left, before, points_mm, what, f"{goal.metric} {goal.op} {goal.limit:g} {goal.unit}")
        half = fractions * goal.alpha_beta_gy / 2.0
        bounds.append(np.sqrt(half * half + fractions * left * (2.0 + goal.alpha_beta_gy)) - half)
    return np.min(bounds, axis=0)


def _refuse_unknown(before: Floats, points_mm: Floats, what: str) -> None:
    if np.isnan(before).any():
        x, y, z = points_mm[int(np.argmax(np.isnan(before)))]
        raise DoseGridError(
            f"the prior dose does not reach over {what} (x {x:.0f}, y {y:.0f}, z {z:.0f} mm), expected it to cover the "
            "target's surroundings; export it on a larger grid, or check its registration"
        )


def _refuse_spent(left: Floats, before: Floats, points_mm: Floats, what: str, limit: str) -> None:
    worst = int(np.argmin(left))
    if left[worst] > 0:
        return
    x, y, z = points_mm[worst]
    raise PlanError(
        f"nothing is left for {what} at x {x:.0f}, y {y:.0f}, z {z:.0f} mm: the prior course gave "
        f"{before[worst]:.1f} Gy EQD2 there (most {before.max():.1f} Gy) and the limit is {limit}; treat without "
        "radiation here, or check the prior dose and its fractions"
    )
