"""What `spondyl evaluate` says: tables for people, JSON for programs, notes on stderr."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from spondyl.app.cli.common import err_console, out_console, write_json
from spondyl.app.plan_indices import Index
from spondyl.core import DISCLAIMER
from spondyl.evaluate import MetricValue, Verdict, Verdicts, metric_records

COLOURS = {"pass": "green", "fail": "red", "unknown": "yellow"}


def tell(judged: Verdicts, found: tuple[Index, ...], warnings: list[str], *, json_: bool, quiet: bool) -> None:
    """Print the result; with `json_` the record of `verdicts.json` and the metrics, and nothing else on stdout."""
    if json_:
        write_json({**judged.record(), "metrics": metric_records(judged.values)})
    elif not quiet:
        if judged.protocol:
            out_console.print(_verdict_table(judged))
        for index in found:
            out_console.print(f"{index.name}: {index.text}", markup=False)
        if judged.values:
            out_console.print(_metric_table(judged.values))
    told = [
        *(f"{v.structure} {v.metric}: {v.reason}" for v in judged.verdicts if v.reason),
        *judged.notes,
        *warnings,
    ]
    for line in dict.fromkeys(told):
        err_console.print(f"note: {line}", markup=False)
    if not json_ and not quiet:
        out_console.print(DISCLAIMER)


def _verdict_table(judged: Verdicts) -> Table:
    table = Table(title=f"{judged.protocol}: {judged.plan}", caption=_tally(judged))
    for heading in ("", "structure", "metric", "limit", "value", "margin", "level", "source"):
        table.add_column(heading, justify="right" if heading in ("value", "margin") else "left")
    for v in judged.verdicts:
        table.add_row(
            f"[{COLOURS[v.status]}]{v.status}[/]", v.structure, v.metric, f"{v.op} {v.limit:.4g} {v.unit}",
            "unknown" if v.value is None else f"{v.value:.2f}", "" if v.margin is None else f"{v.margin:+.2f}",
            v.level, _source(v),
        )  # fmt: skip
    return table


def _source(v: Verdict) -> str:
    told = f"{v.source} \\[{v.source_status}]"
    return f"{told}\n{v.converted}" if v.converted else told


def _tally(judged: Verdicts) -> str:
    def count(level: Any) -> str:
        return ", ".join(f"{len(judged.of(s, level))} {s}" for s in ("pass", "fail", "unknown"))

    return f"mandatory: {count('mandatory')}; optimal: {count('optimal')}"


def _metric_table(values: tuple[MetricValue, ...]) -> Table:
    table = Table()
    for heading in ("structure", "metric", "value", "unit"):
        table.add_column(heading, justify="right" if heading == "value" else "left")
    for v in values:
        table.add_row(v.structure, v.metric, "unknown" if v.value is None else f"{v.value:.4g}", v.unit)
    return table
