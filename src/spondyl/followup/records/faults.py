"""What contradicts itself between the records of one patient, all of it at once.

Every check reads a patient whose single records are sound and gives a `Fault` that names the record itself, so that
who read the records from rows can say the row. `PatientRecord` refuses what these checks find.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from spondyl.core.errors import nearest
from spondyl.followup.records.base import Record

if TYPE_CHECKING:
    from spondyl.followup.records.patient import PatientRecord

RecordT = TypeVar("RecordT", bound=Record)
TABLES = (
    "lesions",
    "assessments",
    "plans",
    "treatments",
    "visits",
    "imaging",
    "fractures",
    "adverse_events",
    "systemic_progressions",
)
"""Fields of a patient that hold records, in the order of a file folder."""
KEYS: dict[str, tuple[str, ...]] = {
    "lesions": ("lesion_id",),
    "assessments": ("lesion_id", "on", "instrument"),
    "plans": ("plan_id",),
    "treatments": ("treatment_id",),
    "visits": ("on", "lesion_id"),
    "imaging": ("lesion_id", "on", "modality", "reader"),
    "fractures": ("lesion_id", "on", "level", "reader"),
    "adverse_events": ("on", "term", "grade", "lesion_id"),
    "systemic_progressions": ("on", "site"),
}
"""What tells one record of a table from another, within one patient."""


def in_order(table: str, records: Iterable[RecordT]) -> tuple[RecordT, ...]:
    """Records of a table in the one order that they have everywhere: by their first day, then by what tells them."""

    def place(record: Record) -> tuple[str, ...]:
        days = [getattr(record, name) for name in ("on", "started_on") if name in type(record).model_fields]
        return tuple("" if value is None else str(value) for value in (*days, *_key(table, record)))

    return tuple(sorted(records, key=place))


def _key(table: str, record: Record) -> tuple[Any, ...]:
    return tuple(getattr(record, name) for name in KEYS[table])


@dataclass(frozen=True)
class Fault:
    """One contradiction.

    Parameters
    ----------
    table
        A name of `TABLES`, "deaths" or "patients".
    record
        The record at fault: the very object, not a copy.
    field
        Its field.
    message
        What is wrong, what was expected, what to do.
    """

    table: str
    record: Record
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.table} {described(self.table, self.record)}: {self.field}: {self.message}"


def described(table: str, record: Any) -> str:
    """A record by what tells it from the others: "lesion_id A, on 2024-03-01"."""
    keys = KEYS.get(table, ("pseudonym",) if table == "patients" else ("on",))
    told = (f"{key} {value}" for key in keys if (value := getattr(record, key)) is not None)
    return ", ".join(told)


def patient_faults(patient: PatientRecord) -> tuple[Fault, ...]:
    """Everything that cannot be true of one patient; empty where nothing contradicts.

    The patient may have come from `PatientRecord.model_construct`, which checks nothing, and its records from
    `Record.in_part`: what hangs on a field that could not be read is not judged.
    """
    return tuple(fault for check in _CHECKS for fault in check(patient))


def duplicate_patients(patients: Iterable[PatientRecord]) -> tuple[Fault, ...]:
    """A fault for each patient whose pseudonym another one before it has."""
    seen: set[str] = set()
    found: list[Fault] = []
    for patient in patients:
        if patient.pseudonym in seen:
            found.append(Fault("patients", patient, "pseudonym", f'"{patient.pseudonym}" is given twice; keep one'))
        seen.add(patient.pseudonym)
    return tuple(found)


def _records(patient: PatientRecord) -> Iterator[tuple[str, Any]]:
    for table in TABLES:
        yield from ((table, record) for record in getattr(patient, table))


def _twice(patient: PatientRecord) -> Iterator[Fault]:
    seen: Counter[tuple[Any, ...]] = Counter()
    for table, record in _records(patient):
        if not record.unread.isdisjoint(KEYS[table]):
            continue
        key = (table, *_key(table, record))
        seen[key] += 1
        if seen[key] > 1:
            yield Fault(table, record, KEYS[table][0], f"{described(table, record)} is given twice; keep one")


def _named(patient: PatientRecord) -> Iterator[Fault]:
    """Names of lesions and plans that nothing has."""
    lesions = {each.lesion_id for each in patient.lesions}
    plans = {each.plan_id: each for each in patient.plans}
    for table, record in _records(patient):
        lesion_id = getattr(record, "lesion_id", None)
        if table != "lesions" and lesion_id is not None and lesion_id not in lesions:
            near = ", ".join(nearest(lesion_id, lesions) or sorted(lesions)) or "none, the patient has no lesion"
            yield Fault(table, record, "lesion_id", f'"{lesion_id}" is no lesion of this patient; nearest: {near}')
    for each in patient.treatments:
        if each.plan_id is None:
            continue
        if each.plan_id not in plans:
            near = ", ".join(nearest(each.plan_id, plans) or plans) or "none, the patient has no plan"
            yield Fault("treatments", each, "plan_id", f'"{each.plan_id}" is no plan of this patient; nearest: {near}')
        elif "lesion_id" in each.unread | plans[each.plan_id].unread:
            continue
        elif plans[each.plan_id].lesion_id != each.lesion_id:
            yield Fault(
                "treatments",
                each,
                "plan_id",
                f'plan "{each.plan_id}" is for lesion {plans[each.plan_id].lesion_id}, and this treatment for '
                f"{each.lesion_id}; correct one",
            )


def _dates(table: str, record: Any) -> Iterator[tuple[str, date]]:
    for field in ("on", "started_on", "ended_on", "resolved_on"):
        day = getattr(record, field, None)
        if day is not None:
            yield field, day
    if table == "patients":
        for field in ("screened_on", "enrolled_on", "withdrawn_on", "last_contact_on"):
            day = getattr(record, field)
            if day is not None:
                yield field, day


def _after_death(patient: PatientRecord) -> Iterator[Fault]:
    if patient.death is None or "on" in patient.death.unread:
        return
    died = patient.death.on
    for table, record in (("patients", patient), *_records(patient)):
        for field, day in _dates(table, record):
            if day > died:
                yield Fault(table, record, field, f"{day} is after the death on {died}; correct one")


def _before_birth(patient: PatientRecord) -> Iterator[Fault]:
    if patient.birth_year is None:
        return
    everything = [("patients", patient), *_records(patient)]
    if patient.death is not None:
        everything.append(("deaths", patient.death))
    for table, record in everything:
        for field, day in _dates(table, record):
            if day.year < patient.birth_year:
                yield Fault(table, record, field, f"{day} is before the birth in {patient.birth_year}; correct one")


def _before_treatment(patient: PatientRecord) -> Iterator[Fault]:
    """Events that are dated before the treatment whose outcome they are."""
    unread = frozenset[str]().union(*(each.unread for each in patient.treatments))
    if unread.isdisjoint(("lesion_id", "kind", "intent", "started_on")):
        yield from _before_index_treatment(patient)
    if "started_on" in unread:
        return
    first = min((each.started_on for each in patient.treatments), default=None)
    later: list[tuple[str, Any, str]] = [
        *(("adverse_events", each, "an adverse event") for each in patient.adverse_events),
        *(("systemic_progressions", each, "progression") for each in patient.systemic_progressions),
    ]
    for table, record, what in later:
        if first is not None and "on" not in record.unread and record.on < first:
            yield Fault(table, record, "on", _early(record.on, what, first))


def _before_index_treatment(patient: PatientRecord) -> Iterator[Fault]:
    """Readings of a lesion that are dated before its index treatment."""
    events: list[tuple[str, Any, str]] = [
        *(("imaging", each, "progression") for each in patient.imaging if each.spino == "progression"),
        *(("imaging", each, "local control") for each in patient.imaging if each.spino == "controlled"),
        *(("fractures", e, f"a {e.finding} fracture") for e in patient.fractures if e.finding in ("new", "progressed")),
    ]
    for table, record, what in events:
        index = patient.index_treatment(record.lesion_id)
        if index is not None and "on" not in record.unread and record.on < index.started_on:
            yield Fault(table, record, "on", _early(record.on, what, index.started_on))


def _early(day: date, what: str, treated: date) -> str:
    return f"{what} on {day} is before the treatment on {treated}; correct one, or leave out what was there before"


def _contact(patient: PatientRecord) -> Iterator[Fault]:
    """A last contact before something that was seen of the patient."""
    last = patient.last_contact_on
    if last is None:
        return
    seen = [(table, record, day) for table, record in _records(patient) for _, day in _dates(table, record)]
    table, record, day = max(seen, key=lambda each: each[2], default=("", None, last))
    if day > last:
        yield Fault(
            "patients",
            patient,
            "last_contact_on",
            f"{last} is before {day} ({table} {described(table, record)}); give the later day",
        )


def _order(patient: PatientRecord) -> Iterator[Fault]:
    screened, enrolled = patient.screened_on, patient.enrolled_on
    if screened is not None and enrolled is not None and enrolled < screened:
        yield Fault("patients", patient, "enrolled_on", f"{enrolled} is before screened_on {screened}; correct one")


def _deadly(patient: PatientRecord) -> Iterator[Fault]:
    """Grade 5 is death."""
    for event in patient.adverse_events:
        if event.grade == 5 and patient.death is None:
            yield Fault("adverse_events", event, "grade", "5 means death, and no death is recorded; correct one")


def _two_index_treatments(patient: PatientRecord) -> Iterator[Fault]:
    seen: set[str | None] = set()
    for each in patient.treatments:
        if each.intent != "index" or "lesion_id" in each.unread:
            continue
        if each.lesion_id in seen:
            yield Fault(
                "treatments", each, "intent", f"lesion {each.lesion_id} has an index treatment already; keep one"
            )
        seen.add(each.lesion_id)


_CHECKS = (
    _twice,
    _named,
    _order,
    _before_birth,
    _before_treatment,
    _after_death,
    _contact,
    _deadly,
    _two_index_treatments,
)
