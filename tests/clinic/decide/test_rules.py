"""The rules as data: closed, complete, and each holding, not holding and waiting where it should."""

from __future__ import annotations

import pytest
from decide_facts import facts_from
from pydantic import ValidationError
from rule_cases import CASES, Paths
from rule_numbers import RULES

from spondyl.clinic.decide import rules
from spondyl.clinic.decide.conditions import RuleError, parse
from spondyl.clinic.decide.patient import Patient
from spondyl.clinic.decide.rules import EFFECT_OF, RuleRow

BY_NUMBER = {rule.row.id: rule for rule in rules()}
BANDS = {"sins": frozenset(("stable", "indeterminate", "unstable"))}
ROW = {
    "id": "R001",
    "modality": "pvp",
    "kind": "indication",
    "text": "t",
    "when": "always",
    "paper": "001",
    "place": "p",
}


def test_every_number_stands_once_with_the_modality_kind_and_paper_of_the_digest():
    shipped = [f"{r.row.id} {r.row.modality} {r.row.kind} {r.row.paper}" for r in rules()]
    assert shipped == RULES.split("\n")[1:-1]
    assert [line.split()[0] for line in shipped] == [f"R{n:03d}" for n in range(1, 189)]


def test_the_cases_below_are_those_of_every_conditional_rule():
    assert set(CASES) == {number for number, rule in BY_NUMBER.items() if rule.row.when != "always"}


@pytest.mark.parametrize("number", CASES)
def test_a_rule_holds(number: str):
    assert BY_NUMBER[number].condition(Patient(facts_from(CASES[number][0]))).value is True


@pytest.mark.parametrize("number", CASES)
def test_a_rule_does_not_hold(number: str):
    truth = BY_NUMBER[number].condition(Patient(facts_from(CASES[number][1])))
    assert truth.value is False, truth
    assert truth.needs == ()


@pytest.mark.parametrize("number", CASES)
def test_a_rule_waits_where_nothing_is_known_and_says_for_what(number: str):
    truth = BY_NUMBER[number].condition(Patient(facts_from({})))
    assert truth.value is None
    assert truth.needs


@pytest.mark.parametrize("number", sorted(set(BY_NUMBER) - set(CASES)))
def test_an_unconditional_rule_always_holds(number: str):
    assert BY_NUMBER[number].condition(Patient(facts_from({}))).value is True


def test_every_override_says_why():
    for rule in rules():
        if rule.effect != EFFECT_OF[rule.row.kind] or rule.row.also:
            assert len(rule.row.why) > 15, rule.row.id


def test_every_unconditional_rule_that_speaks_is_a_caution():
    """A rule that always holds must not decide anything by itself."""
    for rule in rules():
        if rule.row.when == "always":
            assert rule.effect in ("informs", "cautions"), rule.row.id


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("cord_compresion", "no finding"),
        ({"fact": "clinical.kpss", "is": 80}, "no fact"),
        ({"fact": "clinical.pain", "is": True}, "no fact"),
        ({"fact": "clinical.lesion.bone_lesion_type", "is": "lythic"}, "is never"),
        ({"fact": "clinical.lesion.bone_lesion_type", "in": ["lytic", "glass"]}, "is never"),
        ({"score": "sinss", "above": 3}, "no score"),
        ({"score": "sins", "band": "wobbly"}, "no band"),
        ({"score": "sins", "over": 3}, "no comparison"),
        ({"fact": "clinical.kps"}, "expected one comparison"),
        ({"both": []}, "expected fact, score"),
        (3, "a word or a table"),
    ],
)
def test_a_condition_that_names_what_does_not_exist_is_refused(condition: object, said: str):
    with pytest.raises(RuleError, match=said):
        parse(condition, "test", BANDS)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "R1"},
        {"kind": "advice"},
        {"effect": "contraindicates"},
        {"effect": "supports", "why": "no change at all"},
        {"also": {"pkp": "allows"}},
        {"also": {"pkp": "forbids"}, "why": "w"},
        {"paper": "005"},
        {"colour": "red"},
    ],
)
def test_a_row_that_is_not_closed_is_refused(change: Paths):
    RuleRow.model_validate(ROW)
    with pytest.raises(ValidationError):
        RuleRow.model_validate({**ROW, **change})


def test_what_speaks_against_a_part_speaks_against_the_whole():
    carried = {
        rule.row.id: effect
        for rule in rules()
        for modality, effect, _ in rule.speaks_of
        if modality in ("kypho_iort", "radioactive_cement") and rule.row.modality in ("pkp", "pvp")
    }
    assert carried == {
        "R070": "contraindicates", "R071": "contraindicates", "R072": "contraindicates", "R073": "contraindicates",
        "R074": "contraindicates", "R077": "contraindicates", "R078": "advises_against", "R079": "contraindicates",
        "R080": "contraindicates", "R081": "contraindicates",
    }  # fmt: skip
