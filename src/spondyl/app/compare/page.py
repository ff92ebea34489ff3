"""The comparison as one self-contained page: numbers in a table, planes side by side with the same isodoses."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from spondyl.anatomy import Case, Structures
from spondyl.app.compare.comparison import Comparison
from spondyl.app.compare.contestant import Contestant
from spondyl.app.compare.overview import NOTE, overview
from spondyl.app.report import ReportInputs
from spondyl.app.report.inputs import Level
from spondyl.app.report.numbers import plain, position, three
from spondyl.app.report.page import legend_styles, region
from spondyl.app.report.planes import FONT_MM, Plane, draw_plane, level_colours
from spondyl.app.report.points import Point
from spondyl.app.report.views import VIEWS
from spondyl.core import DISCLAIMER
from spondyl.evaluate import resolve

_FRACTIONS_OF_DOSE = (0.5, 0.25)
"""Isodoses below the lowest prescription, as shares of it."""
MOST_BESIDE = 4
"""Planes in a row: more would be too small to read."""


def comparison_page(case: Case, structures: Structures, comparison: Comparison) -> str:
    """The page.

    Parameters
    ----------
    structures
        On the CT's grid: what the planes show, the GTV among them.
    """
    plans = comparison.plans
    levels = shared_levels(plans)
    every = [_inputs(case, structures, plan) for plan in plans]
    styles = legend_styles(every[0])
    figures = _figures(every, structures, levels, styles)
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [jinja2.PackageLoader("spondyl.app.compare"), jinja2.PackageLoader("spondyl.app.report")]
        ),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"plain": plain, "three": three, "mm": position}
    return environment.get_template("compare.html.j2").render(
        case=case,
        comparison=comparison,
        overview=overview(comparison),
        overview_note=NOTE,
        plans=plans,
        beside=min(len(plans), MOST_BESIDE),
        figures=figures,
        levels=[(level, level_colours(levels)[level.dose_gy]) for level in levels],
        styles={name: style for name, (_, style) in styles.items() if style.shown},
        font=FONT_MM,
        css=_css(),
        disclaimer=DISCLAIMER,
        version=version("spondyl"),
    )


def shared_levels(plans: Sequence[Contestant]) -> tuple[Level, ...]:
    """The same isodoses for every plan: each prescription, and a half and a quarter of the lowest."""
    prescribed: dict[float, list[str]] = {}
    for plan in plans:
        if plan.prescription_gy is not None:
            prescribed.setdefault(plan.prescription_gy, []).append(plan.name)
    lowest = min(prescribed, default=float(min(plan.dose.values.max() for plan in plans)))
    levels = [Level(dose, f"prescription of {', '.join(names)}") for dose, names in sorted(prescribed.items())]
    below = [Level(lowest * share, f"{plain(100 * share)} % of {plain(lowest)} Gy") for share in _FRACTIONS_OF_DOSE]
    return tuple(reversed((*reversed(below), *levels)))


def _inputs(case: Case, structures: Structures, plan: Contestant) -> ReportInputs:
    return ReportInputs(case, structures, plan.dose, plan.title, "", prescription_gy=plan.prescription_gy)


def _figures(
    every: Sequence[ReportInputs], structures: Structures, levels: tuple[Level, ...], styles: Any
) -> list[tuple[str, list[Plane]]]:
    """Each view with one plane a plan, through the middle of the GTV."""
    point = _middle(structures)
    centre, side = region(every[0], point)
    return [
        (view.name, [draw_plane(inputs, view, point, levels, styles, centre, side) for inputs in every])
        for view in VIEWS
    ]


def _middle(structures: Structures) -> Point:
    name = resolve("GTV", structures)
    target = structures[name] if name else next(iter(structures.with_role("target")), next(iter(structures.values())))
    low, high = target.local_grid.bounds_mm()
    x, y, z = np.asarray((low + high) / 2).tolist()
    return Point("gtv", f"middle of {target.name}", "", (x, y, z), 0.0)


def _css() -> str:
    """The report's own style, so that both read alike, and what a comparison adds."""
    shared = Path(__file__).parents[1] / "report" / "templates" / "report.css"
    own = Path(__file__).parent / "templates" / "compare.css"
    return shared.read_text(encoding="utf-8") + own.read_text(encoding="utf-8")
