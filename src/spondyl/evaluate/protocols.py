"""Protocols are data: one YAML file each under `data/protocols`, checked when loaded."""

from __future__ import annotations

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from spondyl.core.errors import ProtocolError, nearest
from spondyl.evaluate.metrics import parse_metric

Level = Literal["mandatory", "optimal"]
Op = Literal["<=", "<", ">=", ">", "="]
SourceStatus = Literal["confirmed", "confirmed_secondary", "confirmed_in_seed", "unconfirmed"]
Quantity = Literal["physical", "eqd2", "eqd2-cumulative", "eqd2-ratio", "interval"]


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Prescription(_Closed):
    """What is prescribed: `dose_gy` in `fractions` to `structure`, `coverage` naming the metric that must reach it."""

    structure: str
    dose_gy: float = Field(gt=0)
    fractions: int = Field(gt=0)
    coverage: str | None = None


class Goal(_Closed):
    """One limit.

    Parameters
    ----------
    structure
        Protocol name, resolved against the plan's structures by `names.resolve`.
    metric
        As `metrics.parse_metric` reads it; for `quantity` "eqd2-ratio" and "interval" a fixed name.
    op, limit, unit, tolerance
        ``value op limit``; for "=" the value may be off by `tolerance`.
    level
        "mandatory" or "optimal".
    status, source
        How far the number is confirmed, and where it stands.
    fractions
        The number of fractions it holds for, None where the protocol has only one.
    quantity
        "physical" dose; "eqd2", this course as EQD2; "eqd2-cumulative", with the prior course;
        "eqd2-ratio", this course's maximum over the cumulative one's; "interval" in months since the prior course.
    alpha_beta_gy
        For the EQD2 quantities, and for converting a limit to other fractions.
    or_else
        Another protocol structure that takes this one's place where that one spans the target and this one
        is not drawn.
    organ
        The organ that `structure` is a margin of: where it is drawn, `or_else` does not excuse the margin.
    """

    structure: str
    metric: str
    op: Op
    limit: float
    unit: Literal["Gy", "%", "cm3", "ratio", "months"]
    level: Level
    status: SourceStatus
    source: str = Field(min_length=1)
    tolerance: float = Field(default=0.0, ge=0)
    fractions: int | None = Field(default=None, gt=0)
    quantity: Quantity = "physical"
    alpha_beta_gy: float | None = Field(default=None, gt=0)
    or_else: str | None = None
    organ: str | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Goal:
        if self.quantity in ("physical", "eqd2", "eqd2-cumulative"):
            parsed = parse_metric(self.metric)
            if parsed.unit != self.unit:
                raise ValueError(f"metric {self.metric} is in {parsed.unit}, the limit in {self.unit}")
        if self.quantity.startswith("eqd2") and self.alpha_beta_gy is None:
            raise ValueError(f"quantity {self.quantity} needs alpha_beta_gy")
        if self.op == "=" and self.tolerance <= 0:
            raise ValueError('op "=" needs a tolerance')
        return self


class Reported(_Closed):
    """What the protocol's own patients received: median and range of a metric, to be held beside a plan."""

    structure: str
    metric: str
    median: float
    low: float
    high: float
    unit: Literal["Gy"]
    status: SourceStatus
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Reported:
        parse_metric(self.metric)
        if not self.low <= self.median <= self.high:
            raise ValueError(f"reported {self.structure} {self.metric}: {self.low}, {self.median}, {self.high} ascend")
        return self


class Protocol(_Closed):
    """A protocol as its file holds it; `wishlist` is what the planner asks for, in order (see `spondyl.plan`)."""

    name: str
    title: str
    fractions: tuple[int, ...] = Field(min_length=1)
    prescription: Prescription | None = None
    source: str
    notes: tuple[str, ...] = ()
    goals: tuple[Goal, ...]
    wishlist: tuple[dict[str, Any], ...] = ()
    reported: tuple[Reported, ...] = ()

    @field_validator("fractions", "notes", "goals", "wishlist", "reported", mode="before")
    @classmethod
    def _tuple(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]

    @model_validator(mode="after")
    def _consistent(self) -> Protocol:
        if self.prescription is not None and self.prescription.fractions not in self.fractions:
            raise ValueError(f"prescription has {self.prescription.fractions} fractions, fractions {self.fractions}")
        for goal in self.goals:
            if goal.fractions is None and len(self.fractions) > 1 and goal.quantity == "physical":
                raise ValueError(f"goal {goal.structure} {goal.metric} must name its fractions")
            if goal.fractions is not None and goal.fractions not in self.fractions:
                raise ValueError(f"goal {goal.structure} {goal.metric} is for {goal.fractions} fractions")
        return self

    def goals_for(self, fractions: int) -> tuple[Goal, ...]:
        """The goals that hold for a plan of that many fractions."""
        return tuple(g for g in self.goals if g.fractions in (None, fractions))


def protocol_names() -> tuple[str, ...]:
    """The names of the protocols that come with spondyl."""
    return tuple(sorted(f.name.removesuffix(".yaml") for f in _folder().iterdir() if f.name.endswith(".yaml")))


def load_protocol(name: str | Path) -> Protocol:
    """Load a protocol by name, or from the path of a YAML file of one's own.

    Raises
    ------
    ProtocolError
        If there is none of that name (nearest names listed), or the file is not a protocol.
    """
    text = str(name)
    if text.endswith((".yaml", ".yml")):
        path = Path(name)
        if not path.is_file():
            raise ProtocolError(f"protocol file {path} does not exist, expected a YAML file; check the path")
        return read_protocol(path)
    if text not in protocol_names():
        near = ", ".join(nearest(text, protocol_names()) or protocol_names())
        raise ProtocolError(f'protocol "{text}" not found; nearest: {near}; or give the path of a .yaml file')
    return _bundled(text)


@cache
def _bundled(name: str) -> Protocol:
    return read_protocol(_folder() / f"{name}.yaml")


def read_protocol(file: Path | Traversable) -> Protocol:
    """Read and check one protocol file.

    Raises
    ------
    ProtocolError
        With the place and the reason of each mistake.
    """
    try:
        content: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
        return Protocol.model_validate(content)
    except yaml.YAMLError as error:
        raise ProtocolError(f"protocol file {file.name} is not YAML: {error}; correct it") from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors())
        raise ProtocolError(f"protocol file {file.name}: {wrong}; see docs/how-to/add-a-protocol.md") from error
    except ProtocolError as error:
        raise ProtocolError(f"protocol file {file.name}: {error}") from error


def _folder() -> Traversable:
    return resources.files("spondyl") / "data" / "protocols"
