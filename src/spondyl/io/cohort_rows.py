"""A patient as flat rows, one list a table, and back: what a database and a folder of CSV files both hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from spondyl.followup.records import (
    KEYS,
    TABLES,
    AdverseEventRecord,
    AssessmentRecord,
    DeathRecord,
    FractureReading,
    ImagingReading,
    LesionRecord,
    PatientRecord,
    PlanMetric,
    PlanRecord,
    PlanVerdict,
    Record,
    SystemicProgression,
    TreatmentRecord,
    VisitRecord,
)

Row = dict[str, Any]
Rows = dict[str, list[Row]]
_NESTED = {"plans": ("metrics", "verdicts"), "patients": (*TABLES, "death")}
"""Fields that are tables of their own."""


@dataclass(frozen=True)
class TableOfRecords:
    """A table: its records' model, the fields that are its columns, and what tells its rows apart.

    Parameters
    ----------
    above
        Columns before the model's own: whose record it is.
    key
        Columns that no two rows share.
    """

    name: str
    model: type[Record]
    above: tuple[str, ...]
    key: tuple[str, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields of the model that are columns."""
        nested = _NESTED.get(self.name, ())
        return tuple(name for name in self.model.model_fields if name not in nested)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column, in order."""
        return (*self.above, *self.fields)


def _of_patient(name: str, model: type[Record]) -> TableOfRecords:
    return TableOfRecords(name, model, ("pseudonym",), ("pseudonym", *KEYS[name]))


_PLACED = ("pseudonym", "plan_id", "position")
SCHEMA: tuple[TableOfRecords, ...] = (
    TableOfRecords("patients", PatientRecord, (), ("pseudonym",)),
    _of_patient("lesions", LesionRecord),
    _of_patient("assessments", AssessmentRecord),
    _of_patient("plans", PlanRecord),
    TableOfRecords("plan_metrics", PlanMetric, _PLACED, _PLACED),
    TableOfRecords("plan_verdicts", PlanVerdict, _PLACED, _PLACED),
    _of_patient("treatments", TreatmentRecord),
    _of_patient("visits", VisitRecord),
    _of_patient("imaging", ImagingReading),
    _of_patient("fractures", FractureReading),
    _of_patient("adverse_events", AdverseEventRecord),
    _of_patient("systemic_progressions", SystemicProgression),
    TableOfRecords("deaths", DeathRecord, ("pseudonym",), ("pseudonym",)),
)
"""Every table, each after those it refers to."""


def table(name: str) -> TableOfRecords:
    """The table of that name."""
    return next(each for each in SCHEMA if each.name == name)


def rows_of(patient: PatientRecord) -> Rows:
    """A patient as rows, table by table in the order of `SCHEMA`."""
    whose = {"pseudonym": patient.pseudonym}
    found: Rows = {each.name: [] for each in SCHEMA}
    found["patients"] = [_row(table("patients"), patient, {})]
    for name in TABLES:
        found[name] = [_row(table(name), record, whose) for record in getattr(patient, name)]
    for plan in patient.plans:
        for name, records in (("plan_metrics", plan.metrics), ("plan_verdicts", plan.verdicts)):
            found[name] += [
                _row(table(name), record, {**whose, "plan_id": plan.plan_id, "position": place})
                for place, record in enumerate(records, start=1)
            ]
    if patient.death is not None:
        found["deaths"] = [_row(table("deaths"), patient.death, whose)]
    return found


def _row(described: TableOfRecords, record: Record, above: Mapping[str, Any]) -> Row:
    own = {name: getattr(record, name) for name in described.fields}
    return {**above, **{name: dict(value) if isinstance(value, Mapping) else value for name, value in own.items()}}


def record_of(described: TableOfRecords, row: Mapping[str, Any]) -> Record:
    """The record of one row.

    Raises
    ------
    pydantic.ValidationError
        If the row holds what cannot be.
    """
    return described.model.model_validate({name: row[name] for name in described.fields if row[name] is not None})


def patients_of(rows: Mapping[str, Iterable[Row]]) -> Iterator[PatientRecord]:
    """Patients in the order of their pseudonyms.

    Raises
    ------
    pydantic.ValidationError
        If the rows hold what cannot be.
    """
    by_patient: dict[str, dict[str, list[Row]]] = {}
    for name, every in rows.items():
        for row in every:
            by_patient.setdefault(row["pseudonym"], {}).setdefault(name, []).append(row)
    for pseudonym in sorted(by_patient):
        yield _patient(by_patient[pseudonym])


def _patient(rows: Mapping[str, list[Row]]) -> PatientRecord:
    own = {key: value for key, value in rows["patients"][0].items() if value is not None}
    parts: dict[str, Any] = {}
    for name in TABLES:
        if name != "plans":
            parts[name] = tuple(record_of(table(name), row) for row in rows.get(name, ()))
    parts["plans"] = tuple(_plan(row, rows) for row in rows.get("plans", ()))
    died = rows.get("deaths", [])
    return PatientRecord.model_validate(
        {**own, **parts, "death": record_of(table("deaths"), died[0]) if died else None}
    )


def _plan(row: Row, rows: Mapping[str, list[Row]]) -> PlanRecord:
    own = {name: row[name] for name in table("plans").fields if row[name] is not None}
    parts = {
        field: tuple(
            record_of(table(name), each)
            for each in sorted(rows.get(name, ()), key=lambda each: each["position"])
            if each["plan_id"] == row["plan_id"]
        )
        for field, name in (("metrics", "plan_metrics"), ("verdicts", "plan_verdicts"))
    }
    return PlanRecord.model_validate({**own, **parts})
