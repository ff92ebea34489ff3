"""From reasons to a verdict, on reasons made for it, and three-valued logic."""

from __future__ import annotations

from itertools import product

import pytest

from spondyl.clinic.decide.options import (
    STRICTNESS,
    Option,
    Reason,
    as_after_an_operation,
    as_way_of_operating,
    judge_option,
)
from spondyl.clinic.decide.truth import Truth, all_of, any_of, negate

VALUES = (True, False, None)
YES, NO, OPEN = Truth(True), Truth(False), Truth(None, needs=("clinical.kps",))
TRUTHS = {True: YES, False: NO, None: OPEN}


def option(*stated: tuple[str, bool | None], group: str = "") -> Option:
    reasons = [Reason(f"R{n}", effect, TRUTHS[value], "t", "s", group) for n, (effect, value) in enumerate(stated)]  # pyright: ignore[reportArgumentType]
    return judge_option("m", reasons)


@pytest.mark.parametrize(
    ("stated", "verdict"),
    [
        ([("contraindicates", True), ("supports", True)], "contraindicated"),
        ([("contraindicates", True), ("contraindicates", None)], "contraindicated"),
        ([("contraindicates", None), ("supports", True)], "needs facts"),
        ([("contraindicates", None), ("advises_against", True)], "needs facts"),
        ([("contraindicates", False), ("supports", True)], "recommended"),
        ([("advises_against", True), ("supports", True)], "advised against"),
        ([("advises_against", None), ("supports", True)], "possible"),
        ([("requires", False), ("supports", True)], "advised against"),
        ([("requires", None), ("supports", True)], "needs facts"),
        ([("requires", None), ("advises_against", True)], "advised against"),
        ([("requires", True), ("supports", True)], "recommended"),
        ([("supports", False)], "advised against"),
        ([("supports", False), ("allows", False)], "advised against"),
        ([("supports", False), ("allows", True)], "possible"),
        ([("supports", None), ("allows", True)], "possible"),
        ([("supports", None), ("allows", False)], "needs facts"),
        ([("allows", True)], "possible"),
        ([("supports", True), ("cautions", True)], "recommended"),
        ([("informs", True)], "possible"),
        ([], "possible"),
    ],
)
def test_the_verdict_table(stated: list[tuple[str, bool | None]], verdict: str):
    assert option(*stated).verdict == verdict


@pytest.mark.parametrize(("values", "verdict"), [
    ((True, False), "possible"), ((False, None), "needs facts"), ((False, False), "advised against"),
])  # fmt: skip
def test_one_alternative_of_a_group_is_enough(values: tuple[bool | None, ...], verdict: str):
    assert option(*(("requires", value) for value in values), group="extent").verdict == verdict


def test_knowing_more_never_turns_needs_facts_into_less_than_what_was_open():
    """Over every combination of three reasons: a verdict with an open reason is among, or waits for, its closings."""
    effects = ("contraindicates", "advises_against", "requires", "supports")
    for chosen in product(effects, repeat=2):
        for values in product(VALUES, repeat=2):
            if None not in values:
                continue
            now = option(*zip(chosen, values, strict=True)).verdict
            later = {
                option(*zip(chosen, closed, strict=True)).verdict
                for closed in product(*((v,) if v is not None else (True, False) for v in values))
            }
            if now == "contraindicated":
                assert later == {"contraindicated"}
            if now == "recommended":
                assert later == {"recommended"}
            if "contraindicated" in later and now != "contraindicated":
                assert now == "needs facts"


def test_an_indication_that_does_not_hold_is_no_reason_against_while_another_holds():
    held = option(("supports", True), ("supports", False))
    assert [reason.rule for reason in held.reasons] == ["R0"]
    none = option(("supports", False), ("allows", False))
    assert [reason.speaks_for for reason in none.reasons] == [False, False]


def test_what_waits_is_named_with_its_facts():
    waiting = option(("supports", True), ("advises_against", None), ("informs", None))
    assert [reason.rule for reason in waiting.could_fire] == ["R1"]
    assert waiting.needs == ("clinical.kps",)


@pytest.mark.parametrize("own", [[("supports", True)], [("supports", False)], [("supports", None)]])
@pytest.mark.parametrize(
    "parent", [[("supports", True)], [("allows", True)], [("supports", None)], [("supports", False)]]
)
def test_a_way_of_operating_is_never_better_than_open_surgery(
    own: list[tuple[str, bool | None]], parent: list[tuple[str, bool | None]]
):
    way, surgery = option(*own), option(*parent)
    verdict = as_way_of_operating(way, surgery).verdict
    assert STRICTNESS.index(verdict) == max(STRICTNESS.index(way.verdict), STRICTNESS.index(surgery.verdict))


@pytest.mark.parametrize(
    ("operated", "surgery", "verdict"),
    [
        (YES, [("supports", False)], "recommended"),
        (NO, [("supports", True)], "recommended"),
        (NO, [("supports", False)], "advised against"),
        (OPEN, [("supports", False)], "needs facts"),
    ],
)
def test_radiation_after_an_operation_asks_for_one(
    operated: Truth, surgery: list[tuple[str, bool | None]], verdict: str
):
    assert as_after_an_operation(option(("supports", True)), operated, option(*surgery)).verdict == verdict


def test_kleenes_tables():
    for a, b in product(VALUES, repeat=2):
        both, either = all_of((TRUTHS[a], TRUTHS[b])).value, any_of((TRUTHS[a], TRUTHS[b])).value
        assert both is (False if False in (a, b) else None if None in (a, b) else True)
        assert either is (True if True in (a, b) else None if None in (a, b) else False)
    assert [negate(TRUTHS[value]).value for value in VALUES] == [False, True, None]


def test_an_open_conjunction_needs_only_what_is_open():
    assert all_of((YES, OPEN)).needs == ("clinical.kps",)
    assert all_of((NO, OPEN)).needs == ()
