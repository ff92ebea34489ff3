"""Flow diagram of the Kypho-IORT review: found, excluded, included."""

from __future__ import annotations

import textwrap
from pathlib import Path

import matplotlib

from spondyl.clinic.evidence import Screening
from spondyl.core import DISCLAIMER, writing

matplotlib.use("Agg")
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, QUIET = "#1a1a1a", "#6b6b6b"
WIDTH_IN, HEIGHT_IN = 7.6, 4.6


def draw_flow(counts: Screening, folder: Path) -> list[Path]:
    """Write flow.png and flow.svg."""
    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, WIDTH_IN)
    axes.set_ylim(0, HEIGHT_IN)
    axes.axis("off")
    axes.text(0.2, 4.33, "Kypho-IORT: studies of the review", fontsize=12, fontweight="bold", color=INK, va="center")
    axes.text(0.2, 4.05, DISCLAIMER, fontsize=8, color=QUIET, va="center")
    _box(axes, 2.0, 3.4, f"{counts.found} records found\nPubMed/MEDLINE alone")
    _box(axes, 5.7, 2.4, f"{counts.excluded} excluded\nno full text")
    _box(axes, 2.0, 1.4, f"{counts.included} studies included")
    arrow = {"arrowstyle": "-|>", "color": INK, "linewidth": 1.1, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=(2.0, 1.57), xytext=(2.0, 3.14), arrowprops=arrow)
    axes.annotate("", xy=(5.18, 2.4), xytext=(2.0, 2.4), arrowprops=arrow)
    said = f"{counts.found} - {counts.excluded} = {counts.included}: {counts.remark}."
    for i, text in enumerate(textwrap.wrap(said, 100)):
        axes.text(0.2, 0.72 - 0.19 * i, text, fontsize=8, color=INK, va="center")
    return [_save(figure, folder / f"flow.{kind}") for kind in ("png", "svg")]


def _box(axes: Axes, x: float, y: float, text: str) -> None:
    box = {"boxstyle": "round,pad=0.5", "facecolor": "#f2f5f7", "edgecolor": INK, "linewidth": 1.0}
    axes.text(x, y, text, fontsize=10, color=INK, ha="center", va="center", bbox=box)


def _save(figure: Figure, path: Path) -> Path:
    with matplotlib.rc_context({"svg.hashsalt": "spondyl", "svg.fonttype": "none"}), writing(path) as temporary:
        kind = path.suffix[1:]
        figure.savefig(temporary, format=kind, dpi=160, metadata={"Date": None} if kind == "svg" else None)
    return path
