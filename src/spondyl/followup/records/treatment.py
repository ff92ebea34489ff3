"""What was done to a lesion or to the patient."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from spondyl.followup.records.base import Day, Name, Positive, Record, code

RADIOTHERAPY = ("sbrt", "cebrt", "kypho-iort")
"""Kinds that irradiate the lesion."""
LOCAL = (
    *RADIOTHERAPY,
    "kyphoplasty",
    "vertebroplasty",
    "separation-surgery",
    "decompression",
    "stabilisation",
    "en-bloc-resection",
    "ablation",
    "embolisation",
)
"""Kinds that treat a lesion."""
KINDS = (*LOCAL, "systemic-therapy", "bone-agent")
INTENTS = ("index", "planned", "reintervention")

Kind = Literal[
    "sbrt",
    "cebrt",
    "kypho-iort",
    "kyphoplasty",
    "vertebroplasty",
    "separation-surgery",
    "decompression",
    "stabilisation",
    "en-bloc-resection",
    "ablation",
    "embolisation",
    "systemic-therapy",
    "bone-agent",
]
"""`KINDS` as a type; a test holds the two alike."""


class TreatmentRecord(Record):
    """One treatment: a course of radiotherapy, an operation, a line of systemic therapy."""

    treatment_id: Name
    """Unique within the patient."""
    lesion_id: Name | None = None
    """The lesion; None for systemic therapy, which has none."""
    kind: Annotated[Kind, code(*KINDS)]
    """What was done."""
    intent: Annotated[Literal["index", "planned", "reintervention"], code(*INTENTS)] | None = None
    """index: the one that is followed up (time zero). planned: goes with it by plan. reintervention: for what came
    after. None: not said."""
    started_on: Day
    """First fraction, or the day of the operation."""
    ended_on: Day | None = None
    """Last fraction, or the day of the operation; None where unknown or still going on."""
    plan_id: Name | None = None
    """The plan that was delivered."""
    dose_gy: Positive | None = None
    """Total dose delivered."""
    fractions: Annotated[int, Field(ge=1)] | None = None
    """Fractions delivered."""

    @model_validator(mode="after")
    def _possible(self) -> TreatmentRecord:
        if self.ended_on is not None and self.ended_on < self.started_on:
            raise ValueError(f"ended_on {self.ended_on} is before started_on {self.started_on}; correct one")
        if self.kind in LOCAL and self.lesion_id is None:
            raise ValueError(f"kind {self.kind} treats a lesion, and lesion_id is empty; name the lesion")
        if self.kind not in RADIOTHERAPY and (self.dose_gy is not None or self.fractions is not None):
            raise ValueError(f"kind {self.kind} irradiates nothing, and a dose or fractions are given; correct one")
        return self

    @property
    def irradiates(self) -> bool:
        """Whether it is radiotherapy."""
        return self.kind in RADIOTHERAPY
