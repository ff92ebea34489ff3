"""Every statistic of follow-up against R: survival 3.5-3, cmprsk 2.2-11 and sandwich 3.0-2 (tests/data/survival).

`r_reference.csv` came with the public tables; `r_more.csv` is what tools/r_survival_reference.R printed.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spondyl.followup.statistics import (
    CoxFit,
    FineGrayFit,
    calibration,
    cox,
    cumulative_incidence,
    fine_gray,
    gray,
    harrell_c,
    indicators,
    kaplan_meier,
    landmark,
    log_rank,
    logistic_dose_response,
    single_arm,
    two_arms,
    uno_c,
)
from spondyl.followup.statistics.sample_size_two_arms import fisher_power

HERE = Path(__file__).parents[1] / "data" / "survival"
CLOSE = 1e-6
"""Absolute below one and relative above it."""
Table = dict[str, np.ndarray[Any, Any]]
Row = dict[str, str]


def _rows(name: str) -> list[Row]:
    with (HERE / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@cache
def _r() -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = {}
    for row in _rows("r_more.csv")[1:]:
        found.setdefault((row["case"], row["method"]), []).append(row)
    return found


@cache
def _table(case: str) -> Table:
    """Columns of a case, as tools/r_survival_reference.R names them."""
    if case == "bmtcrr":
        rows = _rows("bmtcrr.csv")
        made: dict[str, list[Any]] = {k: [row[k] for row in rows] for k in ("D", "Phase", "Sex")}
        made |= {"time": [float(r["ftime"]) for r in rows], "event": [int(r["Status"]) for r in rows]}
        made |= {"age": [float(r["Age"]) for r in rows], "male": [float(r["Sex"] == "M") for r in rows]}
        made |= {"aml": [float(r["D"] == "AML") for r in rows], "pb": [float(r["Source"] != "BM+PB") for r in rows]}
    elif (HERE / f"{case}.csv").exists():
        rows = _rows(f"{case}.csv")
        made = {"time": [float(r["time"]) for r in rows], "event": [int(r["event"]) for r in rows]}
        made["arm"] = [r["arm"] for r in rows]
    else:
        rows = [row for row in _rows("cases.csv") if row["case"] == case]
        made = {k: [float(r[k]) for r in rows] for k in ("time", "x1", "x2")}
        made |= {"event": [int(r["event"]) for r in rows]}
        made |= {k: [r[k] for r in rows] for k in ("group", "patient", "stratum")}
    return {name: np.array(values) for name, values in made.items()}


def _holding(case: str, value: str) -> str:
    """The column that holds a group's label."""
    return next(k for k in ("arm", "group", "D", "Phase", "Sex") if k in (t := _table(case)) and value in t[k])


def _same(ours: float | None, r: Row) -> float:
    """Deviation from R's value; None and NaN are the same."""
    theirs = float(r["value"]) if r["value"] not in ("", "NA", "NaN") else math.nan
    if ours is None or math.isnan(ours) or math.isnan(theirs):
        assert math.isnan(math.nan if ours is None else ours) == math.isnan(theirs), (r, ours)
        return 0.0
    off = 0.0 if ours == theirs else abs(ours - theirs) / max(1.0, abs(theirs))
    assert off < CLOSE, (r, ours)
    return off


def _kaplan_meier(case: str, method: str, r: Row) -> float | None:
    table, (_, interval) = _table(case), method.split()
    group = r["group"]
    part = np.ones(len(table["time"]), dtype=bool) if group == "all" else table[_holding(case, group)] == group
    curve = kaplan_meier(table["time"][part], table["event"][part], interval)
    of_median = {"median": curve.median, "0.95LCL": curve.median_lower, "0.95UCL": curve.median_upper}
    if r["name"] in of_median:
        return of_median[r["name"]]
    if r["name"] == "error":
        index = np.searchsorted(curve.times, float(r["at"]), side="right") - 1
        return float(curve.standard_error[index]) if index >= 0 else 0.0
    return getattr(curve.at(float(r["at"])), r["name"])


@cache
def _test(case: str, method: str, group: str) -> Any:
    table = _table(case)
    if method == "log-rank":
        return log_rank(table["time"], table["event"], list(table[group]))
    return gray(table["time"], table["event"], list(table[group]), int(method.split()[1]))


def _incidence(case: str, method: str, r: Row) -> float | None:
    table = _table(case)
    part = table[_holding(case, r["group"])] == r["group"]
    curve = cumulative_incidence(table["time"][part], table["event"][part], int(method.split()[1]))
    if r["name"] == "error":
        index = np.searchsorted(curve.times, float(r["at"]), side="right") - 1
        return float(curve.standard_error[index]) if index >= 0 else 0.0
    return getattr(curve.at(float(r["at"])), r["name"])


def _columns(case: str, names: list[str]) -> np.ndarray[Any, Any]:
    return np.column_stack([_table(case)[name].astype(float) for name in names])


@cache
def _cox(case: str, method: str) -> CoxFit:
    table = _table(case)
    terms = [r["group"] for r in _r()[case, method] if r["name"] == "coefficient"]
    if terms[0].startswith(("arm", "group")):
        x, _, _ = indicators(list(table["arm" if terms[0].startswith("arm") else "group"]))
    else:
        x = _columns(case, terms)
    event = table["event"] == 1 if case in ("bmtcrr", "lesions") else table["event"]
    strata = {"bmtcrr": "Phase", "ties": "stratum"}
    return cox(
        table["time"], event, x, terms,
        clusters=range(len(x)) if method.endswith("robust") else
        list(table["patient"]) if method.endswith("clustered") else None,
        strata=list(table[strata[case]]) if method.endswith("strata") else None,
    )  # fmt: skip


def _of_cox(case: str, method: str, r: Row) -> float | None:
    fit = _cox(case, method)
    if r["group"] == "all":
        return getattr(fit, r["name"])
    return getattr(next(e for e in fit.effects if e.name == r["group"]), r["name"])


@cache
def _fine_gray(case: str, method: str) -> FineGrayFit:
    table = _table(case)
    terms = [r["group"] for r in _r()[case, method] if r["name"] == "coefficient"]
    clustered = method.endswith("clustered")
    cause = 1 if clustered else int(method.split()[1])
    clusters = list(table["patient"]) if clustered else None
    return fine_gray(table["time"], table["event"], _columns(case, terms), cause, terms, clusters)


def _of_fine_gray(case: str, method: str, r: Row) -> float | None:
    return getattr(next(e for e in _fine_gray(case, method).effects if e.name == r["group"]), r["name"])


def _concordance(case: str, method: str, r: Row) -> float | None:
    table = _table(case)
    clusters = list(table["patient"]) if method.endswith("clustered") else None
    given = table["time"], table["event"], table[r["group"]].astype(float)
    found = uno_c(*given, float(r["at"]), clusters=clusters) if "G2" in method else harrell_c(*given, clusters=clusters)
    return getattr(found, r["name"])


def _logistic(case: str, method: str, r: Row) -> float | None:
    table = _table(case)
    clusters = list(table["patient"]) if method.endswith("clustered") else None
    fit = logistic_dose_response(table["x1"], table["event"], clusters)
    places = {"d50": "d50_gy", "d50_lower": "d50_lower_gy", "d50_upper": "d50_upper_gy", "intercept": "intercept"}
    return getattr(fit, places[r["name"]]) if r["name"] in places else getattr(fit.per_gy, r["name"])


def _calibration(case: str, method: str, r: Row) -> float | None:
    table = _table(case)
    found = calibration(table["time"], table["event"], table["x2"], float(r["at"]), ["all"] * len(table["time"]))
    assert found.slope is not None
    return {"slope": found.slope.coefficient, "slope_error": found.slope.error, "brier": found.brier}[r["name"]]


def _landmark(case: str, method: str, r: Row) -> float | None:
    table = _table("ties")
    responded = np.where(table["x2"] == 1, 2.0, np.nan)
    found = landmark(
        table["time"], table["event"], responded, 3, method.removeprefix("km ") if "km" in method else "log"
    )
    assert found.test is not None
    assert found.hazard_ratio is not None
    assert found.responders is not None
    assert found.others is not None
    if method == "log-rank":
        return getattr(found.test, r["name"])
    if method == "cox":
        where = found.hazard_ratio if r["group"] == "all" else found.hazard_ratio.effects[0]
        return getattr(where, r["name"])
    curve = found.responders if r["group"] == "responder" else found.others
    of_median = {"median": curve.median, "0.95LCL": curve.median_lower, "0.95UCL": curve.median_upper}
    if r["name"] in of_median:
        return of_median[r["name"]]
    if r["name"] == "error":
        index = np.searchsorted(curve.times, float(r["at"]), side="right") - 1
        return float(curve.standard_error[index]) if index >= 0 else 0.0
    return getattr(curve.at(float(r["at"])), r["name"])


def _size(_: str, method: str, r: Row) -> float | None:
    given = [float(word) for word in r["group"].split()]
    if method == "single arm exact":
        threshold, expected, alpha, power = given
        return getattr(single_arm(threshold, expected, alpha, power), r["name"])
    if method == "two arms fisher power":
        return fisher_power(int(given[0]), 0.05, 0.4, 0.05)
    control, treated, alpha, power = given
    return two_arms(control, treated, alpha, power).exact_per_arm


METHODS = {
    "km": _kaplan_meier,
    "log-rank": lambda case, method, r: getattr(_test(case, method, r["group"]), r["name"]),
    "gray": lambda case, method, r: getattr(_test(case, method, r["group"]), r["name"]),
    "incidence": _incidence,
    "cox": _of_cox,
    "fine-gray": _of_fine_gray,
    "concordance": _concordance,
    "logistic": _logistic,
    "calibration": _calibration,
    "single": _size,
    "two": _size,
}


def deviations(case: str, method: str) -> Iterator[float]:
    """Each number's deviation from R's."""
    computed = _landmark if case == "ties from 3" else METHODS[method.split()[0]]
    for r in _r()[case, method]:
        yield _same(computed(case, method, r), r)


@pytest.mark.parametrize(("case", "method"), sorted(_r()))
def test_as_r(case: str, method: str) -> None:
    assert max(deviations(case, method)) < CLOSE


def _given(row: Row) -> Iterator[tuple[float | None, float]]:
    """Ours and R's for one row of r_reference.csv: the value and its limits."""
    table, what = _table(row["dataset"]), row["quantity"]
    time, event = table["time"], table["event"]
    theirs = [float(row[k]) for k in ("value", "lower_95", "upper_95") if row[k]]
    ours: list[float | None]
    if what.startswith("cumulative"):
        at = cumulative_incidence(time, event, int(what.split()[-1])).at(float(row["at"]))
        ours = [at.incidence, at.lower, at.upper]
    elif what.startswith("Gray"):
        ours = [gray(time, event, list(table["D"]), int(what.split()[-1])).chi2]
    elif what.startswith("Fine-Gray"):
        fit = fine_gray(time, event, _columns("bmtcrr", ["age", "male", "aml"]), 1, ["age", "male", "aml"])
        one = next(e for e in fit.effects if e.name == what.split()[-1])
        ours = [one.coefficient, math.log(one.lower), math.log(one.upper)]
    elif what.startswith("KM"):
        survival = kaplan_meier(time, event).at(float(row["at"]))
        ours = [survival.survival, survival.lower, survival.upper]
    elif what.startswith("median"):
        curve = kaplan_meier(time, event)
        ours = [curve.median, curve.median_lower, curve.median_upper]
    elif what.startswith("log-rank"):
        ours = [log_rank(time, event, list(table["arm"])).chi2]
    else:
        x, names, _ = indicators(list(table["arm"]))
        one = cox(time, event, x, names).effects[0]
        ours = [one.ratio, one.lower, one.upper]
    assert len(ours) == len(theirs)
    yield from zip(ours, theirs, strict=True)


@pytest.mark.parametrize("row", _rows("r_reference.csv"), ids=lambda r: f"{r['dataset']} {r['quantity']} {r['at']}")
def test_as_the_reference_file(row: Row) -> None:
    for ours, theirs in _given(row):
        assert ours == pytest.approx(theirs, abs=CLOSE, rel=CLOSE)
