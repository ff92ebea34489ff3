"""`spondyl trial`: the tables and figures of a trial's paper from a cohort."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spondyl.app.cli.common import out_console, progress_bars, write_json
from spondyl.app.cli.followup_store import cohort_at
from spondyl.app.report.pdf import check_printer
from spondyl.app.trial import AT_MONTHS, TrialReport, trial_report, write_trial_report
from spondyl.app.trial.curve_figure import times_of
from spondyl.app.trial.outcome_tables import told_of
from spondyl.core import DISCLAIMER, Provenance, check_output, sha256_of
from spondyl.core.errors import StatisticsError

HELP = """What a trial's paper shows, from a cohort.

Example:

    spondyl trial report cohort/ -o out/trial --pdf
"""


def register(app: typer.Typer) -> None:
    """Add the verb and its word."""
    words = typer.Typer(help=HELP, no_args_is_help=True)
    words.callback()(_word)
    words.command("report")(report)
    app.add_typer(words, name="trial")


def _word() -> None:
    """What stands before the word."""


def report(
    cohort: Annotated[
        str, typer.Argument(help="A folder of cohort CSV files, a store's file, or its address (postgresql://...).")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the page, the figures and the tables.")],
    name: Annotated[
        str, typer.Option(help="What the report calls the cohort; by default the store's or the folder's name.")
    ] = "",
    at: Annotated[str, typer.Option(help="Months at which estimates are told, with commas between.")] = ",".join(
        f"{months:g}" for months in AT_MONTHS
    ),
    readers: Annotated[int, typer.Option(min=1, help="Readers that an image needs to count.")] = 2,
    pdf: Annotated[bool, typer.Option("--pdf", help="Print the page, too (needs the extra pdf).")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bars and no table.")] = False,
) -> int:
    """Write tables, curves and plots. Example: `spondyl trial report cohort/ -o out/trial --pdf`."""
    months = _months(at)
    check_output(out)
    if pdf:
        check_printer()
    found = cohort_at(cohort)
    patients = found.model_copy(update={"name": name}) if name else found
    inputs = sha256_of({"cohort": Path(cohort)}) if "://" not in cohort else {}
    with progress_bars(quiet or json_) as progress:
        made = trial_report(patients, months, readers, progress)
        settings = {"name": patients.name, "at_months": list(months), "readers": readers, "pdf": pdf}
        write_trial_report(made, out, Provenance("trial report", inputs, settings), pdf=pdf, progress=progress)
    if json_:
        write_json(made.summary())
    elif not quiet:
        _print(made, out)
    return 0


def _months(text: str) -> tuple[float, ...]:
    """Months of "6,12,24", in order, each once."""
    try:
        months = tuple(sorted({float(part) for part in text.split(",")}))
    except ValueError as error:
        raise StatisticsError(f'--at "{text}": expected months with commas between, such as 6,12,24') from error
    if not months or not all(0 <= month < float("inf") for month in months):
        raise StatisticsError(f'--at "{text}": expected months from 0 on, such as 6,12,24')
    return months


def _print(made: TrialReport, out: Path) -> None:
    for outcome in made.outcomes.times:
        data, asked = outcome.data, outcome.asked
        told = [times_of(data.count(1), asked.event_word)]
        told += [times_of(data.count(2), asked.competing_word)] if asked.competing_word else []
        told += [f"{len(data.unknown)} unknown"] if data.unknown else []
        count = f"{len(data.observations)} {data.definition.unit}s"
        out_console.print(f"{asked.title}: {count}, {', '.join(told)}", markup=False, style="bold")
        for each in outcome.estimates:
            arm = f"{each.group}, " if len(outcome.groups) > 1 else ""
            value = f"{told_of(each, asked.kind)}, {each.n_at_risk} at risk"
            out_console.print(f"  {arm}{each.months:g} months: {value}", markup=False)
        if asked.caution:
            out_console.print(f"  {asked.caution}", markup=False)
    out_console.print(
        f"written: {out}/trial.html, {len(made.figures)} figures, {len(made.tables)} tables", markup=False
    )
    out_console.print(DISCLAIMER)
