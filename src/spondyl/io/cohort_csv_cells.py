"""One cell: from text to a value and back, byte for byte."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_WHOLE = re.compile(r"[+-]?\d+")
_YES = {"yes": True, "true": True, "no": False, "false": False}
DATE_FORMATS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("2024-03-31", re.compile(r"\d{4}-\d{2}-\d{2}")),
    ("31.03.2024", re.compile(r"\d{1,2}\.\d{1,2}\.\d{2,4}")),
    ("31/03/2024 or 03/31/2024", re.compile(r"\d{1,2}/\d{1,2}/\d{2,4}")),
    ("2024/03/31", re.compile(r"\d{4}/\d{1,2}/\d{1,2}")),
    ("31-03-2024", re.compile(r"\d{1,2}-\d{1,2}-\d{2,4}")),
    ("31-Mar-2024", re.compile(r"\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4}")),
    ("20240331", re.compile(r"\d{8}")),
    ("45382, a spreadsheet's number of days", re.compile(r"\d{5}")),
    ("2024-03-31 00:00, with a time", re.compile(r"\d{4}-\d{2}-\d{2}[T ].*")),
)
"""Ways to write a day, the one that is read first."""


def date_format(text: str) -> str | None:
    """The way in which a day is written, None where it is none that is known.

    >>> date_format("2024-03-31"), date_format("31.3.24"), date_format("spring")
    ('2024-03-31', '31.03.2024', None)
    """
    return next((name for name, pattern in DATE_FORMATS if pattern.fullmatch(text.strip())), None)


def read_cell(kind: str, text: str) -> Any:
    """The value of a cell that is not empty.

    Raises
    ------
    ValueError
        If it is not of its kind; the message says what was expected.
    """
    plain = text.strip()
    if kind == "number":
        return _number(plain)
    if kind == "whole number":
        if not _WHOLE.fullmatch(plain):
            raise ValueError("expected a whole number such as 3")
        return int(plain)
    if kind == "yes or no":
        if plain.casefold() not in _YES:
            raise ValueError("expected yes or no")
        return _YES[plain.casefold()]
    if kind == "date":
        return _date(plain)
    if kind == "JSON":
        return _table_of(plain)
    return _value(text) if kind == "value" else text


def _number(text: str) -> float:
    if re.fullmatch(r"[+-]?\d+,\d+", text):
        raise ValueError(f"expected a decimal point: {text.replace(',', '.')}")
    if not _NUMBER.fullmatch(text):
        raise ValueError("expected a number such as 3.5")
    found = float(text)
    if found in (float("inf"), float("-inf")):
        raise ValueError("expected a finite number")
    return found


def _date(text: str) -> date:
    written = date_format(text)
    if written is None:
        raise ValueError("expected a date such as 2024-03-31")
    if written != DATE_FORMATS[0][0]:
        raise ValueError(f"expected a date such as 2024-03-31, this is written as {written}")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError("expected a date that the calendar has") from error


def _loads(text: str) -> Any:
    def refuse(name: str) -> None:
        raise ValueError(f"{name} is no number that can be compared")

    return json.loads(text, parse_constant=refuse)


def _table_of(text: str) -> dict[str, Any]:
    try:
        found = _loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError('expected JSON such as {"pain": 3}') from error
    if not isinstance(found, dict):
        raise ValueError('expected a JSON table such as {"pain": 3}')
    return found


def _value(text: str) -> Any:
    """JSON where it is JSON, else the text itself."""
    try:
        return _loads(text)
    except (ValueError, RecursionError):
        return text


def write_cell(kind: str, value: Any) -> str:
    """A value as the cell that reads back to it; an unknown one is empty.

    >>> write_cell("number", 24.0), write_cell("number", 0.1 + 0.2), write_cell("yes or no", True)
    ('24', '0.30000000000000004', 'yes')
    """
    if value is None:
        return ""
    if kind == "value":
        return value if isinstance(value, str) and isinstance(_value(value), str) else _json(value)
    if kind == "JSON":
        return _json(value) if value else ""
    if kind == "yes or no":
        return "yes" if value else "no"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value)


def _json(value: Any) -> str:
    plain = dict(value) if isinstance(value, Mapping) else value
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, allow_nan=False)
