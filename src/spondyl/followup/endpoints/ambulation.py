"""Ambulation kept or regained."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from spondyl.core.citations import Citation
from spondyl.followup.endpoints.course import answers_by_patient, baseline_of
from spondyl.followup.endpoints.observation import Answer, Answers, Definition, Unknown
from spondyl.followup.records import PatientRecord, VisitRecord

CATEGORIES = (("kept", "lost"), ("regained", "not regained"))
"""Of those who walked before treatment, and of those who did not."""

DEFINITION = Definition(
    "ambulation",
    "Ambulation",
    "patient",
    "Walking, with or without an aid, at the last visit that tells it against the last before treatment. Kept and lost "
    "are told of those who walked, regained and not regained of those who did not.",
    (
        Citation("Patchell 2005, Lancet 366:643-648", "10.1016/S0140-6736(05)66954-1", "endpoints"),
        Citation("Ryu 2015, Radiat Oncol J 33:1", "10.3857/roj.2015.33.1.1", "Table 2"),
    ),
    "A visit without the word tells it by Frankel's grade: D and E walk, A to C do not. A patient of whom neither is "
    "recorded before or after treatment is unknown and is counted as such.",
    "The ASIA scale does not say who walks and is not asked.",
)


def ambulation(patients: Iterable[PatientRecord]) -> Answers:
    """Ambulation of every treated patient, before and after."""
    return answers_by_patient(DEFINITION, CATEGORIES, patients, _rule)


def _rule(patient: PatientRecord, start: date) -> Answer | Unknown:
    visits = sorted(patient.visits, key=lambda visit: visit.on)
    before = baseline_of(visits, start, lambda visit: walks(visit) is not None)
    after = [visit for visit in visits if visit.on > start and walks(visit) is not None]
    if before is None or not after:
        return Unknown(patient.pseudonym, None, f"not recorded {'before' if before is None else 'after'} treatment")
    walked, walked_then = walks(before), walks(after[-1])
    kept, lost = ("kept", "lost") if walked else ("regained", "not regained")
    word = kept if walked_then else lost
    return Answer(patient.pseudonym, None, word, f"last told on {after[-1].on}")


def walks(visit: VisitRecord) -> bool | None:
    """Whether the patient walked at a visit, None where the visit does not tell."""
    if visit.ambulatory is not None:
        return visit.ambulatory
    return visit.frankel in ("D", "E") if visit.frankel is not None else None
