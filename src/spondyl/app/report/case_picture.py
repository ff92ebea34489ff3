"""The picture of `spondyl show`: three planes through the GTV with what is drawn on them."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from spondyl.anatomy import Case, Structure, Structures
from spondyl.app.report.curves import outline
from spondyl.app.report.numbers import position
from spondyl.app.report.pictures import BONE, finer, grey, oriented
from spondyl.app.report.styles import style_of
from spondyl.app.report.views import VIEWS, View, cut, nearest_index
from spondyl.core import DISCLAIMER, writing

_ALSO_SHOWN = ("bone",)


def centre_of_interest(case: Case) -> tuple[tuple[float, float, float], str]:
    """The centroid of the GTV (or the first target) in mm and its name; of the CT where there is none."""
    targets = [s for s in case.structures.with_role("target") if not s.is_empty]
    targets.sort(key=lambda s: not s.name.casefold().startswith("gtv"))
    if not targets:
        low, high = case.ct.grid.bounds_mm()
        x, y, z = (low + high) / 2
        return (float(x), float(y), float(z)), "the centre of the CT"
    return _centroid(targets[0]), targets[0].name


def _centroid(structure: Structure) -> tuple[float, float, float]:
    grid, weight = structure.local_grid, structure.coverage.astype("float64")
    total = weight.sum()
    x, y, z = (
        float(
            (weight.sum(axis=tuple(a for a in range(3) if a != "zyx".index(axis))) * grid.axis_mm(axis)).sum() / total
        )
        for axis in "xyz"
    )
    return x, y, z


def draw_case(case: Case, path: Path) -> Path:
    """Write a PNG with axial, sagittal and coronal planes, radiological convention, 5 cm scale bar; return its path."""
    centre, name = centre_of_interest(case)
    shown = Structures([s for s in case.structures.values() if _is_shown(s)])
    low, high = case.ct.grid.bounds_mm()
    size = {axis: float(high[i] - low[i]) for i, axis in enumerate("xyz")}
    shapes = [size[view.u] / size[view.v] for view in VIEWS]
    rows = -(-len(shown) // 8)
    height = 15.8 / sum(shapes)
    figure, axes = plt.subplots(1, 3, figsize=(16, height + 0.9 + 0.22 * rows), facecolor="white", width_ratios=shapes)
    drawn: dict[str, Line2D] = {}
    for axis, view in zip(axes, VIEWS, strict=True):
        _draw_plane(axis, case, view, centre, shown, drawn)
    figure.suptitle(f"{case.name}: planes through {name}. {DISCLAIMER}", x=0.01, ha="left", fontsize=11)
    figure.legend(drawn.values(), drawn.keys(), loc="lower center", ncols=8, fontsize=9, frameon=False)
    whole = figure.get_figheight()
    figure.subplots_adjust(
        left=0.005, right=0.995, top=1 - 0.65 / whole, bottom=(0.1 + 0.22 * rows) / whole, wspace=0.02
    )
    try:
        with writing(path) as temporary:
            figure.savefig(temporary, format="png", dpi=110)
    finally:
        plt.close(figure)
    return path


def _is_shown(structure: Structure) -> bool:
    return not structure.is_empty and (style_of(structure.name, structure.role).shown or structure.role in _ALSO_SHOWN)


def _draw_plane(
    axis: Axes,
    case: Case,
    view: View,
    centre: tuple[float, float, float],
    shown: Structures,
    drawn: dict[str, Line2D],
) -> None:
    grid = case.ct.grid
    index = nearest_index(grid, view.normal, centre["xyz".index(view.normal)])
    low, high = grid.bounds_mm()
    u, v = "xyz".index(view.u), "xyz".index(view.v)
    v_ends = sorted((view.down * low[v], view.down * high[v]))
    spacing = (grid.spacing_mm[v], grid.spacing_mm[u])
    fine = finer(cut(case.ct.values, view, index), spacing, max(0.75, min(spacing) / 2))
    axis.imshow(
        oriented(grey(fine, BONE), view), cmap="gray", vmin=0, vmax=255, interpolation="bilinear",
        extent=(low[u], high[u], v_ends[1], v_ends[0]),
    )  # fmt: skip
    for structure in shown.values():
        style = style_of(structure.name, structure.role)
        dash = (0, [2.0 * float(d) / 1.2 for d in style.dash.split()]) if style.dash else "-"
        width = 0.6 if structure.role == "bone" else 1.3
        for line in outline(structure, view, index):
            drawn[structure.name] = axis.plot(
                line[:, 0], view.down * line[:, 1], color=style.colour, linestyle=dash, linewidth=width
            )[0]
    axis.set_title(f"{view.name}, {view.normal} = {position(float(grid.axis_mm(view.normal)[index]))} mm", fontsize=11)
    _edges(axis, view, (float(low[u]), float(high[u])), (v_ends[0], v_ends[1]))


def _edges(axis: Axes, view: View, u_mm: tuple[float, float], v_mm: tuple[float, float]) -> None:
    axis.set_xlim(*u_mm)
    axis.set_ylim(v_mm[1], v_mm[0])
    axis.set_axis_off()
    places = {"left": (0.02, 0.5), "right": (0.98, 0.5), "top": (0.5, 0.97), "bottom": (0.5, 0.03)}
    for edge, (x, y) in places.items():
        axis.text(
            x, y, view.letters[edge], transform=axis.transAxes, color="white", weight="bold", fontsize=13,
            ha="center", va="center", bbox={"facecolor": "black", "edgecolor": "none", "pad": 1.5, "alpha": 0.6},
        )  # fmt: skip
    start, at = u_mm[0] + 0.04 * (u_mm[1] - u_mm[0]), v_mm[1] - 0.05 * (v_mm[1] - v_mm[0])
    axis.plot([start, start + 50.0], [at, at], color="white", linewidth=2)
    axis.text(start, at - 4, "5 cm", color="white", fontsize=9, va="bottom")
