"""Pictures that show how facts were measured: heights and angles, sectors and canal, HU of the lesion."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from spondyl.anatomy import Case, Structure
from spondyl.anatomy.measured import BodyHeights, Known, LesionDensity, Measurements, Tumour, Unknown
from spondyl.anatomy.measured.heights import BANDS
from spondyl.anatomy.measured.moved import coverage_at
from spondyl.anatomy.names import find_role
from spondyl.app.report.curves import level_lines, outline
from spondyl.app.report.pictures import SOFT_TISSUE, Window, finer, grey
from spondyl.app.report.styles import style_of
from spondyl.app.report.views import AXIAL, cut
from spondyl.core import DISCLAIMER, Progress, silent
from spondyl.core.image import trilinear

BAND_COLOUR = {"anterior": "#ffb000", "middle": "#ff5fa2", "posterior": "#5ad1ff"}
SECTOR_COLOUR = {
    "vertebral_body": "#ffb000", "pedicle_left": "#5ad1ff", "pedicle_right": "#ff8ac6",
    "transverse_process_lamina_left": "#7fe07f", "transverse_process_lamina_right": "#c9a0ff",
    "spinous_process": "#f4f06a",
}  # fmt: skip
REGION_COLOUR = ("#e8431f", "#1f6fc4", "#2aa84a", "#7a5ea8")
SPONGY = Window("cancellous bone", 250.0, 1100.0)
"""Narrower than the bone window, so that endplates and lysis stand out."""
PIXEL_MM = 0.4
DPI = 130
_HALO = [withStroke(linewidth=2.4, foreground="black")]


def draw_measured(folder: Path, case: Case, found: Measurements, progress: Progress = silent) -> list[Path]:
    """Write heights.png, and where a tumour is drawn axial.png and density.png, as far as they were measured."""
    pictures: list[tuple[str, Figure]] = []
    if found.spine.heights:
        pictures.append(("heights.png", _heights(case, found)))
    if not isinstance(found.tumour, Unknown) and found.gtv is not None:
        pictures.append(("axial.png", _axial(case, found, found.tumour, found.gtv)))
        if isinstance(found.tumour.density, LesionDensity):
            pictures.append(("density.png", _density(case, found.tumour.density)))
    paths: list[Path] = []
    for number, (name, figure) in enumerate(pictures, start=1):
        figure.savefig(folder / name, format="png", dpi=DPI)
        plt.close(figure)
        paths.append(folder / name)
        progress("pictures", number / len(pictures))
    return paths


def _heights(case: Case, found: Measurements) -> Figure:
    """The CT in the vertebra's own mid-sagittal plane with heights, endplates and angle."""
    frame = found.vertebra.frame
    bodies = list(found.spine.heights.values())
    rims = np.array([frame.local_mm(p) for b in bodies for p in b.rims_mm.values()])
    front, back = rims[:, 1].max() + 38.0, rims[:, 1].min() - 42.0
    bottom, top = rims[:, 2].min() - 8.0, rims[:, 2].max() + 8.0
    forward, up = np.arange(front, back, -PIXEL_MM), np.arange(bottom, top, PIXEL_MM)
    plane = np.zeros((len(up), len(forward), 3))
    plane[..., 1], plane[..., 2] = np.meshgrid(forward, up)
    points = plane @ frame.axes + frame.origin_mm
    low, high = case.ct.grid.bounds_mm()
    seen = ((points >= low) & (points <= high)).all(axis=-1)
    values = np.where(seen, trilinear(case.ct.values, case.ct.grid, points), -1000.0)
    height = 7.6 * (top - bottom) / (front - back)
    figure, axis = _figure(7.6, height, 1.0, 0.8)
    _grey(axis, values, SPONGY, (front, back, bottom, top))
    if found.gtv is not None:
        _plane_outline(axis, found.gtv, points, forward, up)
    for body in bodies:
        _body(axis, frame, body, front, body.level == (found.level or ""))
    _angles(axis, frame, found, bodies, back)
    _letters(axis, {"left": "A", "right": "P", "top": "S", "bottom": "I"}, beside=0.95)
    _scale(axis, front - 3.0, bottom + 2.5, -20.0)
    _title(figure, f"{case.name}: heights and angles in the mid-sagittal plane of {found.level or 'the vertebra'}")
    handles = [Line2D([], [], color=BAND_COLOUR[b], lw=2, label=f"{b} height") for b in BANDS]
    handles += [Line2D([], [], color="black", lw=1, ls="--", label="endplate's line (white)")]
    if found.gtv is not None:
        handles.append(Line2D([], [], color=style_of("GTV", "target").colour, lw=1.4, label="GTV"))
    _legend(figure, handles, 5)
    doubted = found.spine.doubts
    _foot(figure, _loss_line(found), f"masks of {', '.join(doubted)} may hold disc: see notes" if doubted else "")
    return figure


def _loss_line(found: Measurements) -> str:
    loss = found.spine.loss
    if isinstance(loss, Unknown):
        return f"height loss not measured: {loss.reason}"
    parts = ", ".join(
        f"{band} {loss.percent[band].value:.0f} ± {loss.percent[band].uncertainty:.0f} %" for band in BANDS
    )
    deepest = loss.percent["middle_minimum"]
    return f"loss against {' and '.join(loss.against)}: {parts}; deepest middle {deepest.value:.0f} %"


def _body(axis: Axes, frame: Any, body: BodyHeights, front: float, own: bool) -> None:
    profile = body.profile
    for band, colour in BAND_COLOUR.items():
        within = body.band(band)
        at = float(profile.depth_mm[within].mean())
        ends = [float(e[within].mean()) for e in (profile.upper_mm, profile.lower_mm)]
        line = np.array([frame.local_mm(profile.point_mm(at, e)) for e in ends])
        axis.plot(line[:, 1], line[:, 2], color=colour, lw=2, solid_capstyle="butt", path_effects=_HALO)
        axis.plot(line[:, 1], line[:, 2], ls="", marker="_", ms=7, mew=1.6, color=colour, path_effects=_HALO)
    for plate in ("upper", "lower"):
        line = np.array([frame.local_mm(body.rims_mm[f"{plate}_{end}"]) for end in ("anterior", "posterior")])
        axis.plot(line[:, 1], line[:, 2], color="white", lw=0.9, ls="--")
    rims = np.array([frame.local_mm(p) for p in body.rims_mm.values()])
    middle = float(rims[:, 2].mean())
    _say(axis, front - 7.0, middle + 7.5, body.level or "vertebra", "white", "left", weight="bold")
    for row, (band, colour) in enumerate(BAND_COLOUR.items()):
        deepest = f" (deepest {body.height_mm['middle_minimum'].value:.1f})" if band == "middle" and own else ""
        text = f"{body.height_mm[band].value:.1f}{deepest} mm"
        _say(axis, front - 7.0, middle + 3.3 - 4.2 * row, text, colour, "left")


def _angles(axis: Axes, frame: Any, found: Measurements, bodies: list[BodyHeights], back: float) -> None:
    """Extend the endplates that the angle lies between to the back, and write both angles there."""
    spine = found.spine
    for body, plate in ((bodies[0], "upper"), (bodies[-1], "lower")):
        ends = [frame.local_mm(body.rims_mm[f"{plate}_{end}"]) for end in ("anterior", "posterior")]
        slope = (ends[0][2] - ends[1][2]) / (ends[0][1] - ends[1][1])
        reach = back + 22.0
        at = [ends[1][1], reach]
        axis.plot(at, [ends[1][2] + slope * (a - ends[1][1]) for a in at], color="white", lw=0.9)
    own = next(b for b in bodies if b.level == (found.level or ""))
    height = float(np.mean([frame.local_mm(p)[2] for p in own.rims_mm.values()]))
    said = [("wedge", spine.wedge_deg, own.level)]
    if len(bodies) > 2:
        said.insert(0, ("kyphosis", spine.kyphosis_deg, f"{bodies[0].level} to {bodies[-1].level}"))
    for row, (name, angle, place) in enumerate(said):
        if isinstance(angle, Known):
            text = f"{name} {place}\n{angle.value:.0f} ± {angle.uncertainty:.0f}°"
            _say(axis, back + 2.0, height + 5.0 - 11.0 * row, text, "white", "right")


def _axial(case: Case, found: Measurements, tumour: Tumour, gtv: Structure) -> Figure:
    """The slice of most tumour in the vertebra with its sectors, and the slice of greatest canal occupation."""
    areas = gtv.coverage.sum(axis=(1, 2), dtype=np.float64)
    widest = gtv.box[0].start + int(areas.argmax())
    canal_slice = tumour.occupation.slice_index
    box = _window(case, found, gtv)
    width, height = box[1] - box[0], box[3] - box[2]
    figure, axes = _figure(12.4, 6.1 * height / width, 1.15, 0.72, columns=2)
    _slice(axes[0], case, widest, SPONGY, box)
    for sector, colour in SECTOR_COLOUR.items():
        for part in found.vertebra.sector(sector):
            _outline(axes[0], part, widest, colour, 1.0)
    _outline(axes[0], gtv, widest, style_of("GTV", "target").colour, 1.6)
    z = case.ct.grid.axis_mm("z")
    axes[0].set_title(f"GTV and sectors, slice {widest}, z = {z[widest]:.1f} mm", fontsize=9)
    shown = widest if canal_slice is None else canal_slice
    _slice(axes[1], case, shown, SOFT_TISSUE, box)
    soft = [(name, s) for role, name in (("cord", "cord"), ("sac", "thecal sac"))
            if (s := find_role(case.structures, role)) is not None]  # fmt: skip
    drawn = [("canal", found.canal), *soft, ("GTV", gtv)]
    handles: list[Line2D] = []
    for name, structure in drawn:
        style = style_of(structure.name, structure.role)
        dash = "--" if name == "canal" else "-"
        if _outline(axes[1], structure, shown, style.colour, 1.6 if name == "GTV" else 1.3, dash):
            handles.append(Line2D([], [], color=style.colour, lw=1.6, ls=dash, label=name))
    most = tumour.occupation.percent
    said = f"canal occupied by {most.value:.0f} % [{most.low:.0f} to {most.high:.0f}]" if canal_slice is not None else (
        "no tumour in the canal"
    )  # fmt: skip
    axes[1].set_title(f"{said}, slice {shown}, z = {z[shown]:.1f} mm", fontsize=9)
    for axis in axes:
        _letters(axis, AXIAL.letters)
        _scale(axis, box[0] + 3.0, box[3] - 3.0, 20.0)
    _title(figure, f"{case.name}: what the GTV takes of {found.level or 'the vertebra'} and of its canal")
    sectors = [
        Line2D([], [], color=c, lw=2, label=f"{s.replace('_', ' ')} {tumour.sectors[s].percent.value:.0f} %")
        for s, c in SECTOR_COLOUR.items()
    ]
    sectors.append(Line2D([], [], color=style_of("GTV", "target").colour, lw=1.6, label="GTV"))
    for axis, shown_there in zip(axes, (sectors, handles), strict=True):
        axis.legend(
            handles=shown_there, loc="upper center", bbox_to_anchor=(0.5, -0.005), ncols=3, fontsize=8, frameon=False
        )
    return figure


def _window(case: Case, found: Measurements, gtv: Structure) -> tuple[float, float, float, float]:
    """x and y range that shows the vertebra and the GTV with some room."""
    parts = [s for s in (*found.vertebra.parts.values(), gtv) if not s.is_empty]
    grids = [s.local_grid.bounds_mm() for s in parts]
    low = np.min([g[0] for g in grids], axis=0) - 8.0
    high = np.max([g[1] for g in grids], axis=0) + 8.0
    bottom, top = case.ct.grid.bounds_mm()
    low, high = np.maximum(low, bottom), np.minimum(high, top)
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])


def _slice(axis: Axes, case: Case, index: int, window: Window, box: tuple[float, float, float, float]) -> None:
    grid = case.ct.grid
    low, high = grid.bounds_mm()
    plane = finer(cut(case.ct.values, AXIAL, index), (grid.spacing_mm[1], grid.spacing_mm[0]), PIXEL_MM)
    axis.imshow(
        grey(plane, window), cmap="gray", vmin=0, vmax=255, interpolation="bilinear",
        extent=(low[0], high[0], high[1], low[1]),
    )  # fmt: skip
    axis.set_xlim(box[0], box[1])
    axis.set_ylim(box[3], box[2])
    axis.set_axis_off()


def _outline(axis: Axes, structure: Structure, index: int, colour: str, width: float, dash: str = "-") -> bool:
    lines = outline(structure, AXIAL, index)
    for line in lines:
        axis.plot(line[:, 0], line[:, 1], color=colour, lw=width, ls=dash)
    return bool(lines)


def _plane_outline(
    axis: Axes,
    structure: Structure,
    points: NDArray[np.float64],
    forward: NDArray[np.float64],
    up: NDArray[np.float64],
) -> None:
    coverage = coverage_at(structure, points)
    for line in level_lines(coverage[:, ::-1], forward[::-1], up, 0.5):
        axis.plot(line[:, 0], line[:, 1], color=style_of("GTV", "target").colour, lw=1.4)


def _density(case: Case, density: LesionDensity) -> Figure:
    """Histograms of HU in the lesion and in healthy cancellous bone, with the limits of the healthy."""
    figure, axis = _figure(7.6, 3.6, 1.2, 0.55 + 0.17 * (1 + len(density.healthy)), frame=True)
    regions = (density.lesion, *density.healthy)
    every = np.concatenate([r.hu for r in regions])
    ends = np.percentile(every, [0.2, 99.8])
    bins = np.linspace(float(ends[0]), float(ends[1]), 40)
    for number, region in enumerate(regions):
        colour = REGION_COLOUR[number % len(REGION_COLOUR)]
        weights = np.full(len(region.hu), 100.0 / len(region.hu))
        label = (
            f"{region.name}: mean {region.hu.mean():.0f} HU, {region.volume_cm3:.1f} cm³, "
            f"{region.less_percent:.0f} % below, {region.more_percent:.0f} % above"
        )
        axis.hist(
            region.hu, bins=bins, weights=weights, histtype="step", color=colour, label=label,
            linewidth=2.0 if number == 0 else 1.2, linestyle="-" if number == 0 else ("--", ":", "-.")[number % 3],
        )  # fmt: skip
    for limit in density.limits_hu:
        axis.axvline(limit, color="#555555", lw=1.0, ls=(0, (2, 2)))
        axis.text(
            limit, 1.01, f"{limit:.0f}", transform=axis.get_xaxis_transform(), ha="center", fontsize=8, color="#555555"
        )
    axis.set_xlabel("HU of cancellous bone, smoothed", fontsize=9)
    axis.set_ylabel("% of the region's voxels in each bin", fontsize=9)
    axis.tick_params(labelsize=8)
    axis.spines[["top", "right"]].set_visible(False)
    kind = "not determined" if isinstance(density.kind, Unknown) else density.kind
    _title(figure, f"{case.name}: lesion type from HU: {kind}")
    handles, _ = axis.get_legend_handles_labels()
    _legend(figure, handles, 1)
    return figure


def _figure(
    width: float, height: float, head: float, foot: float, columns: int = 1, frame: bool = False
) -> tuple[Figure, Any]:
    """A figure with room for title above and legend below its axes, in inches."""
    whole = head * 0.6 + height + foot
    figure, axes = plt.subplots(1, columns, figsize=(width, whole), facecolor="white")
    side = (0.65 / width, 1 - 0.15 / width) if frame else (0.005, 0.995)
    below = foot + (0.2 if frame else 0.0)
    figure.subplots_adjust(left=side[0], right=side[1], top=1 - head * 0.6 / whole, bottom=below / whole, wspace=0.02)
    return figure, axes


def _grey(axis: Axes, values: NDArray[np.float64], window: Window, extent: tuple[float, float, float, float]) -> None:
    axis.imshow(
        grey(values, window), cmap="gray", vmin=0, vmax=255, origin="lower", interpolation="bilinear", extent=extent
    )
    axis.set_xlim(extent[0], extent[1])
    axis.set_ylim(extent[2], extent[3])
    axis.set_axis_off()


def _letters(axis: Axes, letters: dict[str, str], beside: float = 0.5) -> None:
    places = {"left": (0.02, beside), "right": (0.98, beside), "top": (0.5, 0.97), "bottom": (0.5, 0.03)}
    for edge, (x, y) in places.items():
        axis.text(
            x, y, letters[edge], transform=axis.transAxes, color="white", weight="bold", fontsize=12, ha="center",
            va="center", path_effects=_HALO,
        )  # fmt: skip


def _scale(axis: Axes, start: float, at: float, length: float) -> None:
    axis.plot([start, start + length], [at, at], color="white", lw=2, path_effects=_HALO)
    axis.annotate(
        "2 cm", (start + length / 2, at), (0, 3), textcoords="offset points", color="white", fontsize=8, ha="center",
        path_effects=_HALO,
    )  # fmt: skip


def _say(axis: Axes, x: float, y: float, text: str, colour: str, side: str, weight: str = "normal") -> None:
    axis.text(
        x, y, text, color=colour, fontsize=9, ha=side, va="center", weight=weight, path_effects=_HALO, linespacing=1.1
    )


def _title(figure: Figure, text: str) -> None:
    whole = figure.get_figheight()
    figure.text(0.01, 1 - 0.16 / whole, text, fontsize=11, va="center", weight="bold")
    figure.text(0.01, 1 - 0.38 / whole, DISCLAIMER + " Not confirmed.", fontsize=8.5, va="center", color="#555555")


def _legend(figure: Figure, handles: Iterable[Any], columns: int) -> None:
    figure.legend(handles=list(handles), loc="lower center", ncols=columns, fontsize=8, frameon=False)


def _foot(figure: Figure, text: str, doubt: str) -> None:
    whole = figure.get_figheight()
    figure.text(0.5, 0.62 / whole, text, fontsize=9, ha="center", va="center")
    figure.text(0.5, 0.42 / whole, doubt, fontsize=9, ha="center", va="center", color="#b00020")
