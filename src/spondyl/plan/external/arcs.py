"""Arcs of a linac: where the gantry stands at each control point, and which segments look from nearly the same side."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import PlanError, nearest
from spondyl.plan.external.beams import turn_deg

STEP_DEG = 2.0
"""Between control points: what planning systems use for arcs (Otto 2008, doi:10.1118/1.2818738, 177 points a turn)."""
STOP_DEG = 1.0
"""Arcs begin and end so far from straight below: a C-arm's gantry cannot pass there."""
POSTERIOR_DEG = 126.0
"""Part of a posterior arc on each side of the spine: nearly that of the fixed fields (`imrt.HALF_ARC_DEG`), in whole
sectors."""
SEGMENTS_A_SECTOR = 5
"""Neighbouring segments that share one influence: 10 degrees, so that none is seen from more than 4 degrees off, which
the final dose corrects. Leaves then have five segments of each arc to sweep across the field in."""
RANGES = ("posterior", "full")

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class ArcPath:
    """The gantry's way, clockwise from 181 to 179 degrees (IEC 61217), beam on or off.

    Parameters
    ----------
    gantry_deg
        Of each control point, shape (points,).
    beam_on
        By segment, shape (points - 1,): off where the arc passes the front of the patient.
    sector_first, sector_last
        First segment of each sector, and one beyond its last, shape (sectors,).
    sector_deg
        Middle of each sector, shape (sectors,).
    """

    gantry_deg: Floats
    beam_on: NDArray[np.bool_]
    sector_first: Integers
    sector_last: Integers
    sector_deg: Floats

    @property
    def points(self) -> int:
        return len(self.gantry_deg)

    @property
    def segments(self) -> int:
        return len(self.gantry_deg) - 1

    @property
    def sectors(self) -> int:
        return len(self.sector_deg)

    @property
    def turn_deg(self) -> Floats:
        """Of each segment, shape (segments,)."""
        angles = self.gantry_deg
        return np.array([turn_deg(a, b) for a, b in pairwise(angles)])


def arc_path(arc_range: str) -> ArcPath:
    """The way of a "posterior" or "full" arc.

    A posterior arc goes all the way round, as the gantry must, with the beam off in front of the patient.

    Raises
    ------
    PlanError
        If the range is unknown.
    """
    first, last = 180.0 + STOP_DEG, 540.0 - STOP_DEG
    if arc_range == "full":
        parts = [np.arange(first, last + 1e-6, STEP_DEG)]
    elif arc_range == "posterior":
        side = np.arange(0.0, POSTERIOR_DEG + 1e-6, STEP_DEG)
        parts = [first + side, last - side[::-1]]
    else:
        near = ", ".join(nearest(arc_range, RANGES) or RANGES)
        raise PlanError(f'arc range "{arc_range}" is unknown, expected one of {", ".join(RANGES)}; nearest: {near}')
    angles = np.concatenate(parts)
    on = np.diff(angles) < STEP_DEG + 1e-6
    groups: list[Integers] = []
    start = 0
    for part in parts:
        here = np.arange(start, start + len(part) - 1)
        groups += np.array_split(here, max(1, -(-len(here) // SEGMENTS_A_SECTOR)))
        start += len(part)
    lows, highs = np.array([g[0] for g in groups]), np.array([g[-1] + 1 for g in groups])
    return ArcPath(angles % 360.0, on, lows, highs, (angles[lows] + angles[highs]) / 2 % 360.0)
