"""The whole report of a cohort: computed, laid out, written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spondyl.app.report.pdf import write_pdf
from spondyl.app.trial.adverse_events import adverse_events
from spondyl.app.trial.characteristics import characteristics
from spondyl.app.trial.dosimetry import deviations, dosimetry
from spondyl.app.trial.figures import Drawn, figures
from spondyl.app.trial.flow import analysed
from spondyl.app.trial.follow_up import median_follow_up, reverse_median
from spondyl.app.trial.outcome_tables import answers, estimates, unknown_rows
from spondyl.app.trial.outcomes import Outcomes, outcomes
from spondyl.app.trial.page import render
from spondyl.app.trial.style import save
from spondyl.app.trial.table import Table, csv_text
from spondyl.core import DISCLAIMER, Provenance, collecting, writing_folder
from spondyl.core.progress import Progress, silent
from spondyl.followup.endpoints import DEFINITIONS
from spondyl.followup.records import Cohort

AT_MONTHS = (6.0, 12.0, 24.0)
FIGURES, TABLES = "figures", "tables"


@dataclass(frozen=True)
class TrialReport:
    """Everything of a report, before it is written."""

    cohort: Cohort
    outcomes: Outcomes
    tables: tuple[Table, ...]
    figures: tuple[Drawn, ...]
    citations: tuple[str, ...]

    def summary(self) -> dict[str, Any]:
        """What a program asks for: counts, estimates, answers, unknowns."""
        return {
            "disclaimer": DISCLAIMER,
            "cohort": self.cohort.name,
            "patients": len(self.cohort.patients),
            "lesions": sum(1 for _ in self.cohort.lesions()),
            "endpoints": [
                {
                    "key": each.asked.key,
                    "title": each.asked.title,
                    "unit": each.data.definition.unit,
                    "n": len(each.data.observations),
                    "events": each.data.count(1),
                    "competing": each.data.count(2),
                    "unknown": len(each.data.unknown),
                    "median_follow_up_months": median_follow_up(each),
                    "reverse_kaplan_meier_months": reverse_median(each),
                    "at": [
                        {"group": e.group, "months": e.months, "n_at_risk": e.n_at_risk, "estimate": e.value,
                         "lower_95": e.lower, "upper_95": e.upper, "reason": e.reason}
                        for e in each.estimates
                    ],
                }
                for each in self.outcomes.times
            ],
            "answers": [
                {"key": each.definition.key, "counts": each.counts(), "unknown": len(each.unknown)}
                for each in self.outcomes.words
            ],
        }  # fmt: skip


def trial_report(
    cohort: Cohort, at_months: Sequence[float] = AT_MONTHS, readers: int = 2, progress: Progress = silent
) -> TrialReport:
    """Derive the endpoints, analyse them, draw and tabulate.

    Parameters
    ----------
    cohort
        Everybody; those not enrolled or left out of the analysis stand in the flow alone.
    at_months
        When estimates are told.
    readers
        Readers that an image needs to count.
    """
    kept = analysed(cohort)
    with collecting() as cited:
        found = outcomes(kept, at_months, readers)
        progress("endpoints", 1.0)
        tables = (
            characteristics(kept), dosimetry(kept), deviations(kept), estimates(found), answers(found),
            adverse_events(kept),
        )  # fmt: skip
        drawn = figures(cohort, kept, found)
    progress("figures", 1.0)
    return TrialReport(cohort, found, tables, drawn, tuple(dict.fromkeys(str(each) for each in cited)))


def write_trial_report(
    report: TrialReport, out: Path, provenance: Provenance, *, pdf: bool = False, progress: Progress = silent
) -> None:
    """Write trial.html, trial.pdf where asked, figures as PNG, SVG and CSV, tables as CSV: all or nothing.

    Raises
    ------
    OutputError
        If the folder cannot be written to, or a PDF is asked for and WeasyPrint is not there.
    """
    with writing_folder(out) as folder:
        about = report.cohort.name
        (folder / FIGURES).mkdir()
        (folder / TABLES).mkdir()
        for i, each in enumerate(report.figures):
            for kind in ("png", "svg"):
                save(each.figure, folder / FIGURES / f"{each.key}.{kind}")
            text = csv_text(each.rows, (f"{about}: {each.title}", each.caption))
            (folder / FIGURES / f"{each.key}.csv").write_text(text, encoding="utf-8")
            progress("writing", (i + 1) / (len(report.figures) + 1))
        for table in report.tables:
            (folder / TABLES / f"{table.key}.csv").write_text(table.csv(about), encoding="utf-8")
        unknown = csv_text(unknown_rows(report.outcomes), (f"{about}: what cannot be told, and why",))
        (folder / TABLES / "unknown.csv").write_text(unknown, encoding="utf-8")
        page = render(report, folder / FIGURES, DEFINITIONS)
        (folder / "trial.html").write_text(page, encoding="utf-8")
        if pdf:
            write_pdf(page, folder / "trial.pdf")
        provenance.write(folder / "provenance.json")
        progress("writing", 1.0)
