"""What every table of facts is made of: closed models, levels, ranges and closed vocabularies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from spondyl.core.errors import nearest

LEVELS: tuple[str, ...] = (
    *(f"C{n}" for n in range(1, 8)),
    *(f"T{n}" for n in range(1, 13)),
    *(f"L{n}" for n in range(1, 6)),
    *(f"S{n}" for n in range(1, 6)),
)
"""Vertebral levels from cranial to caudal; transitional ones (T13, L6) must be counted as one of these."""


class Closed(BaseModel):
    """A table of facts: frozen, refusing keys it does not know, None where a fact is unknown."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, strict=True, use_attribute_docstrings=True
    )


def _known_level(value: str) -> str:
    if value not in LEVELS:
        near = ", ".join(nearest(value, LEVELS)) or "L3"
        raise ValueError(f"expected a vertebral level C1-C7, T1-T12, L1-L5 or S1-S5, nearest: {near}")
    return value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("expected a text; leave the key out where it is not known")
    return value


def _not_in_the_future(value: date) -> date:
    if value > date.today():
        raise ValueError(f"expected a date up to today ({date.today().isoformat()})")
    return value


def _as_date(value: Any) -> Any:
    """A date written as text, as JSON and quoted YAML give it."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise ValueError("expected a date such as 2026-03-31") from error
    return value


def word(*allowed: str, synonyms: Mapping[str, str] | None = None) -> BeforeValidator:
    """A closed vocabulary that also takes the `synonyms`; case, hyphens and underscores do not matter."""
    known = {_plain(name): name for name in allowed} | {_plain(k): v for k, v in (synonyms or {}).items()}

    def find(value: Any) -> Any:
        if not isinstance(value, str):
            raise ValueError(f"expected one of {', '.join(allowed)}")
        if _plain(value) not in known:
            raise ValueError(f"expected one of {', '.join(allowed)}")
        return known[_plain(value)]

    return BeforeValidator(find)


def _plain(text: str) -> str:
    return " ".join(text.replace("_", " ").replace("-", " ").replace("/", " ").casefold().split())


Level = Annotated[str, AfterValidator(_known_level)]
Text = Annotated[str, AfterValidator(_not_blank)]
Texts = Annotated[tuple[Text, ...], Field(strict=False)]
Levels = Annotated[tuple[Level, ...], Field(strict=False)]
Percent = Annotated[float, Field(ge=0, le=100)]
NotNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=0, le=1000)]
PastDate = Annotated[date, BeforeValidator(_as_date), AfterValidator(_not_in_the_future)]
