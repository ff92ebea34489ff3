"""A table of anyone's: the columns of time, event and group, with every fault by row and column, all at once."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from spondyl.app.cohort_codes import MISSING, cause_notes, cause_reader, causes_of, groups_of, happened, label
from spondyl.core.errors import CohortError, nearest
from spondyl.core.faults import shown
from spondyl.io.cohort_csv_sheets import CsvFault

DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class SurvivalTable:
    """Columns of a clean table, one entry a subject.

    Parameters
    ----------
    times
        From the start, zero or later.
    events
        0 censored; 1 the event, or with causes the place in `causes` plus one.
    groups
        Labels as they first stand in the table, a number's as it is first written; None without --group.
    causes
        Codes of the causes, numbers by value, in order; empty without --cause.
    notes
        What a reader should know of how the file was read.
    """

    times: tuple[float, ...]
    events: tuple[int, ...]
    groups: tuple[str, ...] | None
    causes: tuple[str, ...]
    notes: tuple[str, ...]


def read_survival_table(path: Path, time: str, event: str, group: str | None, cause: str | None) -> SurvivalTable:
    """Read a CSV with a header.

    UTF-8, with or without a mark, or UTF-16 with its mark; commas, semicolons, tabs or bars; with anything but commas
    a decimal comma is understood, too.

    Raises
    ------
    CohortError
        With every fault of the used columns, by row (the header is row 1) and column; nothing is left out silently.
    """
    text, notes = _text(path)
    rows = _rows(path, text)
    header = [cell.strip() for cell in rows[0][1]]
    wanted = [time, event] + ([group] if group is not None else [])
    places = _places(path, header, wanted)
    faults: list[CsvFault] = []
    reads: list[Callable[[str], object]] = [
        _time(_delimiter(text)),
        cause_reader(cause) if cause is not None else happened,
    ]
    reads += [label] if group is not None else []
    columns: list[list[object]] = [[] for _ in wanted]
    for number, cells in rows[1:]:
        if len(cells) != len(header):
            told = f"has {len(cells)} cells, expected {len(header)} as the header; is a separator in a text?"
            faults.append(CsvFault(path.name, number, None, told))
            continue
        for column, place, name, read in zip(columns, places, wanted, reads, strict=True):
            try:
                column.append(read(_clean(cells[place])))
            except ValueError as error:
                faults.append(CsvFault(path.name, number, name, str(error)))
    if faults:
        many = f"{len(faults)} fault{'s' if len(faults) > 1 else ''}"
        raise CohortError(f"{path}: {many}, so nothing is computed:\n" + "\n".join(f"  {fault}" for fault in faults))
    if len(rows) < 2:
        raise CohortError(f"{path} holds a header and no row, expected one row a subject")
    codes = [str(value) for value in columns[1]]
    causes = causes_of(path, event, codes, cause) if cause is not None else ()
    notes += cause_notes(event, causes, codes)
    events = [causes.index(code) + 1 if code in causes else 0 for code in codes] if causes else [int(c) for c in codes]
    times = tuple(float(str(value)) for value in columns[0])
    groups, said = groups_of([str(value) for value in columns[2]]) if group is not None else (None, ())
    return SurvivalTable(times, tuple(events), groups, causes, notes + said)


def _text(path: Path) -> tuple[str, tuple[str, ...]]:
    """The file's text; bytes that are not UTF-8 become lone surrogates, by which their cells are found again."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CohortError(f"{path} cannot be read: {error.strerror}; check the path") from error
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16"), ("read as UTF-16, as its mark says",)
        except UnicodeDecodeError as error:
            raise CohortError(f"{path} says it is UTF-16 and is not (byte {error.start}); save it as UTF-8") from error
    if b"\x00" in content:
        raise CohortError(f"{path} is not UTF-8 text but binary or UTF-16 without a mark; save it as CSV UTF-8")
    text = content.decode("utf-8-sig", errors="surrogateescape")
    odd = any(_foreign(sign) for sign in text)
    return text, ("some cells of columns that are not used are not UTF-8",) if odd else ()


def _rows(path: Path, text: str) -> list[tuple[int, list[str]]]:
    """Rows that hold anything, each with its number as a spreadsheet counts."""
    number = 0
    found: list[tuple[int, list[str]]] = []
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)), start=1):
            if any(cell.strip() for cell in cells):
                found.append((number, cells))
    except csv.Error as error:
        raise CohortError(f"{path}, row {number + 1}: cannot be read on: {error}; check the quotes") from error
    if not found:
        raise CohortError(f"{path} is empty, expected a header and one row a subject")
    return found


def _delimiter(text: str) -> str:
    """The separator that splits the header into most columns; a comma where none does."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    counts = {sign: len(next(csv.reader([first], delimiter=sign))) for sign in DELIMITERS}
    return max(DELIMITERS, key=lambda sign: counts[sign])


def _places(path: Path, header: Sequence[str], wanted: Sequence[str]) -> list[int]:
    said: list[str] = []
    for name in wanted:
        if name not in header:
            near = ", ".join(nearest(name, header) or [n for n in header if n])
            said.append(f'  {path.name}, row 1: column "{name}" is missing; did you mean {near}?')
        elif header.count(name) > 1:
            said.append(f'  {path.name}, row 1: column "{name}" is there {header.count(name)} times; keep one')
    if said:
        raise CohortError(f"{path}: the header does not fit what is asked:\n" + "\n".join(said))
    return [header.index(name) for name in wanted]


def _clean(cell: str) -> str:
    text = cell.strip()
    if any(_foreign(sign) for sign in text):
        read = text.encode("utf-8", errors="surrogateescape").decode("cp1252", errors="replace")
        raise ValueError(f"is not UTF-8; as Windows-1252 or Latin-1 it reads {shown(read)}: save the file as CSV UTF-8")
    return text


def _foreign(sign: str) -> bool:
    return "\udc80" <= sign <= "\udcff"


def _time(delimiter: str) -> Callable[[str], object]:
    def read(cell: str) -> float:
        if cell.casefold() in MISSING:
            raise ValueError(f"is {shown(cell)}, expected a number from 0; complete it, or take the row out")
        text = cell.replace(",", ".") if delimiter != "," and cell.count(",") == 1 and "." not in cell else cell
        try:
            value = float(text)
        except ValueError:
            raise ValueError(f"is {shown(cell)}, expected a number from 0") from None
        if not math.isfinite(value) or value < 0 or "_" in text:
            raise ValueError(f"is {shown(cell)}, expected a number from 0")
        return value

    return read
