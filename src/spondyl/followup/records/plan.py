"""The plan of a lesion: prescription, dose-volume metrics and verdicts, as `spondyl evaluate` gives them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from spondyl.followup.records.base import Name, Positive, Record, Text, code


class PlanMetric(Record):
    """One dose-volume metric of one structure."""

    structure: Text
    """Structure, as the plan names it."""
    metric: Text
    """As `spondyl evaluate` writes it: "D98%", "V10Gy", "Dmin" ..."""
    value: float
    """The value, in `unit`."""
    unit: Text
    """Unit of the value: "Gy", "cm3", "%", or "1" for an index."""


class PlanVerdict(Record):
    """One goal of the protocol and how the plan met it."""

    structure: Text
    """Structure, as the protocol names it."""
    metric: Text
    """As the protocol writes it."""
    op: Annotated[Literal["<=", "<", ">=", ">", "="], code("<=", "<", ">=", ">", "=")]
    """How the value must stand to the limit."""
    limit: float
    """The limit, in `unit`."""
    value: float | None = None
    """What the plan has, None where it is unknown."""
    unit: Text
    """Unit of limit, value and margin."""
    level: Text
    """How binding the goal is, in the protocol's word: "mandatory" ..."""
    status: Annotated[Literal["pass", "fail", "unknown"], code("pass", "fail", "unknown")]
    """How the plan met it; unknown is not a pass."""
    margin: float | None = None
    """In `unit`, positive inside the limit."""
    source: Text | None = None
    """Where the limit comes from."""


class PlanRecord(Record):
    """A treatment plan and its dosimetry."""

    plan_id: Name
    """Unique within the patient."""
    lesion_id: Name
    """The lesion that it treats."""
    technique: Text | None = None
    """As `spondyl plan` names it, or in words."""
    protocol: Text | None = None
    """Key of the protocol that judged it."""
    prescription_gy: Positive | None = None
    """Total dose."""
    fractions: Annotated[int, Field(ge=1)] | None = None
    """Number of fractions."""
    metrics: Annotated[tuple[PlanMetric, ...], Field(strict=False)] = ()
    verdicts: Annotated[tuple[PlanVerdict, ...], Field(strict=False)] = ()

    def value(self, structure: str, metric: str) -> float | None:
        """The value of one metric, from the metrics or the verdicts; None where neither has it."""
        every = (*self.metrics, *self.verdicts)
        return next((each.value for each in every if (each.structure, each.metric) == (structure, metric)), None)
