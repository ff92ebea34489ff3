"""One metastasis, what was known of it at baseline, and assessments with a date."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, Field, field_validator

from spondyl.clinic import Facts, read_facts
from spondyl.clinic.scores.catalogue import catalogue
from spondyl.core.errors import CaseError, nearest
from spondyl.followup.records.base import Day, LevelSpan, Name, Record, Text, levels_of


class LesionRecord(Record):
    """A metastasis: the segment that is treated and followed as one."""

    lesion_id: Name
    """Unique within the patient."""
    level: LevelSpan
    """One level, "T11", or a span, "L2-L3"."""
    facts: Annotated[Mapping[str, Any], Field(strict=False)] = {}
    """The facts of the case.yaml at baseline, keys and values as that file has them; empty where none came."""

    @field_validator("facts")
    @classmethod
    def _readable(cls, value: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            read_facts(value, "facts")
        except CaseError as error:
            raise ValueError(str(error)) from error
        return value

    @property
    def levels(self) -> tuple[str, ...]:
        """Every level of the segment."""
        return levels_of(self.level)

    def baseline(self) -> Facts:
        """The facts at baseline, as the scores of `spondyl.clinic.scores` take them."""
        return read_facts(self.facts, f'facts of lesion "{self.lesion_id}"')


@cache
def instruments() -> tuple[str, ...]:
    """Keys of the instruments that an assessment may name: those of the clinic's catalogue."""
    return tuple(entry.key for entry in catalogue())


def _instrument(value: str) -> str:
    if value not in instruments():
        near = ", ".join(nearest(value, instruments()) or instruments())
        raise ValueError(f"expected the key of an instrument; nearest: {near}")
    return value


class AssessmentRecord(Record):
    """A score or grade that was given on a day."""

    lesion_id: Name | None = None
    """The lesion, None where the instrument speaks of the patient."""
    on: Day
    """Day of the assessment."""
    instrument: Annotated[str, AfterValidator(_instrument)]
    """Key of the clinic's catalogue: "sins", "bilsky", "tokuhashi_2005" ..."""
    total: float | None = None
    """Points, None where the instrument gives a grade only."""
    grade: Text | None = None
    """Grade or class, None where the instrument gives points only."""
    items: Annotated[Mapping[str, float | str], Field(strict=False)] = {}
    """Points or answers item by item, empty where they are not known."""
