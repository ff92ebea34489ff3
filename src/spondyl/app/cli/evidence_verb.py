"""`spondyl evidence`: what was published of a treatment, where its papers err, and what may be pooled of it."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from spondyl.app.cli.common import out_console, write_json
from spondyl.app.evidence_flow import draw_flow
from spondyl.app.evidence_forest import draw_forest, exclusions, method_lines
from spondyl.app.evidence_output import (
    outcome_record,
    patients_text,
    pool_record,
    studies_csv,
    studies_html,
    write_outcomes,
    write_texts,
)
from spondyl.clinic.evidence import (
    COHORTS,
    SCALES,
    TAUS,
    TOLERANCE_MONTHS,
    Outcome,
    Pool,
    evidence,
    kypho_iort_studies,
    pool_evidence,
    screening,
    share,
)
from spondyl.core import DISCLAIMER, check_output, collecting
from spondyl.core.errors import EvidenceError, nearest

HELP = """Published outcomes of a treatment, with sources, corrections, and a forest plot.

Examples:

    spondyl evidence --modality kypho_iort --endpoint local_control -o out/evidence

    spondyl evidence --modality srs_sbrt --endpoint vertebral_fracture --pool --any-time

    spondyl evidence --table kypho-iort -o out/kypho-iort
"""
TABLES = ("kypho-iort",)
MOST_FOR_A_PLOT = 60


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("evidence", help=HELP)(show_evidence)


def show_evidence(
    modality: Annotated[str, typer.Option(help="Treatment, as the rules name it: kypho_iort, srs_sbrt.")] = "",
    endpoint: Annotated[str, typer.Option(help="Kind or measure: local_control, cement_leakage.")] = "",
    paper: Annotated[str, typer.Option(help="One of the five papers: risso-neto or 000.")] = "",
    study: Annotated[str, typer.Option(help="A study: bludau-2018, Bludau.")] = "",
    design: Annotated[str, typer.Option(help="Kind of design: series, randomised, review.")] = "",
    pool: Annotated[bool, typer.Option("--pool", help="Pool what may be pooled (needs the extra stats).")] = False,
    months: Annotated[float | None, typer.Option(help="Pool at this time only.")] = None,
    tolerance_months: Annotated[float, typer.Option(help="Times this close count as one.")] = TOLERANCE_MONTHS,
    any_time: Annotated[
        bool, typer.Option("--any-time", help="Pool shares over each study's own follow-up, whatever its length.")
    ] = False,
    scale: Annotated[str, typer.Option(help="logit or arcsine.")] = "logit",
    tau: Annotated[str, typer.Option(help="paule-mandel or dersimonian-laird.")] = "paule-mandel",
    table: Annotated[str, typer.Option(help="A whole table instead: kypho-iort, its 11 studies.")] = "",
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for the plot (PNG, SVG) and the data (CSV, JSON).")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No table.")] = False,
) -> int:
    """Show published outcomes."""
    if out is not None:
        check_output(out)
    if table:
        if any((modality, endpoint, paper, study, design, pool, any_time, months is not None)):
            raise EvidenceError(f"--table {table} is a whole table; leave out what selects or pools rows")
        return _whole_table(table, out, json_, quiet)
    if scale not in SCALES or tau not in TAUS:
        raise EvidenceError(f"--scale {scale} --tau {tau}: expected one of {SCALES} and one of {TAUS}")
    if not pool and (any_time or months is not None):
        raise EvidenceError("--any-time and --months say how to pool; add --pool")
    rows = evidence(modality=modality, endpoint=endpoint, paper=paper, design=design, study=study)
    with collecting() as cited:
        pools = pool_evidence(
            rows, months=months, tolerance_months=tolerance_months, any_time=any_time,
            scale=next(s for s in SCALES if s == scale), tau=next(t for t in TAUS if t == tau),
        ) if pool else ()  # fmt: skip
        asked = {"modality": modality, "endpoint": endpoint, "paper": paper, "study": study, "design": design}
        record = _record({k: v for k, v in asked.items() if v}, rows, pools)
    record["citations"] = [str(citation) for citation in cited]
    written = _write(rows, pools, record, out) if out is not None else []
    if json_:
        write_json(record)
    elif not quiet:
        _print(rows, pools, written)
    return 0


def _record(asked: dict[str, str], rows: Sequence[Outcome], pools: Sequence[Pool]) -> dict[str, Any]:
    return {
        "disclaimer": DISCLAIMER,
        "asked": asked,
        "outcomes": [outcome_record(row) for row in rows],
        "pools": [pool_record(one) for one in pools],
    }


def _write(rows: Sequence[Outcome], pools: Sequence[Pool], record: dict[str, Any], out: Path) -> list[Path]:
    written = [write_outcomes(rows, out / "evidence.csv")]
    written += write_texts(out, {"evidence.json": json.dumps(record, indent=2, ensure_ascii=False) + "\n"})
    shares = sum(share(row) is not None for row in rows)
    if shares > MOST_FOR_A_PLOT:
        out_console.print(f"no plot of {shares} shares at once; ask for one --endpoint or --modality", markup=False)
        return written
    title = "Published: " + (", ".join(record["asked"].values()) or "all outcomes")
    return written + draw_forest(rows, pools, title, out)


def _print(rows: Sequence[Outcome], pools: Sequence[Pool], written: Sequence[Path]) -> None:
    if not rows:
        out_console.print("no published outcome of that kind in the five papers", markup=False)
    else:
        out_console.print(_outcome_table(rows))
    for note in dict.fromkeys(f"{', '.join(_rows_of(note.id, rows))}: {note}" for row in rows for note in row.notes):
        out_console.print(f"note {note}", markup=False)
    for cohort in dict.fromkeys(row.cohort for row in rows if row.cohort):
        studies = dict.fromkeys(row.name for row in rows if row.cohort == cohort)
        if len(studies) > 1:
            told = f"note {', '.join(studies)} may share patients: {COHORTS[cohort]}"
            out_console.print(told, markup=False)
    _print_pools(pools)
    for path in written:
        out_console.print(f"written: {path}", markup=False, soft_wrap=True)
    out_console.print(DISCLAIMER)


def _rows_of(annotation: str, rows: Sequence[Outcome]) -> list[str]:
    return [row.id for row in rows if any(note.id == annotation for note in row.notes)]


def _outcome_table(rows: Sequence[Outcome]) -> Table:
    table = Table()
    for head in ("id", "study and place", "endpoint", "value", "share with 95 %"):
        table.add_column(head, overflow="fold")
    one_treatment = len({row.modality for row in rows}) == 1
    for row in rows:
        changed = any(
            note.status in ("corrected", "completed") and note.field in ("value", "unit") for note in row.notes
        )
        value = f"{row.text} (printed {row.printed})" if changed else row.text
        treatment = "" if one_treatment else f"{row.modality}: "
        when = f", {row.timepoint}" if row.timepoint else ""
        cells = (row.id, f"{row.name}\n{row.source}", f"{treatment}{row.endpoint}{when}", value, _share_text(row))
        table.add_row(*(Text(cell) for cell in cells))
    return table


def _share_text(row: Outcome) -> str:
    shown = share(row)
    if row.unresolved:
        return "unresolved"
    if shown is None or shown.percent is None:
        return ""
    if shown.how == "none" and not row.complement:
        return f"{row.text}, no interval"
    counts = f"{shown.events}/{shown.n} = " if shown.n else ""
    how = {"exact": "exact", "printed ci95": "printed"}.get(shown.how, "")
    interval = f" ({shown.low:.1f}-{shown.high:.1f}, {how})" if how and shown.low is not None else ", no interval"
    return f"{counts}{shown.percent:.1f} %{interval}"


def _print_pools(pools: Sequence[Pool]) -> None:
    for pool in pools:
        head = f"{pool.modality}, {pool.measure}, {pool.time}"
        if pool.pooled is None:
            out_console.print(f"{head}: {pool.refusal}", markup=False)
            continue
        found = pool.pooled
        out_console.print(
            f"{head}: pooled {100 * found.share:.1f} % (95 % {100 * found.low:.1f} to {100 * found.high:.1f})",
            markup=False, style="bold",
        )  # fmt: skip
        for line in method_lines(pool):
            out_console.print(f"  {line}", markup=False)
    for line in exclusions(pools):
        out_console.print(f"left out: {line}", markup=False)


def _whole_table(name: str, out: Path | None, as_json: bool, quiet: bool) -> int:
    if name not in TABLES:
        close = nearest(name, TABLES) or TABLES
        raise EvidenceError(f"table {name!r} is not known; did you mean {', '.join(close)}?")
    studies, counts = kypho_iort_studies(), screening()
    shown = Table(title="Kypho-IORT: published studies", title_justify="left")
    for head in ("study", "design", "n", "results"):
        shown.add_column(head, overflow="fold")
    for one in studies:
        printed = f" (printed {one.year_printed})" if one.year != one.year_printed else ""
        shown.add_row(f"{one.study} {one.year}{printed}", one.design, patients_text(one), "; ".join(one.results))
    said = [f"{one.study} {one.year}: {remark}" for one in studies for remark in one.remarks]
    search = f"{counts.found} found - {counts.excluded} excluded = {counts.included} included. {counts.remark}."
    lines = [search, *(f"note {text}" for text in said), DISCLAIMER]
    record = {"disclaimer": DISCLAIMER, "studies": [asdict(one) for one in studies], "screening": asdict(counts)}
    written: list[Path] = []
    if out is not None:
        text = io.StringIO()
        plain = Console(file=text, width=140, highlight=False)
        _say(plain, shown, lines)
        page = {
            "kypho-iort.txt": text.getvalue(),
            "kypho-iort.csv": studies_csv(studies),
            "kypho-iort.html": studies_html(studies, counts),
            "kypho-iort.json": json.dumps(record, indent=2, ensure_ascii=False) + "\n",
        }
        written = write_texts(out, page) + draw_flow(counts, out)
    if as_json:
        write_json(record)
    elif not quiet:
        _say(out_console, shown, [*lines[:-1], *(f"written: {path}" for path in written), DISCLAIMER])
    return 0


def _say(console: Console, shown: Table, lines: Sequence[str]) -> None:
    console.print(shown)
    for line in lines:
        console.print(line, markup=False)
