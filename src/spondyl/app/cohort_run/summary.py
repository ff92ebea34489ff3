"""What became of every case: cohort.json, and cohort.csv with every judged value."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from spondyl.app.cohort_run.job import CaseResult, result_json
from spondyl.core import DISCLAIMER
from spondyl.core.files import writing

COLUMNS = ("case", "state", "structure", "metric", "op", "limit", "value", "unit", "level", "status")


def state(result: CaseResult) -> str:
    """ "met", "not met" or "failed"."""
    return "failed" if result.failed else ("met", "not met")[result.exit_code or 0]


def summary_record(verb: str, results: Sequence[CaseResult], left_out: Sequence[str]) -> dict[str, Any]:
    """Cases in the order of their names."""
    ordered = sorted(results, key=lambda r: r.case)
    counts = {name: sum(state(r) == name for r in ordered) for name in ("met", "not met", "failed")}
    return {
        "disclaimer": DISCLAIMER,
        "verb": verb,
        "cases": [{**asdict(r), "state": state(r)} for r in ordered],
        "counts": {**counts, "kept": sum(r.kept for r in ordered)},
        "left_out": list(left_out),
    }


def write_summary(out: Path, record: dict[str, Any]) -> None:
    """Write cohort.json and cohort.csv: one row a verdict or metric, one without for a case that failed."""
    with writing(out / "cohort.json") as temporary:
        temporary.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    text = io.StringIO()
    rows: csv.DictWriter[str] = csv.DictWriter(text, COLUMNS, restval="", extrasaction="ignore", lineterminator="\n")
    rows.writeheader()
    for case in record["cases"]:
        told = {"case": case["case"], "state": case["state"]}
        values = [] if case["state"] == "failed" else _values(out / case["case"])
        rows.writerows([{**told, **value} for value in values] or [told])
    with writing(out / "cohort.csv") as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8")


def _values(folder: Path) -> list[dict[str, Any]]:
    found = result_json(folder)
    return [*found.get("verdicts", ()), *found.get("metrics", ())]
