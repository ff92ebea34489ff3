"""The flow as a figure: boxes from the top down, those who leave to the right."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from spondyl.app.trial.flow import Box, Flow
from spondyl.app.trial.style import INK, SMALL_PT, new_figure

LINE_IN, PAD_IN, GAP_IN, BOX_IN = 0.155, 0.09, 0.30, 2.65
SIDE_IN, EDGE_IN = 0.35, 0.2
"""Between a box and what is beside it; between a box and the figure's edge."""
CHARACTERS, BOLD_CHARACTERS = 43, 36
"""Of a line in a box of `BOX_IN`, and of its bold heading."""


@dataclass(frozen=True)
class Placed:
    """A box on the figure, in inches from its lower left corner."""

    lines: tuple[tuple[str, bool], ...]
    left: float
    bottom: float
    height: float

    @property
    def middle(self) -> float:
        return self.left + BOX_IN / 2

    @property
    def top(self) -> float:
        return self.bottom + self.height


def draw_flow(flow: Flow, about: str) -> Figure:
    """The figure: the trunk, those who leave to its right, then a column an arm."""
    columns = len(flow.arms)
    trunk = [(_wrapped(box), _wrapped(side) if side else None) for box, side in flow.trunk]
    arms = [[_wrapped(box) for box in column] for column in flow.arms]
    rows = [max(_height(arms[c][r]) for c in range(columns)) for r in range(len(arms[0]))]
    gaps = [GAP_IN + (_height(side) + GAP_IN if side else 0.0) for _, side in trunk]
    body = sum(_height(box) for box, _ in trunk) + sum(gaps) + sum(rows) + GAP_IN * len(rows)
    beside = EDGE_IN + SIDE_IN + BOX_IN if any(side for _, side in trunk) else 0.0
    width = max(
        5.6, 2 * EDGE_IN + columns * BOX_IN + (columns - 1) * SIDE_IN, 2 * beside if columns > 1 else beside + 2
    )
    centre = width / 2 if columns > 1 or not beside else (width - beside + EDGE_IN) / 2 + 0.3
    figure, head, height = new_figure(body, "Flow of patients", f"after {flow.guideline}", about, width)
    y, above = height - head, None
    for (box, side), gap in zip(trunk, gaps, strict=True):
        placed = Placed(box, centre - BOX_IN / 2, y - _height(box), _height(box))
        _draw(figure, placed)
        if above is not None:
            _arrow(figure, (above.middle, above.bottom), (placed.middle, placed.top))
        if side:
            other = Placed(side, centre + SIDE_IN, placed.bottom - GAP_IN - _height(side), _height(side))
            _draw(figure, other)
            level = other.bottom + other.height / 2
            _arrow(figure, (centre, level), (other.left, level))
        above, y = placed, placed.bottom - gap
    for c, column in enumerate(arms):
        left = centre - BOX_IN / 2 + (c - (columns - 1) / 2) * (BOX_IN + SIDE_IN)
        _column(figure, column, rows, left, y, above)
    return figure


def _column(
    figure: Figure,
    column: Sequence[tuple[tuple[str, bool], ...]],
    rows: list[float],
    left: float,
    y: float,
    above: Placed | None,
) -> None:
    for box, tall in zip(column, rows, strict=True):
        placed = Placed(box, left, y - _height(box), _height(box))
        _draw(figure, placed)
        if above is not None:
            _arrow(figure, (above.middle, above.bottom), (placed.middle, placed.top))
        above, y = placed, y - tall - GAP_IN


def _wrapped(box: Box) -> tuple[tuple[str, bool], ...]:
    """Lines that fit the box, each with whether it is bold: all of the heading is."""
    return tuple(
        (piece, i == 0)
        for i, line in enumerate(box.lines)
        for piece in textwrap.wrap(line, CHARACTERS if i else BOLD_CHARACTERS, subsequent_indent="   " if i else "")
    )


def _height(lines: Sequence[object]) -> float:
    return LINE_IN * len(lines) + 2 * PAD_IN


def _draw(figure: Figure, placed: Placed) -> None:
    width, height = figure.get_size_inches()
    figure.add_artist(
        FancyBboxPatch(
            (placed.left / width, placed.bottom / height), BOX_IN / width, placed.height / height,
            boxstyle="square,pad=0", facecolor="white", edgecolor=INK, linewidth=0.8,
        )
    )  # fmt: skip
    for i, (line, bold) in enumerate(placed.lines):
        y = placed.top - PAD_IN - LINE_IN * (i + 0.5)
        figure.text(
            (placed.left + PAD_IN) / width, y / height, line, fontsize=SMALL_PT, color=INK, va="center",
            fontweight="bold" if bold else "normal",
        )  # fmt: skip


def _arrow(figure: Figure, start: tuple[float, float], end: tuple[float, float]) -> None:
    width, height = figure.get_size_inches()
    ends = [(x / width, y / height) for x, y in (start, end)]
    figure.add_artist(
        FancyArrowPatch(*ends, arrowstyle="-|>", mutation_scale=8, linewidth=0.8, color=INK, shrinkA=0, shrinkB=0)
    )


def flow_rows(flow: Flow) -> list[Sequence[object]]:
    """The flow as data: column, step, line."""
    rows: list[Sequence[object]] = [("column", "step", "line")]
    for step, (box, side) in enumerate(flow.trunk):
        rows += [("all", step + 1, line) for line in box.lines]
        rows += [("left", step + 1, line) for line in (side.lines if side else ())]
    for c, column in enumerate(flow.arms):
        for step, box in enumerate(column):
            rows += [(f"arm {c + 1}", len(flow.trunk) + step + 1, line) for line in box.lines]
    return rows
