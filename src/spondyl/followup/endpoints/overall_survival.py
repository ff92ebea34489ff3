"""Overall survival."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from spondyl.core.citations import Citation
from spondyl.followup.endpoints.course import times_by_patient
from spondyl.followup.endpoints.observation import (
    CENSORED,
    EVENT,
    Definition,
    Observation,
    TimeToEvent,
    Unknown,
    months_between,
)
from spondyl.followup.records import PatientRecord

DEFINITION = Definition(
    "overall_survival",
    "Overall survival",
    "patient",
    "Time from the first day of the patient's first index treatment to death of any cause, else to the last day on "
    "which the patient is known to be alive.",
    (Citation("Mitsuyoshi 2025, Adv Radiat Oncol", "10.1016/j.adro.2025.101760", "endpoints"),),
    "The last day alive is the last contact, or the last day of which anything of the patient is recorded. A patient "
    "of whom nothing is recorded after treatment is unknown and is counted as such. A cause of death that is not known "
    "changes nothing.",
)


def overall_survival(patients: Iterable[PatientRecord]) -> TimeToEvent:
    """Time to death of every treated patient."""
    return times_by_patient(DEFINITION, patients, _rule)


def _rule(patient: PatientRecord, start: date) -> Observation | Unknown:
    if patient.death is not None:
        cause = f" ({patient.death.cause})" if patient.death.cause else ""
        why = f"death on {patient.death.on}{cause}"
        return Observation(patient.pseudonym, None, months_between(start, patient.death.on), EVENT, why)
    alive = patient.known_alive_on()
    if alive is None or alive <= start:
        return Unknown(patient.pseudonym, None, "nothing is recorded after treatment")
    return Observation(patient.pseudonym, None, months_between(start, alive), CENSORED, f"alive on {alive}")
