"""Which way the leaves stand: so that as little of the target as possible lies behind the cord for its leaf pair.

A leaf pair has one opening. Where the cord crosses a pair's lane, only one side of the target can be open while the
cord is shut; the other side is lost to that aperture. The collimator angle that loses least over the arc is chosen.
Two arcs with collimators at right angles complement each other (Huang 2025, doi:10.3389/fonc.2025.1612643).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spondyl.plan.external.vmat_lattice import CELL_MM, TURN_DEG, project

CANDIDATES_DEG = tuple(float(c) for c in range(5, 90, 5))
"""Not 0 or 90: the leaves would face the same planes all the way round, and what leaks between them would add up."""

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def choose_collimator_deg(
    target_mm: Floats,
    spared_mm: Floats,
    isocentre_mm: tuple[float, float, float],
    angles_deg: Floats,
    sad_mm: float,
) -> float:
    """Collimator angle of the first arc; the second stands at right angles.

    Parameters
    ----------
    target_mm, spared_mm
        Points (x, y, z) that fill the target and what is to be kept shut; shape (n, 3), closer than a cell.
    angles_deg
        Gantry angles to look from.
    """
    lost = [lost_mm2(target_mm, spared_mm, isocentre_mm, angles_deg, c, sad_mm) for c in CANDIDATES_DEG]
    return CANDIDATES_DEG[int(np.argmin(lost))]


def lost_mm2(
    target_mm: Floats,
    spared_mm: Floats,
    isocentre_mm: tuple[float, float, float],
    angles_deg: Floats,
    collimator_deg: float,
    sad_mm: float,
) -> float:
    """Target area that one opening a leaf pair cannot reach beside what is spared: mean over angles, both arcs."""
    total = 0
    for angle in angles_deg:
        seen = [project(points, isocentre_mm, angle, collimator_deg, sad_mm) for points in (target_mm, spared_mm)]
        edges = [np.arange(np.floor(a.min() / CELL_MM), np.ceil(a.max() / CELL_MM) + 2) * CELL_MM for a in seen[0]]
        target, spared = (np.histogram2d(v, u, (edges[1], edges[0]))[0] > 0 for u, v in seen)
        wanted = target & ~spared
        total += _lost_cells(wanted, target) + _lost_cells(wanted.T, target.T)
    return total * CELL_MM**2 / len(angles_deg)


def _lost_cells(wanted: Bools, target: Bools) -> int:
    """Wanted cells outside the longest run of their row; a run ends where a cell of the target is not wanted."""
    lost = 0
    for row, there in zip(wanted, target, strict=True):
        runs, length = [0], 0
        for open_, inside in zip(row, there, strict=True):
            if open_:
                length += 1
            elif inside:
                runs.append(length)
                length = 0
        runs.append(length)
        lost += int(row.sum()) - max(runs)
    return lost


__all__ = ["CANDIDATES_DEG", "TURN_DEG", "choose_collimator_deg", "lost_mm2"]
