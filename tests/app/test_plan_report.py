"""What the report says of a plan: what bound a missed goal, what a step cost, what the boost is."""

from __future__ import annotations

import pytest

from spondyl.app.plan_report import _step, boost_gy, bound_by
from spondyl.evaluate import Verdict, load_protocol
from spondyl.plan import PlanLog
from spondyl.plan.goals import Goal
from spondyl.plan.lexicographic import Step

COVERED = Goal("PTV_Eval", "D90%", -1, 30.0)
COLD = Goal("GTV", "D98%", -1, 27.0)
HOT = Goal("GTV", "D2%", 1, 48.0)
SAC = Goal("ThecalSac", "D0.03cc", 1, 30.0)
ROUGH = Goal("fluence", "roughness", 1, None)


def verdict(status: str, metric: str = "D98%") -> Verdict:
    """A verdict on the GTV."""
    return Verdict("GTV", metric, ">=", 27.0, 25.0, "Gy", "optimal", status, -2.0, "Table 1", "confirmed", "GTV")  # type: ignore[arg-type]


def step(binding: dict[Goal, float]) -> Step:
    """Escalation that raised D98% of the GTV from 20 to 25 Gy; sac, coverage and roughness paid."""
    before = {COVERED: 30.0, COLD: 20.0, HOT: 45.0, SAC: 20.0, ROUGH: 0.1}
    after = {COVERED: 29.7, COLD: 25.0, HOT: 47.0, SAC: 30.0, ROUGH: 0.5}
    return Step("escalation", 1, (COLD,), before, after, binding, 10)


def log(binding: dict[Goal, float]) -> PlanLog:
    """A log of that one step."""
    return PlanLog((step(binding),), (), {}, {})


def test_a_missed_goal_is_bound_by_the_strongest_limit_of_another_structure() -> None:
    """The GTV's own D2% has the larger multiplier, but it is the sac that a reader must know of."""
    assert bound_by(verdict("fail"), log({HOT: 5.0, SAC: 2.0, COVERED: 9.0})) == "bound by ThecalSac D0.03cc ≤ 30 Gy"


def test_where_only_its_own_limit_binds_that_is_said() -> None:
    assert bound_by(verdict("fail"), log({HOT: 5.0})) == "bound by GTV D2% ≤ 48 Gy"


@pytest.mark.parametrize(("status", "metric"), [("pass", "D98%"), ("unknown", "D98%"), ("fail", "D50%")])
def test_nothing_is_said_of_goals_met_unknown_or_never_pursued(status: str, metric: str) -> None:
    assert bound_by(verdict(status, metric), log({SAC: 2.0})) == ""


def test_a_step_tells_what_it_gained_and_its_three_largest_costs() -> None:
    """Relative: sac 10 of 20; roughness 0.4 of 1 at least; D2% 2 of 45; coverage 0.3 of 30 is the fourth."""
    told = _step(3, step({SAC: 2.0}))
    assert told.reached == "GTV D98% 20.0 → 25.0 Gy"
    assert told.cost == (
        "ThecalSac D0.03cc 20.0 → 30.0 Gy, fluence roughness 0.100 → 0.500, GTV D2% 45.0 → 47.0 Gy; "
        "held by ThecalSac D0.03cc ≤ 30 Gy"
    )


def test_the_boost_is_what_the_protocol_asks_of_half_the_gtv() -> None:
    """Mitsuyoshi 2025, Table 1: optimal GTV D50% at least 42 Gy over a prescription of 30 Gy."""
    assert boost_gy(load_protocol("sib-sbrt-30in5")) == 42.0
    assert boost_gy(load_protocol("conventional-8in1")) is None
