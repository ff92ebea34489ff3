"""The course of one patient: time zero, the baseline visit, what was done later."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from spondyl.followup.endpoints.observation import Answer, Answers, Definition, Observation, TimeToEvent, Unknown
from spondyl.followup.records import LesionRecord, PatientRecord, TreatmentRecord, VisitRecord

NOT_TREATED = "not treated"
Bases = tuple[tuple[str, ...], ...]
ForLesion = Callable[[PatientRecord, LesionRecord, date], Observation | Answer | Unknown]
ForPatient = Callable[[PatientRecord, date], Observation | Answer | Unknown]


def lesion_start(patient: PatientRecord, lesion_id: str) -> date | None:
    """Time zero of a lesion: first day of its index treatment, None where it was not treated."""
    index = patient.index_treatment(lesion_id)
    return index.started_on if index is not None else None


def patient_start(patient: PatientRecord) -> date | None:
    """Time zero of a patient: the earliest time zero of the lesions."""
    starts = (lesion_start(patient, lesion.lesion_id) for lesion in patient.lesions)
    return min((start for start in starts if start is not None), default=None)


def reinterventions(patient: PatientRecord, lesion_id: str) -> tuple[TreatmentRecord, ...]:
    """Local treatments of a lesion after its index treatment, those that go with it by plan left out."""
    index = patient.index_treatment(lesion_id)
    if index is None:
        return ()
    last = index.ended_on or index.started_on
    return tuple(
        each
        for each in patient.treatments_of(lesion_id)
        if each.treatment_id != index.treatment_id and each.intent != "planned" and each.started_on > last
    )


def visits_of(patient: PatientRecord, lesion_id: str) -> tuple[VisitRecord, ...]:
    """Visits that speak of the lesion, or of the patient as a whole, in the order of their dates."""
    own = (visit for visit in patient.visits if visit.lesion_id in (None, lesion_id))
    return tuple(sorted(own, key=lambda visit: (visit.on, visit.lesion_id is None)))


def baseline_of(visits: Sequence[VisitRecord], start: date, known: Callable[[VisitRecord], bool]) -> VisitRecord | None:
    """The last visit on or before `start` of which `known` holds."""
    return next((visit for visit in reversed(visits) if visit.on <= start and known(visit)), None)


def times_by_lesion(definition: Definition, patients: Iterable[PatientRecord], rule: ForLesion) -> TimeToEvent:
    """Apply a rule to every lesion and sort what it gives."""
    definition.cite()
    return _times(definition, _by_lesion(patients, rule))


def times_by_patient(definition: Definition, patients: Iterable[PatientRecord], rule: ForPatient) -> TimeToEvent:
    """Apply a rule to every patient and sort what it gives."""
    definition.cite()
    return _times(definition, _by_patient(patients, rule))


def answers_by_lesion(
    definition: Definition, bases: Bases, patients: Iterable[PatientRecord], rule: ForLesion
) -> Answers:
    """Apply a rule to every lesion and sort what it gives."""
    definition.cite()
    return _answers(definition, bases, _by_lesion(patients, rule))


def answers_by_patient(
    definition: Definition, bases: Bases, patients: Iterable[PatientRecord], rule: ForPatient
) -> Answers:
    """Apply a rule to every patient and sort what it gives."""
    definition.cite()
    return _answers(definition, bases, _by_patient(patients, rule))


def _by_lesion(patients: Iterable[PatientRecord], rule: ForLesion) -> list[Observation | Answer | Unknown]:
    found: list[Observation | Answer | Unknown] = []
    for patient in patients:
        for lesion in patient.lesions:
            start = lesion_start(patient, lesion.lesion_id)
            if start is None:
                found.append(Unknown(patient.pseudonym, lesion.lesion_id, NOT_TREATED))
            else:
                found.append(rule(patient, lesion, start))
    return found


def _by_patient(patients: Iterable[PatientRecord], rule: ForPatient) -> list[Observation | Answer | Unknown]:
    found: list[Observation | Answer | Unknown] = []
    for patient in patients:
        start = patient_start(patient)
        found.append(Unknown(patient.pseudonym, None, NOT_TREATED) if start is None else rule(patient, start))
    return found


def _times(definition: Definition, found: list[Observation | Answer | Unknown]) -> TimeToEvent:
    return TimeToEvent(
        definition,
        tuple(each for each in found if isinstance(each, Observation)),
        tuple(each for each in found if isinstance(each, Unknown)),
    )


def _answers(definition: Definition, bases: Bases, found: list[Observation | Answer | Unknown]) -> Answers:
    return Answers(
        definition,
        bases,
        tuple(each for each in found if isinstance(each, Answer)),
        tuple(each for each in found if isinstance(each, Unknown)),
    )
