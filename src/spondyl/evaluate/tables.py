"""What judging leaves behind: `dvh.csv`, `verdicts.json`, and the record that `evaluate --json` prints."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from spondyl.core import writing
from spondyl.evaluate.dvh import DVH
from spondyl.evaluate.metrics import MetricValue
from spondyl.evaluate.verdicts import Verdicts

DVH_COLUMNS = ("structure", "dose_gy", "volume_cm3", "volume_percent")
DVH_STEP_GY = 0.05


def write_dvh_csv(path: Path, curves: Mapping[str, DVH], step_gy: float = DVH_STEP_GY) -> None:
    """Write cumulative DVHs, one row a structure and dose; percent is of the whole structure's volume."""
    with writing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(DVH_COLUMNS)
        for name, curve in curves.items():
            dose_gy, volume_cm3 = curve.curve(step_gy)
            for dose, volume in zip(dose_gy.tolist(), volume_cm3.tolist(), strict=True):
                table.writerow((name, f"{dose:.2f}", f"{volume:.6g}", f"{100 * volume / curve.total_cm3:.6g}"))


def write_verdicts(path: Path, judged: Verdicts) -> None:
    """Write `verdicts.json`: protocol, plan, verdicts, and nothing else."""
    text = json.dumps(judged.record(), indent=2, ensure_ascii=False, allow_nan=False)
    with writing(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def metric_records(values: Iterable[MetricValue]) -> list[dict[str, Any]]:
    """Metrics as `evaluate --json` prints them: structure, metric, value (null where unknown), unit."""
    return [{"structure": v.structure, "metric": v.metric, "value": v.value, "unit": v.unit} for v in values]


def bounds_text(value: MetricValue) -> str:
    """What is known of an unknown metric, for a message.

    >>> bounds_text(MetricValue("Heart", "Dmean", None, "Gy", 1.25, math.inf, "12 % of Heart lies outside"))
    'Heart Dmean unknown, at least 1.25 Gy: 12 % of Heart lies outside'
    """
    low = f", at least {value.low:.4g} {value.unit}" if value.low > 0 else ""
    high = f", at most {value.high:.4g} {value.unit}" if math.isfinite(value.high) else ""
    return f"{value.structure} {value.metric} unknown{low}{high}: {value.reason}"
