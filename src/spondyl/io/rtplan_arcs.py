"""Arcs with few control points, gone through in steps small enough for a dose from their middles."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import numpy as np

from spondyl.dose import LeafAperture
from spondyl.plan.external import Beam, ControlPoint

MOST_STEP_DEG = 4.0
"""Widest step of gantry or couch that is computed as one field at its middle, ours: twice the 2 degrees of our own
arcs. Steps of a plan that are wider are parted, with leaves, jaws and MU in between."""


def finer(beam: Beam, most_deg: float = MOST_STEP_DEG) -> tuple[Beam, list[str]]:
    """The same beam with no step above `most_deg` and angles from 0 to 360, and what was parted, in words.

    Parameters
    ----------
    beam
        With angles that run on beyond 0 and 360 (`spondyl.io.rtplan_angles.turned`).
    """
    points, widest = [beam.points[0]], 0.0
    for before, after in zip(beam.points[:-1], beam.points[1:], strict=True):
        step = max(abs(after.gantry_deg - before.gantry_deg), abs(after.couch_deg - before.couch_deg))
        parts = ceil(step / most_deg - 1e-6) if after.mu > before.mu else 1
        widest = max(widest, step if parts > 1 else 0.0)
        points += [_between(before, after, number / parts) for number in range(1, max(parts, 1))] + [after]
    made = replace(beam, points=tuple(_wrapped(point) for point in points))
    told = f'beam "{beam.name}" turns up to {widest:g} degrees between control points: computed in steps of at most '
    return made, [f"{told}{most_deg:g} degrees"] if widest else []


def _wrapped(point: ControlPoint) -> ControlPoint:
    gantry, collimator, couch = (a % 360.0 for a in (point.gantry_deg, point.collimator_deg, point.couch_deg))
    return replace(point, gantry_deg=gantry, collimator_deg=collimator, couch_deg=couch)


def _between(a: ControlPoint, b: ControlPoint, share: float) -> ControlPoint:
    """The beam at `share` of the way from a to b: everything moves in proportion to the MU (PS3.3 C.8.8.14)."""

    def mixed(first: float, second: float) -> float:
        return (1 - share) * first + share * second

    if not isinstance(a.aperture, LeafAperture) or not isinstance(b.aperture, LeafAperture):
        raise TypeError("only leaves and jaws are read from an RTPLAN")
    x1, x2, y1, y2 = (mixed(p, q) for p, q in zip(a.aperture.jaws_mm, b.aperture.jaws_mm, strict=True))
    leaves = (1 - share) * np.asarray(a.aperture.leaves_mm) + share * np.asarray(b.aperture.leaves_mm)
    return ControlPoint(
        mixed(a.gantry_deg, b.gantry_deg),
        mixed(a.collimator_deg, b.collimator_deg),
        mixed(a.couch_deg, b.couch_deg),
        LeafAperture(leaves, (x1, x2, y1, y2)),
        mixed(a.mu, b.mu),
    )
