"""What must never happen, whatever the other facts are."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from decide_facts import ANY, any_paths, facts_from, facts_or_none
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from rule_cases import CASES, UNSTABLE, Paths

from spondyl.clinic.decide import assess, rules
from spondyl.clinic.decide.options import STABILISING
from spondyl.core.errors import CaseError

BALLOON = ("pkp", "kypho_iort")
COMPRESSIONS: tuple[Paths, ...] = (
    {"lesion.epidural.cord_compressed": True},
    {"lesion.bilsky_escc": "2"},
    {"lesion.bilsky_escc": "3"},
    {"lesion.bilsky_escc": "1c"},
    {"lesion.epidural.cord_abutted": True},
    {"level": "L4", "lesion.epidural.canal_compromise_percent": 51.0},
    {"lesion.epidural.at_cauda_equina": True, "lesion.epidural.canal_compromise_percent": 90.0},
)
PROGNOSTIC = frozenset(rule.row.id for rule in rules() if rule.row.prognostic)
FORBIDDING = tuple(rule.row.id for rule in rules() if rule.effect == "contraindicates")
HELD_BACK = ("contraindicated", "needs facts")
few = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)


# A prognosis never vetoes stabilising an unstable spine.

HISTOLOGIES = ("breast", "renal cell carcinoma", "lung carcinoma", "stomach", "melanoma")
ORGANS: tuple[Paths, ...] = (
    {"systemic.visceral_metastases": 0},
    {"systemic.visceral": [{"organ": "liver", "resectable": True}]},
    {"systemic.visceral": [{"organ": "liver", "resectable": False}]},
)
BONES: tuple[Paths, ...] = tuple(
    {"systemic.extraspinal_bone_metastases": outside, "systemic.other_spinal_metastases": others}
    for outside, others in ((0, 0), (2, 1), (9, 9))
)
BEST, WORST = {**ORGANS[0], **BONES[0]}, {**ORGANS[2], **BONES[2]}
STATES: tuple[Paths, ...] = (
    {"kps": 90, "neurology.frankel": "E"},
    {"kps": 60, "neurology.frankel": "D"},
    {"kps": 20, "neurology.frankel": "A"},
)


def unstable_patients() -> list[Paths]:
    """Unstable spines over every prognosis, and one with a stated life of a month."""
    burdens = product(HISTOLOGIES, ORGANS, BONES, STATES)
    found = [{**UNSTABLE, "histology": h, **o, **b, **s} for h, o, b, s in burdens]
    return [*found, *({**each, "life_expectancy_months_estimate": 1} for each in found[::7])]


def test_the_patients_of_the_next_test_have_every_total_of_tomita_and_tokuhashi():
    scores = [assess(facts_from(each)).scores for each in unstable_patients()]
    assert {score["sins"].total for score in scores} == {18}
    assert {score["tomita"].total for score in scores} - {None} == set(range(2, 11))
    assert {score["tokuhashi_2005"].total for score in scores} == set(range(16))


@pytest.mark.parametrize("patient", unstable_patients())
def test_a_prognosis_never_speaks_against_stabilising_an_unstable_spine(patient: Paths):
    options = assess(facts_from(patient)).options
    for name in STABILISING:
        for reason in options[name].asked:
            prognostic = reason.rule in PROGNOSTIC or reason.framework in ("Tomita", "Tokuhashi")
            if prognostic and reason.truth.value is not False:
                assert reason.effect not in ("advises_against", "contraindicates"), (name, reason)
            if prognostic and reason.truth.value is not True:
                assert reason.effect != "requires", (name, reason)


def test_the_worst_prognosis_leaves_the_verdict_on_an_unstable_spine_as_the_best_does():
    fit: Paths = {
        **UNSTABLE, "comorbidity.tolerates_open_surgery": True, "neurology.deficit_progression": "none",
        "comorbidity.cardiopulmonary_reserve_adequate": True, "neurology.frankel": "E",
    }  # fmt: skip
    good = {**fit, "histology": "breast", **BEST, "kps": 90, "primary.controlled": True,
            "systemic.disseminated_or_uncontrollable": False, "life_expectancy_months_estimate": 40}  # fmt: skip
    bad = {**fit, "histology": "lung carcinoma", **WORST, "kps": 20, "primary.controlled": False,
           "systemic.disseminated_or_uncontrollable": True, "life_expectancy_months_estimate": 1}  # fmt: skip
    best, worst = assess(facts_from(good)), assess(facts_from(bad))
    assert (best.scores["tomita"].total, worst.scores["tomita"].total) == (2, 10)
    for name in ("open_surgery", "percutaneous_screws"):
        assert best.options[name].verdict == worst.options[name].verdict == "recommended"


def test_the_same_prognosis_does_speak_where_the_spine_is_stable():
    """The rule above is about instability; it does not mute the scores."""
    stable = {**UNSTABLE, "level": "T8", "pain.mechanical": False, "lesion.alignment": "normal",
              "lesion.collapse_percent": 0, "lesion.body_involvement_percent": 10,
              "lesion.posterolateral_involvement": "none"}  # fmt: skip
    option = assess(facts_from({**stable, "histology": "lung carcinoma", **WORST})).options["open_surgery"]
    assert option.verdict == "advised against"
    assert {"R012", "Tomita 8-10"} <= {reason.rule for reason in option.reasons if reason.speaks_for is False}


def test_where_stability_is_unknown_a_prognosis_waits_for_it():
    patient = {"level": "T8", "histology": "lung carcinoma", **WORST, "pain.refractory": True}
    option = assess(facts_from(patient)).options["open_surgery"]
    assert option.verdict == "needs facts"
    assert "clinical.lesion.alignment" in option.needs


# Kyphoplasty is never offered with cord compression.


@pytest.mark.parametrize("compression", COMPRESSIONS)
@given(data=st.data())
@few
def test_a_balloon_is_contraindicated_with_any_compression_whatever_else_is_known(compression: Paths, data: Any):
    facts = facts_or_none(data.draw(any_paths(20, compression)))
    assume(facts)
    assert facts is not None
    options = assess(facts).options
    assert [options[name].verdict for name in BALLOON] == ["contraindicated"] * 2


def test_without_any_image_a_balloon_is_never_offered():
    """Unknown compression is not absent compression."""
    wish = {"level": "T8", "pain.present": True, "lesion.collapse_percent": 30, "life_expectancy_months_estimate": 4,
            "lesion.posterior_wall_involved": False}  # fmt: skip
    assert assess(facts_from(wish)).options["pkp"].verdict == "needs facts"
    free = {**wish, "lesion.bilsky_escc": "0"}
    assert (
        assess(facts_from({**free, "lesion.posterior_elements_involved": False})).options["pkp"].verdict
        == "recommended"
    )


@pytest.mark.parametrize(
    ("cauda", "verdict"),
    [
        ({"lesion.bilsky_escc": "1b"}, "needs facts"),
        ({"lesion.bilsky_escc": "1b", "lesion.epidural.canal_compromise_percent": 50.0}, "needs facts"),
        ({"lesion.bilsky_escc": "1b", "lesion.epidural.canal_compromise_percent": 50.1}, "contraindicated"),
        ({"lesion.bilsky_escc": "1b", "lesion.epidural.canal_compromise_percent": 20.0}, "advised against"),
        ({"lesion.bilsky_escc": "0"}, "recommended"),
    ],
)
def test_below_the_conus_the_share_of_the_canal_decides(cauda: Paths, verdict: str):
    patient = {"level": "L4", "pain.present": True, "lesion.collapse_percent": 30, **cauda,
               "life_expectancy_months_estimate": 4, "lesion.posterior_wall_involved": False,
               "lesion.posterior_elements_involved": False}  # fmt: skip
    assert assess(facts_from(patient)).options["pkp"].verdict == verdict


# No mode of failure of the input makes a contraindication disappear.


def contraindicated(paths: Paths) -> set[str]:
    return {name for name, option in assess(facts_from(paths)).options.items() if option.verdict == "contraindicated"}


@given(start=any_paths(14), number=st.sampled_from(FORBIDDING))
@settings(few, max_examples=60)
def test_taking_a_fact_away_never_lifts_a_contraindication_and_adding_one_neither(start: Paths, number: str):
    """For every modality: contraindicated stays so or needs facts with one fact less; and with one more, it stays."""
    more = {**start, **CASES[number][0]}
    assume(facts_or_none(more) is not None)
    held = contraindicated(more)
    assert held
    for path in more:
        less = {name: value for name, value in more.items() if name != path}
        facts = facts_or_none(less)
        if facts is None:
            continue
        options = assess(facts).options
        for name in held:
            assert options[name].verdict in HELD_BACK, (name, path)
        for name, option in options.items():
            assert option.verdict != "contraindicated" or name in held, (name, path)


@pytest.mark.parametrize("number", FORBIDDING)
def test_nothing_known_of_a_contraindication_means_needs_facts(number: str):
    rule = next(rule for rule in rules() if rule.row.id == number)
    option = assess(facts_from({})).options[rule.row.modality]
    assert option.verdict == "needs facts"
    assert number in {reason.rule for reason in option.could_fire}


@pytest.mark.parametrize("number", FORBIDDING)
def test_a_contraindication_forbids_its_modality(number: str):
    rule = next(rule for rule in rules() if rule.row.id == number)
    option = assess(facts_from(CASES[number][0])).options[rule.row.modality]
    assert option.verdict == "contraindicated"
    assert any(reason.rule == number and reason.speaks_for is False for reason in option.reasons)


@pytest.mark.parametrize(
    "contradiction",
    [
        {"level": "T8", "lesion.bilsky_escc": "0", "lesion.epidural.cord_compressed": True},
        {"lesion.epidural.cord_compressed": True, "lesion.epidural.tumour_in_epidural_space": False},
        {"neurology.ambulatory": True, "neurology.lower_limb_power_mrc": 0},
        {"systemic.visceral_metastases": 0, "systemic.visceral": [{"organ": "liver"}]},
    ],
)
def test_contradictory_facts_are_refused_before_anything_is_decided(contradiction: Paths):
    with pytest.raises(CaseError):
        facts_from(contradiction)


# An emergency is said first.


@pytest.mark.parametrize(
    ("patient", "held"),
    [
        ({"neurology.deficit_progression": "rapid"}, True),
        ({"neurology.frankel": "C", "lesion.bilsky_escc": "3"}, True),
        ({"neurology.sphincter": "disturbed", "level": "T8", "lesion.bilsky_escc": "2"}, True),
        ({"neurology.frankel": "C", "lesion.bilsky_escc": "3", "neurology.deficit_progression": "none"}, False),
        ({"neurology.frankel": "E", "neurology.sphincter": "normal", "lesion.bilsky_escc": "3"}, False),
        ({"neurology.frankel": "E", "neurology.sphincter": "disturbed"}, None),
        ({}, None),
    ],
)
def test_an_emergency(patient: Paths, held: bool | None):
    emergency = assess(facts_from(patient)).emergency
    assert emergency.value is held
    assert emergency.said.startswith("EMERGENCY") is bool(held)
    assert held is not None or emergency.needs


def test_the_record_says_the_emergency_first():
    record = assess(facts_from({"neurology.deficit_progression": "rapid"})).record()
    assert next(iter(record)) == "emergency"
    assert record["emergency"]["value"] is True


EPIDURAL = {
    **{path: strategy for path, strategy in ANY.items() if path.startswith("lesion.epidural.")},
    "level": st.sampled_from(("T8", "T12", "L1", "L3", "L4")),
    "lesion.levels": st.lists(st.sampled_from(("T8", "T12", "L1", "L3", "L4")), min_size=1, max_size=3, unique=True),
    "lesion.bilsky_escc": ANY["lesion.bilsky_escc"],
    "lesion.epidural.canal_compromise_percent": st.sampled_from((0.0, 20.0, 50.0, 60.0)),
}


@given(more=st.fixed_dictionaries({}, optional=EPIDURAL))
@settings(few, max_examples=100)
def test_no_finding_on_mr_hides_a_compression_that_another_shows(more: Paths):
    """The same over everything that is said of the canal, where levels, grades and findings imply one another."""
    assume(facts_or_none(more) is not None)
    held = contraindicated(more) & {"pvp", "pkp", "kypho_iort", "radioactive_cement", "vertebral_stent"}
    for path in more:
        facts = facts_or_none({name: value for name, value in more.items() if name != path})
        if facts is not None:
            options = assess(facts).options
            for name in held:
                assert options[name].verdict in HELD_BACK, (name, path)
            for name in ("pvp", "pkp", "kypho_iort"):
                assert options[name].verdict != "contraindicated" or name in held, (name, path)


@pytest.mark.parametrize(
    ("levels", "verdict"),
    [
        ({"lesion.levels": ["C7"]}, "contraindicated"),
        ({"lesion.levels": ["C7", "T1"]}, "needs facts"),
        ({"lesion.levels": ["C7", "T1"], "level": "C7"}, "contraindicated"),
        ({"lesion.levels": ["C7", "T1"], "level": "T1"}, "recommended"),
        ({}, "needs facts"),
    ],
)
def test_a_lesion_on_both_sides_of_a_border_waits_for_the_level_to_treat(levels: Paths, verdict: str):
    patient = {"pain.present": True, "lesion.collapse_percent": 30, "life_expectancy_months_estimate": 4,
               "lesion.posterior_wall_involved": False, "lesion.posterior_elements_involved": False,
               "lesion.epidural.tumour_in_epidural_space": False}  # fmt: skip
    assert assess(facts_from({**patient, **levels})).options["pkp"].verdict == verdict
