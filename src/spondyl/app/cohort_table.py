"""A table of anyone's: the columns of time, event and group, with every fault by row and column, all at once."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from spondyl.core.errors import CohortError, nearest
from spondyl.core.faults import shown
from spondyl.io.cohort_csv_sheets import CsvFault

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "."})
"""Cells that hold nothing, in any case."""
HAPPENED = {"1": 1, "true": 1, "yes": 1, "0": 0, "false": 0, "no": 0}
NO_CAUSE = frozenset({"censored", "censor", "censoring", "cens", "alive", "living", "event-free", "no event",
                      "lost", "lost to follow-up", *HAPPENED})  # fmt: skip
"""Words that name no cause, in any case: of people to whom nothing had happened, or of whom nothing more is known."""
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
        Labels as they stand in the table; None without --group.
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
    reads: list[Callable[[str], object]] = [_time(_delimiter(text)), _cause(cause) if cause is not None else _happened]
    reads += [_label] if group is not None else []
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
    causes = _causes(path, event, codes, cause) if cause is not None else ()
    notes += _cause_notes(event, causes, codes)
    events = [causes.index(code) + 1 if code in causes else 0 for code in codes] if causes else [int(c) for c in codes]
    times = tuple(float(str(value)) for value in columns[0])
    groups = tuple(str(value) for value in columns[2]) if group is not None else None
    return SurvivalTable(times, tuple(events), groups, causes, notes)


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


def _happened(cell: str) -> int:
    text = cell.casefold().removesuffix(".0")
    if text not in HAPPENED:
        code = text.isdigit() and int(text) > 1
        hint = "; several causes need --cause CODE" if code else ""
        raise ValueError(f"is {shown(cell)}, expected 0 (censored) or 1 (event), or false or true{hint}")
    return HAPPENED[text]


def _cause(cause: str) -> Callable[[str], object]:
    """Reads a code: whole numbers, unless the cause asked for is a word; then any words."""
    words = not cause.strip().removesuffix(".0").isdigit()
    if words and _names_no_cause(cause):
        raise CohortError(f"--cause {cause} names no cause, expected the code of one; 0 is the code of censoring")

    def read(cell: str) -> str:
        text = cell.removesuffix(".0")
        if cell.casefold() in MISSING:
            raise ValueError(f"is {shown(cell)}, expected 0 (censored) or the code of a cause")
        if words and _names_no_cause(cell) and not text.isdigit():
            raise ValueError(f"is {shown(cell)}, which names no cause, expected 0 (censored) or the name of a cause")
        if words and not text.lstrip("+-").replace(".", "", 1).isdigit():
            return cell
        if not text.isdigit() or (words and int(text) != 0):
            kind = "the name of a cause" if words else "a whole number for each cause"
            raise ValueError(f"is {shown(cell)}, expected 0 (censored) or {kind}")
        return str(int(text))

    return read


def _names_no_cause(cell: str) -> bool:
    return " ".join(cell.casefold().replace("_", " ").split()) in NO_CAUSE


def _label(cell: str) -> str:
    if cell.casefold() in MISSING:
        raise ValueError(f"is {shown(cell)}, expected a group; complete it, or take the row out")
    return cell


def _causes(path: Path, event: str, codes: Sequence[str], cause: str) -> tuple[str, ...]:
    """Codes that occur, numbers by value."""
    found = sorted({code for code in codes if code != "0"}, key=lambda c: (int(c) if c.isdigit() else 0, c))
    asked = cause.strip()
    asked = str(int(asked.removesuffix(".0"))) if asked.removesuffix(".0").isdigit() else asked
    if asked == "0":
        raise CohortError("--cause 0 is the code of censoring, expected the code of a cause")
    if asked not in found:
        there = ", ".join(found) or "none but 0"
        raise CohortError(f'{path}: cause "{cause}" does not occur in column {event}; causes there: {there}')
    return tuple(found)


def _cause_notes(event: str, causes: Sequence[str], codes: Sequence[str]) -> tuple[str, ...]:
    """What a code meant otherwise would change without an error."""
    if not causes or "0" in codes:
        return ()
    return (f"no row holds 0 in column {event}, so nobody counts as censored; causes: {', '.join(causes)}",)
