"""The SIB-SBRT trial (paper 004) and Kypho-IORT (paper 000): each criterion by itself."""

from __future__ import annotations

import pytest
from decide_facts import facts_from
from rule_cases import Paths

from spondyl.clinic.decide import assess

ELIGIBLE: Paths = {
    "level": "T8", "histology": "renal cell", "life_expectancy_months_estimate": 12, "age_years": 20, "ecog": 2,
    "wishes.consents": True, "prior_radiotherapy.to_this_level": False, "planning.organ_constraints_met": True,
    "neurology.deficit_progression": "none", "planning.metal_artefact_prevents_dose_assessment": False,
    "comorbidity.mental_disorder_prevents_participation": False, "wishes.judged_unsuitable_by_physician": False,
    "neurology.ryu_neurological_grade": "a", "lesion.bilsky_escc": "1a",
}  # fmt: skip
KYPHO_IORT: Paths = {
    "level": "T11", "pain.present": True, "pain.mechanical": True, "lesion.bone_lesion_type": "lytic",
    "lesion.alignment": "normal", "lesion.collapse_percent": 30, "lesion.body_involvement_percent": 40,
    "lesion.posterolateral_involvement": "none", "lesion.posterior_wall_involved": False,
    "lesion.posterior_elements_involved": False, "lesion.bilsky_escc": "0", "life_expectancy_months_estimate": 12,
    "systemic.visceral_metastases": 0, "systemic.extraspinal_bone_metastases": 0,
    "systemic.other_spinal_metastases": 0, "systemic.brain_metastases": 0, "centre.kypho_iort": True,
}  # fmt: skip


def verdict(modality: str, paths: Paths) -> str:
    return assess(facts_from(paths)).options[modality].verdict


def test_who_meets_every_criterion_of_the_sib_sbrt_trial_can_have_it():
    assert verdict("sib_sbrt", ELIGIBLE) == "possible"


@pytest.mark.parametrize(
    ("item", "value", "expected"),
    [
        ("life_expectancy_months_estimate", 11.9, "advised against"),
        ("age_years", 19.9, "advised against"),
        ("ecog", 3, "advised against"),
        ("wishes.consents", False, "advised against"),
        ("prior_radiotherapy.to_this_level", True, "contraindicated"),
        ("planning.organ_constraints_met", False, "contraindicated"),
        ("neurology.deficit_progression", "rapid", "contraindicated"),
        ("planning.metal_artefact_prevents_dose_assessment", True, "contraindicated"),
        ("comorbidity.mental_disorder_prevents_participation", True, "contraindicated"),
        ("wishes.judged_unsuitable_by_physician", True, "contraindicated"),
    ],
)
def test_each_criterion_of_the_sib_sbrt_trial(item: str, value: object, expected: str):
    assert verdict("sib_sbrt", {**ELIGIBLE, item: value}) == expected
    unknown = {path: known for path, known in ELIGIBLE.items() if path != item}
    option = assess(facts_from(unknown)).options["sib_sbrt"]
    assert option.verdict == "needs facts"
    assert f"clinical.{item}" in option.needs


def test_ecog_2_was_allowed_and_nobody_had_it():
    option = assess(facts_from(ELIGIBLE)).options["sib_sbrt"]
    reason = next(reason for reason in option.reasons if reason.rule == "R165")
    assert "nobody with ECOG 2 was enrolled" in reason.remark


def test_who_meets_every_criterion_of_kypho_iort_can_have_it_and_is_told_that_superiority_is_not_shown():
    option = assess(facts_from(KYPHO_IORT)).options["kypho_iort"]
    assert option.verdict == "possible"
    assert ("R184", False) in {(reason.rule, reason.speaks_for) for reason in option.reasons}


@pytest.mark.parametrize(
    ("change", "expected", "because"),
    [
        ({"pain.present": False, "pain.mechanical": False}, "advised against", "R179"),
        ({"level": "T8", "pain.mechanical": False, "lesion.collapse_percent": 0}, "advised against", "R179"),
        ({"life_expectancy_months_estimate": 3}, "advised against", "R179"),
        (
            {"life_expectancy_months_estimate": 3, "systemic.extraspinal_bone_metastases": 9},
            "advised against",
            "R181",
        ),
        ({"centre.kypho_iort": False}, "advised against", "R182"),
        ({"level": "C7"}, "contraindicated", "R080"),
        ({"lesion.posterior_wall_involved": True}, "contraindicated", "R079"),
        ({"lesion.bilsky_escc": "3"}, "contraindicated", "R077"),
        ({"lesion.bilsky_escc": "1c"}, "contraindicated", "R081"),
        ({"lesion.bilsky_escc": "1a"}, "advised against", "R087"),
        ({"lesion.posterior_elements_involved": True}, "advised against", "R087"),
    ],
)
def test_each_criterion_of_kypho_iort(change: Paths, expected: str, because: str):
    option = assess(facts_from({**KYPHO_IORT, **change})).options["kypho_iort"]
    assert option.verdict == expected
    assert because in {reason.rule for reason in option.reasons if reason.speaks_for is False}


@pytest.mark.parametrize("item", ["lesion.posterior_wall_involved", "lesion.bilsky_escc", "centre.kypho_iort", "level"])
def test_kypho_iort_waits_for_what_could_forbid_it(item: str):
    unknown = {path: known for path, known in KYPHO_IORT.items() if path != item}
    assert verdict("kypho_iort", unknown) == "needs facts"


def test_what_kyphoplasty_says_is_marked_as_carried_over():
    option = assess(facts_from({**KYPHO_IORT, "lesion.bilsky_escc": "3"})).options["kypho_iort"]
    reason = next(reason for reason in option.reasons if reason.rule == "R077")
    assert "kyphoplasty is part of Kypho-IORT" in reason.remark
