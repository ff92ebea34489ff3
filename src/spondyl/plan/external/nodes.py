"""Where a robot's source may stand: directions spread over a sphere, none from below, none through missing CT."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.core import Grid
from spondyl.core.errors import PlanError
from spondyl.dose import gantry_axes
from spondyl.plan.external.beams import Triple

Floats = NDArray[np.float64]
SPREAD_OVER = 160
"""Directions on the whole sphere: about as dense as the hundred nodes that such machines have over a part of it
(Kilby 2010). Ours."""
LOWEST_DEG = 0.0
"""Height of the source above the isocentre's plane: the couch and the robot's reach exclude what is below. Ours."""
FEWEST = 12
GOLDEN = np.pi * (3.0 - np.sqrt(5.0))


@dataclass(frozen=True)
class Node:
    """A place of the source, as the gantry and couch angle (IEC 61217) that would put it there."""

    name: str
    gantry_deg: float
    couch_deg: float


def nodes(target_points_mm: Floats, isocentre_mm: Triple, ct: Grid, sad_mm: float) -> tuple[Node, ...]:
    """Nodes for a target, evenly over what of the sphere is allowed.

    Parameters
    ----------
    target_points_mm
        Points (x, y, z) that fill it, shape (n, 3).
    ct
        What is known of the patient: a node is left out where rays to the target enter the grid through its first or
        last slice, so that tissue above or below is missing.

    Raises
    ------
    PlanError
        If fewer than `FEWEST` are left.
    """
    made: list[Node] = []
    for number, towards in enumerate(_spread(SPREAD_OVER), 1):
        if np.rad2deg(np.arcsin(-towards[1])) < LOWEST_DEG:
            continue
        gantry = float(np.rad2deg(np.arccos(-towards[1])))
        couch = float(np.rad2deg(np.arctan2(-towards[2], towards[0])))
        node = Node(f"N{number:03d}", round(gantry, 3), round(couch, 3))
        source = np.asarray(isocentre_mm) - sad_mm * gantry_axes(node.gantry_deg, 0.0, node.couch_deg)[0]
        if _enters_from_the_side(source, target_points_mm, ct):
            made.append(node)
    if len(made) < FEWEST:
        low, high = ct.bounds_mm()
        raise PlanError(
            f"{len(made)} directions reach the target through the CT's sides, expected {FEWEST} or more: the CT holds "
            f"z {low[2]:.0f} to {high[2]:.0f} mm; take a CT that reaches farther up and down, or plan coplanar beams"
        )
    return tuple(made)


def _spread(count: int) -> Floats:
    """Unit vectors from the isocentre to the source (LPS), a Fibonacci lattice over the sphere, shape (count, 3)."""
    z = 1.0 - (2.0 * np.arange(count) + 1.0) / count
    turn = GOLDEN * np.arange(count)
    across = np.sqrt(1.0 - z * z)
    return np.stack([across * np.cos(turn), across * np.sin(turn), z], axis=1)


def _enters_from_the_side(source: Floats, points_mm: Floats, ct: Grid) -> bool:
    """Whether every ray from the source to the points meets the grid's box first through a face across x or y."""
    low, high = ct.bounds_mm()
    ray = points_mm - source
    with np.errstate(divide="ignore", invalid="ignore"):
        near = np.minimum((low - source) / ray, (high - source) / ray)
    enter = np.nan_to_num(near, nan=-np.inf)
    return bool((enter[:, 2] <= enter[:, :2].max(axis=1)).all())
