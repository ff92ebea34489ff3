"""Progression-free survival: no progression here or elsewhere, and alive."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from spondyl.core.citations import Citation
from spondyl.followup.endpoints.course import lesion_start, times_by_patient
from spondyl.followup.endpoints.local_control import counted
from spondyl.followup.endpoints.observation import (
    CENSORED,
    EVENT,
    Definition,
    Observation,
    TimeToEvent,
    Unknown,
    months_between,
)
from spondyl.followup.endpoints.readers import READERS
from spondyl.followup.records import PatientRecord

DEFINITION = Definition(
    "progression_free_survival",
    "Progression-free survival",
    "patient",
    "Time from the first day of the patient's first index treatment to the first of local progression of any treated "
    "lesion (by the rule of local control), progression elsewhere, or death of any cause; else to the last image of a "
    "treated lesion on which the readers agree.",
    (
        Citation("Thibault 2015, Lancet Oncol 16:e595-e603 (SPINO)", "10.1016/S1470-2045(15)00166-7"),
        Citation("Eisenhauer 2009, Eur J Cancer 45:228-247 (RECIST 1.1)", "10.1016/j.ejca.2008.10.026", "4.5"),
    ),
    "A patient without progression, death or a determined image is unknown and is counted as such. Progression "
    "elsewhere is known only where it was recorded: where a cohort records none at all, a report says so.",
)


def progression_free_survival(patients: Iterable[PatientRecord], *, readers: int = READERS) -> TimeToEvent:
    """Time to progression anywhere or death of every treated patient."""

    def rule(patient: PatientRecord, start: date) -> Observation | Unknown:
        return _patient(patient, start, readers)

    return times_by_patient(DEFINITION, patients, rule)


def _patient(patient: PatientRecord, start: date, readers: int) -> Observation | Unknown:
    name, seen = patient.pseudonym, _examined(patient, readers)
    ends = [(on, f"local progression of {lesion} on {on}") for on, lesion, state in seen if state == "progression"]
    ends += [(each.on, f"progression elsewhere on {each.on}") for each in patient.systemic_progressions]
    if patient.death is not None:
        ends.append((patient.death.on, f"death on {patient.death.on}"))
    if ends:
        on, why = min(ends)
        return Observation(name, None, months_between(start, on), EVENT, why)
    calm = [on for on, _, state in seen if state == "controlled"]
    if not calm:
        return Unknown(name, None, "no image that the readers agree on, no progression, no death")
    last = max(calm)
    return Observation(name, None, months_between(start, last), CENSORED, f"no progression up to {last}")


def _examined(patient: PatientRecord, readers: int) -> list[tuple[date, str, str]]:
    return [
        (each.on, lesion.lesion_id, each.state)
        for lesion in patient.lesions
        if (began := lesion_start(patient, lesion.lesion_id)) is not None
        for each in counted(patient, lesion.lesion_id, began, readers)
    ]
