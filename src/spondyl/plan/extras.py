"""Goals beyond a protocol's structures: points of their own, such as the cord moved by a set-up error.

A wish-list may carry extras; each adds sets of points with goals to the planning problem once beams are known. What
is asked of such points is held by the optimiser; no DVH is made of them, as no structure of the case is there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spondyl.anatomy import Structure, Structures, sample_points
from spondyl.core import Rigid
from spondyl.core.rigid import IDENTITY
from spondyl.plan.goals import Goal
from spondyl.plan.points import PointSet


@dataclass(frozen=True)
class Seen:
    """What an extra may look at.

    Parameters
    ----------
    structures
        Of the plan.
    isocentre_mm
        (x, y, z).
    low_mm, high_mm
        Slab along z in which doses are computed; beyond it they are taken as zero.
    goals
        Of the wish-list, with the case's own structure names, hard limits first.
    """

    structures: Structures
    isocentre_mm: tuple[float, float, float]
    low_mm: float
    high_mm: float
    goals: tuple[Goal, ...]


@dataclass(frozen=True)
class Added:
    """What an extra adds.

    Parameters
    ----------
    sets
        Points, under names that no structure has.
    never_above
        Upper limits on them that hold from the first step.
    wished
        Goals that join a wish, after the goal named first: (that goal, the new one).
    """

    sets: tuple[PointSet, ...]
    never_above: tuple[Goal, ...] = ()
    wished: tuple[tuple[Goal, Goal], ...] = ()


Extra = Callable[[Seen], Added]


def points_near(
    seen: Seen,
    structure: Structure,
    name: str,
    spacing_mm: float,
    height_mm: float | None = None,
    motion: Rigid = IDENTITY,
) -> PointSet | None:
    """Points of a structure, moved by `motion`, as a set of their own; None where none lies in the slab.

    Parameters
    ----------
    height_mm
        Points so far above and below the targets only; the rest counts as volume without dose.
    """
    points, weights_cm3 = sample_points(structure, spacing_mm)
    total = float(weights_cm3.sum())
    low, high = seen.low_mm, seen.high_mm
    if height_mm is not None:
        heights = [s.local_grid.bounds_mm() for s in seen.structures.with_role("target") if not s.is_empty]
        low = max(low, min(float(below[2]) for below, _ in heights) - height_mm)
        high = min(high, max(float(above[2]) for _, above in heights) + height_mm)
    there = motion.moves(points)
    kept = (there[:, 2] >= low) & (there[:, 2] <= high)
    if total <= 0 or not np.any(kept):
        return None
    return PointSet(name, there[kept], weights_cm3[kept] / total, total)
