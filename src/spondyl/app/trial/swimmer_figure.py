"""Swimmer plot: one bar a patient from the first treatment to death or last contact, with what happened on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from spondyl.app.trial.outcomes import Outcomes
from spondyl.app.trial.style import (
    BODY_PT,
    GRID,
    INK,
    QUIET,
    SMALL_PT,
    axes_in,
    month_ticks,
    new_figure,
    say,
)
from spondyl.followup.endpoints import EVENT, Observation, months_between, patient_start
from spondyl.followup.records import Cohort, PatientRecord

ROW_IN, AXIS_IN, LEGEND_IN = 0.17, 0.50, 0.55
FEWEST = 6
"""Rows of a figure with fewer patients."""
TALLEST_IN = 7.6
"""Rows together: more patients get thinner bars, so that the figure fits a page."""
NAMED_IN = 0.1
"""Thinner rows carry no names."""
ALIVE, DEAD = "#9ecae1", "#d9d9d9"
MARKS: dict[str, dict[str, Any]] = {
    "local progression": {"marker": "^", "color": "#D55E00", "markersize": 6},
    "progression elsewhere": {"marker": "v", "color": "#E69F00", "markersize": 6},
    "fracture": {"marker": "D", "color": "#0072B2", "markersize": 4.5},
    "adverse event of grade 3 or more": {"marker": "s", "color": "#CC79A7", "markersize": 5},
    "reintervention": {"marker": "P", "color": "#009E73", "markersize": 6},
    "death": {"marker": "X", "color": "#1a1a1a", "markersize": 6},
}
SEVERE = 3


@dataclass(frozen=True)
class Lane:
    """A patient's bar: how long, whether it ends with death, and (month, what) of each mark."""

    name: str
    months: float
    dead: bool
    marks: tuple[tuple[float, str], ...]


def lanes(cohort: Cohort, outcomes: Outcomes) -> tuple[Lane, ...]:
    """Bars, the longest first; patients without a known follow-up have none."""
    patients = {patient.pseudonym: patient for patient in cohort.patients}
    found = [
        Lane(each.subject, each.time_months, each.event == EVENT, tuple(_marks(patients[each.subject], each, outcomes)))
        for each in outcomes.outcome("overall_survival").data.observations
    ]
    return tuple(sorted(found, key=lambda lane: (-lane.months, lane.name)))


def _marks(patient: PatientRecord, alive: Observation, outcomes: Outcomes) -> list[tuple[float, str]]:
    start = patient_start(patient)
    assert start is not None
    marks: list[tuple[float, str]] = []
    for key, word in (
        ("local_progression", "local progression"),
        ("fracture", "fracture"),
        ("reintervention", "reintervention"),
    ):
        for each in outcomes.outcome(key).data.observations:
            if each.subject == patient.pseudonym and each.event == EVENT:
                marks.append((each.time_months + _offset(patient, each), word))
    marks += [(months_between(start, each.on), "progression elsewhere") for each in patient.systemic_progressions]
    marks += [
        (months_between(start, each.on), "adverse event of grade 3 or more")
        for each in patient.adverse_events
        if each.grade >= SEVERE
    ]
    return [*sorted(marks), *([(alive.time_months, "death")] if alive.event == EVENT else [])]


def _offset(patient: PatientRecord, each: Observation) -> float:
    """Months from the patient's time zero to the lesion's."""
    start = patient_start(patient)
    index = patient.index_treatment(each.lesion_id or "")
    return months_between(start, index.started_on) if start is not None and index is not None else 0.0


def draw_swimmer(bars: Sequence[Lane], about: str) -> Figure:
    """The figure; a sentence where there is no bar."""
    rows = max(FEWEST, len(bars))
    row = min(ROW_IN, TALLEST_IN / rows)
    dead = sum(lane.dead for lane in bars)
    subtitle = f"{len(bars)} patient{'' if len(bars) == 1 else 's'}, {dead} died; arrow: alive at the last contact"
    figure, head, height = new_figure(row * rows + AXIS_IN + LEGEND_IN, "Course of each patient", subtitle, about)
    if not bars:
        say(figure, "No patient of this cohort has a known follow-up.")
        return figure
    axes = axes_in(figure, 0.85, AXIS_IN + LEGEND_IN, 0.35, head)
    ticks = month_ticks(max(lane.months for lane in bars))
    axes.set_xlim(0, ticks[-1])
    axes.set_xticks(ticks)
    axes.set_ylim(rows - 0.4, -0.6)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    axes.set_xlabel("Months from the first day of treatment", fontsize=BODY_PT, color=INK)
    axes.set_yticks(range(len(bars)) if row >= NAMED_IN else [])
    axes.set_yticklabels([lane.name for lane in bars] if row >= NAMED_IN else [])
    axes.tick_params(axis="y", length=0)
    size = row / ROW_IN
    for y, lane in enumerate(bars):
        axes.barh(y, lane.months, height=0.62, color=DEAD if lane.dead else ALIVE, linewidth=0)
        if not lane.dead:
            axes.plot(lane.months, y, ">", color="#4292c6", markersize=5 * size, clip_on=False)
        for month, what in lane.marks:
            look = MARKS[what] | {"markersize": MARKS[what]["markersize"] * max(0.5, size)}
            axes.plot(
                month, y, linestyle="", markeredgecolor="white", markeredgewidth=0.6 * size, clip_on=False, **look
            )
    _legend(figure, bars, height)
    return figure


def _legend(figure: Figure, bars: Sequence[Lane], height: float) -> None:
    """Below the axis, only what is there."""
    seen = {what for lane in bars for _, what in lane.marks}
    handles: list[Any] = [Patch(color=ALIVE, label="alive"), Patch(color=DEAD, label="died")]
    handles += [
        Line2D([], [], linestyle="", markeredgecolor="white", label=what, **look)
        for what, look in MARKS.items()
        if what in seen
    ]
    figure.legend(
        handles=handles, loc="lower center", bbox_to_anchor=(0.5, 0.17 / height), ncols=4, fontsize=SMALL_PT,
        frameon=False, labelcolor=QUIET, handletextpad=0.4, columnspacing=1.4,
    )  # fmt: skip


def swimmer_rows(bars: Sequence[Lane]) -> list[Sequence[object]]:
    """The figure as data: one line a bar and one a mark."""
    rows: list[Sequence[object]] = [("patient", "months", "what")]
    for lane in bars:
        rows += [(lane.name, f"{month:.6g}", what) for month, what in lane.marks]
        if not lane.dead:
            rows.append((lane.name, f"{lane.months:.6g}", "alive at the last contact"))
    return rows
