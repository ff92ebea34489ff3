"""What `spondyl evaluate` says: tables for people, JSON for programs, notes on stderr."""

from __future__ import annotations

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from spondyl.app.cli.common import err_console, out_console, write_json
from spondyl.app.plan_indices import Index
from spondyl.core import DISCLAIMER
from spondyl.evaluate import MetricValue, Verdict, Verdicts, metric_records

SHORT = {"mandatory": "mand.", "optimal": "opt."}
COLOURS = {"pass": "green", "fail": "red", "unknown": "yellow"}


def tell(judged: Verdicts, found: tuple[Index, ...], warnings: list[str], *, json_: bool, quiet: bool) -> None:
    """Print the result; with `json_` the record of `verdicts.json` and the metrics, and nothing else on stdout."""
    if json_:
        write_json({**judged.record(), "metrics": metric_records(judged.values)})
    elif not quiet:
        if judged.protocol:
            sources = list(dict.fromkeys(_source(v) for v in judged.verdicts))
            out_console.print(_verdict_table(judged, sources))
            for number, source in enumerate(sources, start=1):
                out_console.print(f"{number}. {source}", markup=False, soft_wrap=True)
        for index in found:
            out_console.print(f"{index.name}: {index.text}", markup=False)
        if judged.values:
            out_console.print(_metric_table(judged.values))
    for line in dict.fromkeys([*_reasons(judged), *judged.notes, *warnings]):
        err_console.print(f"note: {line}", markup=False, soft_wrap=True)
    if not json_ and not quiet:
        out_console.print(DISCLAIMER)


def _reasons(judged: Verdicts) -> list[str]:
    """Why verdicts are unknown or rest on a bound, each reason once with the goals it holds for."""
    by_reason: dict[str, list[str]] = {}
    for v in judged.verdicts:
        if v.reason:
            by_reason.setdefault(v.reason, []).append(f"{v.structure} {v.metric}")
    return [f"{reason} ({', '.join(dict.fromkeys(goals))})" for reason, goals in by_reason.items()]


def _verdict_table(judged: Verdicts, sources: list[str]) -> Table:
    table = Table(
        title=f"{judged.protocol}: {judged.plan}",
        caption=_tally(judged),
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for heading in ("", "structure", "metric", "limit", "value", "margin", "level", "src"):
        right = heading in ("limit", "value", "margin", "src")
        fold = heading == "metric"
        justify = "right" if right else "left"
        table.add_column(heading, justify=justify, no_wrap=not fold, overflow="fold", min_width=8 if fold else None)
    for v in judged.verdicts:
        table.add_row(
            f"[{COLOURS[v.status]}]{v.status}[/]", v.structure, v.metric, f"{v.op} {v.limit:.4g} {v.unit}",
            "" if v.value is None else f"{v.value:.2f}", "" if v.margin is None else f"{v.margin:+.2f}",
            SHORT[v.level], str(sources.index(_source(v)) + 1),
        )  # fmt: skip
    return table


def _source(v: Verdict) -> str:
    told = f"{v.source} [{v.source_status}]"
    return f"{told}; {v.converted}" if v.converted else told


def _tally(judged: Verdicts) -> str:
    def count(level: Any) -> str:
        return ", ".join(f"{len(judged.of(s, level))} {s}" for s in ("pass", "fail", "unknown"))

    return f"mandatory: {count('mandatory')}; optimal: {count('optimal')}"


def _metric_table(values: tuple[MetricValue, ...]) -> Table:
    table = Table(box=SIMPLE_HEAD)
    for heading in ("structure", "metric", "value", "unit"):
        table.add_column(heading, justify="right" if heading == "value" else "left")
    for v in values:
        table.add_row(v.structure, v.metric, "unknown" if v.value is None else f"{v.value:.4g}", v.unit)
    return table
