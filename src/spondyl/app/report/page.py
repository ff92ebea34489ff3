"""From inputs to a self-contained page, and to its print."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from spondyl.app.report import numbers
from spondyl.app.report.beam_view import (
    UNKNOWN_COLOUR,
    BeamView,
    Frame,
    jaws_path,
    leaves_path,
    outline_path,
    printed,
    script_view,
)
from spondyl.app.report.dvh_chart import draw_dvh
from spondyl.app.report.inputs import Fact, ReportInputs
from spondyl.app.report.levels import isodose_levels
from spondyl.app.report.pdf import write_pdf
from spondyl.app.report.planes import FONT_MM, SMALLEST_REGION_MM, Plane, draw_plane, level_colours
from spondyl.app.report.points import Point, points_of_interest
from spondyl.app.report.styles import LineStyle, style_of
from spondyl.app.report.telling import grouped, is_told, told_volumes
from spondyl.app.report.verdict_table import headline, rows
from spondyl.app.report.views import VIEWS
from spondyl.core import DISCLAIMER, writing

_ROLE_ORDER = ("target", "canal", "prv", "oar", "bone", "avoidance", "other", "external")


@dataclass(frozen=True)
class Report:
    """A finished report: one HTML page for the screen, one laid out for paper."""

    html: str
    print_html: str

    def save(self, path: Path) -> Path:
        """Write the self-contained page, whole or not at all; return its path."""
        with writing(path) as temporary:
            temporary.write_text(self.html, encoding="utf-8")
        return path

    def save_pdf(self, path: Path) -> Path:
        """Write the PDF on A4, whole or not at all; return its path.

        Raises
        ------
        OutputError
            If WeasyPrint or its system libraries are not there.
        """
        with writing(path) as temporary:
            write_pdf(self.print_html, temporary)
        return path


def render_report(inputs: ReportInputs) -> Report:
    """Draw everything once and lay it out for screen and for paper."""
    context = _context(inputs)
    template = _templates().get_template("report.html.j2")
    return Report(
        html=template.render(context, paper=False, figures=context["every_figure"]),
        print_html=template.render(context, paper=True, figures=context["every_figure"][:1]),
    )


def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("spondyl.app.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "mm": numbers.position,
        "three": numbers.three,
        "plain": numbers.plain,
        "duration": numbers.seconds,
    }
    return environment


def legend_styles(inputs: ReportInputs) -> dict[str, tuple[int, LineStyle]]:
    """Every structure that is not empty, targets first, with its legend number and line.

    A structure shows at first where its style says so, or where `chosen_structures` names it.
    """
    there = [s for s in inputs.structures.values() if not s.is_empty]
    judged = {g.structure for g in inputs.goals}
    there.sort(key=lambda s: (_ROLE_ORDER.index(s.role), s.name not in judged))
    chosen = set(inputs.chosen_structures)
    styles: dict[str, tuple[int, LineStyle]] = {}
    for key, structure in enumerate(there):
        style = style_of(structure.name, structure.role)
        shown = structure.name in chosen if chosen else style.shown or structure.name in judged
        styles[structure.name] = key, LineStyle(style.colour, style.dash, shown)
    return styles


def _context(inputs: ReportInputs) -> dict[str, Any]:
    styles = legend_styles(inputs)
    levels = isodose_levels(inputs)
    verdict, verdict_kind = headline(inputs.goals, inputs.binding)
    curves = tuple(c for c in inputs.curves if c.structure in styles)
    chart = draw_dvh(curves, inputs.goals, styles, inputs.dvh_to_gy)
    return {
        "i": inputs,
        "title": _title(inputs),
        "disclaimer": DISCLAIMER,
        "lesion": _lesion(inputs),
        "verdict": verdict,
        "verdict_kind": verdict_kind,
        "rows": rows(inputs.goals, styles),
        "warnings": _warnings(inputs),
        "every_figure": _figures(inputs, styles, levels),
        "levels": [(level, level_colours(levels)[level.dose_gy]) for level in levels],
        "styles": styles,
        "chart": chart,
        "hover_json": _script_json(chart.hover() if chart else {}),
        "beams": _beams(inputs, styles),
        "beams_json": _script_json(_script_beams(inputs, styles)),
        "volumes": [(s, styles[s.name][1], told) for s, told in told_volumes(inputs) if s.name in styles],
        "one_source": _one_source(inputs),
        "citations": grouped(inputs.citations),
        "given": [s for s in inputs.structures.values() if s.name in styles and not is_told(inputs, s)],
        "font": FONT_MM,
        "css": _asset("report.css"),
        "script": _asset("report.js") + (_asset("delivery.js") if inputs.delivery else ""),
    }


def _colours(styles: Mapping[str, tuple[int, LineStyle]]) -> dict[str, str]:
    return {name: style.colour for name, (_, style) in styles.items()}


def _beams(inputs: ReportInputs, styles: Mapping[str, tuple[int, LineStyle]]) -> dict[str, Any]:
    """Beams with leaves, what is projected in which colour, and the control points that are drawn as SVG paths: on
    screen the first one, which the script then changes, on paper those that tell most."""
    views, colours = inputs.delivery.views if inputs.delivery else (), _colours(styles)
    projected = dict.fromkeys(name for view in views for name in view.structures)
    return {
        "views": views,
        "legend": [(name, colours.get(name, UNKNOWN_COLOUR)) for name in projected],
        "first": [_drawn(view, view.frames[0], colours) for view in views[:1]],
        "printed": [_drawn(view, frame, colours) for view, frame in printed(views)] if views else [],
    }


def _drawn(view: BeamView, frame: Frame, colours: Mapping[str, str]) -> dict[str, Any]:
    seen = zip(view.structures, view.outlines[frame.outlines], strict=True)
    return {
        "view": view,
        "at": frame,
        "outlines": [(outline_path(p), colours.get(name, UNKNOWN_COLOUR)) for name, p in seen],
        "leaves": leaves_path(view, frame),
        "jaws": jaws_path(view, frame),
    }


def _script_beams(inputs: ReportInputs, styles: Mapping[str, tuple[int, LineStyle]]) -> list[dict[str, Any]]:
    return [script_view(view, _colours(styles)) for view in (inputs.delivery.views if inputs.delivery else ())]


def _one_source(inputs: ReportInputs) -> str:
    sources = {g.source for g in inputs.goals}
    return sources.pop() if len(sources) == 1 else ""


def _title(inputs: ReportInputs) -> str:
    level = inputs.case.facts.level
    return f"{level}, case {inputs.case.name}" if level else f"Level unknown, case {inputs.case.name}"


def _warnings(inputs: ReportInputs) -> tuple[str, ...]:
    facts = inputs.case.facts
    made_up = ("the clinical facts are invented for testing and do not describe the person imaged",)
    invented = made_up if facts.invented or facts.synthetic_clinical_data else ()
    return tuple(dict.fromkeys((*inputs.case.warnings, *inputs.warnings, *invented)))


def _lesion(inputs: ReportInputs) -> list[Fact]:
    facts = inputs.case.facts
    gtv = next((s for s in inputs.structures.values() if s.name.casefold() == "gtv"), None)
    return [
        Fact("histology", facts.histology or "unknown"),
        Fact("GTV", f"{numbers.three(inputs.volume_cm3(gtv.name))} cm³" if gtv else "not drawn"),
    ]


def _figures(
    inputs: ReportInputs, styles: Mapping[str, tuple[int, LineStyle]], levels: tuple[Any, ...]
) -> list[tuple[Point, list[Plane]]]:
    points = points_of_interest(inputs)
    centre, side = region(inputs, points[0])
    return [(p, [draw_plane(inputs, view, p, levels, styles, centre, side) for view in VIEWS]) for p in points]


def region(inputs: ReportInputs, point: Point) -> tuple[tuple[float, float, float], float]:
    """Centre and side in mm of what planes show: the targets with 25 mm around them, at least 150 mm."""
    targets = [s for s in inputs.structures.with_role("target") if not s.is_empty]
    if not targets:
        return point.at_mm, SMALLEST_REGION_MM
    bounds = [s.local_grid.bounds_mm() for s in targets]
    low = np.min([b[0] for b in bounds], axis=0)
    high = np.max([b[1] for b in bounds], axis=0)
    x, y, z = (low + high) / 2
    return (float(x), float(y), float(z)), float(max(SMALLEST_REGION_MM, (high - low).max() + 50))


def _script_json(value: object) -> str:
    """JSON that may stand inside a script element."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _asset(name: str) -> str:
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8")
