"""Minimise some goals while others hold: the augmented Lagrangian around projected L-BFGS.

Bounds g_j(x) <= 0, relative to their limit, enter as (max(0, m_j + p_j g_j)^2 - m_j^2) / (2 p_j) (Rockafellar 1973,
doi:10.1007/BF01580138; Nocedal and Wright 2006, chapter 17). After each inner search the multiplier m_j takes the
value it pushed with, the penalty p_j grows where the violation did not shrink, and the smooth stand-ins of
dose-volume metrics are aligned with the exact ones. A multiplier that stays above zero is a limit that binds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spondyl.core import cite
from spondyl.plan.goals import Goal, measure, smooth
from spondyl.plan.matvec import Floats
from spondyl.plan.optimiser import Pairs, minimise, norm
from spondyl.plan.problem import Problem

MET_WITHIN = 1e-3
"""A goal counts as reached within this share of its limit."""
LIGHT = 0.02
"""Wishes of less weight only steer; they do not keep a search going."""


@dataclass(frozen=True)
class Effort:
    """How hard to try: outer rounds, inner iterations, penalties, the relative violation that is good enough, and the
    relative change of the beamlets below which nothing moves any more."""

    rounds: int = 8
    iterations: int = 15
    inner_tolerance: float = 1e-4
    penalty: float = 30.0
    penalty_growth: float = 3.0
    penalty_most: float = 3e4
    violation: float = 2e-3
    moved: float = 5e-3
    memory: int = 12


@dataclass(frozen=True)
class Solved:
    """Beamlet weights, the multiplier of each bound (value of the objective per relative change of the limit), the
    bounds' exact relative violation, and the evaluations used."""

    x: Floats
    multipliers: Mapping[Goal, float]
    violations: Mapping[Goal, float]
    evaluations: int


@dataclass
class _Bound:
    goal: Goal
    limit: float
    multiplier: float = 0.0
    penalty: float = 30.0
    gap: float = 0.0
    violation: float = np.inf

    @property
    def scale(self) -> float:
        return max(abs(self.limit), 1e-3)


@cite("Rockafellar RT, Math Program 1973;5:354", "10.1007/BF01580138", "augmented Lagrangian")
def solve(
    problem: Problem,
    wishes: Sequence[tuple[Goal, float]],
    bounds: Sequence[tuple[Goal, float]],
    start: Floats,
    effort: Effort,
    multipliers: Mapping[Goal, float] | None = None,
) -> Solved:
    """Minimise the weighted shortfall of `wishes` while `bounds` hold.

    Parameters
    ----------
    wishes
        Goals with weights. One with a limit counts its squared relative shortfall and nothing beyond; one without
        counts its value relative to the prescription.
    bounds
        Goals with the limit that must hold.
    start
        Beamlet weights to start from.
    multipliers
        To start from, by goal.
    """
    known = multipliers or {}
    held = [_Bound(goal, limit, known.get(goal, 0.0), effort.penalty) for goal, limit in bounds]
    gaps = [0.0 for _ in wishes]
    x, evaluations, pairs = start, 0, Pairs(effort.memory)
    _align(problem, x, wishes, gaps, held)
    if max((b.violation for b in held), default=0.0) <= effort.violation and _granted(problem, x, wishes):
        return Solved(x, {b.goal: b.multiplier for b in held}, {b.goal: b.violation for b in held}, 0)
    for _ in range(effort.rounds):
        found = minimise(
            lambda trial: _value(problem, trial, wishes, gaps, held),
            x,
            iterations=effort.iterations,
            tolerance=effort.inner_tolerance,
            pairs=pairs,
        )
        evaluations += found.evaluations
        moved = norm(found.x - x) / (norm(x) + 1e-12)
        x = found.x
        points = problem.dose_at_points(x)
        for bound in held:
            _update(bound, smooth(bound.goal, problem, x, points)[0], effort)
        _align(problem, x, wishes, gaps, held)
        worst = max((b.violation for b in held), default=0.0)
        if worst <= effort.violation and (moved < effort.moved or _granted(problem, x, wishes)):
            break
    return Solved(
        x,
        {b.goal: b.multiplier for b in held},
        {b.goal: b.violation for b in held},
        evaluations,
    )


def _granted(problem: Problem, x: Floats, wishes: Sequence[tuple[Goal, float]]) -> bool:
    """Whether every wish of full weight has a limit, and meets it."""
    points = problem.dose_at_points(x)
    pursued = [goal for goal, weight in wishes if weight >= LIGHT]
    return all(
        goal.limit is not None
        and goal.sense * (measure(goal, problem, x, points) - goal.aim) <= MET_WITHIN * abs(goal.aim)
        for goal in pursued
    )


def _value(
    problem: Problem,
    x: Floats,
    wishes: Sequence[tuple[Goal, float]],
    gaps: Sequence[float],
    held: Sequence[_Bound],
) -> tuple[float, Floats]:
    """The augmented Lagrangian and its gradient."""
    points = problem.dose_at_points(x)
    derivative = np.zeros_like(points)
    gradient = np.zeros(problem.beamlets)
    total = 0.0
    for (goal, weight), gap in zip(wishes, gaps, strict=True):
        value, slope, by_point = smooth(goal, problem, x, points)
        cost, push = _wish_cost(goal, value, gap, problem.prescription_gy)
        total += weight * cost
        if push != 0.0:
            _add(problem, goal, weight * push * slope, by_point, derivative, gradient)
    for bound in held:
        value, slope, by_point = smooth(bound.goal, problem, x, points)
        relative = bound.goal.sense * (value - bound.limit - bound.gap) / bound.scale
        push = max(0.0, bound.multiplier + bound.penalty * relative)
        total += (push**2 - bound.multiplier**2) / (2.0 * bound.penalty)
        if push != 0.0:
            _add(problem, bound.goal, push * bound.goal.sense / bound.scale * slope, by_point, derivative, gradient)
    strain = problem.strain(x)
    if strain is not None:
        total, gradient = total + strain[0], gradient + strain[1]
    return total, gradient + problem.gradient_from(derivative, x)


def _add(problem: Problem, goal: Goal, slope: Floats, by_point: bool, derivative: Floats, gradient: Floats) -> None:
    if by_point:
        derivative[problem.samples[goal.structure].points] += slope
    else:
        gradient += slope


def _wish_cost(goal: Goal, value: float, gap: float, prescription_gy: float) -> tuple[float, float]:
    """Cost of a wish at a smooth value, and its derivative."""
    if goal.limit is None:
        scale = 1.0 if goal.structure == "fluence" else prescription_gy
        return goal.sense * value / scale, goal.sense / scale
    scale = max(abs(goal.limit), 1e-3)
    short = max(0.0, goal.sense * (value - goal.aim - gap) / scale)
    return short**2, 2.0 * short * goal.sense / scale


def _update(bound: _Bound, value: float, effort: Effort) -> None:
    """First-order multiplier update; the penalty grows where the violation did not halve."""
    relative = bound.goal.sense * (value - bound.limit - bound.gap) / bound.scale
    bound.multiplier = max(0.0, bound.multiplier + bound.penalty * relative)
    if relative > effort.violation and relative > 0.5 * bound.violation:
        bound.penalty = min(effort.penalty_most, bound.penalty * effort.penalty_growth)


def _align(
    problem: Problem, x: Floats, wishes: Sequence[tuple[Goal, float]], gaps: list[float], held: Sequence[_Bound]
) -> None:
    """Set each stand-in's gap to smooth minus exact at `x`, and each bound's exact violation."""
    points = problem.dose_at_points(x)
    for i, (goal, _) in enumerate(wishes):
        if goal.has_stand_in:
            gaps[i] = smooth(goal, problem, x, points)[0] - measure(goal, problem, x, points)
    for bound in held:
        exact = measure(bound.goal, problem, x, points)
        if bound.goal.has_stand_in:
            bound.gap = smooth(bound.goal, problem, x, points)[0] - exact
        bound.violation = max(0.0, bound.goal.sense * (exact - bound.limit) / bound.scale)
