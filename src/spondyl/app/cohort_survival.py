"""Survival of any table: the record that `spondyl cohort survival --json` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from spondyl.app.cohort_table import SurvivalTable
from spondyl.core.errors import StatisticsError
from spondyl.followup.statistics import (
    Effect,
    GroupTest,
    cox,
    cumulative_incidence,
    fine_gray,
    gray,
    group_names,
    indicators,
    kaplan_meier,
    log_rank,
)

Record = dict[str, Any]


def survival_record(table: SurvivalTable, cause: str | None, at: Sequence[float]) -> Record:
    """Estimates by group and tests between groups; None with a `reason` where a number does not exist.

    With a cause, Kaplan-Meier, log-rank and Cox are those of its cause-specific hazard (other causes censored);
    cumulative incidence, Gray's test and Fine-Gray are the ones that let the causes compete. `cause` comes first, the
    other ones after it.

    Parameters
    ----------
    table
        Clean columns.
    cause
        The code asked for, None for plain survival.
    at
        Times of the estimates.
    """
    times, codes = np.array(table.times), np.array(table.events)
    causes = _ordered(table, cause)
    happened = codes == causes[0][0] if causes else codes > 0
    groups = list(table.groups) if table.groups is not None else None
    parts = list(_parts(groups, len(times)))
    compared = groups if groups is not None and len(parts) > 1 else None
    record: Record = {
        "kaplan_meier": [_survival(name, times[part], happened[part], at) for name, part in parts],
        "cumulative_incidence": [
            _incidence(name, code, label, times[part], codes[part], at)
            for code, label in causes
            for name, part in parts
        ],
        "log_rank": _test(log_rank(times, happened, compared)) if compared else None,
        "gray": [{"cause": label, **_test(gray(times, codes, compared, code))} for code, label in causes]
        if compared
        else [],
        "cox": _ratios("hazard_ratio", times, happened, compared, None) if compared else None,
    }
    if causes:
        code, label = causes[0]
        found = _ratios("subdistribution_hazard_ratio", times, codes, compared, code) if compared else None
        record["fine_gray"] = {"cause": label, **found} if isinstance(found, dict) else found
    record["notes"] = list(table.notes)
    return record


def _ordered(table: SurvivalTable, cause: str | None) -> list[tuple[int, int | str]]:
    """Code in the events and label of each cause, the one asked for first; none without causes."""
    if cause is None:
        return []
    labels = [int(label) if label.isdigit() else label for label in table.causes]
    wanted = cause.strip().removesuffix(".0")
    asked = int(wanted) if wanted.isdigit() else cause.strip()
    return sorted(enumerate(labels, start=1), key=lambda pair: (pair[1] != asked, pair[0]))


def _parts(groups: Sequence[str] | None, n: int) -> Iterator[tuple[str | None, Any]]:
    if groups is None:
        yield None, np.ones(n, dtype=bool)
        return
    labels = np.array(groups, dtype=object)
    for name in group_names(groups):
        yield name, labels == name


def _survival(group: str | None, times: Any, happened: Any, at: Sequence[float]) -> Record:
    curve = kaplan_meier(times, happened)
    return {
        "group": group,
        "n": curve.n,
        "events": curve.events,
        "median": curve.median,
        "median_lower_95": curve.median_lower,
        "median_upper_95": curve.median_upper,
        "at": [
            {
                "time": point.time,
                "n_at_risk": point.n_at_risk,
                "survival": point.survival,
                "lower_95": point.lower,
                "upper_95": point.upper,
                **_reason(point.reason),
            }
            for point in map(curve.at, at)
        ],
    }


def _incidence(group: str | None, code: int, label: int | str, times: Any, codes: Any, at: Sequence[float]) -> Record:
    curve = cumulative_incidence(times, codes, code)
    return {
        "group": group,
        "cause": label,
        "events": int((codes == code).sum()),
        "at": [
            {
                "time": point.time,
                "n_at_risk": point.n_at_risk,
                "incidence": point.incidence,
                "lower_95": point.lower,
                "upper_95": point.upper,
                **_reason(point.reason),
            }
            for point in map(curve.at, at)
        ],
    }


def _test(test: GroupTest) -> Record:
    return {"chi2": test.chi2, "df": test.df, "p": test.p, **_reason(test.reason)}


def _ratios(name: str, times: Any, events: Any, groups: Any, cause: int | None) -> Record | list[Record]:
    """Each group against the first: one record of two groups, a list of more.

    A group without an event goes to minus infinity, where it no longer counts: the others are fitted without it.
    """
    _, others, reference = indicators(groups)
    happened = events > 0 if cause is None else events == cause
    eventful = np.isin(np.array(groups, dtype=object), [g for g, e in zip(groups, happened, strict=True) if e])
    with_events = {g for g, e in zip(groups, eventful, strict=True) if e}
    nothing = {name: None, "lower_95": None, "upper_95": None, "p": None, "reference": reference}
    ratios: dict[str, Record] = {}
    why = "" if reference in with_events else f"the reference {reference} has no event"
    if not why and len(with_events) > 1:
        columns, kept, _ = indicators([g for g, e in zip(groups, eventful, strict=True) if e])
        given = times[eventful], events[eventful], columns
        try:
            fit = cox(*given, kept) if cause is None else fine_gray(*given, cause, kept)
            ratios = {one.name: _ratio(name, one, reference) for one in fit.effects}
        except StatisticsError as error:
            why = str(error)
    found = [
        ratios.get(other) or {**nothing, "group": other, "reason": why or f"{other} has no event"} for other in others
    ]
    return found[0] if len(found) == 1 else found


def _ratio(name: str, one: Effect, reference: str) -> Record:
    values = {name: one.ratio, "lower_95": one.lower, "upper_95": one.upper, "p": one.p}
    return {**values, "reference": reference, "group": one.name}


def _reason(text: str) -> Record:
    return {"reason": text} if text else {}
