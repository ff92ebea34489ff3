"""A beam as the report shows it: from where it comes, control point by control point, and how that is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Polygon = tuple[float, ...]
"""u, v, u, v, ... in mm at the isocentre."""


@dataclass(frozen=True)
class Frame:
    """One control point.

    Parameters
    ----------
    gantry_deg, mu, at_s
        Angle, monitor units given until here, and the least beam time until here.
    leaves_mm
        Tips of the pairs that are shown: first bank, second bank, first bank, ...
    jaws_mm
        (x1, x2, y1, y2).
    outlines
        Number of the beam's outlines as they are seen from here.
    """

    gantry_deg: float
    mu: float
    at_s: float
    leaves_mm: tuple[float, ...]
    jaws_mm: tuple[float, float, float, float]
    outlines: int


@dataclass(frozen=True)
class BeamView:
    """One beam in its own view: u to the right, v upwards, as the source sees it.

    Parameters
    ----------
    name
        Of the beam.
    angles
        Collimator and couch, in words.
    half_mm
        The view reaches so far from the axis to every side.
    leaf_edges_mm
        Sides of the pairs that are shown, ascending.
    structures
        Names of what is projected.
    outlines
        By direction, then by structure: polygons.
    frames
        Control points in order.
    """

    name: str
    angles: str
    half_mm: float
    leaf_edges_mm: tuple[float, ...]
    structures: tuple[str, ...]
    outlines: tuple[tuple[tuple[Polygon, ...], ...], ...]
    frames: tuple[Frame, ...]


UNKNOWN_COLOUR = "#777777"
"""Of a structure that the report draws nowhere else."""
PRINTED_FRAMES = 8
"""On paper, of all beams together, but one of each at least."""


def outline_path(polygons: tuple[Polygon, ...]) -> str:
    """SVG path of closed polygons; y points down there."""
    lines = ("L".join(f"{u:g} {-v:g}" for u, v in zip(p[::2], p[1::2], strict=True)) for p in polygons)
    return "".join(f"M{line}Z" for line in lines)


def leaves_path(view: BeamView, frame: Frame) -> str:
    """SVG path of every leaf that is shown, from the view's border to its tip."""
    half, edges = view.half_mm, view.leaf_edges_mm
    parts: list[str] = []
    for pair, (low, high) in enumerate(pairwise(edges)):
        for start, tip in ((-half, frame.leaves_mm[2 * pair]), (half, frame.leaves_mm[2 * pair + 1])):
            parts.append(f"M{start:g} {-high:g}H{tip:g}V{-low:g}H{start:g}Z")
    return "".join(parts)


def jaws_path(view: BeamView, frame: Frame) -> str:
    """SVG path of what the jaws cover: the whole view with their opening cut out (fill rule evenodd)."""
    half, (x1, x2, y1, y2) = view.half_mm, frame.jaws_mm
    return f"M{-half:g} {-half:g}H{half:g}V{half:g}H{-half:g}ZM{x1:g} {-y2:g}H{x2:g}V{-y1:g}H{x1:g}Z"


def printed(views: tuple[BeamView, ...]) -> list[tuple[BeamView, Frame]]:
    """The control points that paper shows, spread over each beam; of a beam in which nothing moves, one."""
    found: list[tuple[BeamView, Frame]] = []
    for view in views:
        first, last = view.frames[0], len(view.frames) - 1
        still = all((f.gantry_deg, f.leaves_mm) == (first.gantry_deg, first.leaves_mm) for f in view.frames)
        count = 1 if still else max(1, PRINTED_FRAMES // len(views))
        found += [(view, view.frames[round((2 * n + 1) * last / (2 * count))]) for n in range(count)]
    return found


def script_view(view: BeamView, colours: Mapping[str, str]) -> dict[str, Any]:
    """What the page's script draws a beam from."""
    return {
        "name": view.name,
        "angles": view.angles,
        "half": view.half_mm,
        "edges": view.leaf_edges_mm,
        "colours": [colours.get(name, UNKNOWN_COLOUR) for name in view.structures],
        "outlines": [[outline_path(polygons) for polygons in seen] for seen in view.outlines],
        "frames": [[f.gantry_deg, f.mu, f.at_s, f.leaves_mm, f.jaws_mm, f.outlines] for f in view.frames],
    }
