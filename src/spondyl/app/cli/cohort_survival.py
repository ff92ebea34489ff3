"""`spondyl cohort survival`: Kaplan-Meier, cumulative incidence and tests between groups, of any table."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from spondyl.app.cli.common import err_console, out_console, write_json
from spondyl.app.cohort_survival import survival_record
from spondyl.app.cohort_table import read_survival_table
from spondyl.core import DISCLAIMER
from spondyl.core.errors import StatisticsError

HELP = """Survival, cumulative incidence and tests between groups, of any table.

FILE is a CSV with one row a subject. Limits are 95 % on the log-log scale, ties in Cox's model are Efron's.

Examples:

    spondyl cohort survival trial.csv --time months --event died --group arm --at 6,12,24

    spondyl cohort survival trial.csv --time months --event code --group arm --cause 1 --at 12 --json
"""


def survival(
    file: Annotated[Path, typer.Argument(help="CSV with a header, one row a subject.")],
    time: Annotated[str, typer.Option(help="Column of the times, from 0.")],
    event: Annotated[str, typer.Option(help="Column of how they ended: 0 censored, 1 event; a code a cause.")],
    group: Annotated[
        str | None, typer.Option(help="Column of the groups to compare; the first is the reference.")
    ] = None,
    cause: Annotated[str | None, typer.Option(help="Code of the cause of interest, where several compete.")] = None,
    at: Annotated[str, typer.Option(help="Times of the estimates, with commas between: 6,12,24.")] = "",
    json_: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> int:
    """Analyse a table."""
    points = _times(at)
    if len({time, event, group}) < 3:
        raise StatisticsError(f"--time {time} --event {event} --group {group}: expected different columns")
    table = read_survival_table(file, time, event, group, cause)
    record = survival_record(table, cause, points)
    for note in record["notes"]:
        err_console.print(f"note: {note}", markup=False, soft_wrap=True)
    if json_:
        write_json(record)
    else:
        _tell(record)
    return 0


def _times(words: str) -> list[float]:
    found: list[float] = []
    for word in filter(None, (part.strip() for part in words.split(","))):
        try:
            value = float(word)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and value >= 0):
            raise StatisticsError(f'--at {words}: "{word}" is no time, expected numbers from 0 with commas between')
        if value not in found:
            found.append(value)
    return found


def _tell(record: dict[str, Any]) -> None:
    shown = _table("Kaplan-Meier", "group", "n", "events", "median", "95 %")
    for one in record["kaplan_meier"]:
        median = _number(one["median"], "{:.4g}", "not reached")
        limits = _limits(one["median_lower_95"], one["median_upper_95"], "{:.4g}")
        shown.add_row(_word(one["group"]), str(one["n"]), str(one["events"]), median, limits)
    out_console.print(shown)
    for title, key, name in (
        ("Survival", "kaplan_meier", "survival"),
        ("Cumulative incidence", "cumulative_incidence", "incidence"),
    ):
        if any(one["at"] for one in record[key]):
            out_console.print(_points(title, name, record[key]))
    for line in _comparisons(record):
        out_console.print(line, markup=False, soft_wrap=True)
    out_console.print(DISCLAIMER)


def _points(title: str, name: str, curves: list[dict[str, Any]]) -> Table:
    causes, nothing = (["cause"], 0.0) if name == "incidence" else ([], 100.0)
    table = _table(title, *causes, "group", "time", "at risk", f"{name} %", "95 %")
    for one in curves:
        for point in one["at"]:
            value, *limits = (
                None if v is None else 100 * v for v in (point[name], point["lower_95"], point["upper_95"])
            )
            said = point["reason"] if value is None else _limits(limits[0], limits[1], "{:.1f}")
            if value == nothing:
                said = "no event yet"
            table.add_row(
                *(Text(str(one[key])) for key in causes), _word(one["group"]), f"{point['time']:g}",
                str(point["n_at_risk"]), _number(value, "{:.1f}", "unknown"), said,
            )  # fmt: skip
    return table


def _table(title: str, *heads: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for head in heads:
        table.add_column(Text(head), justify="left" if head in ("group", "cause") else "right", overflow="fold")
    return table


def _comparisons(record: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    if record["log_rank"] is not None:
        lines.append(f"log-rank: {_test(record['log_rank'])}")
    lines += [f"Gray, cause {one['cause']}: {_test(one)}" for one in record["gray"]]
    for name, key in (("Cox", "cox"), ("Fine-Gray", "fine_gray")):
        found = record.get(key)
        ratio = "hazard_ratio" if key == "cox" else "subdistribution_hazard_ratio"
        for one in found if isinstance(found, list) else [found] if found else []:
            words = f"unknown: {one.get('reason')}"
            if one[ratio] is not None:
                words = f"{one[ratio]:.3f} ({_limits(one['lower_95'], one['upper_95'], '{:.3f}')}), p {one['p']:.4f}"
            lines.append(f"{name}: {ratio.replace('_', ' ')} of {one['group']} against {one['reference']} {words}")
    return lines


def _test(one: dict[str, Any]) -> str:
    if one["chi2"] is None:
        return f"not computed: {one['reason']}"
    return f"chi2 {one['chi2']:.4f}, {one['df']} df, p {one['p']:.4f}"


def _number(value: float | None, form: str, nothing: str) -> str:
    return nothing if value is None else form.format(value)


def _limits(lower: float | None, upper: float | None, form: str) -> str:
    return "-" if lower is None and upper is None else f"{_number(lower, form, '-')} to {_number(upper, form, '-')}"


def _word(group: str | None) -> Text:
    return Text("all" if group is None else group)
