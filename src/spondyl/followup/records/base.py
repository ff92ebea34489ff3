"""What every record is made of: a closed model, names, dates, levels and closed vocabularies."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr

from spondyl.anatomy.levels import checked_level
from spondyl.clinic import LEVELS
from spondyl.core.errors import CaseError, nearest

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""Pseudonyms and identifiers: what a file name, a CSV cell and a web address all carry unchanged."""
OTHER_CASE = "two pseudonyms may not differ in capitals alone; correct one"
"""What is said where one patient may have come as two."""


class Record(BaseModel):
    """One thing that was recorded: frozen, refusing keys it does not know, None where something is unknown."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, strict=True, use_attribute_docstrings=True
    )
    _unread: frozenset[str] = PrivateAttr(default=frozenset())

    @property
    def unread(self) -> frozenset[str]:
        """Fields that could not be read and stand as None; none of a record that was checked has any."""
        return self._unread

    @classmethod
    def in_part(cls, values: Mapping[str, Any], unread: Iterable[str]) -> Self:
        """An unchecked record of what could be read: `patient_faults` judges that much of it, nobody keeps it."""
        fields = frozenset(unread)
        found = cls.model_construct(**{**dict.fromkeys(fields), **values})
        found._unread = fields
        return found


def _name(value: str) -> str:
    if not NAME.fullmatch(value):
        raise ValueError("expected 1 to 64 letters, digits, dots, hyphens or underscores, beginning with no sign")
    return value


def _text(value: str) -> str:
    """`value` without the blanks around it, in the composed form of Unicode: what looks alike is alike."""
    found = unicodedata.normalize("NFC", value).strip()
    if not found:
        raise ValueError("expected a text; leave it empty where it is not known")
    signs = [sign for sign in found if unicodedata.category(sign) == "Cc" and sign not in "\n\t"]
    if signs:
        raise ValueError(f"expected a text without control characters, it has {signs[0]!r}")
    return found


def _day(value: Any) -> Any:
    """A date written as ISO text, as JSON gives it."""
    if isinstance(value, str):
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            raise ValueError("expected a date such as 2026-03-31")
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise ValueError(f"expected a date that the calendar has ({error})") from error
    return value


def _past(value: date) -> date:
    if value > date.today():
        raise ValueError(f"expected a date up to today ({date.today().isoformat()}): what is recorded has happened")
    return value


def levels_of(text: str) -> tuple[str, ...]:
    """The vertebral levels of "T11" or of a span "T11-L2", from cranial to caudal.

    Raises
    ------
    ValueError
        If a level is not known (the nearest are named), or a span runs upwards.

    Examples
    --------
    >>> levels_of("T11"), levels_of("t12-l2")
    (('T11',), ('T12', 'L1', 'L2'))
    """
    try:
        ends = [checked_level(part) for part in text.split("-")]
    except CaseError as error:
        raise ValueError(str(error)) from error
    first, last = LEVELS.index(ends[0]), LEVELS.index(ends[-1])
    if len(ends) > 2 or (len(ends) == 2 and first >= last):
        raise ValueError("expected one level such as T11, or a span from cranial to caudal such as L2-L3")
    return LEVELS[first : last + 1]


def _span(text: str) -> str:
    levels = levels_of(text)
    return "-".join(dict.fromkeys((levels[0], levels[-1])))


def _one_level(text: str) -> str:
    first, *others = levels_of(text)
    if others:
        raise ValueError("expected one level such as T11, not a span")
    return first


def code(*allowed: str) -> BeforeValidator:
    """A closed vocabulary; case, hyphens, underscores and spaces do not matter. The nearest words are named."""
    known = {_plain(word): word for word in allowed}

    def find(value: Any) -> Any:
        if isinstance(value, str) and _plain(value) in known:
            return known[_plain(value)]
        near = nearest(value, allowed) if isinstance(value, str) else ()
        told = f"; nearest: {', '.join(near)}" if near else ""
        raise ValueError(f"expected one of {', '.join(allowed)}{told}")

    return BeforeValidator(find)


def _plain(text: str) -> str:
    return re.sub(r"[\s_-]+", "", text.casefold())


Name = Annotated[str, AfterValidator(_name)]
Text = Annotated[str, AfterValidator(_text)]
Day = Annotated[date, BeforeValidator(_day), AfterValidator(_past)]
LevelSpan = Annotated[str, AfterValidator(_span)]
OneLevel = Annotated[str, AfterValidator(_one_level)]
Vas = Annotated[float, Field(ge=0, le=10)]
NotNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Percent = Annotated[float, Field(ge=0, le=100)]
