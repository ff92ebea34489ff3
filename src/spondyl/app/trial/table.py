"""A table of a report: heads and rows of text, the same for the page and for CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from spondyl.core import DISCLAIMER


@dataclass(frozen=True)
class Row:
    """A row: its label, its cells, and whether it heads those below it."""

    label: str
    cells: tuple[str, ...]
    heads: bool = False


@dataclass(frozen=True)
class Table:
    """A table.

    Parameters
    ----------
    key
        Name of its file.
    title
        Above it.
    columns
        Heads, that of the labels first.
    rows
        Rows.
    notes
        Beneath it.
    words
        Whether the cells are words, which stand to the left, in place of numbers, which stand to the right.
    """

    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    words: bool = False

    def csv(self, about: str) -> str:
        """The table as CSV, a heading row repeated in a column of its own; the first line says what it is."""
        lines: list[Sequence[str]] = [("part", *self.columns)]
        part = ""
        for row in self.rows:
            if row.heads:
                part = row.label
            if not row.heads or any(row.cells):
                lines.append(("" if row.heads else part, row.label, *row.cells))
        return csv_text(lines, (f"{about}: {self.title}", *self.notes))


def csv_text(lines: Iterable[Sequence[object]], about: Sequence[str]) -> str:
    """CSV with what it is about, and the disclaimer, as comments before it."""
    text = io.StringIO()
    for line in (*about, DISCLAIMER):
        text.write(f"# {line}\n")
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()


def percent(share: float | None, digits: int = 1) -> str:
    """A share as a percentage, "unknown" where it is not known."""
    return "unknown" if share is None or not np.isfinite(share) else f"{100 * share:.{digits}f} %"


def counted(count: int, total: int) -> str:
    """A count with its share: "15 (60 %)"."""
    return f"{count} ({100 * count / total:.0f} %)" if total else f"{count}"


def spread(values: Sequence[float], digits: int = 1, unit: str = "") -> str:
    """Median and range: "70.2 (17.3 to 468.7) cm³"."""
    if not values:
        return "unknown"
    told = f"{np.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"
    return f"{told} {unit}".rstrip()
