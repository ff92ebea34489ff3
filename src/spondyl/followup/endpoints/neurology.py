"""Neurological improvement by Frankel's grade or the ASIA impairment scale."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from spondyl.core.citations import Citation
from spondyl.followup.endpoints.course import answers_by_patient, baseline_of
from spondyl.followup.endpoints.observation import Answer, Answers, Definition, Unknown
from spondyl.followup.records import PatientRecord, VisitRecord

CATEGORIES = (("improved", "unchanged", "worse"), ("stayed intact", "lost function"))
"""Of those with a deficit before treatment, and of those without."""

DEFINITION = Definition(
    "neurology",
    "Neurological function",
    "patient",
    "Grade at the last visit that has one against the last before treatment, both of one scale (Frankel, else ASIA). "
    "With a deficit before: improved by one grade or more, unchanged, worse. Intact before (E): stayed intact, or lost "
    "function.",
    (
        Citation("Frankel 1969, Paraplegia 7:179-192", "10.1038/sc.1969.30", "grades"),
        Citation("ISNCSCI, American Spinal Injury Association", "", "impairment scale"),
    ),
    "A patient without a grade before treatment, or without one of the same scale after it, is unknown and is counted "
    "as such. Who was intact cannot improve: shares are told apart of those with a deficit and of the intact.",
    "The two scales are never compared with each other.",
)


def neurology(patients: Iterable[PatientRecord]) -> Answers:
    """Change of the neurological grade of every treated patient."""
    return answers_by_patient(DEFINITION, CATEGORIES, patients, _rule)


def _rule(patient: PatientRecord, start: date) -> Answer | Unknown:
    visits = sorted(patient.visits, key=lambda visit: visit.on)
    told = "no grade before treatment"
    for scale in ("frankel", "asia"):
        before = baseline_of(visits, start, lambda visit, scale=scale: _grade(visit, scale) is not None)
        if before is None:
            continue
        after = [visit for visit in visits if visit.on > start and _grade(visit, scale) is not None]
        if after:
            return _answer(patient, scale, before, after[-1])
        told = f"no {scale} grade after treatment"
    return Unknown(patient.pseudonym, None, told)


def _answer(patient: PatientRecord, scale: str, before: VisitRecord, after: VisitRecord) -> Answer:
    first, then = _grade(before, scale) or "", _grade(after, scale) or ""
    if then > first:
        word = "improved"
    elif then < first:
        word = "worse" if first != "E" else "lost function"
    else:
        word = "stayed intact" if first == "E" else "unchanged"
    return Answer(patient.pseudonym, None, word, f"{scale} {first} to {then} on {after.on}")


def _grade(visit: VisitRecord, scale: str) -> str | None:
    return visit.frankel if scale == "frankel" else visit.asia
