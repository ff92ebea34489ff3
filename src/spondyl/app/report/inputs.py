"""What a report is made from: plain facts beside the case, its structures and its dose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy import Case, Structures
from spondyl.app.report.beam_view import BeamView
from spondyl.core.errors import DoseGridError
from spondyl.dose import Dose


@dataclass(frozen=True)
class Goal:
    """One row of `verdicts.json`; None where a number is unknown."""

    structure: str
    metric: str
    op: str
    limit: float | None
    value: float | None
    unit: str
    level: Literal["mandatory", "optimal"]
    status: Literal["pass", "fail", "unknown"]
    margin: float | None = None
    source: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Curve:
    """A cumulative DVH: `volume_percent` of the structure receives at least `dose_gy` (ascending)."""

    structure: str
    dose_gy: NDArray[np.float64]
    volume_percent: NDArray[np.float64]
    volume_cm3: float


@dataclass(frozen=True)
class Fact:
    """A line of a two-column table, with what it rests on where that is known."""

    name: str
    value: str
    source: str = ""


@dataclass(frozen=True)
class Segment:
    """A straight line in the patient, such as a needle's axis, drawn on every plane as it is seen from there.

    Parameters
    ----------
    name
        Of the structure whose colour it takes.
    from_mm, to_mm
        (x, y, z); planes go through its end.
    """

    name: str
    from_mm: tuple[float, float, float]
    to_mm: tuple[float, float, float]


@dataclass(frozen=True)
class Table:
    """A table of words: `columns` name what the cells of each of `rows` are, `note` is said below it."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Delivery:
    """How a plan is delivered: its beams in numbers, and those with leaves to look at."""

    table: Table
    views: tuple[BeamView, ...]


@dataclass(frozen=True)
class Step:
    """One step of the optimisation: what was wished, what it came to, what it cost others."""

    priority: str
    wish: str
    reached: str
    cost: str = ""


@dataclass(frozen=True)
class Level:
    """An isodose to draw and why ("prescription", "boost", "SpinalCord_PRV02 limit")."""

    dose_gy: float
    why: str


@dataclass(frozen=True)
class ReportInputs:
    """Everything a report shows; a part that is empty is left out of the page, never invented.

    Parameters
    ----------
    case, structures, dose
        The CT, what is drawn and measured on it, and the total dose in Gy.
    technique, protocol
        How it was planned and against what it is judged, as words for people.
    prescription_gy, boost_gy
        Dose levels that name the first isodoses; None where the plan has none.
    plan_facts, made_facts
        Plan facts of the first screen (fields, MU, energy ...) and of "how it was made" (engine, grid, seed ...).
    goals, curves, indices
        Verdicts, DVHs and plan indices, computed elsewhere.
    binding
        What keeps a missed goal from being met, one sentence each.
    assumptions, warnings
        Said before any praise.
    volumes_cm3
        Volumes by structure name, where they are to be told as they were planned; by default what the coverage gives.
    log, citations, inputs_sha256, timings_s, version
        How it came about.
    chosen_structures
        Names of what planes and DVH show at first; empty for all that have a goal, and targets, cord and canal.
    segments
        Needles.
    tables
        Shown below the verdicts.
    dvh_to_gy
        Where the DVH's axis ends, for doses that are boundless at a source; None for the highest dose.
    delivery
        Of beams with control points; None for other plans.

    Raises
    ------
    DoseGridError
        If the dose is not in Gy.
    """

    case: Case
    structures: Structures
    dose: Dose
    technique: str
    protocol: str
    prescription_gy: float | None = None
    boost_gy: float | None = None
    plan_facts: tuple[Fact, ...] = ()
    made_facts: tuple[Fact, ...] = ()
    goals: tuple[Goal, ...] = ()
    curves: tuple[Curve, ...] = ()
    indices: tuple[Fact, ...] = ()
    binding: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    volumes_cm3: Mapping[str, float] = field(default_factory=dict[str, float])
    log: tuple[Step, ...] = ()
    citations: tuple[str, ...] = ()
    inputs_sha256: Mapping[str, str] = field(default_factory=dict[str, str])
    timings_s: Mapping[str, float] = field(default_factory=dict[str, float])
    version: str = ""
    chosen_structures: tuple[str, ...] = ()
    segments: tuple[Segment, ...] = ()
    tables: tuple[Table, ...] = ()
    dvh_to_gy: float | None = None
    delivery: Delivery | None = None

    def volume_cm3(self, name: str) -> float:
        """A structure's volume as it is told."""
        return self.volumes_cm3.get(name, self.structures[name].volume_cm3)

    def __post_init__(self) -> None:
        if self.dose.unit != "Gy":
            raise DoseGridError(
                f'report: dose is in "{self.dose.unit}", expected the total dose in Gy; '
                "scale it by the plan's MU first"
            )
