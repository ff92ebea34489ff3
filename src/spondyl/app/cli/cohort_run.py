"""`spondyl cohort evaluate` and `cohort plan`: every case of a folder, here or on a cluster."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from spondyl.app.cli.cohort_options import check_options
from spondyl.app.cli.common import err_console, out_console, progress_bars, write_json
from spondyl.app.cohort_run import (
    CaseJob,
    CaseResult,
    check_targets,
    find_cases,
    on_cluster,
    on_this_machine,
    summary_record,
    write_summary,
)
from spondyl.core import DISCLAIMER, Progress, check_output
from spondyl.core.errors import CohortError

HELP = """{title}

FOLDER holds a folder for each case; each result goes to a folder of the same name in OUT, whole or not at all. Run it
again to go on after a stop: finished cases whose inputs are the same are kept. What stands after -- goes to `spondyl
{verb}`.

Examples:

    spondyl cohort {verb} {folder} -o {out} --workers 4 -- {options}

    spondyl cohort {verb} {folder} -o {out} --scheduler tcp://10.0.0.1:8786

Exit code 1: a case failed, or a mandatory limit of one fails or is unknown.
"""
HELPS = {
    "evaluate": HELP.format(title="Judge every plan of a folder.", verb="evaluate", folder="plans/", out="judged/",
                            options="--protocol hytec-cord"),
    "plan": HELP.format(title="Plan every case of a folder.", verb="plan", folder="cases/", out="plans/",
                        options="--technique imrt"),
}  # fmt: skip
CALLING = {"allow_extra_args": True}
COLOURS = {"met": "green", "not met": "yellow", "failed": "red"}

Folder = Annotated[Path, typer.Argument(help="Folder with a folder for each case.")]
Out = Annotated[Path, typer.Option("-o", "--out", help="Folder for a folder each, cohort.json and cohort.csv.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Cases at a time on this machine.")]
Threads = Annotated[int | None, typer.Option(min=1, help="Threads of each case.")]
Scheduler = Annotated[str | None, typer.Option(help="Address of a Dask scheduler: tcp://10.0.0.1:8786.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No bar, no table.")]


def evaluate(
    context: typer.Context,
    folder: Folder,
    out: Out,
    workers: Workers = None,
    threads: Threads = None,
    scheduler: Scheduler = None,
    json_: Json = False,
    quiet: Quiet = False,
) -> int:
    """Judge every plan of a folder."""
    return _run("evaluate", context.args, folder, out, workers, threads, scheduler, json_, quiet)


def plan(
    context: typer.Context,
    folder: Folder,
    out: Out,
    workers: Workers = None,
    threads: Threads = None,
    scheduler: Scheduler = None,
    json_: Json = False,
    quiet: Quiet = False,
) -> int:
    """Plan every case of a folder."""
    return _run("plan", context.args, folder, out, workers, threads, scheduler, json_, quiet)


def _run(
    verb: str,
    options: Sequence[str],
    folder: Path,
    out: Path,
    workers: int | None,
    threads: int | None,
    scheduler: str | None,
    json_: bool,
    quiet: bool,
) -> int:
    check_output(out)
    check_options(verb, options)
    if workers is not None and scheduler is not None:
        raise CohortError("--workers is for this machine, --scheduler for a cluster, which has its own; give one")
    cases, left_out = find_cases(verb, folder)
    cores = os.cpu_count() or 1
    at_once = min(len(cases), workers or (cores if verb == "evaluate" else max(1, cores // 4)))
    each = threads or (1 if scheduler else max(1, cores // at_once))
    jobs = [
        CaseJob(verb, str(c.resolve()), str(out.resolve() / c.name), tuple(options), str(Path.cwd()), each)
        for c in cases
    ]
    check_targets(folder, out, jobs)
    out.mkdir(parents=True, exist_ok=True)
    started = on_this_machine(jobs, at_once) if scheduler is None else on_cluster(jobs, scheduler)
    try:
        with progress_bars(quiet or json_) as progress:
            results = _collect(started, len(jobs), progress)
    except KeyboardInterrupt:
        err_console.print("note: finished cases are kept; run it again to go on", markup=False)
        raise
    record = summary_record(verb, results, left_out)
    write_summary(out, record)
    for line in left_out:
        err_console.print(f"note: left out: {line}", markup=False, soft_wrap=True)
    if json_:
        write_json(record)
    elif not quiet:
        _tell(record, out)
    return 0 if record["counts"]["met"] == len(jobs) else 1


def _collect(started: Any, count: int, progress: Progress) -> list[CaseResult]:
    results: list[CaseResult] = []
    progress("cases", 0.0)
    for result in started:
        results.append(result)
        progress("cases", len(results) / count)
    return results


def _tell(record: dict[str, Any], out: Path) -> None:
    table = Table(title=f"{record['verb']}: {out}", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for head in ("case", "limits", "seconds", "what"):
        table.add_column(head, justify="right" if head == "seconds" else "left", overflow="fold")
    for case in record["cases"]:
        seconds = "kept" if case["kept"] else f"{case['seconds']:.1f}"
        what = Text(case["message"].removeprefix("mandatory limits not met: "))
        table.add_row(Text(case["case"]), Text(case["state"], style=COLOURS[case["state"]]), seconds, what)
    out_console.print(table)
    counts = record["counts"]
    told = ", ".join(f"{counts[name]} {name}" for name in ("met", "not met", "failed", "kept"))
    out_console.print(
        f"{len(record['cases'])} cases: {told}; values: {out / 'cohort.csv'}", markup=False, soft_wrap=True
    )
    out_console.print(DISCLAIMER, markup=False)
