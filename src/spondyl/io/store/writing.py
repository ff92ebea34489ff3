"""Rows into the store: only what differs is written, so that the audit tells what changed and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from spondyl.core.errors import StoreConflictError, StoreError
from spondyl.followup.records import OTHER_CASE, PatientRecord
from spondyl.io.cohort_rows import SCHEMA, Row, TableOfRecords, rows_of
from spondyl.io.store import tables
from spondyl.io.store.reading import rows_in, without_own


def insert_patients(connection: Connection, patients: Sequence[PatientRecord]) -> None:
    """Write patients that are not there yet.

    Raises
    ------
    StoreConflictError
        If one is.
    StoreError
        If the pseudonym of one differs from another's in capitals alone.
    """
    _refuse_known(connection, [patient.pseudonym for patient in patients])
    every = [rows_of(patient) for patient in patients]
    for described in SCHEMA:
        rows = [row for of_patient in every for row in of_patient[described.name]]
        if described.name == "patients":
            rows = [{**row, "version": 1} for row in rows]
        if rows:
            connection.execute(insert(tables.METADATA.tables[described.name]), rows)


def _refuse_known(connection: Connection, pseudonyms: Sequence[str]) -> None:
    known = set(connection.execute(select(tables.patients.c.pseudonym)).scalars())
    there = sorted(known & set(pseudonyms))
    if there:
        raise StoreConflictError(
            f"patient {', '.join(there)} is in the store already; nothing was written: read it and change what is there"
        )
    alike = {each.casefold(): each for each in known}
    for each in pseudonyms:
        first = alike.setdefault(each.casefold(), each)
        if first != each:
            raise StoreError(f"patient {each} is not {first}, and nothing was written: {OTHER_CASE}")


def replace_patient(connection: Connection, patient: PatientRecord, version: int) -> int:
    """Write what differs of a patient that is there in that version; the new version.

    Raises
    ------
    StoreConflictError
        If the patient is not there, or in another version.
    """
    after = rows_of(patient)
    # First of all: the row's lock makes whoever else changes this patient wait, and then see the new version.
    _step(connection, patient.pseudonym, version, after["patients"][0])
    before, _ = rows_in(connection, patient.pseudonym)
    for described in reversed(SCHEMA):
        if described.name != "patients":
            _take_away(connection, described, before[described.name], after[described.name])
    for described in SCHEMA:
        if described.name != "patients":
            _add(connection, described, before[described.name], after[described.name])
    return version + 1


def remove_patient(connection: Connection, pseudonym: str, version: int) -> None:
    """Take a patient away, identity included; the audit keeps what was there.

    Raises
    ------
    StoreConflictError
        If the patient is not there, or in another version.
    """
    _step(connection, pseudonym, version, {})
    connection.execute(delete(tables.identities).where(tables.identities.c.pseudonym == pseudonym))
    for described in reversed(SCHEMA):
        table = tables.METADATA.tables[described.name]
        connection.execute(delete(table).where(table.c.pseudonym == pseudonym))


def _step(connection: Connection, pseudonym: str, version: int, own: Row) -> None:
    """From this version of a patient to the next."""
    here = tables.patients.c.pseudonym == pseudonym
    done = connection.execute(
        update(tables.patients)
        .where(here, tables.patients.c.version == version)
        .values({**own, "version": version + 1})
    )
    if done.rowcount == 1:
        return
    found = connection.execute(select(tables.patients.c.version).where(here)).scalar_one_or_none()
    if found is None:
        raise StoreConflictError(f"patient {pseudonym} is not in the store; nothing was written")
    raise StoreConflictError(
        f"patient {pseudonym} has version {found}, expected {version}: somebody changed it since it was read; nothing "
        "was written: read it again and repeat the change"
    )


def _key(described: TableOfRecords, row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in described.key)


def _take_away(connection: Connection, described: TableOfRecords, before: list[Row], after: list[Row]) -> None:
    kept = {_key(described, row) for row in after}
    table = tables.METADATA.tables[described.name]
    for row in before:
        if _key(described, row) not in kept:
            connection.execute(delete(table).where(_row_itself(described, row)))


def _add(connection: Connection, described: TableOfRecords, before: list[Row], after: list[Row]) -> None:
    there = {_key(described, row): row for row in before}
    table = tables.METADATA.tables[described.name]
    new = [row for row in after if _key(described, row) not in there]
    if new:
        connection.execute(insert(table), new)
    for row in after:
        old = there.get(_key(described, row))
        if old is not None and without_own(old) != row:
            connection.execute(update(table).where(_row_itself(described, old)).values(row))


def _row_itself(described: TableOfRecords, row: Row) -> Any:
    table = tables.METADATA.tables[described.name]
    return table.c.id == row["id"] if "id" in row else table.c.pseudonym == row["pseudonym"]
