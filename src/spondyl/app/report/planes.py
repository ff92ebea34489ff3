"""One plane ready to draw: CT under vector outlines and isodoses, in screen-oriented millimetres."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from spondyl.anatomy import Structure
from spondyl.app.report import pictures
from spondyl.app.report.curves import Line, level_lines, outline, simplified
from spondyl.app.report.inputs import Level, ReportInputs
from spondyl.app.report.labels import Label, place_labels
from spondyl.app.report.numbers import plain, position
from spondyl.app.report.points import Point
from spondyl.app.report.styles import LineStyle, isodose_colour
from spondyl.app.report.views import View, cut, cut_between, nearest_index
from spondyl.core import Grid

FONT_MM = 5.0
SMALLEST_REGION_MM = 150.0
Rectangle = tuple[float, float, float, float]
"""(u, v, width, height) in screen-oriented mm."""


@dataclass(frozen=True)
class Outline:
    """A structure's path on this plane; `key` is its number in the page's legend."""

    key: int
    name: str
    path: str
    style: LineStyle


@dataclass(frozen=True)
class Isodose:
    """An isodose's path."""

    level: Level
    path: str
    colour: str
    width: float


@dataclass(frozen=True)
class Plane:
    """What a template needs to draw one plane; `screen` is the target's region, `whole` the whole slice."""

    view: View
    title: str
    screen: Rectangle
    whole: Rectangle
    extent: Rectangle
    ct: Mapping[str, str]
    wash: str
    wash_extent: Rectangle
    outlines: tuple[Outline, ...]
    segments: tuple[Outline, ...]
    isodoses: tuple[Isodose, ...]
    labels: tuple[Label, ...]
    cross: tuple[float, float]
    description: str


def draw_plane(
    inputs: ReportInputs,
    view: View,
    point: Point,
    levels: tuple[Level, ...],
    styles: Mapping[str, tuple[int, LineStyle]],
    centre_mm: tuple[float, float, float],
    side_mm: float,
) -> Plane:
    """Draw the CT slice nearest to `point`, square of `side_mm` around `centre_mm`.

    `styles` gives each structure that may be drawn its legend number and line.
    """
    grid = inputs.case.ct.grid
    index = nearest_index(grid, view.normal, point.at_mm["xyz".index(view.normal)])
    at_mm = float(grid.axis_mm(view.normal)[index])
    slab = cut(inputs.case.ct.values, view, index)
    outlines = tuple(
        Outline(key, name, svg_path(_screen(outline(inputs.structures[name], view, index), view)), style)
        for name, (key, style) in styles.items()
    )
    screen = _square(view, centre_mm, side_mm)
    lines, wash, wash_extent = _dose_lines(inputs, view, at_mm, levels)
    labels = place_labels(lines, screen, FONT_MM, _hidden_by_labels(inputs, view, index), lambda d: f"{plain(d)} Gy")
    return Plane(
        view=view,
        title=f"{view.name.capitalize()}, {view.normal} = {position(at_mm)} mm",
        screen=screen,
        whole=_fitting(_extent(grid, view)),
        extent=_extent(grid, view),
        ct=_windows(slab, grid, view),
        wash=wash,
        wash_extent=wash_extent,
        outlines=tuple(o for o in outlines if o.path),
        segments=_segments(inputs, view, styles),
        isodoses=_isodoses(lines, levels),
        labels=tuple(labels),
        cross=(point.at_mm["xyz".index(view.u)], view.down * point.at_mm["xyz".index(view.v)]),
        description=f"slice {index + 1} of {len(grid.axis_mm(view.normal))}",
    )


def svg_path(lines: list[Line]) -> str:
    """SVG path data of lines in mm, to 0.01 mm; a line that ends where it began is closed.

    >>> svg_path([np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 5.0], [0.0, 0.0]])])
    'M0 0L10 0L10 5Z'
    """
    parts: list[str] = []
    for line in lines:
        closed = bool(np.allclose(line[0], line[-1]))
        points = simplified(line)[:-1] if closed else simplified(line)
        parts.append("M" + "L".join(f"{_short(u)} {_short(v)}" for u, v in points) + ("Z" if closed else ""))
    return "".join(parts)


def _short(value_mm: float) -> str:
    text = f"{value_mm:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _segments(inputs: ReportInputs, view: View, styles: Mapping[str, tuple[int, LineStyle]]) -> tuple[Outline, ...]:
    """Needles as seen along the plane's normal."""
    u, v = "xyz".index(view.u), "xyz".index(view.v)
    known = ((s, *styles[s.name]) for s in inputs.segments if s.name in styles)
    drawn = ((s, k, style, np.array([s.from_mm, s.to_mm])[:, [u, v]]) for s, k, style in known)
    return tuple(Outline(k, s.name, svg_path(_screen([line], view)), style) for s, k, style, line in drawn)


def _screen(lines: list[Line], view: View) -> list[Line]:
    return [line * np.array([1.0, view.down]) for line in lines]


def _extent(grid: Grid, view: View) -> Rectangle:
    low, high = grid.bounds_mm()
    u, v = "xyz".index(view.u), "xyz".index(view.v)
    top = low[v] if view.down > 0 else -high[v]
    return float(low[u]), float(top), float(high[u] - low[u]), float(high[v] - low[v])


def _fitting(extent: Rectangle) -> Rectangle:
    u, v, width, height = extent
    side = max(width, height)
    return u - (side - width) / 2, v - (side - height) / 2, side, side


def _square(view: View, centre_mm: tuple[float, float, float], side_mm: float) -> Rectangle:
    u, v = centre_mm["xyz".index(view.u)], view.down * centre_mm["xyz".index(view.v)]
    return u - side_mm / 2, v - side_mm / 2, side_mm, side_mm


def _windows(slab: NDArray[np.integer], grid: Grid, view: View) -> dict[str, str]:
    spacing = (grid.spacing_mm["xyz".index(view.v)], grid.spacing_mm["xyz".index(view.u)])
    fine = pictures.oriented(pictures.finer(slab, spacing, max(0.75, min(spacing) / 2)), view)
    windows = {"bone": pictures.BONE, "soft": pictures.SOFT_TISSUE}
    return {key: pictures.png_uri(pictures.grey(fine, window)) for key, window in windows.items()}


def _dose_lines(
    inputs: ReportInputs, view: View, at_mm: float, levels: tuple[Level, ...]
) -> tuple[dict[float, list[Line]], str, Rectangle]:
    """Isodose lines by level in the order of `levels`, the colour wash, and where the wash lies."""
    grid = inputs.dose.grid
    plane = cut_between(inputs.dose.values, grid, view, at_mm)
    if plane is None:
        return {}, "", (0, 0, 0, 0)
    u_mm, v_mm = grid.axis_mm(view.u), grid.axis_mm(view.v)
    lines = {level.dose_gy: _screen(level_lines(plane, u_mm, v_mm, level.dose_gy), view) for level in levels}
    lowest, highest = min((lv.dose_gy for lv in levels), default=0.0), float(inputs.dose.values.max())
    rgba = pictures.wash(
        pictures.oriented(ndimage.zoom(plane, 2, order=1, grid_mode=True, mode="nearest"), view),
        lowest,
        highest,
    )
    return lines, pictures.png_uri(rgba), _extent(grid, view)


def _isodoses(lines: dict[float, list[Line]], levels: tuple[Level, ...]) -> tuple[Isodose, ...]:
    ranks = {dose: rank for rank, dose in enumerate(sorted(level.dose_gy for level in levels))}
    colours = level_colours(levels)
    drawn = sorted(levels, key=lambda level: ranks[level.dose_gy])
    return tuple(
        Isodose(
            level,
            svg_path(lines[level.dose_gy]),
            colours[level.dose_gy],
            0.75 if level.why.startswith("prescription") else 0.5,
        )
        for level in drawn
        if lines.get(level.dose_gy)
    )


def level_colours(levels: tuple[Level, ...]) -> dict[float, str]:
    """The sequential map over the levels by rank, lowest to highest."""
    ordered = sorted(level.dose_gy for level in levels)
    return {dose: isodose_colour(i / max(1, len(ordered) - 1)) for i, dose in enumerate(ordered)}


def _hidden_by_labels(inputs: ReportInputs, view: View, index: int):
    """Whether points lie in tumour or cord on this slice."""
    kept = [s for s in inputs.structures.values() if s.name.casefold().startswith("gtv") or _is_cord(s)]

    def forbidden(points: NDArray[np.float64]) -> NDArray[np.bool_]:
        hit = np.zeros(len(points), dtype=bool)
        for structure in kept:
            hit |= _inside(structure, view, index, points)
        return hit

    return forbidden


def _is_cord(structure: Structure) -> bool:
    folded = structure.name.casefold().replace("_", "").replace(" ", "")
    return folded.startswith(("spinalcord", "cord", "thecalsac")) and structure.role != "prv"


def _inside(structure: Structure, view: View, index: int, points: NDArray[np.float64]) -> NDArray[np.bool_]:
    along = "zyx".index(view.normal)
    local = index - (structure.box[along].start or 0)
    if structure.is_empty or not 0 <= local < structure.coverage.shape[along]:
        return np.zeros(len(points), dtype=bool)
    plane, grid = cut(structure.coverage, view, local) >= 0.5, structure.local_grid
    u = np.rint((points[:, 0] - grid.axis_mm(view.u)[0]) / grid.spacing_mm["xyz".index(view.u)]).astype(int)
    v = np.rint((view.down * points[:, 1] - grid.axis_mm(view.v)[0]) / grid.spacing_mm["xyz".index(view.v)]).astype(int)
    on = (u >= 0) & (u < plane.shape[1]) & (v >= 0) & (v < plane.shape[0])
    return on & plane[np.clip(v, 0, plane.shape[0] - 1), np.clip(u, 0, plane.shape[1] - 1)]
