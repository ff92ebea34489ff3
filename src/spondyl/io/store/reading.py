"""Rows out of the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from spondyl.followup.records import PatientRecord
from spondyl.io.cohort_rows import SCHEMA, Row, Rows, patients_of
from spondyl.io.store import tables

_HIDDEN = ("id", "version")
"""Columns of the store's own, which no record has."""


@dataclass(frozen=True)
class Stored:
    """A patient as it stands in the store, and the version that a change of it must name."""

    patient: PatientRecord
    version: int


@dataclass(frozen=True)
class Change:
    """One line of the audit; `before` is None for a new row, `after` for one taken away."""

    number: int
    at: str
    who: str
    table: str
    action: str
    key: dict[str, Any]
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def rows_in(connection: Connection, pseudonym: str | None = None) -> tuple[Rows, dict[str, int]]:
    """Every row, or those of one patient, and each patient's version; rows carry their `id`, where they have one."""
    found: Rows = {}
    for described in SCHEMA:
        table = tables.METADATA.tables[described.name]
        asked: Select[Any] = select(table)
        if pseudonym is not None:
            asked = asked.where(table.c.pseudonym == pseudonym)
        found[described.name] = [dict(row) for row in connection.execute(asked).mappings()]
    versions = {row["pseudonym"]: row.pop("version") for row in found["patients"]}
    return found, versions


def without_own(row: Row) -> Row:
    """A row without the store's own columns."""
    return {name: value for name, value in row.items() if name not in _HIDDEN}


def patients_in(connection: Connection, pseudonym: str | None = None) -> tuple[Stored, ...]:
    """Every patient, or one, in the order of the pseudonyms."""
    rows, versions = rows_in(connection, pseudonym)
    plain = {name: [without_own(row) for row in every] for name, every in rows.items()}
    return tuple(Stored(patient, versions[patient.pseudonym]) for patient in patients_of(plain))


def changes_in(connection: Connection, pseudonym: str | None = None, after: int = 0) -> tuple[Change, ...]:
    """Lines of the audit, oldest first; of one patient where it is named, and above the number `after`."""
    audit = tables.audit
    asked = select(audit).where(audit.c.id > after).order_by(audit.c.id)
    if pseudonym is not None:
        asked = asked.where(audit.c.key["pseudonym"].as_string() == pseudonym)
    return tuple(
        Change(row.id, row.at, row.who, row.table_name, row.action, row.key, row.before, row.after)
        for row in connection.execute(asked)
    )
