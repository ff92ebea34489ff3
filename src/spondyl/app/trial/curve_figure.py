"""Curves over time: survival or cumulative incidence, with bands, censor marks and the numbers at risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from spondyl.app.trial.outcomes import ALL, FEW, Group, Outcome
from spondyl.app.trial.style import (
    BODY_PT,
    COLOURS,
    DASHES,
    GRID,
    INK,
    LEFT_IN,
    LINE_IN,
    QUIET,
    RIGHT_IN,
    SMALL_PT,
    SMALL_WIDTH_IN,
    axes_in,
    month_ticks,
    new_figure,
    say,
)

AXES_IN, AXIS_IN, FOOT_IN = 2.75, 0.52, 0.28
BESIDE_IN = 1.25
"""Room for the curves' names at their ends."""
APART = 0.058
"""Height of a line beside the curves, as a share of the axis: names neither touch each other nor leave the foot."""
PALE = 0.4
"""Opacity of a curve where few are at risk."""
LONGEST = 18
"""Letters of a name on the figure: longer ones leave no room for the curves, so a key over it spells them out."""
_COUNTED = ("death", "progression", "fracture", "reintervention")
Floats = NDArray[np.floating[Any]]


def draw_curves(outcome: Outcome, about: str) -> Figure:
    """The figure of an endpoint; a sentence where nobody can be told of."""
    groups, key = short_names(outcome.groups)
    below = AXIS_IN + LINE_IN * (len(groups) if len(groups) > 1 else 0) + FOOT_IN
    told = "\n".join((_subtitle(outcome), *key))
    figure, head, _ = new_figure(AXES_IN + below, outcome.asked.title, told, about)
    if not groups:
        say(figure, f"No {outcome.data.definition.unit} of this cohort has a known time.")
        return figure
    named = outcome.asked.kind == "incidence" or len(groups) > 1
    left = max(LEFT_IN, 0.3 + SMALL_WIDTH_IN * max(len(group.name) for group in groups))
    axes = axes_in(figure, left, below, BESIDE_IN if named else RIGHT_IN, head)
    ticks = _time_axis(axes, outcome)
    ends: list[tuple[float, str, str]] = []
    for i, group in enumerate(groups):
        ends += _draw(axes, group, outcome, COLOURS[i % len(COLOURS)], i)
    _value_axis(axes, outcome)
    if named:
        _name(axes, ends)
    _at_risk(figure, axes, groups, ticks)
    return figure


def short_names(groups: Sequence[Group]) -> tuple[tuple[Group, ...], tuple[str, ...]]:
    """Groups under names of at most `LONGEST` letters, and the lines that say what they stand for.

    Where one name is too long, all become "arm 1", "arm 2" in their order, so that no short name is taken for another.
    """
    if all(len(group.name) <= LONGEST for group in groups):
        return tuple(groups), ()
    short = tuple(replace(group, name=f"arm {i + 1}") for i, group in enumerate(groups))
    return short, tuple(f"{new.name}: {old.name}" for new, old in zip(short, groups, strict=True))


def _subtitle(outcome: Outcome) -> str:
    data, asked = outcome.data, outcome.asked
    total, unit = len(data.observations), data.definition.unit
    told = [f"{total} {unit}{'' if total == 1 else 's'}", times_of(data.count(1), asked.event_word)]
    if asked.competing_word:
        told.append(times_of(data.count(2), asked.competing_word))
    if data.unknown:
        told.append(f"{len(data.unknown)} not known and left out")
    if asked.competing_word and len(outcome.groups) > 1:
        told.append(f"full line: {asked.event_word}, dashed: {asked.competing_word}")
    told.append(f"band: 95 %, log-log; pale: fewer than {FEW} at risk")
    if asked.kind == "survival":
        told.append("|: censored")
    if outcome.test is not None and outcome.test.p is not None:
        told.append(f"{'log-rank' if asked.kind == 'survival' else 'Gray'} p = {outcome.test.p:.3g}")
    return "\n".join((", ".join(told), asked.caution)) if asked.caution else ", ".join(told)


def times_of(count: int, word: str) -> str:
    """A count of a word: "1 death", "6 deaths without it"."""
    plural = " ".join(f"{part}s" if part in _COUNTED else part for part in word.split())
    return f"{count} {word if count == 1 else plural}"


def _time_axis(axes: Axes, outcome: Outcome) -> list[float]:
    ticks = month_ticks(float(outcome.data.times_months.max()))
    axes.set_xlim(0, ticks[-1])
    axes.set_xticks(ticks)
    axes.set_xlabel("Months from the first day of treatment", fontsize=BODY_PT, color=INK)
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    return ticks


def _value_axis(axes: Axes, outcome: Outcome) -> None:
    top = 1.0
    if outcome.asked.kind == "incidence":
        highest = max(_highest(group) for group in outcome.groups)
        top = min(1.0, max(0.2, np.ceil(10 * highest + 1e-9) / 10))
        if highest == 0:
            word = f"no {outcome.asked.event_word}, no {outcome.asked.competing_word}"
            axes.text(0.5, 0.5, word, transform=axes.transAxes, fontsize=BODY_PT, color=QUIET, ha="center")
    axes.set_ylim(0, top * 1.005)
    axes.set_yticks([tick for tick in MaxNLocator(nbins=8, steps=[1, 2, 5, 10]).tick_values(0, top) if tick <= top])
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    label = outcome.asked.title if outcome.asked.kind == "survival" else "Cumulative incidence"
    axes.set_ylabel(label, fontsize=BODY_PT, color=INK)


def _highest(group: Group) -> float:
    assert group.incidence is not None
    assert group.competing is not None
    known = [group.incidence.incidence, group.competing.incidence, group.incidence.upper]
    return max(float(np.nanmax(np.where(np.isnan(values), 0.0, values))) for values in known)


def _draw(axes: Axes, group: Group, outcome: Outcome, colour: str, i: int) -> list[tuple[float, str, str]]:
    """Draw one group; return (value, name, colour) of the ends of its curves."""
    single = len(outcome.groups) == 1
    if group.survival is not None:
        curve = group.survival
        x, y = steps(curve.times, curve.survival, 1.0)
        _line(axes, x, y, group.few_from_months, colour, 1.6, DASHES[i % len(DASHES)] if not single else "-")
        _band(axes, curve.times, curve.lower, curve.upper, colour)
        marks = group.censored_months
        heights = [float(curve.survival[np.searchsorted(curve.times, t + 1e-6) - 1]) for t in marks]
        axes.plot(marks, heights, "|", color=colour, markersize=6.5, markeredgewidth=1.0, clip_on=False, zorder=4)
        return [(float(curve.survival[-1]), group.name, colour)]
    assert group.incidence is not None
    assert group.competing is not None
    x, y = steps(group.incidence.times, group.incidence.incidence, 0.0)
    _line(axes, x, y, group.few_from_months, colour, 1.6, "-")
    _band(axes, group.incidence.times, group.incidence.lower, group.incidence.upper, colour)
    ends = [(float(y[-1]), outcome.asked.event_word if single else group.name, colour)]
    x, y = steps(group.competing.times, group.competing.incidence, 0.0)
    shade = QUIET if single else colour
    _line(axes, x, y, group.few_from_months, shade, 1.1, (0, (4, 2)))
    return [*ends, (float(y[-1]), outcome.asked.competing_word, shade)] if single else ends


def _line(axes: Axes, x: Floats, y: Floats, few_from: float, colour: str, width: float, dash: Any) -> None:
    """A curve, pale from the time on after which few are at risk."""
    early, late = x <= few_from, x >= few_from
    axes.plot(x[early], y[early], color=colour, linewidth=width, linestyle=dash)
    axes.plot(x[late], y[late], color=colour, linewidth=width, linestyle=dash, alpha=PALE)


def steps(times: Floats, values: Floats, first: float) -> tuple[Floats, Floats]:
    """Corners of a step function that is `first` until the first time and `values` from each time on."""
    x = np.repeat(np.concatenate(([0.0], times)), 2)[1:]
    y = np.repeat(np.concatenate(([first], values)), 2)[:-1]
    return x, y


def _band(axes: Axes, times: Floats, lower: Floats, upper: Floats, colour: str) -> None:
    known = ~np.isnan(lower) & ~np.isnan(upper)
    if not known.any():
        return
    start = int(np.argmax(known))
    x = np.repeat(times[start:], 2)[1:]
    low, high = (np.repeat(values[start:], 2)[:-1] for values in (lower, upper))
    axes.fill_between(x, low, high, color=colour, alpha=0.16, linewidth=0)


def _name(axes: Axes, ends: list[tuple[float, str, str]]) -> None:
    """Names beside the ends of the curves, moved apart where they would touch, and down where they would rise above."""
    top, floor = axes.get_ylim()[1], 0.0
    placed: list[tuple[float, float, str, str]] = []
    for value, name, colour in sorted(ends):
        words = _wrapped(name)
        tall = APART * (words.count("\n") + 1)
        place = max(value / top, floor + tall / 2)
        placed.append((place, tall, words, colour))
        floor = place + tall / 2
    ceiling = 1.0
    for place, tall, words, colour in reversed(placed):
        y = min(place, ceiling - tall / 2)
        axes.text(1.015, y, words, transform=axes.transAxes, fontsize=SMALL_PT, color=colour, va="center")
        ceiling = y - tall / 2


def _wrapped(name: str, width: int = 18) -> str:
    lines = [""]
    for word in name.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


def _at_risk(figure: Figure, axes: Axes, groups: Sequence[Group], ticks: list[float]) -> None:
    """Numbers under the ticks, a row a group."""
    height = float(figure.get_size_inches()[1])
    box = axes.get_position()
    last = ticks[-1]
    y = box.y0 - (AXIS_IN + 0.02) / height
    figure.text(0.02, y, "At risk", fontsize=SMALL_PT, color=INK, va="center", fontweight="bold")
    single = len(groups) == 1 and groups[0].name == ALL
    for i, group in enumerate(groups):
        row = y - (LINE_IN * (i + (0 if single else 1))) / height
        colour = INK if single else COLOURS[i % len(COLOURS)]
        if not single:
            figure.text(0.02, row, group.name, fontsize=SMALL_PT, color=colour, va="center")
        for tick in ticks:
            x = box.x0 + box.width * tick / last
            figure.text(x, row, str(group.at_risk(tick)), fontsize=SMALL_PT, color=colour, ha="center", va="center")


def curve_rows(outcome: Outcome) -> list[Sequence[object]]:
    """The figure as data: every step of every curve."""
    rows: list[Sequence[object]] = [
        ("group", "curve", "months", "n_at_risk", "n_censored", "estimate", "lower_95", "upper_95")
    ]
    for group in outcome.groups:
        if group.survival is not None:
            one = group.survival
            steps_ = zip(one.times, one.n_at_risk, one.n_censored, one.survival, one.lower, one.upper, strict=True)
            rows += [(group.name, outcome.asked.title, *_told(step)) for step in steps_]
        for name, two in ((outcome.asked.event_word, group.incidence), (outcome.asked.competing_word, group.competing)):
            if two is not None:
                gone = [int(np.count_nonzero(np.isclose(group.censored_months, t))) for t in two.times]
                steps_ = zip(two.times, two.n_at_risk, gone, two.incidence, two.lower, two.upper, strict=True)
                rows += [(group.name, name, *_told(step)) for step in steps_]
    return rows


def _told(step: tuple[float, ...]) -> tuple[str, ...]:
    """Numbers as text; nothing where there is none."""
    return tuple("" if np.isnan(value) else f"{value:.6g}" for value in step)
