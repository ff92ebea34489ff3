"""Adverse events, progression of the disease elsewhere, and death."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from spondyl.followup.records.base import Day, Name, Record, Text, code
from spondyl.followup.records.ctcae import known_term

ATTRIBUTIONS = ("unrelated", "unlikely", "possible", "probable", "definite")
CAUSES = ("tumour", "treatment", "other")


class AdverseEventRecord(Record):
    """One adverse event by CTCAE v5 (National Cancer Institute 2017)."""

    on: Day
    """First day at this grade."""
    term: Annotated[Text, AfterValidator(known_term)]
    """CTCAE v5 term: "Esophagitis", "Spinal fracture" ..."""
    grade: Annotated[int, Field(ge=1, le=5)]
    """1 mild, 2 moderate, 3 severe, 4 life-threatening, 5 death."""
    lesion_id: Name | None = None
    """The lesion that it comes from, where it comes from one."""
    attribution: (
        Annotated[Literal["unrelated", "unlikely", "possible", "probable", "definite"], code(*ATTRIBUTIONS)] | None
    ) = None
    """How far the treatment caused it."""
    resolved_on: Day | None = None
    """Last day of it; None where unknown or still going on."""

    @model_validator(mode="after")
    def _possible(self) -> AdverseEventRecord:
        if self.resolved_on is not None and self.resolved_on < self.on:
            raise ValueError(f"resolved_on {self.resolved_on} is before on {self.on}; correct one")
        if self.grade == 5 and self.resolved_on is not None:
            raise ValueError("grade 5 means death, and resolved_on is given; correct one")
        return self


class SystemicProgression(Record):
    """Progression of the disease outside the treated segments."""

    on: Day
    """Day of the finding."""
    site: Text | None = None
    """Organ or level, in words."""


class DeathRecord(Record):
    """Death and what caused it."""

    on: Day
    """Day of death."""
    cause: Annotated[Literal["tumour", "treatment", "other"], code(*CAUSES)] | None = None
    """What caused it; None where it is not known."""
