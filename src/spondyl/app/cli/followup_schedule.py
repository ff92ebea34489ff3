"""`spondyl followup schedule`: due visits of each patient, and who is overdue."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from spondyl.app.cli.common import err_console, out_console, write_json
from spondyl.app.cli.followup_store import JsonOption, PlaceArgument, cohort_at
from spondyl.followup.records import Cohort
from spondyl.followup.schedule import FollowUp, follow_up

COLOURS = {"done": "green", "overdue": "red", "open": "yellow", "missed": "dim", "coming": "", "ended": "dim"}
OPEN = ("overdue", "open", "coming")
"""What a table for people shows: what is still to be done."""


def schedule(
    place: PlaceArgument,
    on: Annotated[
        datetime | None, typer.Option(help="As of this day, 2026-03-31; else today.", formats=["%Y-%m-%d"])
    ] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only patients who are overdue.")] = False,
    json_: JsonOption = False,
) -> int:
    """Say which visits are due."""
    day = on.date() if on is not None else date.today()
    cohort = cohort_at(place)
    found = [each for patient in cohort.patients for each in follow_up(patient, day)]
    shown = [each for each in found if each.overdue] if overdue else found
    if json_:
        late = sorted({each.pseudonym for each in found if each.overdue})
        write_json(
            {
                "cohort": cohort.name,
                "on": day.isoformat(),
                "overdue": late,
                "patients": [each.record() for each in shown],
            }
        )
        return 0
    out_console.print(_table(shown, day))
    err_console.print(_summary(cohort, found, day), markup=False, soft_wrap=True)
    return 0


def _table(shown: list[FollowUp], day: date) -> Table:
    table = Table(title=f"Visits as of {day}", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("patient", "lesions", "visit", "due", "window", "status"):
        table.add_column(heading, no_wrap=True)
    for each in shown:
        for visit in (visit for visit in each.visits if visit.status in OPEN):
            colour = COLOURS[visit.status]
            status = f"[{colour}]{visit.status}[/]" if colour else visit.status
            table.add_row(
                each.pseudonym,
                ", ".join(each.lesions),
                visit.label,
                str(visit.due_on),
                f"{visit.opens_on} to {visit.closes_on}",
                status,
            )
    return table


def _summary(cohort: Cohort, found: list[FollowUp], day: date) -> str:
    treated = {each.pseudonym for each in found}
    ended = {each.pseudonym for each in found if each.ended_on is not None}
    late = {each.pseudonym for each in found if each.overdue}
    return (
        f"{len(cohort.patients)} patients, {len(treated)} treated by {day}, {len(treated - ended)} in follow-up, "
        f"{len(late)} overdue"
    )
