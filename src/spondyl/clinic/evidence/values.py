"""What a paper printed, read by a closed grammar: what does not fit it stays text and is never counted."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

_CLOSED = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_RANGE = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")
_BOUND = re.compile(r"(<=|>=|<|>)(\d+(?:\.\d+)?)")
_FRACTION_UNIT = re.compile(r"% \((\d+)/(\d+)\)")
_OF_UNIT = re.compile(r"(?:patients |segments )?of (\d+)(?: patients)?(?: \(.*\))?")
_TIME = re.compile(r"(\d+(?:\.\d+)?) (day|week|month|year)s?")
_DAY = re.compile(r"day (\d+)")
DAYS_PER_MONTH = 30.4375
_MONTHS = {"day": 1 / DAYS_PER_MONTH, "week": 7 / DAYS_PER_MONTH, "month": 1.0, "year": 12.0}


class Number(BaseModel):
    """One number; `decimals` as printed say how far it was rounded."""

    model_config = _CLOSED
    kind: Literal["number"] = "number"
    number: float
    decimals: int
    about: bool = False

    def __str__(self) -> str:
        return f"{'about ' if self.about else ''}{self.number:.{self.decimals}f}"


class Range(BaseModel):
    """From `low` to `high`, both printed."""

    model_config = _CLOSED
    kind: Literal["range"] = "range"
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:g}-{self.high:g}"


class Bound(BaseModel):
    """Below or above a number."""

    model_config = _CLOSED
    kind: Literal["bound"] = "bound"
    sign: Literal["<", "<=", ">", ">="]
    number: float

    def __str__(self) -> str:
        return f"{self.sign}{self.number:g}"


class Fraction(BaseModel):
    """`events` of `of`; `percent` where it was printed beside them."""

    model_config = _CLOSED
    kind: Literal["fraction"] = "fraction"
    events: int
    of: int
    percent: Number | None = None

    def __str__(self) -> str:
        return f"{self.percent} % ({self.events}/{self.of})" if self.percent else f"{self.events}/{self.of}"


class Words(BaseModel):
    """Anything else, as printed."""

    model_config = _CLOSED
    kind: Literal["words"] = "words"
    words: str

    def __str__(self) -> str:
        return self.words


Value = Annotated[Number | Range | Bound | Fraction | Words, Field(discriminator="kind")]


def parse_value(value: str, unit: str) -> Number | Range | Bound | Fraction | Words:
    """Read a value with its unit.

    Parameters
    ----------
    value
        As printed: `84`, `60-80`, `<10`, `>=3`; a slash is never read as a fraction, it may part two counts.
    unit
        As printed. `% (18/21)` and `of 6 patients` make a fraction, `% (about)` marks a number as approximate.

    >>> parse_value("86", "% (18/21)").model_dump()["events"]
    18
    >>> str(parse_value("60-80", "%")), str(parse_value("<10", "%")), parse_value("15/10", "patients").kind
    ('60-80', '<10', 'words')
    """
    if _NUMBER.fullmatch(value):
        return _numeric(value, unit)
    if found := _RANGE.fullmatch(value):
        return Range(low=float(found[1]), high=float(found[2]))
    if found := _BOUND.fullmatch(value):
        return Bound.model_validate({"sign": found[1], "number": float(found[2])})
    return Words(words=value)


def _numeric(value: str, unit: str) -> Number | Fraction:
    decimals = len(value.partition(".")[2])
    number = Number(number=float(value), decimals=decimals, about="(about)" in unit)
    if found := _FRACTION_UNIT.fullmatch(unit):
        return Fraction(events=int(found[1]), of=int(found[2]), percent=number)
    if (found := _OF_UNIT.fullmatch(unit)) and decimals == 0:
        return Fraction(events=int(value), of=int(found[1]))
    return number


def parse_months(timepoint: str) -> float | None:
    """A time point in months, None where it is no single time (`>12 months`, `3-6 months`, `postop`).

    >>> parse_months("2 years"), parse_months("baseline"), parse_months("3-6 months")
    (24.0, 0.0, None)
    """
    if timepoint == "baseline":
        return 0.0
    if found := _DAY.fullmatch(timepoint):
        return int(found[1]) * _MONTHS["day"]
    if found := _TIME.fullmatch(timepoint):
        return float(found[1]) * _MONTHS[found[2]]
    return None
