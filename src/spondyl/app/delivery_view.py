"""Beams as the source sees them: leaves and jaws over target and cord, control point by control point."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_closing, distance_transform_edt, gaussian_filter

from spondyl.anatomy import Structure, sample_points
from spondyl.app.delivery_facts import delivery_table, has_leaves
from spondyl.app.report import Delivery
from spondyl.app.report.beam_view import BeamView, Frame, Polygon
from spondyl.app.report.curves import level_lines
from spondyl.app.report.numbers import plain
from spondyl.dose import LeafAperture, gantry_axes
from spondyl.evaluate import is_drawn, resolve
from spondyl.physics import load_linac, load_machine
from spondyl.plan.external import Beam, ControlPoint, delivery_time_s, turn_deg

Floats = NDArray[np.float64]
SHOWN = (("PTV_Eval", "PTV", "CTV", "GTV"), ("GTV",), ("SpinalCord",), ("ThecalSac", "CaudaEquina"))
"""Of each group the first that is drawn: the target, its tumour, cord, and below it the sac."""
CELL_MM = 2.0
"""Cells in which projections are drawn, and distance of the points that are projected."""
AROUND_MM = 12.0
"""What is shown beyond the widest opening of the jaws, at most `MOST_HALF_MM` in all."""
LEAST_HALF_MM, MOST_HALF_MM = 40.0, 120.0
BORDER_CELLS, SMOOTHED_CELLS = 1.0, 0.8
"""The border goes through the middles of the outermost cells that a point lies in: half of them are on either side."""
OUTLINE_STEP_DEG = 4.0
"""Outlines are drawn again where the beam has turned so far: a border 30 mm from the axis moves by 2 mm at most."""


def delivery_of(beams: tuple[Beam, ...], structures: Mapping[str, Structure]) -> Delivery | None:
    """The delivery of a plan's beams, None where none has leaves."""
    shown = [beam for beam in beams if has_leaves(beam)]
    if not shown:
        return None
    names = _names(structures)
    points = {name: sample_points(structures[name], CELL_MM)[0] for name in names}
    return Delivery(delivery_table(beams), tuple(beam_view(beam, points) for beam in shown))


def _names(structures: Mapping[str, Structure]) -> tuple[str, ...]:
    drawn = [name for name, s in structures.items() if is_drawn(s)]
    found = (next((own for n in group if (own := resolve(n, drawn))), None) for group in SHOWN)
    return tuple(dict.fromkeys(name for name in found if name is not None))


def beam_view(beam: Beam, points_mm: Mapping[str, Floats]) -> BeamView:
    """One beam of leaves.

    Parameters
    ----------
    points_mm
        Of each structure that is projected, shape (n, 3), LPS.
    """
    linac = load_linac(beam.linac)
    sad_mm = load_machine(linac.beam).sad_mm
    openings = [_leaves(point) for point in beam.points]
    reach = max(max(abs(jaw) for jaw in opening.jaws_mm) for opening in openings)
    half = float(np.clip(reach + AROUND_MM, LEAST_HALF_MM, MOST_HALF_MM))
    edges = linac.mlc.leaf_edges_mm
    pairs = np.flatnonzero((edges[1:] > -half) & (edges[:-1] < half))
    at_s = list(accumulate(delivery_time_s(beam, linac).segments_s, initial=0.0))
    outlines: list[tuple[tuple[Polygon, ...], ...]] = []
    seen_from: ControlPoint | None = None
    frames: list[Frame] = []
    for point, opening, second in zip(beam.points, openings, at_s, strict=True):
        if seen_from is None or _turned(seen_from, point) >= OUTLINE_STEP_DEG:
            seen_from = point
            outlines.append(tuple(_outlines(p, beam, point, sad_mm, half) for p in points_mm.values()))
        tips = np.clip(opening.leaves_mm[pairs], -half, half).round(1).ravel()
        x1, x2, y1, y2 = (round(float(np.clip(jaw, -half, half)), 1) for jaw in opening.jaws_mm)
        gantry, mu = round(point.gantry_deg, 2), round(point.mu, 2)
        frames.append(Frame(gantry, mu, round(second, 2), tuple(tips.tolist()), (x1, x2, y1, y2), len(outlines) - 1))
    first = beam.points[0]
    return BeamView(
        beam.name,
        f"collimator {plain(first.collimator_deg)}°, couch {plain(first.couch_deg)}°",
        half,
        tuple(edges[pairs[0] : pairs[-1] + 2].tolist()),
        tuple(points_mm),
        tuple(outlines),
        tuple(frames),
    )


def _leaves(point: ControlPoint) -> LeafAperture:
    assert isinstance(point.aperture, LeafAperture)
    return point.aperture


def _turned(a: ControlPoint, b: ControlPoint) -> float:
    pairs = ((a.gantry_deg, b.gantry_deg), (a.collimator_deg, b.collimator_deg), (a.couch_deg, b.couch_deg))
    return max(abs(turn_deg(x, y)) for x, y in pairs)


def project(points_mm: Floats, isocentre_mm: Floats, point: ControlPoint, sad_mm: float) -> Floats:
    """Points as the source sees them in the isocentre plane: (u, v), shape (n, 2)."""
    direction, u, v = gantry_axes(point.gantry_deg, point.collimator_deg, point.couch_deg)
    from_source = points_mm - (isocentre_mm - sad_mm * direction)
    magnified = sad_mm / (from_source @ direction)
    return np.stack([(from_source @ u) * magnified, (from_source @ v) * magnified], axis=1)


def _outlines(points_mm: Floats, beam: Beam, point: ControlPoint, sad_mm: float, half_mm: float) -> tuple[Polygon, ...]:
    """The border of a projection, as far as the view shows it."""
    isocentre = np.subtract(beam.isocentre_mm, point.table_mm)
    seen = project(points_mm, isocentre, point, sad_mm)
    edge = half_mm + 4 * CELL_MM
    count = int(np.ceil(2 * edge / CELL_MM))
    edges = (np.arange(count + 1) - count / 2) * CELL_MM
    hit = np.histogram2d(seen[:, 1], seen[:, 0], bins=(edges, edges))[0] > 0
    filled = binary_closing(np.pad(hit, 2), np.ones((3, 3), dtype=np.bool_))
    depth = np.asarray(distance_transform_edt(filled)) - np.asarray(distance_transform_edt(~filled))
    middles = np.asarray((np.arange(count + 4) - (count + 3) / 2) * CELL_MM, dtype=np.float64)
    lines = level_lines(gaussian_filter(depth, SMOOTHED_CELLS), middles, middles, BORDER_CELLS)
    return tuple(tuple(line[::2].round(1).ravel().tolist()) for line in lines if len(line) > 6)
