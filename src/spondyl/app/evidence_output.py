"""Evidence as data: records for JSON, rows for CSV, the table of studies as CSV, HTML and text."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from spondyl.clinic.evidence import Outcome, Pool, ReviewedStudy, Screening, share
from spondyl.core import DISCLAIMER, writing

STYLE = """
body { font: 14px/1.45 system-ui, sans-serif; color: #1a1a1a; margin: 2rem auto; max-width: 75rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid #ccc; padding: .4rem .6rem; text-align: left; vertical-align: top }
td.n { text-align: right; white-space: nowrap }
.quiet, .remarks { color: #6b6b6b; font-size: 12px }
ul { margin: 0; padding-left: 1.1rem }
"""


def outcome_record(row: Outcome) -> dict[str, Any]:
    """An outcome with its corrections and the share it gives."""
    shown = share(row)
    return {**row.model_dump(mode="json"), "text": row.text, "share": asdict(shown) if shown else None}


def pool_record(pool: Pool) -> dict[str, Any]:
    """A pool: what is in it, what is not and why, and the result or the refusal."""
    return {
        "modality": pool.modality,
        "measure": pool.measure,
        "time": pool.time,
        "included": [
            {"id": one.outcome.id, "study": one.outcome.name, **asdict(one.proportion)} for one in pool.included
        ],
        "excluded": [{"id": one.outcome.id, "study": one.outcome.name, "reason": one.reason} for one in pool.excluded],
        "pooled": asdict(pool.pooled) if pool.pooled else None,
        "extremes": list(pool.extremes) if pool.extremes else None,
        "refusal": pool.refusal or None,
    }


def write_outcomes(rows: Sequence[Outcome], path: Path) -> Path:
    """Write the rows as CSV: value used, value printed, share, source and notes."""
    heads = (
        "id", "study", "year", "design", "modality", "n_patients", "n_lesions", "endpoint", "endpoint_kind", "measure",
        "timepoint", "months", "used", "printed", "percent", "low", "high", "interval", "events", "n", "paper", "place",
        "reference", "cohort", "notes",
    )  # fmt: skip
    table = [heads, *(_csv_row(row) for row in rows)]
    return _write(path, _csv(table))


def _csv_row(row: Outcome) -> tuple[Any, ...]:
    shown = share(row)
    given = (shown.percent, shown.low, shown.high, shown.how, shown.events, shown.n) if shown else ("",) * 6
    return (
        row.id, row.study, row.year, row.design, row.modality, row.n_patients, row.n_lesions, row.endpoint,
        row.endpoint_kind, row.measure, row.timepoint, row.months, row.text, row.printed,
        *(f"{v:.4g}" if isinstance(v, float) else v for v in given),
        row.paper, row.place, row.reference, row.cohort, " | ".join(str(note) for note in row.notes),
    )  # fmt: skip


def _csv(table: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([f"# {DISCLAIMER}"])
    writer.writerows(table)
    return text.getvalue()


def _write(path: Path, text: str) -> Path:
    with writing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


def patients_text(study: ReviewedStudy) -> str:
    """Patients and vertebrae of a study, as far as they are told."""
    told = [(study.patients, "patient"), (study.vertebrae, "vertebra")]
    plural = {"patient": "patients", "vertebra": "vertebrae"}
    return ", ".join(f"{n} {word if n == 1 else plural[word]}" for n, word in told if n is not None)


def studies_csv(studies: Sequence[ReviewedStudy]) -> str:
    """The table of studies as CSV."""
    heads = (
        "study",
        "year",
        "year_printed",
        "design",
        "patients",
        "vertebrae",
        "results",
        "remarks",
        "reference",
        "rows",
    )
    lines = [
        (
            one.study, one.year, one.year_printed, one.design, one.patients, one.vertebrae, "; ".join(one.results),
            " | ".join(one.remarks), one.reference, " ".join(one.rows),
        )
        for one in studies
    ]  # fmt: skip
    return _csv([heads, *lines])


def studies_html(studies: Sequence[ReviewedStudy], counts: Screening) -> str:
    """The table of studies as a page of its own."""
    body = "".join(
        "<tr>"
        f"<td>{html.escape(one.study)} {one.year}<div class='quiet'>{html.escape(one.reference)}</div></td>"
        f"<td>{html.escape(one.design)}</td>"
        f"<td>{html.escape(patients_text(one))}</td>"
        f"<td>{_list(one.results)}<div class='remarks'>{_list(one.remarks)}</div></td>"
        "</tr>\n"
        for one in studies
    )
    said = f"{counts.found} records found, {counts.excluded} excluded, {counts.included} included. {counts.remark}."
    return (
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'><title>Kypho-IORT: published studies</title>"
        f"<style>{STYLE}</style></head><body>\n<h1>Kypho-IORT: published studies</h1>\n"
        f"<p class='quiet'>{DISCLAIMER}</p>\n<p>{html.escape(said)}</p>\n"
        "<table><thead><tr><th>Study</th><th>Design</th><th>n</th><th>Results, and what is to be said of them</th></tr>"
        f"</thead><tbody>\n{body}</tbody></table>\n</body></html>\n"
    )


def _list(lines: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{html.escape(line)}</li>' for line in lines)}</ul>" if lines else ""


def write_texts(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    """Write each text under its name."""
    return [_write(folder / name, text) for name, text in texts.items()]
