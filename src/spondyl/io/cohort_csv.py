"""A cohort as a folder of CSV files: read, all faults at once, and written so that reading gives the same again."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from spondyl.clinic.facts import Facts, keys
from spondyl.core import writing, writing_folder
from spondyl.core.errors import CohortError
from spondyl.followup.records import Cohort, PatientRecord
from spondyl.io.cohort_csv_cells import write_cell
from spondyl.io.cohort_csv_check import check
from spondyl.io.cohort_csv_entries import Entry, entries_of, mixed_dates
from spondyl.io.cohort_csv_schema import CSV_TABLES, CsvTable
from spondyl.io.cohort_csv_sheets import CsvFault, read_sheets, readable
from spondyl.io.cohort_rows import rows_of

OWNER_ALONE = 0o600
"""Permissions of files with patients, as a store has them."""
REJECTS = ("file", "row", "column", "why", "cells")
"""Header of the file of rows that were left out."""
Refuse = Callable[[PatientRecord], str | None]
"""Why a patient is not wanted, None where it is: a store that has it already, say."""
_NEEDED = frozenset(("patients.csv", "lesions.csv", "plans.csv", "treatments.csv"))
"""Where one of these cannot be read at all, what the others refer to is not known, and is not judged."""


@dataclass(frozen=True)
class Reject:
    """A row that was left out, and why."""

    fault: CsvFault
    cells: tuple[str, ...]


@dataclass(frozen=True)
class CohortRead:
    """What a folder held: patients that are sound, rows that were left out, and faults where nothing was."""

    patients: tuple[PatientRecord, ...]
    faults: tuple[CsvFault, ...] = ()
    rejects: tuple[Reject, ...] = ()


def read_cohort(folder: Path, name: str | None = None) -> Cohort:
    """The cohort that a folder holds.

    Parameters
    ----------
    name
        Of the cohort; the folder's where it is not given.

    Raises
    ------
    CohortError
        If anything is wrong with it: everything that is, with file, row and column.
    """
    found = scan_cohort(folder)
    if found.faults:
        raise CohortError(faults_text(folder, found.faults))
    return Cohort(name=name or folder.resolve().name, patients=found.patients)


def faults_text(folder: Path, faults: Iterable[CsvFault]) -> str:
    """Every fault, a line each."""
    every = list(faults)
    head = f"{folder} has {len(every)} fault{'s' if len(every) != 1 else ''}; nothing was taken from it"
    return "\n".join([head, *(f"  {fault}" for fault in every)])


def scan_cohort(folder: Path, *, skip_bad: bool = False, refuse: Refuse | None = None) -> CohortRead:
    """Read a folder and find everything that is wrong with it.

    Parameters
    ----------
    skip_bad
        Leave out each patient of whom a row is at fault, with all rows of that patient. Faults of a whole file (a
        column that is missing, UTF-16) stay faults.
    refuse
        Says of a patient why it is not wanted; that is a fault of its row.

    Raises
    ------
    CohortError
        If it is no folder, or has no patients.csv.
    """
    sheets = read_sheets(folder)
    entries = entries_of(sheets.lines, sheets.faults)
    fatal = list(sheets.fatal)
    linked = not _NEEDED & {fault.file for fault in fatal}
    if skip_bad and not fatal:
        return _without_bad(entries, refuse)
    found = [*fatal, *mixed_dates(sheets.lines)]
    checked = check(entries) if linked else None
    between = [fault for _, fault in checked.faults] if checked is not None else []
    patients = checked.patients if checked is not None else ()
    unwanted = [fault for _, fault in _unwanted(entries, patients, refuse)]
    rows = dict.fromkeys([*(fault for entry in entries for fault in entry.faults), *between, *unwanted])
    found += sorted(rows, key=lambda fault: (_place(fault.file), fault.row or 0))
    return CohortRead(() if found else _final(patients), tuple(found))


def _place(file: str) -> int:
    return next((place for place, table in enumerate(CSV_TABLES) if table.file == file), len(CSV_TABLES))


def _final(patients: Iterable[PatientRecord]) -> tuple[PatientRecord, ...]:
    """Patients as records that check and order themselves."""
    return tuple(PatientRecord.model_validate(dict(patient)) for patient in patients)


def _unwanted(
    entries: Iterable[Entry], patients: Iterable[PatientRecord], refuse: Refuse | None
) -> Iterator[tuple[Entry, CsvFault]]:
    if refuse is None:
        return
    own = {entry.pseudonym: entry for entry in reversed([each for each in entries if each.table == "patients"])}
    for patient in patients:
        why = refuse(patient)
        if why is not None:
            yield own[patient.pseudonym], own[patient.pseudonym].line.fault("pseudonym", why)


def _without_bad(entries: list[Entry], refuse: Refuse | None) -> CohortRead:
    """The patients of whom nothing is at fault; all rows of the others are left out.

    A patient is never taken by half: without a row that says that they died, they would count as alive.
    """
    checked = check(entries)
    found = [(entry, fault) for entry in entries for fault in entry.faults]
    found += [*checked.faults, *_unwanted(entries, checked.patients, refuse)]
    rejects = [Reject(fault, entry.line.raw) for entry, fault in found]
    why = {entry.pseudonym: fault for entry, fault in reversed(found) if entry.pseudonym}
    told = {id(entry) for entry, _ in found}
    for entry in entries:
        if entry.pseudonym in why and id(entry) not in told:
            fault = why[entry.pseudonym]
            because = f"patient {entry.pseudonym} is left out: {fault.file} row {fault.row} is at fault"
            rejects.append(Reject(entry.line.fault(None, because), entry.line.raw))
    sound = (patient for patient in checked.patients if patient.pseudonym not in why)
    return CohortRead(_final(sound), (), tuple(rejects))


def write_rejects(path: Path, rejects: Iterable[Reject]) -> None:
    """Write the rows that were left out: file, row, column, why, and the row's cells as they stood."""
    with (
        writing(path, OWNER_ALONE) as temporary,
        temporary.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file,
    ):
        out = csv.writer(file, lineterminator="\n")
        out.writerow(REJECTS)
        for reject in rejects:
            fault = reject.fault
            out.writerow((fault.file, fault.row, fault.column or "", fault.message, *map(readable, reject.cells)))


def is_rejects(path: Path) -> bool:
    """Whether a file is one that `write_rejects` wrote."""
    head = (",".join(REJECTS) + "\n").encode("ascii")
    try:
        with path.open("rb") as file:
            return file.read(len(head)) == head
    except OSError:
        return False


def write_cohort(patients: Iterable[PatientRecord], folder: Path) -> None:
    """Write patients as a folder of CSV files, all of them or none; the same patients give the same bytes.

    The files, and the folder where it is new, are readable to their owner alone.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    rows: dict[str, list[Mapping[str, Any]]] = {table.name: [] for table in CSV_TABLES}
    for patient in sorted(patients, key=lambda each: each.pseudonym):
        for name, of_patient in rows_of(patient).items():
            rows[name] += of_patient
        rows["facts"] += _fact_rows(patient)
    new = not folder.exists()
    with writing_folder(folder) as temporary:
        for table in CSV_TABLES:
            _write(temporary / table.file, table, rows[table.name])
    if new:
        folder.chmod(0o700)


def _fact_rows(patient: PatientRecord) -> Iterator[dict[str, Any]]:
    for lesion in patient.lesions:
        whose = {"pseudonym": patient.pseudonym, "lesion_id": lesion.lesion_id}
        for key, value in sorted(_leaves(lesion.facts, "")):
            yield {**whose, "key": key, "value": value}


def _leaves(facts: Mapping[str, Any], above: str) -> Iterator[tuple[str, Any]]:
    """Facts by their whole keys; a table that is one fact, such as muscle powers, stays whole."""
    for key, value in facts.items():
        if isinstance(value, Mapping) and f"{above}{key}" in _fact_tables():
            yield from _leaves(value, f"{above}{key}.")
        elif value is not None:
            yield f"{above}{key}", value


@cache
def _fact_tables() -> frozenset[str]:
    """Keys of case.yaml that hold further facts."""
    return frozenset(path for path, model in keys(Facts) if model is not None)


def _write(path: Path, table: CsvTable, rows: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow([column.name for column in table.columns])
        for row in rows:
            out.writerow([write_cell(column.kind, row[column.name]) for column in table.columns])
    path.chmod(OWNER_ALONE)
