"""How figures look: one face, colours that colour-blind eyes tell apart, and a quiet line of what they are."""

from __future__ import annotations

import textwrap
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import matplotlib

from spondyl.core import DISCLAIMER, writing

matplotlib.use("Agg")
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, QUIET, GRID = "#1a1a1a", "#5c5c5c", "#e3e3e3"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe & Ito 2008, in an order that also differs in grey; lines differ by dash too."""
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)), (0, (3, 1)), (0, (8, 3)))
TITLE_PT, BODY_PT, SMALL_PT, FOOT_PT = 10.0, 8.5, 7.5, 6.0
WIDTH_IN = 5.6
LEFT_IN, RIGHT_IN, LINE_IN = 0.85, 0.30, 0.17
SMALL_WIDTH_IN = 0.061
"""Of a letter of `SMALL_PT` in the widest of `FONTS`, on average."""
FOOT_WIDTH_IN = SMALL_WIDTH_IN * FOOT_PT / SMALL_PT
"""The same of `FOOT_PT`."""
FONTS = ["Arial", "Liberation Sans", "Helvetica", "DejaVu Sans"]
DPI = 300


def new_figure(
    body_in: float, title: str, told: str, about: str, width_in: float = WIDTH_IN
) -> tuple[Figure, float, float]:
    """A white figure with its title, what it counts, and the line at its foot.

    Parameters
    ----------
    body_in
        Height of what is drawn, its axes' labels included.
    told
        What it counts; wrapped to the width.
    about
        What the cohort is: stands at the foot with the disclaimer, cut where it is longer than the line.

    Returns
    -------
    tuple
        The figure, the height of its head and its whole height in inches.
    """
    lines = [
        line
        for part in told.split("\n")
        for line in textwrap.wrap(part, int((width_in - 0.25) / SMALL_WIDTH_IN)) or [""]
    ]
    head = 0.45 + LINE_IN * len(lines)
    height = head + body_in
    figure = Figure(figsize=(width_in, height), facecolor="white")
    figure.text(0.02, 1 - 0.17 / height, title, fontsize=TITLE_PT, fontweight="bold", color=INK, va="center")
    for i, line in enumerate(lines):
        y = 1 - (0.37 + LINE_IN * i) / height
        figure.text(0.02, y, line, fontsize=SMALL_PT, color=QUIET, va="center")
    room = int((width_in - 0.2) / FOOT_WIDTH_IN) - len(DISCLAIMER) - 2
    foot = f"{about if len(about) <= room else about[: room - 1] + '…'}. {DISCLAIMER}"
    figure.text(0.02, 0.09 / height, foot, fontsize=FOOT_PT, color=QUIET, va="center")
    return figure, head, height


def axes_in(figure: Figure, left: float, bottom: float, right: float, top: float) -> Axes:
    """Axes with these margins in inches."""
    width, height = figure.get_size_inches()
    axes = figure.add_axes(
        (left / width, bottom / height, (width - left - right) / width, (height - bottom - top) / height)
    )
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=SMALL_PT, colors=INK)
    axes.set_axisbelow(True)
    return axes


def month_ticks(last: float) -> list[float]:
    """Ticks in months from 0 to beyond `last`: at most ten, in steps of the follow-up schedule.

    >>> month_ticks(39.1), month_ticks(5.0), month_ticks(0.0)
    ([0.0, 6.0, 12.0, 18.0, 24.0, 30.0, 36.0, 42.0], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0], [0.0, 1.0])
    """
    step = next((step for step in (1, 2, 3, 6, 12, 24, 36, 60, 120) if last <= 9 * step), 240)
    count = max(1, -(-int(1000 * last) // int(1000 * step)))
    return [float(step * i) for i in range(count + 1)]


def say(figure: Figure, text: str) -> None:
    """A sentence where there is nothing to draw."""
    figure.text(0.5, 0.5, text, fontsize=BODY_PT, color=QUIET, ha="center", va="center", wrap=True)


def looking() -> AbstractContextManager[None]:
    """How texts are set while a figure is drawn or written: names as they are, a `$` in them no sign of TeX."""
    look: dict[Any, Any] = {
        "svg.hashsalt": "spondyl",
        "svg.fonttype": "path",
        "font.family": "sans-serif",
        "font.sans-serif": FONTS,
        "text.parse_math": False,
    }
    return matplotlib.rc_context(look)


def save(figure: Figure, path: Path) -> Path:
    """Write a figure as PNG or SVG, by the path's suffix, whole or not at all."""
    kind = path.suffix[1:]
    with looking(), writing(path) as temporary:
        figure.savefig(temporary, format=kind, dpi=DPI, metadata={"Date": None} if kind == "svg" else None)
    return path
