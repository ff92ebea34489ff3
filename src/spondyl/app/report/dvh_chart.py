"""The DVH as one SVG for screen and print, with the numbers beside it for hovering."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spondyl.app.report.inputs import Curve, Goal
from spondyl.app.report.numbers import plain, three
from spondyl.app.report.styles import LineStyle

WIDTH, HEIGHT = 760.0, 400.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 14.0, 12.0, 44.0
HOVER_POINTS = 401


@dataclass(frozen=True)
class DvhLine:
    """A curve's path and its numbers: volume % at equal steps of dose."""

    key: int
    name: str
    style: LineStyle
    path: str
    volume_cm3: str
    note: str
    volumes: tuple[float, ...]


@dataclass(frozen=True)
class Mark:
    """A limit at its metric: a triangle that points to where the curve must lie; filled where mandatory."""

    key: int
    points: str
    colour: str
    filled: bool
    title: str


@dataclass(frozen=True)
class DvhChart:
    """What a template needs to draw the DVH."""

    lines: tuple[DvhLine, ...]
    marks: tuple[Mark, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    dose_max_gy: float
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT
    top: float = TOP
    bottom: float = HEIGHT - BOTTOM

    def hover(self) -> dict[str, object]:
        """Plain numbers for the page's script."""
        curves = [{"key": c.key, "name": c.name, "cm3": c.volume_cm3, "v": c.volumes} for c in self.lines]
        box = {
            "l": self.left,
            "r": self.right,
            "t": self.top,
            "b": self.bottom,
            "w": self.width,
            "h": self.height,
        }
        return {"max": self.dose_max_gy, "curves": curves, "box": box}


def draw_dvh(
    curves: tuple[Curve, ...],
    goals: tuple[Goal, ...],
    styles: Mapping[str, tuple[int, LineStyle]],
    to_gy: float | None = None,
) -> DvhChart | None:
    """The chart of all `curves` up to `to_gy` with the limits of `goals`; None where there is no curve."""
    if not curves:
        return None
    highest = max(_highest_dose(c) for c in curves)
    highest = highest if to_gy is None else min(highest, to_gy)
    step = next(s for s in (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0) if highest / s <= 12)
    dose_max = step * math.ceil(highest * 1.02 / step)
    by_name = {c.structure: c for c in curves}
    marks = [_mark(g, by_name[g.structure], styles[g.structure], dose_max) for g in goals if g.structure in by_name]
    return DvhChart(
        lines=tuple(_line(c, *styles[c.structure], dose_max) for c in _in_order(curves, styles)),
        marks=tuple(m for m in marks if m is not None),
        x_ticks=tuple((_x(d, dose_max), plain(d) if d else "0") for d in np.arange(0, dose_max + step / 2, step)),
        y_ticks=tuple((_y(v), str(v)) for v in range(0, 101, 20)),
        dose_max_gy=dose_max,
    )


def _in_order(curves: tuple[Curve, ...], styles: Mapping[str, tuple[int, LineStyle]]) -> list[Curve]:
    """What shows at first before what does not, each in the legend's order."""
    return sorted(curves, key=lambda c: (not styles[c.structure][1].shown, styles[c.structure][0]))


def mark_position(goal: Goal, volume_cm3: float) -> tuple[float, float, bool] | None:
    """Dose in Gy and volume in % where a goal's limit lies, and whether the limit is one of dose.

    None for what is not a point of the DVH (a mean) or a limit that is unknown.

    >>> mark_position(Goal("cord", "D0.03cc", "<=", 25, 20, "Gy", "mandatory", "pass"), 3.0)
    (25.0, 1.0, True)
    >>> mark_position(Goal("cord", "V10Gy", "<=", 10, 4, "%", "mandatory", "pass"), 3.0)
    (10.0, 10.0, False)
    """
    if goal.limit is None or volume_cm3 <= 0:
        return None
    metric = goal.metric.replace(" ", "")
    at = {"Dmax": 0.0, "Dmin": 100.0}.get(metric)
    if at is not None:
        return float(goal.limit), at, True
    if found := re.fullmatch(r"D([\d.]+)(%|cc|cm3|cm³)?", metric):
        amount = float(found[1])
        percent = amount if found[2] in ("%", None) else 100 * amount / volume_cm3
        return (float(goal.limit), percent, True) if percent <= 100 else None
    if found := re.fullmatch(r"V([\d.]+)Gy(_cc|_cm3)?", metric):
        percent = 100 * goal.limit / volume_cm3 if found[2] or goal.unit in ("cm3", "cc") else goal.limit
        return (float(found[1]), float(percent), False) if percent <= 100 else None
    return None


def _highest_dose(curve: Curve) -> float:
    some = curve.dose_gy[curve.volume_percent > 1e-3]
    return float(some[-1]) if len(some) else 0.0


def _x(dose_gy: float, dose_max: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * dose_gy / dose_max


def _y(percent: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * percent / 100.0


def _line(curve: Curve, key: int, style: LineStyle, dose_max: float) -> DvhLine:
    doses = np.linspace(0, dose_max, HOVER_POINTS)
    volumes = np.interp(doses, curve.dose_gy, curve.volume_percent, left=float(curve.volume_percent[0]), right=0.0)
    path = "M" + "L".join(
        f"{_x(d, dose_max):.1f} {_y(v):.1f}" for d, v in zip(doses, volumes, strict=True) if v > 0.005 or d == 0
    )
    rounded = tuple(round(float(v), 2) for v in volumes)
    covered = float(curve.volume_percent[0])
    note = f", {three(covered)} % of it on the grid" if covered < 99.5 else ""
    return DvhLine(key, curve.structure, style, path, three(curve.volume_cm3), note, rounded)


def _mark(goal: Goal, curve: Curve, style: tuple[int, LineStyle], dose_max: float) -> Mark | None:
    where = mark_position(goal, curve.volume_cm3)
    if where is None or where[0] > dose_max:
        return None
    x, y, of_dose = _x(where[0], dose_max), _y(where[1]), where[2]
    along = 1 if goal.op.startswith(">") else -1
    a, b = (8.0 * along, 4.5) if of_dose else (4.5, -8.0 * along)
    corners = ((x, y - b), (x, y + b), (x + a, y)) if of_dose else ((x - a, y), (x + a, y), (x, y + b))
    points = " ".join(f"{u:.1f},{v:.1f}" for u, v in corners)
    title = f"{goal.structure} {goal.metric} {goal.op} {plain(goal.limit)} {goal.unit}, {goal.level}"
    return Mark(style[0], points, style[1].colour, goal.level == "mandatory", title)
