"""The verdict table: failed, unknown, optimal missed, passed, each with its margin as a small bar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spondyl.app.report.inputs import Goal
from spondyl.app.report.numbers import plain, signed, three
from spondyl.app.report.points import relative_margin
from spondyl.app.report.styles import LineStyle

BAR_FULL_SCALE = 0.25
"""Margin over limit at which the bar is full."""

_SIGNS = {"<=": "≤", ">=": "≥", "<": "<", ">": ">", "=": "=", "==": "="}


@dataclass(frozen=True)
class Row:
    """One goal in words: `word` is what colour says, for eyes that see none."""

    structure: str
    colour: str
    metric: str
    limit: str
    value: str
    margin: str
    bar: float | None
    level: str
    kind: str
    word: str
    source: str
    reason: str


def kind_of(goal: Goal) -> str:
    """ "fail", "unknown", "missed" (an optimal goal not met) or "pass"."""
    if goal.status == "unknown":
        return "unknown"
    if goal.status == "pass":
        return "pass"
    return "fail" if goal.level == "mandatory" else "missed"


_ORDER = ("fail", "unknown", "missed", "pass")
_WORDS = {"fail": "FAIL", "unknown": "unknown", "missed": "optimal missed", "pass": "pass"}


def rows(goals: tuple[Goal, ...], styles: Mapping[str, tuple[int, LineStyle]]) -> tuple[Row, ...]:
    """Rows sorted by what needs eyes first, within that mandatory first, least margin first."""
    ordered = sorted(goals, key=lambda g: (_ORDER.index(kind_of(g)), g.level != "mandatory", relative_margin(g)))
    return tuple(_row(g, styles) for g in ordered)


def _row(goal: Goal, styles: Mapping[str, tuple[int, LineStyle]]) -> Row:
    kind = kind_of(goal)
    share = relative_margin(goal)
    bar = None if share == float("inf") else max(-1.0, min(1.0, share / BAR_FULL_SCALE))
    style = styles.get(goal.structure)
    return Row(
        structure=goal.structure,
        colour=style[1].colour if style else "#999999",
        metric=goal.metric,
        limit=f"{_SIGNS.get(goal.op, goal.op)} {plain(goal.limit)} {goal.unit}"
        if goal.limit is not None
        else "unknown",
        value=f"{three(goal.value)} {goal.unit}" if goal.value is not None else "unknown",
        margin=f"{signed(goal.margin)} {goal.unit}" if goal.margin is not None else "",
        bar=bar,
        level=goal.level,
        kind=kind,
        word=_WORDS[kind],
        source=goal.source,
        reason=goal.reason,
    )


def headline(goals: tuple[Goal, ...], binding: tuple[str, ...] = ()) -> tuple[str, str]:
    """The verdict in one line, and its kind.

    >>> headline((Goal("GTV", "D98%", ">=", 27, 25, "Gy", "optimal", "fail"),), ("GTV D98% bound by the cord",))
    ('no mandatory goal, 0 of 1 optimal met; GTV D98% bound by the cord', 'missed')
    """
    if not goals:
        return "not judged: no goals", "unknown"
    text = ", ".join(_count(goals, level) for level in ("mandatory", "optimal"))
    unknown = sum(g.status == "unknown" for g in goals)
    if unknown:
        text += f", {unknown} unknown"
    kinds = {kind_of(g) for g in goals}
    return "; ".join((text, *binding[:2])), next(k for k in _ORDER if k in kinds)


def _count(goals: tuple[Goal, ...], level: str) -> str:
    of_level = [g for g in goals if g.level == level]
    if not of_level:
        return f"no {level} goal"
    return f"{sum(g.status == 'pass' for g in of_level)} of {len(of_level)} {level} met"
