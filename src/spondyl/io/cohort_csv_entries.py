"""Rows of text as records: every cell that cannot be read and every record that cannot be, by row and column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from spondyl.clinic import read_facts
from spondyl.core.errors import CaseError
from spondyl.core.faults import expected_text, shown
from spondyl.followup.records import LesionRecord, PatientRecord, PlanRecord, Record
from spondyl.io.cohort_csv_cells import DATE_FORMATS, date_format, read_cell
from spondyl.io.cohort_csv_schema import FACTS, CsvColumn
from spondyl.io.cohort_csv_sheets import CsvFault, Line

_REFERRED = ("lesions", "plans")
"""Tables whose rows others name: where a row of theirs cannot be read, its name still holds what refers to it."""


@dataclass
class Entry:
    """One row and what became of it.

    Parameters
    ----------
    values
        What its cells hold, unknown ones as None.
    record
        The record; where the row is at fault what of it could be read, or None.
    faults
        What is wrong with it.
    """

    line: Line
    values: dict[str, Any]
    record: Record | None = None
    faults: list[CsvFault] = field(default_factory=list)

    @property
    def table(self) -> str:
        """Name of its table."""
        return self.line.table.name

    @property
    def pseudonym(self) -> str:
        """Whose row it is, empty where it does not say."""
        return str(self.values.get("pseudonym") or "")


def entries_of(lines: Iterable[Line], known: Iterable[CsvFault]) -> list[Entry]:
    """Every row as a record or with its faults; `known` are faults that were found before."""
    before: dict[tuple[str, int | None], list[CsvFault]] = defaultdict(list)
    for fault in known:
        before[fault.file, fault.row].append(fault)
    found = [_entry(line, before[line.table.file, line.row]) for line in lines]
    _add_facts(found)
    return found


def _entry(line: Line, known: list[CsvFault]) -> Entry:
    entry = Entry(line, {}, None, list(known))
    spoilt = {fault.column for fault in known}
    for column in line.table.columns:
        text = line.cells.get(column.name, "")
        entry.values[column.name] = None
        if column.name not in spoilt:
            entry.values[column.name] = _value(entry, column, text)
    if line.table is FACTS:
        _check_fact(entry)
    else:
        _make(entry)
    return entry


def _value(entry: Entry, column: CsvColumn, text: str) -> Any:
    if not text.strip():
        if column.required and None not in {fault.column for fault in entry.faults}:
            entry.faults.append(entry.line.fault(column.name, "is empty, and every row needs it"))
        return None
    try:
        return read_cell(column.kind, text)
    except ValueError as error:
        entry.faults.append(entry.line.fault(column.name, f"is {shown(text)}, {error}"))
        return None


def _make(entry: Entry) -> None:
    """The record of a row; where it is at fault, its faults and what of it could be read."""
    described = entry.line.table.of
    assert described is not None
    own = {name: entry.values[name] for name in described.fields if entry.values.get(name) is not None}
    before = {fault.column for fault in entry.faults}
    wrong, record = _refused(entry, described.model, own, before)
    if not entry.faults:
        entry.record = record
        return
    name = described.key[-1]
    kept = {name: own[name]} if described.name in _REFERRED and name in own else {}
    if None not in before:
        sound = {each: own[each] for each in own if each not in wrong}
        if wrong and all(not described.model.model_fields[each].is_required() for each in wrong):
            # What contradicts within a record is looked for only where every cell of it can be.
            _refused(entry, described.model, sound, {fault.column for fault in entry.faults})
        kept = {**sound_values(described.model, sound), **kept}
    elif not kept:
        return
    unread = {each for each in described.fields if each not in kept and (each in wrong or None in before)}
    entry.record = described.model.in_part(kept, unread)


def _refused(
    entry: Entry, model: type[Record], own: dict[str, Any], told: set[str | None]
) -> tuple[set[str], Record | None]:
    """Fields that cannot be as they are, and the record where it can; tells the faults that are not told already."""
    wrong = {column for column in told if column in model.model_fields}
    try:
        return wrong, model.model_validate(own)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            column = str(fault["loc"][0]) if fault["loc"] else None
            if column is not None:
                wrong.add(column)
            # What is told already is not told again; what contradicts between records is told when they are together.
            if column in told or (column is None and model is PatientRecord):
                continue
            entry.faults.append(entry.line.fault(column, _told(dict(fault), entry.line.cells.get(column or ""))))
    return wrong, None


def sound_values(model: type[Record], values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as a record of them would hold them, each checked by itself.

    >>> from spondyl.followup.records import TreatmentRecord
    >>> sound_values(TreatmentRecord, {"kind": "Kypho IORT"})
    {'kind': 'kypho-iort'}
    """
    return {name: _adapter(model, name).validate_python(value) for name, value in values.items()}


@cache
def _adapter(model: type[Record], name: str) -> TypeAdapter[Any]:
    info = model.model_fields[name]
    kind: Any = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
    return TypeAdapter(kind, config=ConfigDict(strict=True, allow_inf_nan=False))


def _told(fault: dict[str, Any], cell: str | None) -> str:
    """A fault of the cell, or of the row where `cell` is None."""
    if fault["type"] == "missing":
        return "is empty, and every row needs it"
    value_error = fault["type"] == "value_error"
    message = str(fault["msg"]).removeprefix("Value error, ") if value_error else f"expected {expected_text(fault)}"
    return message if cell is None else f"is {shown(cell)}, {message}"


def _check_fact(entry: Entry) -> None:
    """One fact alone: its key and its value."""
    key, value = entry.values["key"], entry.values["value"]
    if key is None or value is None:
        return
    try:
        read_facts(_tree([(key, value)]), key)
    except CaseError as error:
        told = str(error).removeprefix(f"{key}: ")
        entry.faults.append(entry.line.fault("key" if "is not a known key" in told else "value", told))


def _tree(facts: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Facts by key path as the nested keys of a case.yaml."""
    found: dict[str, Any] = {}
    for key, value in facts:
        *above, last = key.split(".")
        here = found
        for part in above:
            inner = here.setdefault(part, {})
            here = inner if isinstance(inner, dict) else {}
        here[last] = value
    return found


def _add_facts(entries: list[Entry]) -> None:
    """Give lesions their facts; facts that contradict each other are the lesion's fault."""
    told: dict[tuple[str, str], list[tuple[str, Any]]] = defaultdict(list)
    seen: set[tuple[str, str, str]] = set()
    for entry in entries:
        if entry.line.table is FACTS and None not in (entry.values["lesion_id"], entry.values["key"]):
            whose = (entry.pseudonym, str(entry.values["lesion_id"]))
            key = str(entry.values["key"])
            if (*whose, key) in seen:
                entry.faults.append(
                    entry.line.fault("key", f"is {shown(key)}, which this lesion has already; keep one")
                )
                continue
            seen.add((*whose, key))
            if not entry.faults:
                told[whose].append((key, entry.values["value"]))
    for entry in entries:
        facts = told.get((entry.pseudonym, str(entry.values.get("lesion_id"))))
        if isinstance(entry.record, LesionRecord) and not entry.faults and facts:
            with_facts = {**dict(entry.record), "facts": _tree(facts)}
            try:
                entry.record = LesionRecord.model_validate(with_facts)
            except ValidationError as error:
                entry.faults += [entry.line.fault(None, _told(dict(each), None)) for each in error.errors()]


def with_parts(plan: PlanRecord, parts: dict[str, list[Record]]) -> PlanRecord:
    """A plan with its metrics and verdicts, each of which was checked by itself."""
    return plan.model_copy(update={name: tuple(records) for name, records in parts.items()})


def mixed_dates(lines: Iterable[Line]) -> Iterator[CsvFault]:
    """A fault for each file whose dates are written in more than one way."""
    ways: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for line in lines:
        for column in line.table.columns:
            way = date_format(line.cells.get(column.name, "")) if column.kind == "date" else None
            if way is not None:
                ways[line.table.file][way].append(line.row)
    for file, found in ways.items():
        if len(found) > 1:
            told = ", ".join(f"{name} ({_cells(rows)})" for name, rows in found.items())
            yield CsvFault(
                file, None, None, f"dates are written in {len(found)} ways: {told}; write {DATE_FORMATS[0][0]}"
            )


def _cells(rows: list[int]) -> str:
    return f"{len(rows)} cells" if len(rows) > 1 else f"1 cell, row {rows[0]}"
