"""A protocol as the question how high the tumour's median goes."""

from __future__ import annotations

import pytest

from spondyl.core.errors import ProtocolError
from spondyl.evaluate import load_protocol
from spondyl.plan.escalation import STEP, escalated
from spondyl.plan.prescription import wishlist_of

RULES = load_protocol("sib-sbrt-30in5")


def test_the_step_stands_right_after_coverage_and_asks_for_all() -> None:
    wishes = wishlist_of(escalated(RULES)).wishes
    assert [wish.name for wish in wishes][:4] == ["deliverability", "coverage", STEP, "escalation"]
    ((goal, _),) = wishes[2].goals
    assert (goal.structure, goal.metric, goal.sense, goal.limit) == ("GTV", "D50%", -1, None)


def test_ceilings_of_targets_go_and_limits_of_organs_stay() -> None:
    lifted, kept = wishlist_of(escalated(RULES)), wishlist_of(escalated(RULES, keep_ceilings=True))
    assert {str(goal) for goal in kept.never_above} - {str(goal) for goal in lifted.never_above} == {
        "PTV_Eval D2% <= 51", "GTV D2% <= 51"
    }  # fmt: skip
    assert {goal.structure for goal in lifted.never_above} == {"PTV_Eval", "SpinalCord_PRV02", "ThecalSac"}
    assert "GTV D2% <= 48" not in {str(goal) for goal in lifted.all_goals()}
    assert "GTV D2% <= 48" in {str(goal) for goal in kept.all_goals()}


def test_the_protocol_itself_stays_as_it_is() -> None:
    before = RULES.model_dump()
    escalated(RULES)
    assert RULES.model_dump() == before


def test_a_protocol_without_a_boost_is_refused() -> None:
    with pytest.raises(ProtocolError, match=r"wishes nothing for the GTV.*choose one with a boost"):
        escalated(load_protocol("conventional-30in10"))
