"""The final engine's dose of what is delivered, fed back into the problem until the bounds hold in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from spondyl.anatomy import Structures
from spondyl.core import Progress
from spondyl.dose import Dose, Field, compute_dose, find_engine
from spondyl.evaluate import dvh, metric
from spondyl.plan.agreement import agreement
from spondyl.plan.external.beams import Beam
from spondyl.plan.goals import Goal, measure
from spondyl.plan.lagrangian import Effort
from spondyl.plan.lexicographic import Granted, grant, settle
from spondyl.plan.limits import judged_as
from spondyl.plan.log import Round
from spondyl.plan.matvec import Floats
from spondyl.plan.prescription import Prescription
from spondyl.plan.problem import Problem
from spondyl.plan.recompute import total_dose
from spondyl.plan.setup import Setup
from spondyl.plan.wishlist import Wishlist

QUICK, FINAL = "fast", "final"
"""Qualities of the final engine: a first round only corrects, so that the coarser one is enough for it."""
MOST_ROUNDS = 4
"""Final-engine computations at most; two or three are enough where the pencil beam is within a few percent."""
GOOD_ENOUGH = 3e-3
"""Relative violation of a bound, in the final engine's dose, that needs no further round: less than the margin that
every limit has."""
START_AGAIN = 0.05
"""Relative violation after the first final dose from which the wishes are gone through again, not only held."""
NORMALISE_WITHIN = 0.03
"""The last step may scale the whole plan by so much."""
COVERAGE_WITHIN = 0.003
"""And may leave the coverage metric so far from the prescribed dose, where that keeps a goal."""


@dataclass(frozen=True)
class Delivered:
    """What the machine does in one fraction: its fields, and the beams that make them where there are any."""

    fields: tuple[Field, ...]
    beams: tuple[Beam, ...] = ()


Deliver = Callable[[Floats], Delivered]
"""From the problem's weights, those of the whole course, to what the machine does in one fraction: sequencing, where
there is any, included."""


@dataclass(frozen=True)
class Found:
    """Where the correction stands: weights of the course, what is delivered for them in a fraction, its dose in the
    final engine, and the dose's metrics as a DVH gives them."""

    x: Floats
    delivered: Delivered
    dose: Dose
    values: Mapping[Goal, float]
    granted: Granted
    rounds: tuple[Round, ...]


def correct(
    setup: Setup,
    structures: Structures,
    granted: Granted,
    deliver: Deliver,
    fractions: int,
    engine: str,
    progress: Progress,
    effort: Effort | None = None,
) -> Found:
    """Compute the final dose, add what it says beyond the pencil beam to the problem, settle again; keep the best.

    Done when every bound holds within `GOOD_ENOUGH` in the final dose, and the optimised dose agrees with it
    (`Agreement.holds`): limits' metrics and the targets' points within a percent.
    What sequencing changes is part of what the final dose says. The optimiser's few sample points and the DVH's many
    may differ by 0.1 Gy; each bound is shifted by what they do.
    """
    best: Found | None = None
    rounds: list[Round] = []
    problem, quality = setup.problem, QUICK if QUICK in find_engine(engine).qualities else FINAL
    for number in range(1, MOST_ROUNDS + 1):
        delivered = deliver(granted.x)
        dose = _accurate(setup, delivered.fields, fractions, engine, quality, f"{engine} {number}", progress)
        rows_gy = dose.values.ravel()[setup.rows].astype(np.float64)
        pencil = problem.row_dose(granted.x)
        points = problem.interpolation.times(rows_gy)
        coarse = {g: measure(g, problem, granted.x, points) for g in setup.wishlist.all_goals()}
        values = {**coarse, **_as_judged(setup, structures, dose)}
        rounds.append(_round(number, quality, setup, structures, problem, granted, rows_gy - pencil, points, values))
        worst = rounds[-1].worst
        if quality == FINAL and (best is None or worst < best.rounds[-1].worst):
            best = Found(granted.x, delivered, dose, values, granted, tuple(rounds))
        if number == MOST_ROUNDS or (quality == FINAL and _done(rounds[-1])):
            break
        problem = problem.corrected(rows_gy - pencil)
        if number == 1 and worst > START_AGAIN:
            granted = grant(problem, setup.wishlist, granted.x, effort=effort, progress=progress)
            continue
        if not _done(rounds[-1]):
            shifts = {goal: coarse[goal] - values[goal] for goal in coarse}
            granted = settle(problem, setup.wishlist, granted, shifts, effort)
        quality = FINAL
    assert best is not None
    kept = len(best.rounds)
    return replace(best, rounds=tuple(replace(r, kept=r.number == kept) for r in rounds))


def _done(found: Round) -> bool:
    """Whether every bound holds in the final engine's dose, and the optimiser's is as good as it."""
    return found.worst <= GOOD_ENOUGH and found.agreement.holds


def _round(
    number: int,
    quality: str,
    setup: Setup,
    structures: Structures,
    problem: Problem,
    granted: Granted,
    beyond_gy: Floats,
    points_gy: Floats,
    values: Mapping[Goal, float],
) -> Round:
    """One computation beside what the optimiser believed; `beyond_gy` is the final dose less the pencil beam's."""
    broken = {g: _violation(g, limit, values[g]) for g, limit in granted.bounds if g.is_dose_volume}
    apart = beyond_gy - problem.offset_gy
    believed = points_gy - problem.interpolation.times(apart)
    targets = tuple(name for name in problem.samples if name in structures and structures[name].role == "target")
    agreed = agreement(problem, granted.x, believed, points_gy, setup.wishlist.all_goals(), targets)
    return Round(number, quality, float(np.abs(apart).max()), broken, agreed)


def _violation(goal: Goal, limit: float, value: float) -> float:
    return max(0.0, goal.sense * (value - limit) / max(abs(limit), 1e-3))


def _as_judged(setup: Setup, structures: Structures, dose: Dose) -> dict[Goal, float]:
    """Each dose-volume goal's metric from the DVH that the verdicts use; without those it cannot tell."""
    goals = [goal for goal in setup.wishlist.all_goals() if goal.is_dose_volume and goal.structure in structures]
    curves = {name: dvh(dose, structures[name]) for name in dict.fromkeys(goal.structure for goal in goals)}
    found = {goal: metric(curves[goal.structure], judged_as(goal.metric)).value for goal in goals}
    return {goal: value for goal, value in found.items() if value is not None}


def _accurate(
    setup: Setup, fields: tuple[Field, ...], fractions: int, engine: str, quality: str, stage: str, progress: Progress
) -> Dose:
    """Dose of the whole course in the final engine."""

    def told(_: str, fraction: float) -> None:
        progress(stage, fraction)

    dose = compute_dose(
        fields, setup.medium, setup.model, engine=engine, grid=setup.grid, quality=quality, progress=told
    )
    return total_dose(dose, fractions)


def normalisation(wishlist: Wishlist, values: Mapping[Goal, float], prescription: Prescription) -> float:
    """Factor for the whole plan that brings the coverage metric to the prescribed dose, within `COVERAGE_WITHIN`.

    Among those the one that breaks least: hard limits first, then wishes, then the distance to the prescribed dose.
    """
    coverage = next(
        value
        for goal, value in values.items()
        if goal.metric == prescription.coverage and goal.sense < 0 and goal.limit == prescription.dose_gy
    )
    exact = float(np.clip(prescription.dose_gy / coverage, 1.0 - NORMALISE_WITHIN, 1.0 + NORMALISE_WITHIN))
    hard = (*wishlist.never_above, *wishlist.at_least)
    wished = tuple(g for wish in wishlist.wishes for g, _ in wish.goals if g.metric != prescription.coverage)

    def broken(goals: tuple[Goal, ...], factor: float) -> int:
        return sum(g.limit is not None and g.sense * (values[g] * factor - g.limit) > 0 for g in goals)

    factors = exact * np.linspace(1.0 - COVERAGE_WITHIN, 1.0 + COVERAGE_WITHIN, 41)
    return float(min(factors, key=lambda f: (broken(hard, f), broken(wished, f), abs(f - exact))))
