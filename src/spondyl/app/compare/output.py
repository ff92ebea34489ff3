"""What `spondyl compare` leaves behind beside the plans: compare.json, compare.csv, compare.html, provenance."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spondyl.app.compare.comparison import Comparison
from spondyl.core import Provenance, sha256_of

COLUMNS = (
    "structure",
    "metric",
    "alpha_beta_gy",
    "plan",
    "dose_gy",
    "eqd2_gy",
    "dose_low_gy",
    "dose_high_gy",
    "reason",
)


def write_comparison(
    folder: Path, comparison: Comparison, page: str, case_folder: Path | None, settings: Mapping[str, Any]
) -> None:
    """Write into a folder that is there: `spondyl.core.writing_folder`'s, in which the plans were made."""
    text = json.dumps(comparison.record(), indent=1, ensure_ascii=False, allow_nan=False)
    (folder / "compare.json").write_text(text + "\n", encoding="utf-8")
    (folder / "compare.html").write_text(page, encoding="utf-8")
    _write_table(folder / "compare.csv", comparison)
    inputs = sha256_of({} if case_folder is None else {"case": case_folder})
    inputs |= {plan.name: plan.dose_sha256 for plan in comparison.plans}
    Provenance("compare", inputs, settings).write(folder / "provenance.json")


def _write_table(path: Path, comparison: Comparison) -> None:
    """One line a metric and plan; empty where a number is unknown."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for row in comparison.rows:
            for plan, cell in zip(comparison.plans, row.cells, strict=True):
                asked = (cell.gy.value, cell.eqd2_gy.value, cell.gy.low, cell.gy.high)
                numbers = ["" if value is None else f"{value:.4g}" for value in asked]
                writer.writerow([row.structure, row.metric, f"{row.alpha_beta_gy:g}", plan.name, *numbers, cell.reason])
