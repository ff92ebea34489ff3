"""CSV files as rows of text: encoding, header and width, every fault with its file, row and column."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spondyl.core.errors import CohortError, nearest
from spondyl.core.faults import shown
from spondyl.io.cohort_csv_schema import CSV_TABLES, CsvTable

_MARKS = ((b"\xff\xfe\x00\x00", "UTF-32"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True)
class CsvFault:
    """What is wrong, and where.

    Parameters
    ----------
    row
        As a spreadsheet counts: the header is row 1. None where it is the whole file.
    column
        Name of the column, None where it is the whole row.
    """

    file: str
    row: int | None
    column: str | None
    message: str

    def __str__(self) -> str:
        where = [
            self.file,
            *([f"row {self.row}"] if self.row else []),
            *([f"column {self.column}"] if self.column else []),
        ]
        return f"{', '.join(where)}: {self.message}"

    def record(self) -> dict[str, Any]:
        """For data files."""
        return {"file": self.file, "row": self.row, "column": self.column, "message": self.message}


@dataclass(frozen=True)
class Line:
    """One row of a file: its number, its cells as they stand there, and by column."""

    table: CsvTable
    row: int
    raw: tuple[str, ...]
    cells: dict[str, str]

    def fault(self, column: str | None, message: str) -> CsvFault:
        """A fault in this row."""
        return CsvFault(self.table.file, self.row, column, message)


@dataclass
class Sheets:
    """What a folder holds.

    Parameters
    ----------
    lines
        Rows of every file that could be read.
    fatal
        Faults of a whole file, which no leaving out of rows mends.
    faults
        Faults of a row, by the row's file and number.
    """

    lines: list[Line] = field(default_factory=list)
    fatal: list[CsvFault] = field(default_factory=list)
    faults: list[CsvFault] = field(default_factory=list)


def read_sheets(folder: Path) -> Sheets:
    """Read every CSV file of a folder.

    Raises
    ------
    CohortError
        If it is no folder, or has no patients.csv.
    """
    if not folder.is_dir():
        raise CohortError(f"{folder} is no folder; expected one with patients.csv in it")
    if not (folder / "patients.csv").is_file():
        near = nearest("patients.csv", [path.name for path in _tables(folder)])
        raise CohortError(
            f"{folder} has no patients.csv"
            + (f"; rename {near[0]}?" if near else "; it is the one file that must be there")
        )
    found = Sheets()
    known = {table.file: table for table in CSV_TABLES}
    for path in _tables(folder):
        if path.name.casefold() in known and path.name not in known:
            told = f"is not looked at, for its capitals; rename it {path.name.casefold()}"
            found.fatal.append(CsvFault(path.name, None, None, told))
        elif path.name not in known:
            near = ", ".join(nearest(path.name, known) or known)
            found.fatal.append(CsvFault(path.name, None, None, f"is no file of a cohort; nearest: {near}"))
    for name, table in known.items():
        if (folder / name).is_file():
            _read(folder / name, table, found)
    return found


def _tables(folder: Path) -> list[Path]:
    """Files whose names end as those of tables do, in whatever capitals."""
    return sorted(path for path in folder.iterdir() if path.suffix.casefold() == ".csv")


def _read(path: Path, table: CsvTable, found: Sheets) -> None:
    try:
        content = path.read_bytes()
    except OSError as error:
        found.fatal.append(CsvFault(table.file, None, None, f"cannot be read: {error.strerror}"))
        return
    spoilt = _no_text(table, content)
    if spoilt is not None:
        found.fatal.append(spoilt)
        return
    # A byte that is not UTF-8 becomes a lone surrogate, by which its cell is found again.
    text = content.decode("utf-8-sig", errors="surrogateescape")
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    try:
        header: list[str] = []
        for number, cells in enumerate(rows, start=1):
            if number == 1:
                header = [cell.strip() for cell in cells]
                wrong = list(_header_faults(table, header, text))
                found.fatal += wrong
                if wrong:
                    return
            elif any(cell.strip() for cell in cells):
                _line(table, number, header, cells, found)
    except csv.Error as error:
        found.fatal.append(CsvFault(table.file, number + 1, None, f"cannot be read on: {error}; check the quotes"))
    if number == 0:
        found.fatal.append(CsvFault(table.file, None, None, "is empty, expected a header"))


def _no_text(table: CsvTable, content: bytes) -> CsvFault | None:
    """What keeps the content from being UTF-8 as a whole, None where nothing does."""
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    place = content.find(b"\x00")
    if encoding is None and place < 0:
        return None
    # In UTF-16 every other byte of plain letters is 0: half of those at even or at odd places is far more than damage.
    most = max(content[start::2].count(0) for start in (0, 1))
    if encoding is None and 4 * most < len(content):
        row = content[:place].count(b"\n") + 1
        return CsvFault(table.file, row, None, "has a byte of value 0, expected text; is the file damaged? restore it")
    told = f"is {encoding or 'UTF-16'} text, expected UTF-8; save it as CSV UTF-8"
    return CsvFault(table.file, None, None, told)


def _header_faults(table: CsvTable, header: list[str], text: str) -> Iterator[CsvFault]:
    known = [column.name for column in table.columns]
    first = text.split("\n", 1)[0]
    for sign, name in _SEPARATORS.items():
        if len(header) == 1 and sign in first:
            yield CsvFault(table.file, 1, None, f"cells are separated by {name}, expected commas; save it with commas")
            return
    for name in dict.fromkeys(header):
        if name not in known:
            near = ", ".join(nearest(name, known) or known)
            yield CsvFault(table.file, 1, name or "(no name)", f"is no column of this file; nearest: {near}")
        if header.count(name) > 1:
            yield CsvFault(table.file, 1, name, f"is there {header.count(name)} times; keep one")
    for column in table.columns:
        if column.required and column.name not in header:
            yield CsvFault(table.file, 1, column.name, "is missing, and every row needs it")


def _line(table: CsvTable, number: int, header: list[str], cells: list[str], found: Sheets) -> None:
    line = Line(table, number, tuple(cells), dict(zip(header, cells, strict=False)))
    found.lines.append(line)
    if len(cells) != len(header):
        told = f"has {len(cells)} cells, expected {len(header)} as the header; is a comma in a text without quotes?"
        found.faults.append(line.fault(None, told))
    for name, cell in line.cells.items():
        if _spoilt(cell):
            told = (
                f"is not UTF-8; as Windows-1252 or Latin-1 it reads {shown(readable(cell))}: save the file as CSV UTF-8"
            )
            found.faults.append(line.fault(name, told))


def _spoilt(cell: str) -> bool:
    return any("\udc80" <= sign <= "\udcff" for sign in cell)


def readable(cell: str) -> str:
    """A cell as text: one that is not UTF-8 read as Windows-1252, any other as it is."""
    if not _spoilt(cell):
        return cell
    return cell.encode("utf-8", errors="surrogateescape").decode("cp1252", errors="replace")
