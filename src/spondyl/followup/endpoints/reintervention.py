"""Reintervention: another local treatment of the same lesion."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from spondyl.core.citations import Citation
from spondyl.followup.endpoints.course import reinterventions, times_by_lesion
from spondyl.followup.endpoints.observation import (
    CENSORED,
    COMPETING,
    EVENT,
    Definition,
    Observation,
    TimeToEvent,
    Unknown,
    months_between,
)
from spondyl.followup.records import LesionRecord, PatientRecord

DEFINITION = Definition(
    "reintervention",
    "Reintervention",
    "lesion",
    "Time from the first day of the index treatment to the first local treatment of the same lesion that began after "
    "it had ended and did not belong to it by plan: radiotherapy, cement, surgery, ablation or embolisation. Death "
    "without reintervention competes; else time runs to the last day on which the patient is known to be alive.",
    (
        Citation(
            "Bludau 2019, BMC Cancer 19:430 (phase III protocol)", "10.1186/s12885-019-5666-5", "secondary endpoints"
        ),
    ),
    "A treatment whose intent is not recorded counts as a reintervention. A lesion of whose patient nothing is "
    "recorded after treatment is unknown and is counted as such.",
)


def reintervention(patients: Iterable[PatientRecord]) -> TimeToEvent:
    """Time to reintervention of every treated lesion; 2 is death without it."""
    return times_by_lesion(DEFINITION, patients, _rule)


def _rule(patient: PatientRecord, lesion: LesionRecord, start: date) -> Observation | Unknown:
    name, lesion_id = patient.pseudonym, lesion.lesion_id
    again = reinterventions(patient, lesion_id)
    if again:
        first = again[0]
        why = f"{first.kind} on {first.started_on}"
        return Observation(name, lesion_id, months_between(start, first.started_on), EVENT, why)
    if patient.death is not None:
        died = patient.death.on
        return Observation(name, lesion_id, months_between(start, died), COMPETING, f"death on {died} without it")
    alive = patient.known_alive_on()
    if alive is None or alive <= start:
        return Unknown(name, lesion_id, "nothing is recorded after treatment")
    return Observation(name, lesion_id, months_between(start, alive), CENSORED, f"none up to {alive}")
