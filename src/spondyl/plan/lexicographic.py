"""Wishes granted in their order: the two-phase epsilon-constraint method of Erasmus-iCycle.

Breedveld, Storchi, Voet, Heijmen 2012 (doi:10.1118/1.3676689). Phase 1 takes the wishes by priority; each is pursued
to its goal while the hard limits and everything granted before are held, and what it reached (its goal, or its
result with a little slack) becomes a bound for all later ones. Phase 2 goes through the wishes whose goals were met
and that ask for it, and pushes them beyond. Upper limits are bounds from the start (no beam at all satisfies them, so
they can always be met); required minimum doses are the first wish, so that where both cannot be had it is the
minimum dose that gives way, by the least possible, and the limits that bind are named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from spondyl.core import Progress, cite, silent
from spondyl.plan.goals import Goal, measure
from spondyl.plan.lagrangian import MET_WITHIN, Effort, Solved, solve
from spondyl.plan.matvec import Floats
from spondyl.plan.problem import Problem
from spondyl.plan.wishlist import Wish, Wishlist

SLACK = 0.01
"""What a wish whose goal was not reached may lose to later ones, relative."""
OPEN_SLACK = 0.03
"""The same for wishes without a goal that are to be low: the 3 % of Breedveld 2012. What is to be high has `SLACK`."""
LATER_WEIGHT = 1e-3
"""Weight of the wishes not yet reached, so that each step's answer is unique and smooth."""
BINDS_ABOVE = 1e-3
"""A multiplier above this counts as binding: 0.1 % of the objective per 100 % of the limit."""


@dataclass(frozen=True)
class Step:
    """What one step did: the goals' exact values before and after it, and which bounds it met with a multiplier."""

    name: str
    phase: int
    goals: tuple[Goal, ...]
    before: Mapping[Goal, float]
    after: Mapping[Goal, float]
    binding: Mapping[Goal, float]
    evaluations: int

    def gained(self) -> dict[Goal, tuple[float, float]]:
        """This step's goals, from and to."""
        return {goal: (self.before[goal], self.after[goal]) for goal in self.goals}

    def cost(self, tolerance: float = 0.005) -> dict[Goal, tuple[float, float]]:
        """Other goals that became worse by more than `tolerance`, relative."""
        worse: dict[Goal, tuple[float, float]] = {}
        for goal, after in self.after.items():
            before = self.before[goal]
            if goal not in self.goals and goal.sense * (after - before) > tolerance * max(abs(before), 1.0):
                worse[goal] = (before, after)
        return worse


@dataclass(frozen=True)
class Granted:
    """Where the wish-list ended.

    `bounds` is what every later solution must hold, `misses` the goals not reached, `binding` the multiplier of each
    bound that was active when a goal was missed or in the last step.
    """

    x: Floats
    steps: tuple[Step, ...]
    bounds: tuple[tuple[Goal, float], ...]
    multipliers: Mapping[Goal, float]
    misses: Mapping[Goal, Mapping[Goal, float]] = field(default_factory=dict[Goal, Mapping[Goal, float]])


@cite("Breedveld S et al., Med Phys 2012;39:951", "10.1118/1.3676689", "two-phase epsilon-constraint")
def grant(
    problem: Problem,
    wishlist: Wishlist,
    start: Floats,
    *,
    effort: Effort | None = None,
    progress: Progress = silent,
) -> Granted:
    """Grant the wish-list's wishes in order.

    Parameters
    ----------
    start
        Beamlet weights to start from; not all zero.
    effort
        Of each step.
    """
    effort = effort or Effort()
    wishes = list(wishlist.wishes)
    if wishlist.at_least:
        wishes.insert(0, Wish("required minimum doses", tuple((goal, 1.0) for goal in wishlist.at_least)))
    bounds: dict[Goal, float] = {goal: goal.aim for goal in wishlist.never_above}
    state = _State(problem, wishlist.all_goals(), start)
    total = len(wishes) + sum(wish.beyond_goal for wish in wishes)
    for number, wish in enumerate(wishes):
        progress("optimise", number / total)
        later = [pair for after in wishes[number + 1 :] for pair in after.goals]
        state.take(wish, 1, wish.goals, later, bounds, effort)
        _bind(bounds, wish, state.values)
    for number, wish in enumerate(w for w in wishes if w.beyond_goal):
        progress("optimise", (len(wishes) + number) / total)
        beyond = tuple((Goal(g.structure, g.metric, g.sense, None, g.why), w) for g, w in wish.goals)
        state.take(wish, 2, beyond, [], bounds, effort)
        _bind(bounds, wish, state.values, keep_result=True)
    progress("optimise", 1.0)
    return Granted(state.x, tuple(state.steps), tuple(bounds.items()), state.multipliers, state.misses)


def settle(
    problem: Problem,
    wishlist: Wishlist,
    granted: Granted,
    shifts: Mapping[Goal, float],
    effort: Effort | None = None,
) -> Granted:
    """Repeat the last step in a problem that changed a little: its wish, while all bounds hold.

    `shifts` is added to the bounds' limits: what the problem's points give beyond the DVH.
    """
    last = wishlist.wishes[-1].goals
    held = [(goal, limit + shifts.get(goal, 0.0)) for goal, limit in granted.bounds if goal not in dict(last)]
    solved = solve(problem, last, held, granted.x, effort or Effort(), granted.multipliers)
    return replace(granted, x=solved.x, multipliers={**granted.multipliers, **solved.multipliers})


def _bind(bounds: dict[Goal, float], wish: Wish, values: Mapping[Goal, float], keep_result: bool = False) -> None:
    """Turn what a wish reached into bounds: its goal where met, else its result with slack."""
    for goal, _ in wish.goals:
        value = values[goal]
        slack = OPEN_SLACK if goal.limit is None and goal.sense > 0 else SLACK
        reached = value + goal.sense * slack * abs(value)
        if goal.limit is not None and not _misses(goal, value):
            reached = goal.sense * min(goal.sense * reached, goal.sense * goal.aim) if keep_result else goal.aim
        bounds[goal] = reached


def _misses(goal: Goal, value: float) -> bool:
    return goal.limit is not None and goal.sense * (value - goal.limit) > MET_WITHIN * abs(goal.limit)


class _State:
    """The plan as it goes through the steps."""

    def __init__(self, problem: Problem, goals: tuple[Goal, ...], start: Floats) -> None:
        self.problem, self.goals, self.x = problem, goals, start
        self.values = self._measure()
        self.multipliers: dict[Goal, float] = {}
        self.steps: list[Step] = []
        self.misses: dict[Goal, Mapping[Goal, float]] = {}

    def _measure(self) -> dict[Goal, float]:
        points = self.problem.dose_at_points(self.x)
        return {goal: measure(goal, self.problem, self.x, points) for goal in self.goals}

    def take(
        self,
        wish: Wish,
        phase: int,
        pursued: tuple[tuple[Goal, float], ...],
        later: list[tuple[Goal, float]],
        bounds: Mapping[Goal, float],
        effort: Effort,
    ) -> None:
        goals = tuple(goal for goal, _ in wish.goals)
        held = [(goal, limit) for goal, limit in bounds.items() if goal not in goals or phase == 2]
        aims = [*pursued, *((goal, LATER_WEIGHT * weight) for goal, weight in later)]
        solved: Solved = solve(self.problem, aims, held, self.x, effort, self.multipliers)
        before = self.values
        self.x = solved.x
        self.values = self._measure()
        self.multipliers.update(solved.multipliers)
        binding = {goal: m for goal, m in solved.multipliers.items() if m > BINDS_ABOVE}
        self.steps.append(Step(wish.name, phase, goals, before, self.values, binding, solved.evaluations))
        for goal in goals:
            if _misses(goal, self.values[goal]):
                self.misses[goal] = binding
