"""The wish-list on a line: target 30-60 mm, cord from 64 mm, penumbra of 3 mm sigma."""

import numpy as np
import pytest

from spondyl.plan.goals import Goal, measure, smooth
from spondyl.plan.lagrangian import Effort, solve
from spondyl.plan.lexicographic import OPEN_SLACK, grant
from spondyl.plan.wishlist import Wish, Wishlist

CORD = Goal("Cord", "D0.03cc", 1, 8.0, margin=0.005)
D98 = Goal("PTV", "D98%", -1, 27.0)
D90 = Goal("PTV", "D90%", -1, 30.0)
HOT = Goal("PTV", "D2%", 1, 36.0)
FALLOFF = Goal("Falloff", "overdose", 1, None)
ROUGH = Goal("fluence", "roughness", 1, None)
START = np.full(25, 10.0)


def exact(problem, x, goal):
    return measure(goal, problem, x, problem.dose_at_points(x))


@pytest.mark.parametrize("goal", [CORD, D98, D90, HOT, FALLOFF, ROUGH, Goal("fluence", "modulation", 1, 4.0)])
def test_smooth_gradient_is_the_finite_difference(problem, goal):
    rng = np.random.default_rng(0)
    x, direction = 10 + rng.random(25), rng.normal(size=25)

    def value(at):
        return smooth(goal, problem, at, problem.dose_at_points(at))

    derivative, by_point = value(x)[1:]
    if by_point:
        full = np.zeros(problem.interpolation.rows)
        full[problem.samples[goal.structure].points] = derivative
        derivative = problem.gradient_from(full, x)
    step = 1e-5
    expected = (value(x + step * direction)[0] - value(x - step * direction)[0]) / (2 * step)
    assert derivative @ direction == pytest.approx(expected, rel=1e-4)


def test_augmented_lagrangian_holds_a_hard_limit(problem):
    free = solve(problem, [(D90, 1.0), (HOT, 1.0)], [], START, Effort())
    assert exact(problem, free.x, CORD) > 12.0  # it would be broken without the limit
    held = solve(problem, [(D90, 1.0), (HOT, 1.0)], [(CORD, 8.0)], START, Effort(rounds=12))
    assert exact(problem, held.x, CORD) <= 8.0 * 1.003
    assert exact(problem, held.x, D90) > 29.0


def test_a_limit_without_effect_has_no_multiplier(problem):
    loose = Goal("Cord", "D0.03cc", 1, 200.0)
    assert solve(problem, [(D90, 1.0)], [(loose, 200.0)], START, Effort()).multipliers[loose] == 0.0


WISHES = (
    Wish("coverage", ((D90, 1.0), (D98, 1.0))),
    Wish("fall-off", ((FALLOFF, 1.0),)),
    Wish("rest", ((ROUGH, 1.0),)),
)


def test_a_later_wish_never_takes_more_than_the_slack_of_an_earlier_one(problem):
    granted = grant(problem, Wishlist((CORD, HOT), (), WISHES), START, effort=Effort(rounds=12))
    assert [step.name for step in granted.steps] == ["coverage", "fall-off", "rest"]
    assert exact(problem, granted.x, CORD) <= 8.0
    assert exact(problem, granted.x, D90) >= 30.0 * 0.996
    after_fall_off, last = granted.steps[1].after[FALLOFF], granted.steps[2].after[FALLOFF]
    assert last <= after_fall_off * (1 + OPEN_SLACK + 0.005)
    assert granted.steps[2].after[ROUGH] < granted.steps[1].after[ROUGH]
    assert not granted.misses


def test_order_decides_who_gives_way(make_line_problem):
    problem = make_line_problem(6.0)  # cord inside the target: not both can be had
    cord_wish = Goal("Cord", "D0.03cc", 1, 15.0)
    coverage, sparing = Wish("coverage", ((D90, 1.0),)), Wish("cord", ((cord_wish, 1.0),))
    first = grant(problem, Wishlist((HOT,), (), (coverage, sparing)), START, effort=Effort(rounds=10))
    other = grant(problem, Wishlist((HOT,), (), (sparing, coverage)), START, effort=Effort(rounds=10))
    assert exact(problem, first.x, D90) >= 29.8
    assert exact(problem, other.x, cord_wish) <= 15.2
    assert exact(problem, first.x, cord_wish) > 18.0
    assert exact(problem, other.x, D90) < 28.5


def test_limits_that_cannot_all_hold_end_with_the_best_plan_and_what_binds(make_line_problem):
    problem = make_line_problem(6.0)
    tight = Goal("Cord", "D0.03cc", 1, 15.0)
    required = Goal("PTV", "D90%", -1, 29.7)
    granted = grant(problem, Wishlist((tight, HOT), (required,), WISHES), START, effort=Effort(rounds=10))
    assert exact(problem, granted.x, tight) <= 15.0 * 1.003  # the upper limit holds
    assert 15.0 < exact(problem, granted.x, required) < 29.0  # the minimum dose gives way, as little as possible
    assert tight in granted.misses[required]


def test_same_input_same_plan(problem):
    wishlist = Wishlist((CORD, HOT), (), WISHES)
    assert (grant(problem, wishlist, START).x == grant(problem, wishlist, START).x).all()
