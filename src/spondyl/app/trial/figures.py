"""Every figure of a report with its data: drawn once, written as PNG, SVG and CSV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from spondyl.app.trial.curve_figure import curve_rows, draw_curves
from spondyl.app.trial.flow import flow
from spondyl.app.trial.flow_figure import draw_flow, flow_rows
from spondyl.app.trial.outcomes import Outcome, Outcomes
from spondyl.app.trial.pain import pain_of
from spondyl.app.trial.pain_figures import draw_trajectories, draw_waterfall, trajectory_rows, waterfall_rows
from spondyl.app.trial.style import looking
from spondyl.app.trial.swimmer_figure import draw_swimmer, lanes, swimmer_rows
from spondyl.followup.records import Cohort


@dataclass(frozen=True)
class Drawn:
    """A figure, its data, and what a caption says."""

    key: str
    title: str
    caption: str
    figure: Figure
    rows: Sequence[Sequence[object]]


def figures(cohort: Cohort, kept: Cohort, outcomes: Outcomes) -> tuple[Drawn, ...]:
    """Flow, curves, swimmer, pain.

    Parameters
    ----------
    cohort
        Everybody, for the flow.
    kept
        Those of the analysis.
    """
    with looking():
        return _drawn(cohort, kept, outcomes)


def _drawn(cohort: Cohort, kept: Cohort, outcomes: Outcomes) -> tuple[Drawn, ...]:
    about = cohort.name
    course = flow(cohort, outcomes)
    bars = lanes(kept, outcomes)
    pain = pain_of(kept, outcomes)
    return (
        Drawn("flow", "Flow of patients", f"Who came in and who is in each analysis, after {course.guideline}.",
              draw_flow(course, about), flow_rows(course)),
        *(Drawn(each.asked.key, each.asked.title, _caption(each), draw_curves(each, about), curve_rows(each))
          for each in outcomes.times),
        Drawn("swimmer", "Course of each patient",
              "Bars run from the first day of treatment to death or the last contact.",
              draw_swimmer(bars, about), swimmer_rows(bars)),
        Drawn("pain_trajectories", "Worst pain over time",
              "Lesions with pain before treatment; the scores' number stands beneath the axis.",
              draw_trajectories(pain, about), trajectory_rows(pain)),
        Drawn("pain_waterfall", "Change of worst pain at 3 months",
              "Against the last score before treatment; colours by the international consensus, analgesics included.",
              draw_waterfall(pain, about), waterfall_rows(pain)),
    )  # fmt: skip


def _caption(outcome: Outcome) -> str:
    how = "Kaplan-Meier" if outcome.asked.kind == "survival" else "Aalen-Johansen, death competing"
    unknown = len(outcome.data.unknown)
    left = f" {unknown} {outcome.data.definition.unit}s are unknown and left out." if unknown else ""
    caution = f" {outcome.asked.caution[0].upper()}{outcome.asked.caution[1:]}." if outcome.asked.caution else ""
    return f"{how} with pointwise 95 % log-log intervals.{left}{caution}"
