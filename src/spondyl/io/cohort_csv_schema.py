"""The files and columns of a cohort as CSV, made from the records themselves."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from spondyl.followup.records import Record
from spondyl.io.cohort_rows import SCHEMA, TableOfRecords

KINDS = {str: "text", float: "number", int: "whole number", bool: "yes or no", date: "date"}
_ABOVE = {
    "pseudonym": ("text", "The patient, as in patients.csv."),
    "plan_id": ("text", "The plan, as in plans.csv."),
    "position": ("whole number", "Place in the plan's list, from 1."),
}


@dataclass(frozen=True)
class CsvColumn:
    """One column.

    Parameters
    ----------
    kind
        "text", "number", "whole number", "yes or no", "date", "code", "JSON" or "value".
    required
        Whether every row must have it.
    about
        What it means, in one sentence.
    codes
        The words of a code.
    """

    name: str
    kind: str
    required: bool
    about: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class CsvTable:
    """One file; `of` is None for facts.csv, which no record of its own stands behind."""

    name: str
    columns: tuple[CsvColumn, ...]
    of: TableOfRecords | None

    @property
    def file(self) -> str:
        """Its name in the folder."""
        return f"{self.name}.csv"

    def column(self, name: str) -> CsvColumn | None:
        """The column of that name, None where there is none."""
        return next((each for each in self.columns if each.name == name), None)


def _column(model: type[Record], name: str) -> CsvColumn:
    info = model.model_fields[name]
    kind, codes = _kind(info.annotation)
    return CsvColumn(name, kind, info.is_required(), _sentence(info), codes)


def _sentence(info: FieldInfo) -> str:
    return " ".join((info.description or "").split())


def _kind(annotation: Any) -> tuple[str, tuple[str, ...]]:
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return _kind(next(part for part in get_args(annotation) if part is not type(None)))
    if origin is Annotated:
        return _kind(get_args(annotation)[0])
    if origin is Literal:
        return "code", tuple(str(word) for word in get_args(annotation))
    if origin is Mapping:
        return "JSON", ()
    return KINDS[annotation], ()


def _table(described: TableOfRecords) -> CsvTable:
    above = tuple(CsvColumn(name, _ABOVE[name][0], True, _ABOVE[name][1]) for name in described.above)
    own = tuple(_column(described.model, name) for name in described.fields if (described.name, name) != FACTS_OF)
    return CsvTable(described.name, (*above, *own), described)


FACTS_OF = ("lesions", "facts")
"""The field that has a file of its own: facts.csv."""
FACTS = CsvTable(
    "facts",
    (
        CsvColumn("pseudonym", "text", True, _ABOVE["pseudonym"][1]),
        CsvColumn("lesion_id", "text", True, "The lesion, as in lesions.csv."),
        CsvColumn("key", "text", True, 'A key of case.yaml with those above it: "clinical.pain.vas_0_10".'),
        CsvColumn("value", "value", True, "Its value as case.yaml has it; lists and tables as JSON."),
    ),
    None,
)
_TABLES = tuple(_table(each) for each in SCHEMA)
CSV_TABLES: tuple[CsvTable, ...] = (*_TABLES[:2], FACTS, *_TABLES[2:])
"""Every file, each after those it refers to."""


def csv_table(name: str) -> CsvTable:
    """The file of that table."""
    return next(each for each in CSV_TABLES if each.name == name)
