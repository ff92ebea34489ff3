"""The report as one self-contained page, for the screen and for paper."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from spondyl.app.trial.follow_up import median_follow_up, reverse_median
from spondyl.app.trial.outcomes import Outcome
from spondyl.app.trial.table import percent
from spondyl.core import DISCLAIMER
from spondyl.followup.endpoints import Definition

if TYPE_CHECKING:
    from spondyl.app.trial.report import TrialReport

HEADLINES = ("overall_survival", "local_control", "fracture")
HEADLINE_MONTHS = 12.0


def render(report: TrialReport, figures: Path, definitions: Sequence[Definition]) -> str:
    """The page.

    Parameters
    ----------
    figures
        Folder with the SVG of each figure; the page carries them within.
    definitions
        Endpoints, told in words at its end.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("spondyl.app.trial"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("trial.html.j2").render(
        report=report,
        tables={table.key: table for table in report.tables},
        figures=[(each, _inline(figures / f"{each.key}.svg")) for each in report.figures],
        headline=_headline(report),
        follow_up=_follow_up(report),
        definitions=definitions,
        disclaimer=DISCLAIMER,
        version=version("spondyl"),
        css=(Path(__file__).parent / "templates" / "trial.css").read_text(encoding="utf-8"),
    )


def _inline(path: Path) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(path.read_bytes()).decode("ascii")


def _headline(report: TrialReport) -> list[str]:
    """The endpoints that a reader looks for first, at one year."""
    return [line for key in HEADLINES for line in _lines(report.outcomes.outcome(key))]


def _lines(outcome: Outcome) -> list[str]:
    if not outcome.groups:
        return [f"{outcome.asked.title}: no {outcome.data.definition.unit} with a known time"]
    told: list[str] = []
    for each in outcome.estimates:
        if each.months == HEADLINE_MONTHS:
            arm = f", {each.group}" if len(outcome.groups) > 1 else ""
            interval = (
                f" ({100 * each.lower:.1f} to {100 * each.upper:.1f})"
                if each.lower is not None and each.upper is not None
                else ""
            )
            told.append(f"{outcome.asked.title} at 1 year{arm}: {percent(each.value)}{interval}")
    return told


def _follow_up(report: TrialReport) -> str:
    """Median follow-up of the patients, both ways."""
    outcome = report.outcomes.outcome("overall_survival")
    found, reverse = median_follow_up(outcome), reverse_median(outcome)
    if found is None:
        return "No patient has a known follow-up."
    back = "not reached" if reverse is None else f"{reverse:.1f} months"
    return (
        f"Follow-up: median {found[0]:.1f} months (range {found[1]:.1f} to {found[2]:.1f}) of all patients, the dead "
        f"included; {back} by reverse Kaplan-Meier."
    )
