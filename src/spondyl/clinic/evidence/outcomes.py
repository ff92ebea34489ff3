"""A published outcome, and what is said of it where its paper errs."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from spondyl.clinic.evidence.values import Fraction, Number, Value
from spondyl.clinic.evidence.vocabulary import Counted, DesignKind, EndpointKind, Estimate, Status

_CLOSED = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Annotation(BaseModel):
    """What was printed, what is used and why.

    `corrected` and `completed` change the row, `unresolved` bars it from counting, `note` only speaks.
    """

    model_config = _CLOSED
    id: str
    seed_error: str
    status: Status
    field: str
    printed: str
    used: str
    why: str
    source: str

    def __str__(self) -> str:
        printed = f"printed {self.printed}; " if self.printed else ""
        used = f"used {self.used}; " if self.used else ""
        return f"[{self.seed_error or self.id}] {printed}{used}{self.why}"


class Interval(BaseModel):
    """Beside a value: a 95 % confidence interval, or the range of what was observed."""

    model_config = _CLOSED
    low: float
    high: float | None
    kind: Literal["ci95", "range"]


class Outcome(BaseModel):
    """One number of one study, as one of the five papers gives it.

    `endpoint`, `timepoint`, `design` and `unit` are in the words of the table; `endpoint_kind` and `measure` are
    controlled: two rows of one measure count the same thing. `complement` says that the value counts its contrary
    (recurrences for local control). `of` is the number that a share is of, `counted` whether those are patients or
    lesions; both None where the paper does not say. `printed` is the value before any correction.
    """

    model_config = _CLOSED
    id: str
    study_id: str
    study: str
    year: int | None
    design: str
    design_kind: DesignKind
    modality: str
    n_patients: int | None
    n_lesions: int | None
    endpoint: str
    endpoint_kind: EndpointKind
    measure: str
    complement: bool
    estimate: Estimate
    of: int | None
    counted: Counted | None
    timepoint: str
    months: float | None
    value: Value
    unit: str
    printed: str
    interval: Interval | None
    cohort: str
    reference: str
    paper: str
    place: str
    notes: tuple[Annotation, ...]

    @property
    def name(self) -> str:
        """Study and year."""
        return f"{self.study} {self.year}" if self.year else self.study

    @property
    def text(self) -> str:
        """Value and unit as they are used."""
        if isinstance(self.value, Fraction) and self.value.percent is not None:
            return str(self.value)
        if isinstance(self.value, Fraction):
            remark = self.unit.partition(" (")[2]
            return f"{self.value.events} of {self.value.of} {self.counted or ''}".strip() + (
                f" ({remark}" if remark else ""
            )
        unit = self.unit.replace("% (about)", "%") if isinstance(self.value, Number) else self.unit
        return f"{self.value} {unit}".strip() or "not printed"

    @property
    def source(self) -> str:
        """Paper and place."""
        return f"{self.paper}, {self.place}"

    @property
    def unresolved(self) -> tuple[Annotation, ...]:
        """Why the value is not to be counted."""
        return tuple(note for note in self.notes if note.status == "unresolved")
