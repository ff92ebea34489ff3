"""Forest plot of published shares: every report with its interval, pooled where it may be, the reasons beneath."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib

from spondyl.clinic.evidence import Outcome, Pool, Share, share
from spondyl.core import DISCLAIMER, writing

matplotlib.use("Agg")
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

WIDTH_IN = 11.0
ROW_IN, LINE_IN, TOP_IN, AXIS_IN = 0.26, 0.165, 0.85, 0.62
LEFT, RIGHT = 0.40, 0.68
SMALL, BODY = 7.5, 8.5
WRAP = 180
INK, QUIET, POOLED = "#1a1a1a", "#6b6b6b", "#0b6e99"
HOW = {
    "exact": "square: events of n, exact 95 % interval (Clopper-Pearson)",
    "printed ci95": "circle: time-to-event estimate or share with the 95 % interval its paper prints",
    "none": "open circle: no number at risk and no interval printed, so none is drawn",
    "printed range": "dashed: a range over several reports, no interval",
    "printed bound": "arrow: printed only as more or less than this",
}


@dataclass(frozen=True)
class Line:
    """A row of the plot; `above` counts the rows of its measure over a pool."""

    label: str
    bold: bool = False
    shown: Share | None = None
    numbers: str = ""
    pool: Pool | None = None
    above: int = 0


def draw_forest(rows: Sequence[Outcome], pools: Sequence[Pool], title: str, folder: Path) -> list[Path]:
    """Write forest.png and forest.svg of the rows that give a share; nothing where none does.

    Parameters
    ----------
    rows
        Outcomes as `evidence` gives them; one heading a treatment and measure.
    pools
        As `pool_evidence` gives them for these rows; empty where no pooling was asked.
    title
        First line.
    folder
        Where to write.
    """
    figure = forest_figure(rows, pools, title)
    return [_save(figure, folder / f"forest.{kind}") for kind in ("png", "svg")] if figure is not None else []


def forest_figure(rows: Sequence[Outcome], pools: Sequence[Pool], title: str) -> Figure | None:
    """The plot itself, its height by the number of rows; None where no row gives a share."""
    lines = forest_lines(rows, pools)
    if not lines:
        return None
    foot = _foot(lines, pools)
    height = TOP_IN + ROW_IN * (len(lines) + 1) + AXIS_IN + LINE_IN * (len(foot) + 2)
    figure = Figure(figsize=(WIDTH_IN, height), facecolor="white")
    bottom = (AXIS_IN + LINE_IN * (len(foot) + 2)) / height
    axes = figure.add_axes((LEFT, bottom, RIGHT - LEFT, ROW_IN * (len(lines) + 1) / height))
    _axes(axes, len(lines))
    for y, line in enumerate(lines):
        _line(axes, y, line)
    figure.text(0.012, 1 - 0.28 / height, title, fontsize=12, fontweight="bold", color=INK, va="center")
    figure.text(0.012, 1 - 0.55 / height, DISCLAIMER, fontsize=SMALL, color=QUIET, va="center")
    for i, text in enumerate(foot):
        y = (LINE_IN * (len(foot) + 0.6 - i)) / height
        figure.text(0.012, y, text, fontsize=SMALL, color=INK if text.endswith(":") else QUIET, va="center")
    return figure


def _save(figure: Figure, path: Path) -> Path:
    with matplotlib.rc_context({"svg.hashsalt": "spondyl", "svg.fonttype": "none"}), writing(path) as temporary:
        kind = path.suffix[1:]
        figure.savefig(temporary, format=kind, dpi=160, metadata={"Date": None} if kind == "svg" else None)
    return path


def forest_lines(rows: Sequence[Outcome], pools: Sequence[Pool]) -> list[Line]:
    """The rows of the plot: a heading for each treatment and measure, its reports by time, its pools."""
    groups: dict[tuple[str, str], list[tuple[Outcome, Share]]] = {}
    for row in rows:
        shown = share(row)
        if shown is not None:
            groups.setdefault((row.modality, row.measure), []).append((row, shown))
    lines: list[Line] = []
    for (modality, measure), listed in groups.items():
        lines.append(Line(f"{modality}: {_plain(measure)}", bold=True))
        for row, shown in sorted(listed, key=lambda one: (one[0].months is None, one[0].months or 0.0)):
            lines.append(Line(f"{row.id}  {row.name}{_when(row)}", shown=shown, numbers=_numbers(row, shown, pools)))
        for pool in pools:
            if (pool.modality, pool.measure) == (modality, measure):
                found = pool.pooled is not None
                lines.append(Line(_pool_label(pool), found, pool=pool, numbers=_pooled(pool), above=len(listed)))
    return lines


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _when(row: Outcome) -> str:
    return f", {row.timepoint}" if row.timepoint else ""


def _numbers(row: Outcome, shown: Share, pools: Sequence[Pool]) -> str:
    if shown.percent is None:
        printed = f"{shown.low:g}-{shown.high:g} %" if shown.low is not None and shown.high is not None else row.text
        return f"{printed} (no interval)"
    if shown.how == "none" and not row.complement:
        return row.text
    interval = f" ({shown.low:.1f} to {shown.high:.1f})" if shown.low is not None and shown.high is not None else ""
    counts = f"{shown.events}/{shown.n}, " if shown.n else ""
    weights = [
        f"; weight {pool.pooled.weights_percent[i]:.0f} %"
        for pool in pools
        if pool.pooled is not None
        for i, one in enumerate(pool.included)
        if one.outcome.id == row.id
    ]
    return f"{counts}{shown.percent:.1f} %{interval}{weights[0] if weights else ''}"


def _pool_label(pool: Pool) -> str:
    time = pool.time.removeprefix("over each study's ")
    return f"pooled, {time}" if pool.pooled else f"{time}: not pooled, {len(pool.included)} of 2 independent studies"


def _pooled(pool: Pool) -> str:
    if pool.pooled is None:
        return ""
    found = pool.pooled
    return f"{100 * found.share:.1f} % ({100 * found.low:.1f} to {100 * found.high:.1f}), I² {found.i2_percent:.0f} %"


def _axes(axes: Axes, count: int) -> None:
    axes.set_xlim(-2, 102)
    axes.set_ylim(count - 0.4, -0.8)
    axes.set_yticks([])
    axes.set_xticks([0, 20, 40, 60, 80, 100])
    axes.tick_params(labelsize=BODY)
    axes.set_xlabel("share, %", fontsize=BODY)
    axes.grid(axis="x", color="#e4e4e4", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)


def _line(axes: Axes, y: int, line: Line) -> None:
    weight = "bold" if line.bold else "normal"
    style = "italic" if line.pool is not None and line.pool.pooled is None else "normal"
    left = (0.012 - LEFT) / (RIGHT - LEFT)
    beside = axes.get_yaxis_transform()
    colour = POOLED if line.pool is not None and line.pool.pooled else QUIET if line.pool is not None else INK
    axes.text(
        left, y, line.label, transform=beside, fontsize=BODY, weight=weight, style=style, color=colour, va="center"
    )
    axes.text(1.02, y, line.numbers, transform=beside, fontsize=BODY, weight=weight, color=colour, va="center")
    if line.shown is not None:
        _mark(axes, y, line.shown)
    if line.pool is not None and line.pool.pooled is not None:
        _diamond(axes, y, line.pool, line.above)


def _mark(axes: Axes, y: int, shown: Share) -> None:
    for at, marker in ((shown.high, "<"), (shown.low, ">")) if shown.how == "printed bound" else ():
        if at is not None:
            axes.plot(at, y, marker=marker, color=QUIET, markersize=5, clip_on=False)
    if shown.low is not None and shown.high is not None:
        dashed = shown.how == "printed range"
        axes.plot([shown.low, shown.high], [y, y], color=INK, linewidth=1.2, linestyle=(0, (2, 2)) if dashed else "-")
    if shown.percent is not None:
        filled = shown.how != "none"
        marker = "s" if shown.how == "exact" else "o"
        axes.plot(
            shown.percent, y, marker=marker, markersize=5, color=INK, markerfacecolor=INK if filled else "white",
            clip_on=False,
        )  # fmt: skip


def _diamond(axes: Axes, y: int, pool: Pool, above: int) -> None:
    found = pool.pooled
    assert found is not None
    low, mid, high = 100 * found.low, 100 * found.share, 100 * found.high
    if found.prediction is not None:
        axes.plot([100 * p for p in found.prediction], [y, y], color=POOLED, linewidth=1.0)
    axes.add_patch(
        Polygon([(low, y), (mid, y - 0.3), (high, y), (mid, y + 0.3)], closed=True, color=POOLED, alpha=0.85)
    )
    axes.plot([mid, mid], [y - above - 0.5, y], color=POOLED, linewidth=0.7, linestyle=":")


def _foot(lines: Sequence[Line], pools: Sequence[Pool]) -> list[str]:
    shown = {line.shown.how for line in lines if line.shown is not None}
    said = [text for how, text in HOW.items() if how in shown]
    for pool in pools:
        if pool.pooled is not None:
            said += method_lines(pool)
    told = exclusions(pools)
    if told:
        said.append("Left out of pooling:")
        said += told
    return [piece for text in said for piece in textwrap.wrap(text, WRAP, subsequent_indent="    ")]


def method_lines(pool: Pool) -> list[str]:
    """How a pool was computed, in sentences for people."""
    found = pool.pooled
    if found is None:
        return []
    lines = [
        f"{_plain(pool.measure)}, {pool.time}: {found.studies} studies, random effects on the {found.scale} scale, "
        f"{found.tau} tau² {found.tau2:.3g}; diamond: Hartung-Knapp 95 % interval; "
        f"Q {found.q:.2f} (P {found.q_p:.2g}), I² {found.i2_percent:.0f} %"
    ]
    if found.prediction is not None:
        low, high = (100 * p for p in found.prediction)
        lines.append(f"line through the diamond: 95 % prediction interval of a new study, {low:.1f} to {high:.1f} %")
    else:
        lines.append("no prediction interval: it needs 3 studies. With so few, the interval is wide and I² says little")
    if found.continuity:
        names = ", ".join(pool.included[i].outcome.name for i in found.continuity)
        lines.append(f"0.5 was added to events and non-events of {names}, which have none or only events")
    if pool.extremes is not None:
        low, high = (100 * p for p in pool.extremes)
        counts = "; ".join(
            f"{one.outcome.name} {one.proportion.how}"
            for one in pool.included
            if one.proportion.low_events != one.proportion.high_events
        )
        lines.append(
            f"counts from rounded percentages ({counts}): the pooled share lies between {low:.1f} and {high:.1f} %"
        )
    return lines


def exclusions(pools: Sequence[Pool]) -> list[str]:
    """Reasons, each once, with the rows they hold for."""
    by_reason: dict[str, dict[str, None]] = {}
    for pool in pools:
        for one in pool.excluded:
            by_reason.setdefault(one.reason, {})[f"{one.outcome.id} {one.outcome.name}"] = None
    return [f"{', '.join(rows)}: {reason}" for reason, rows in by_reason.items()]
