"""Records refuse what cannot be, one by one and between each other."""

from __future__ import annotations

import re
from datetime import date

import pytest
from pydantic import ValidationError

from spondyl.followup.records import (
    KINDS,
    AdverseEventRecord,
    AssessmentRecord,
    Cohort,
    DeathRecord,
    FractureReading,
    ImagingReading,
    LesionRecord,
    PatientRecord,
    PlanRecord,
    SystemicProgression,
    TreatmentRecord,
    VisitRecord,
    levels_of,
    patient_faults,
)
from spondyl.followup.records import treatment as treatment_module
from spondyl.followup.records.ctcae import TERMS, known_term

TREATED = date(2024, 1, 10)


def patient(**changes) -> PatientRecord:
    """One lesion at T11 treated on 2024-01-10."""
    said = {
        "pseudonym": "P001",
        "lesions": (LesionRecord(lesion_id="A", level="T11"),),
        "treatments": (
            TreatmentRecord(
                treatment_id="t1", lesion_id="A", kind="sbrt", started_on=TREATED, dose_gy=24.0, fractions=2
            ),
        ),
    }
    return PatientRecord(**{**said, **changes})


def unchecked(**changes) -> PatientRecord:
    """As `patient`, without the checks between records."""
    return PatientRecord.model_construct(**{**dict(patient()), **changes})


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: LesionRecord(lesion_id="A", level="L7"), "nearest: T7, L5, L4"),
        (lambda: LesionRecord(lesion_id="A", level="L3-L2"), "from cranial to caudal"),
        (lambda: LesionRecord(lesion_id="A", level="L3", facts={"clinical": {"pian": {}}}), "nearest: clinical.pain"),
        (lambda: VisitRecord(on=TREATED, pain_vas=10.5), "less than or equal to 10"),
        (lambda: VisitRecord(on=TREATED, pain_vas=-1.0), "greater than or equal to 0"),
        (lambda: VisitRecord(on=TREATED, ambulatory=True, frankel="B"), "cannot walk"),
        (lambda: VisitRecord(on=TREATED, kps=75), "multiple of 10"),
        (lambda: VisitRecord(on=TREATED, ecog=5), "record the death"),
        (lambda: VisitRecord(on="2024-13-01"), "a date that the calendar has"),
        (lambda: VisitRecord(on="01/02/2024"), "expected a date such as 2026-03-31"),
        (lambda: VisitRecord(on=date(2999, 1, 1)), "what is recorded has happened"),
        (lambda: AdverseEventRecord(on=TREATED, term="Esophagits", grade=2), "nearest: Esophagitis"),
        (lambda: AdverseEventRecord(on=TREATED, term="Spinal farcture", grade=2), "nearest: Spinal fracture"),
        (lambda: AdverseEventRecord(on=TREATED, term="Pain", grade=6), "less than or equal to 5"),
        (lambda: AdverseEventRecord(on=TREATED, term="Pain", grade=0), "greater than or equal to 1"),
        (
            lambda: AdverseEventRecord(on=TREATED, term="Pain", grade=2, resolved_on=date(2024, 1, 9)),
            "resolved_on 2024-01-09 is before on 2024-01-10",
        ),
        (
            lambda: TreatmentRecord(treatment_id="t", kind="sbrtt", lesion_id="A", started_on=TREATED),
            "nearest: sbrt",
        ),
        (lambda: TreatmentRecord(treatment_id="t", kind="sbrt", started_on=TREATED), "name the lesion"),
        (
            lambda: TreatmentRecord(
                treatment_id="t", lesion_id="A", kind="kyphoplasty", started_on=TREATED, dose_gy=8.0
            ),
            "irradiates nothing",
        ),
        (
            lambda: ImagingReading(
                lesion_id="A", on=TREATED, reader="r1", modality="MRI", spino="controlled", failure_site="epidural"
            ),
            "a failure is described",
        ),
        (lambda: FractureReading(lesion_id="A", on=TREATED, level="T11-L1", finding="new"), "not a span"),
        (
            lambda: FractureReading(lesion_id="A", on=TREATED, level="T11", finding="none", genant_grade=2),
            "finding is none",
        ),
        (lambda: AssessmentRecord(on=TREATED, instrument="tokuhashi"), "nearest: tokuhashi_2005"),
        (lambda: PlanRecord(plan_id="p", lesion_id="A", prescription_gy=-8.0), "greater than 0"),
        (lambda: PatientRecord(pseudonym="Doe, John"), "letters, digits"),
    ],
)
def test_a_record_that_cannot_be_is_refused(make, told):
    with pytest.raises(ValidationError, match=re.escape(told)):
        make()


def test_levels_and_vocabularies_are_read_in_any_case_and_kept_in_one():
    assert LesionRecord(lesion_id="A", level="l2-L3").level == "L2-L3"
    assert levels_of("T12-L2") == ("T12", "L1", "L2")
    kypho = TreatmentRecord(treatment_id="t", lesion_id="A", kind="Kypho IORT", started_on=TREATED)
    assert kypho.kind == "kypho-iort"


def test_the_kinds_of_treatment_are_the_type_s():
    assert treatment_module.Kind.__args__ == KINDS


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"death": DeathRecord(on=date(2024, 6, 1)), "visits": (VisitRecord(on=date(2024, 7, 1)),)},
            "visits on 2024-07-01: on: 2024-07-01 is after the death on 2024-06-01; correct one",
        ),
        (
            {"adverse_events": (AdverseEventRecord(on=date(2024, 1, 9), term="Pain", grade=1),)},
            "adverse_events on 2024-01-09, term Pain, grade 1: on: an adverse event on 2024-01-09 is before the "
            "treatment on 2024-01-10; correct one, or leave out what was there before",
        ),
        (
            {"systemic_progressions": (SystemicProgression(on=date(2023, 1, 9), site="liver"),)},
            "progression on 2023-01-09 is before the treatment",
        ),
        (
            {"fractures": (FractureReading(lesion_id="A", on=date(2023, 12, 1), level="T11", finding="new"),)},
            "a new fracture on 2023-12-01 is before the treatment",
        ),
        (
            {"visits": (VisitRecord(on=TREATED), VisitRecord(on=TREATED, pain_vas=3.0))},
            "visits on 2024-01-10: on: on 2024-01-10 is given twice; keep one",
        ),
        (
            {"visits": (VisitRecord(on=TREATED, lesion_id="B"),)},
            'lesion_id: "B" is no lesion of this patient; nearest: A',
        ),
        (
            {"last_contact_on": date(2024, 1, 9)},
            "last_contact_on: 2024-01-09 is before 2024-01-10 (treatments treatment_id t1)",
        ),
        ({"birth_year": 2025}, "started_on: 2024-01-10 is before the birth in 2025"),
        (
            {"adverse_events": (AdverseEventRecord(on=TREATED, term="Myelitis", grade=5),)},
            "5 means death, and no death is recorded",
        ),
        ({"screened_on": date(2024, 1, 3), "enrolled_on": date(2024, 1, 2)}, "2024-01-02 is before screened_on"),
    ],
)
def test_records_that_contradict_each_other_are_refused(changes, told):
    with pytest.raises(ValidationError, match=re.escape(told)):
        patient(**changes)


def test_every_contradiction_is_told_at_once_and_names_its_very_record():
    late = VisitRecord(on=date(2024, 8, 1))
    early = AdverseEventRecord(on=date(2023, 1, 1), term="Pain", grade=1)
    faults = patient_faults(unchecked(death=DeathRecord(on=date(2024, 6, 1)), visits=(late,), adverse_events=(early,)))
    assert [(fault.table, fault.field) for fault in faults] == [("adverse_events", "on"), ("visits", "on")]
    assert faults[0].record is early
    assert faults[1].record is late


def test_a_baseline_visit_and_an_old_fracture_before_treatment_are_no_contradiction():
    before = date(2024, 1, 2)
    sound = patient(
        visits=(VisitRecord(on=before, pain_vas=8.0),),
        fractures=(FractureReading(lesion_id="A", on=before, level="T11", finding="unchanged", genant_grade=1),),
    )
    assert sound.known_alive_on() == TREATED


def test_the_index_treatment_is_the_named_one_then_the_first_radiotherapy_then_the_first():
    def treated(name, kind, day, intent=None):
        return TreatmentRecord(
            treatment_id=name, lesion_id="A", kind=kind, started_on=date(2024, 1, day), intent=intent
        )

    surgery, course = treated("op", "separation-surgery", 2), treated("rt", "sbrt", 16)
    assert patient(treatments=(course, surgery)).index_treatment("A") is course
    assert patient(treatments=(surgery,)).index_treatment("A") is surgery
    named = treated("op", "separation-surgery", 2, "index")
    assert patient(treatments=(course, named)).index_treatment("A") is named
    assert patient(treatments=()).index_treatment("A") is None


def test_a_cohort_refuses_a_patient_given_twice_and_comes_back_from_json():
    with pytest.raises(ValidationError, match=re.escape('"P001" is given twice; keep one')):
        Cohort(name="trial", patients=(patient(), patient()))
    cohort = Cohort(name="trial", patients=(patient(), patient(pseudonym="P002")))
    assert Cohort.model_validate_json(cohort.model_dump_json()) == cohort
    assert [(p.pseudonym, lesion.level) for p, lesion in cohort.lesions()] == [("P001", "T11"), ("P002", "T11")]


def test_records_stand_in_the_order_of_their_days_however_they_came():
    late, early = VisitRecord(on=date(2024, 9, 1)), VisitRecord(on=date(2024, 3, 1), pain_vas=2.0)
    assert patient(visits=(late, early)) == patient(visits=(early, late))
    assert [visit.on for visit in patient(visits=(late, early)).visits] == [early.on, late.on]


def test_a_text_is_kept_without_blanks_around_it_and_without_control_characters():
    assert patient(primary_histology="  Nierenzellkarzinom ").primary_histology == "Nierenzellkarzinom"
    with pytest.raises(ValidationError, match="control characters"):
        patient(primary_histology="renal\x00cell")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("fatigue", "Fatigue"),
        ("SPINAL  FRACTURE", "Spinal fracture"),
        ("Hair color changes", "Hair color changes"),
        ("Laryngeal edema", "Laryngeal edema"),
    ],
)
def test_a_term_of_the_list_is_kept_as_the_list_writes_it_and_any_other_as_it_is_written(written, kept):
    assert AdverseEventRecord(on=TREATED, term=written, grade=1).term == kept


def test_no_term_of_the_list_is_a_slip_of_another():
    assert [term for term in TERMS if known_term(term) != term] == []
    assert len(set(TERMS)) == len(TERMS)
