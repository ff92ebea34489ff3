"""Pain figures: trajectories with medians, and a waterfall of the change."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.patches import Patch

from spondyl.app.trial.pain import Pain, Trajectory, quartiles
from spondyl.app.trial.style import (
    BODY_PT,
    GRID,
    INK,
    QUIET,
    SMALL_PT,
    axes_in,
    month_ticks,
    new_figure,
    say,
)
from spondyl.followup.endpoints import RESPONSES

AXES_IN, AXIS_IN, ROW_IN, LEGEND_IN = 2.5, 0.52, 0.34, 0.34
DUE: tuple[tuple[float, float], ...] = (
    (0.0, 0.0),
    (0.5, 0.35),
    (3.0, 1.0),
    (6.0, 1.5),
    (12.0, 3.0),
    (18.0, 3.0),
    (24.0, 3.0),
)
"""Months of the schedule of Mitsuyoshi 2025, and how far a score may lie from each: ours, so that no two overlap."""
LAST_MONTH = 24.0
FEW = 40
"""Up to as many bars of a waterfall carry names."""
RESPONSE_COLOURS = dict(zip(RESPONSES, ("#009E73", "#56B4E9", "#999999", "#D55E00"), strict=True)) | {
    "unknown": "#dddddd"
}
HATCHES = dict(zip(RESPONSES, ("", "", "", "////"), strict=True)) | {"unknown": "...."}


def draw_trajectories(pain: Pain, about: str) -> Figure:
    """Every painful lesion as a thin line, median and quartiles at the times of the schedule."""
    figure, head, height = new_figure(AXES_IN + AXIS_IN + ROW_IN, "Worst pain over time", _told(pain), about)
    if not pain.trajectories:
        say(figure, "No lesion of this cohort has pain recorded before treatment.")
        return figure
    axes = axes_in(figure, 0.85, AXIS_IN + ROW_IN, 0.3, head)
    last = min(LAST_MONTH, max(max(each.months) for each in pain.trajectories))
    ticks = month_ticks(last)
    axes.set_xlim(-0.02 * ticks[-1], ticks[-1] * 1.02)
    axes.set_xticks(ticks)
    axes.set_ylim(-0.3, 10.3)
    axes.set_yticks(range(0, 11, 2))
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    axes.set_xlabel("Months from the first day of treatment", fontsize=BODY_PT, color=INK)
    axes.set_ylabel("Worst pain, 0 to 10", fontsize=BODY_PT, color=INK)
    faint = min(0.7, max(0.12, 12 / len(pain.trajectories)))
    for each in pain.trajectories:
        axes.plot(each.months, each.scores, color="#9a9a9a", linewidth=0.8, alpha=faint, marker=".", markersize=2.5)
    found = [
        (due, known) for due, window in DUE if (known := quartiles(pain.trajectories, due, window)) and due <= ticks[-1]
    ]
    medians = [known[1] for _, known in found]
    spans = [[known[1] - known[2] for _, known in found], [known[3] - known[1] for _, known in found]]
    axes.errorbar(
        [due for due, _ in found], medians, spans, color="#0072B2", linewidth=1.8, marker="o", markersize=5, capsize=3,
        elinewidth=1.4, zorder=5, clip_on=False,
    )  # fmt: skip
    box = axes.get_position()
    y = box.y0 - (AXIS_IN + 0.02) / height
    figure.text(0.02, y, "Scores", fontsize=SMALL_PT, color=INK, va="center", fontweight="bold")
    low, high = axes.get_xlim()
    for due, known in found:
        shown = due if due != 0.5 else 0.5 + 0.02 * ticks[-1]
        x = box.x0 + box.width * (shown - low) / (high - low)
        figure.text(x, y, str(known[0]), fontsize=SMALL_PT, color=INK, ha="center", va="center")
    return figure


def _told(pain: Pain) -> str:
    told = [f"{len(pain.trajectories)} lesions with pain before treatment"]
    if pain.painless:
        told.append(f"{pain.painless} without")
    if pain.unscored:
        told.append(f"{pain.unscored} never asked")
    return ", ".join(told) + "; dots and bars: median, quartiles"


def draw_waterfall(pain: Pain, about: str) -> Figure:
    """Change of worst pain at the visit of the response, a bar a lesion, coloured by the consensus."""
    known = sorted(
        ((each.change, each) for each in pain.trajectories if each.change is not None),
        key=lambda found: (-found[0], found[1].patient, found[1].lesion_id),
    )
    absent = len(pain.trajectories) - len(known)
    subtitle = f"{len(known)} lesions with pain before treatment and a score then"
    if absent:
        subtitle += f"; {absent} without a score are not shown"
    title = "Change of worst pain at 3 months"
    figure, head, height = new_figure(AXES_IN + AXIS_IN + LEGEND_IN, title, subtitle, about)
    if not known:
        say(figure, "No lesion of this cohort has pain before treatment and a score at 3 months.")
        return figure
    axes = axes_in(figure, 0.85, AXIS_IN + LEGEND_IN, 0.3, head)
    for x, (change, each) in enumerate(known):
        axes.bar(
            x, change or 0.06, width=0.78, color=RESPONSE_COLOURS[each.response], hatch=HATCHES[each.response],
            edgecolor="white", linewidth=0.0,
        )  # fmt: skip
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.set_xlim(-0.8, max(len(known), 4) - 0.2)
    lowest, highest = min(0.0, known[-1][0]), max(0.0, known[0][0])
    axes.set_ylim(lowest - 1, highest + 1)
    axes.set_yticks([tick for tick in range(-10, 11, 2) if lowest - 1 < tick < highest + 1])
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    axes.set_ylabel("Change in points of 10", fontsize=BODY_PT, color=INK)
    named = len(known) <= FEW
    axes.set_xticks(range(len(known)) if named else [])
    axes.set_xticklabels([each.patient for _, each in known] if named else [], rotation=90 if len(known) > 12 else 0)
    axes.tick_params(axis="x", length=0)
    seen = [word for word in RESPONSE_COLOURS if any(each.response == word for _, each in known)]
    figure.legend(
        handles=[
            Patch(facecolor=RESPONSE_COLOURS[word], hatch=HATCHES[word], edgecolor="white", label=word) for word in seen
        ],
        loc="lower center", bbox_to_anchor=(0.5, 0.16 / height), ncols=5, fontsize=SMALL_PT, frameon=False,
        labelcolor=QUIET,
    )  # fmt: skip
    return figure


def trajectory_rows(pain: Pain) -> list[Sequence[object]]:
    """The trajectories as data."""
    rows: list[Sequence[object]] = [("patient", "lesion", "months", "worst_pain")]
    for each in pain.trajectories:
        rows += [
            (each.patient, each.lesion_id, f"{month:.6g}", f"{score:g}")
            for month, score in zip(each.months, each.scores, strict=True)
        ]
    return rows


def waterfall_rows(pain: Pain) -> list[Sequence[object]]:
    """The waterfall as data, lesions without a score at the visit included."""
    rows: list[Sequence[object]] = [("patient", "lesion", "baseline", "change", "response")]
    return rows + [_row(each) for each in pain.trajectories]


def _row(each: Trajectory) -> Sequence[object]:
    change = "" if each.change is None else f"{each.change:g}"
    return each.patient, each.lesion_id, f"{each.scores[0]:g}", change, each.response
