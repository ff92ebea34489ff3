"""The needle path that each pedicle offers: through it with room to spare, past the canal, as near the aim as it goes.

Lines through the pedicle's middle are tried in all directions, and one is taken a side:

1. lines whose axis keeps the cannula's radius from the pedicle's wall and from the canal, and which run in bone from
   the posterior cortex to the body; where a CT is known, past metal, lung and organs, and where that can be, past ribs;
2. of these the ones with room: within `EVEN_MM` of `ROOM_MM` beyond the cannula, or of the best there is;
3. of these the ones that come within `EVEN_MM` of the nearest to the aim; of these the one with most room.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy.access import CANNULA_MM, TIP_MM, Access, measure_access
from spondyl.anatomy.access_approach import Approach
from spondyl.anatomy.access_space import SIDES, AccessSpace, Points, Side
from spondyl.core.errors import PlanError

CONVERGENCE_DEG = np.arange(-10.0, 45.1, 2.5)
CAUDAL_DEG = np.arange(-30.0, 40.1, 2.5)
"""Directions tried. Ours, far around the pedicles' own axes, which converge least at T12 and most at T1 and L5 (Lien et
al., Eur Spine J 2007;16:1215-1222); a needle that is to be steeper is given by its two points."""
ROOM_MM = 1.0
"""Between cannula and wall: what is enough, so that a path beyond it is chosen for its aim. Ours."""
EVEN_MM = 0.5
"""Paths this close count as even. Ours: half of what the border of a mask is uncertain."""
PEDICLE_STEP_MM, OUT_MM, PLANES = 1.0, 30.0, 8
BEHIND_MM = np.arange(0.0, 120.0, 2.0)
"""Where a line is followed behind its cortex, past ribs and neighbouring arches."""
BACK_MM, AHEAD_MM = np.arange(0.0, 60.0, 1.0), np.arange(0.0, 60.0, 1.0)
"""Where a line is followed, to its cortex and to its tip, from the pedicle's middle."""
AT_ONCE, MOST_MOVES = 1000, 20
ANYWHERE = (-np.inf, -np.inf)


@dataclass(frozen=True)
class Proposal:
    """What one pedicle offers.

    Parameters
    ----------
    side
        The patient's.
    access
        The path; None where there is none.
    passage_mm
        Diameter of the widest straight cylinder that passes the pedicle and clears the canal.
    aim_mm
        Distance from the path's tip to the aim.
    refusal
        Why there is no path, with the distance that fails.
    at_bound
        Which of the directions' bounds it stands at, "convergence 45 degrees": a better one may lie beyond. Empty where
        it lies within.
    """

    side: Side
    access: Access | None
    passage_mm: float
    aim_mm: float = float("inf")
    refusal: str = ""
    at_bound: str = ""


def propose_access(space: AccessSpace, aim_mm: Sequence[float], cannula_mm: float = CANNULA_MM) -> tuple[Proposal, ...]:
    """One path a side, the better one first: one that there is, then nearest to the aim, then the wider passage.

    Parameters
    ----------
    aim_mm
        (x, y, z) that the source should come near, for example the centre of the tumour.
    """
    found = [_propose(space, side, np.asarray(aim_mm, float), cannula_mm) for side in SIDES]
    even = {p.side: round(p.aim_mm / EVEN_MM) if p.access else 0 for p in found}
    return tuple(sorted(found, key=lambda p: (p.access is None, even[p.side], -p.passage_mm)))


def need_access(proposals: Sequence[Proposal], cannula_mm: float = CANNULA_MM) -> tuple[Access, ...]:
    """The paths that there are, best first.

    Raises
    ------
    PlanError
        If there is none: what stands against each side, with its distance.
    """
    paths = tuple(p.access for p in proposals if p.access is not None)
    if not paths:
        why = "; ".join(f"{p.side}: {p.refusal}" for p in proposals)
        raise PlanError(
            f"no pedicle lets a cannula of {cannula_mm:g} mm through ({why}); give a path of your own with --entry-mm "
            "and --tip-mm, which need not pass a pedicle"
        )
    return paths


@dataclass(frozen=True)
class _Lines:
    """Straight lines: a point of each in the pedicle's middle, its direction, the least distance to wall and canal."""

    through: Points
    direction: Points
    free_mm: Points

    def take(self, which: NDArray[np.intp]) -> _Lines:
        return _Lines(self.through[which], self.direction[which], self.free_mm[which])

    def points(self, distances_mm: NDArray[np.float64]) -> Points:
        """Points at signed distances from the middle, shape (lines, distances, 3)."""
        return self.through[:, None, :] + distances_mm[None, :, None] * self.direction[:, None, :]


def _propose(space: AccessSpace, side: Side, aim: Points, cannula_mm: float) -> Proposal:
    radius = cannula_mm / 2
    lines = _lines(space, side)
    widest = next(_in_bone(space, lines, np.argsort(-lines.free_mm), aim), None)
    passage = 0.0 if widest is None else 2 * float(_widened(space, widest[0].take(np.array([0]))).free_mm[0])
    if widest is None or passage < cannula_mm:
        told = f"the widest straight passage through its pedicle is {passage:.1f} mm, the cannula {cannula_mm:g} mm"
        return Proposal(side, None, passage, refusal=told)
    enough = max(radius, min(passage / 2, radius + ROOM_MM) - EVEN_MM)
    roomy = np.flatnonzero(lines.free_mm >= enough)
    by_aim = roomy[np.argsort(_passes(aim, lines.take(roomy)))]
    offered = (_in_bone(space, lines, by_aim, aim, keep) for keep in ((radius, radius), (-np.inf, radius)))
    nearest, tips = next((found for lines_of in offered for found in lines_of), widest)
    away = np.linalg.norm(tips - aim, axis=1)
    even = np.flatnonzero(away <= away.min() + EVEN_MM)
    best = int(even[np.argmax(nearest.free_mm[even])])
    behind = nearest.through[best] - BACK_MM[-1] * nearest.direction[best]
    path = measure_access(space, behind, tips[best], cannula_mm)
    if not path.fits:
        return Proposal(side, None, passage, refusal="; ".join(path.refusals))
    return Proposal(side, path, passage, float(away[best]), at_bound=_at_bound(path))


def _at_bound(path: Access) -> str:
    """The bounds of the directions searched that a path stands at."""
    own = (("convergence", path.convergence_deg, CONVERGENCE_DEG), ("caudal", path.caudal_deg, CAUDAL_DEG))
    half = (CONVERGENCE_DEG[1] - CONVERGENCE_DEG[0]) / 2
    ends = ((name, end) for name, value, tried in own for end in (tried[0], tried[-1]) if abs(value - end) < half)
    return ", ".join(f"{name} {end:g} degrees" for name, end in ends)


def _lines(space: AccessSpace, side: Side) -> _Lines:
    """Every direction through every point of the pedicle's middle, beside the front half of the canal."""
    low, high = space.beside_mm
    middle = (low + high) / 2
    reach = np.arange(-OUT_MM, OUT_MM + PEDICLE_STEP_MM, PEDICLE_STEP_MM)
    across, up = (a.ravel() for a in np.meshgrid(reach, reach, indexing="ij"))
    plane = space.frame.origin_mm + np.stack([across, np.full(across.size, middle), up], axis=-1) @ space.frame.axes
    plane = plane[space.at(space.pedicles[side], plane) >= 0.5]
    own = _directions(side)
    through, local = np.repeat(plane, len(own), axis=0), np.tile(own, (len(plane), 1))
    direction = local @ space.frame.axes
    return _measured_lines(space, through, direction)


def _measured_lines(space: AccessSpace, through: Points, direction: Points) -> _Lines:
    """Lines with the least distance of their axes to the pedicle's wall and to the canal."""
    low, high = space.beside_mm
    forward = direction @ space.frame.axes[1]
    planes = np.linspace(low, high, PLANES) - (low + high) / 2
    beside = through[:, None, :] + (planes[None, :] / forward[:, None])[..., None] * direction[:, None, :]
    free = space.at(space.bone_mm, beside).min(axis=1)
    inside = np.flatnonzero(free > 0)
    wall = space.wall_mm(beside[inside]).min(axis=1)
    lines = _Lines(through, direction, free)
    canal = -space.at(space.canal_mm, lines.take(inside).points(np.arange(-15.0, 16.0, 1.5))).max(axis=1)
    free[inside] = np.minimum(wall, canal)
    return lines


def _widened(space: AccessSpace, line: _Lines) -> _Lines:
    """The line moved and turned in ever smaller steps as long as that gives it room."""
    left, forward, up = space.frame.axes
    for step_mm in (0.8, 0.4, 0.2, 0.1):
        turn = 0.05 * step_mm
        moves = [step_mm * v for v in (left, -left, up, -up)] + [np.zeros(3)] * 5
        turns = [np.zeros(3)] * 5 + [turn * v for v in (left, -left, up, -up)]
        for _ in range(MOST_MOVES):
            direction = line.direction[0] / (line.direction[0] @ forward) + np.array(turns)
            direction /= np.linalg.norm(direction, axis=1, keepdims=True)
            tried = _measured_lines(space, line.through[0] + np.array(moves), direction)
            best = int(np.argmax(tried.free_mm))
            if tried.free_mm[best] <= line.free_mm[0] + 1e-3:
                break
            line = tried.take(np.array([best]))
    return line


def _directions(side: Side) -> Points:
    """Unit vectors (left, anterior, superior) in the vertebra's own axes, shape (n, 3)."""
    inwards = -1.0 if side == "left" else 1.0
    convergence, caudal = (a.ravel() for a in np.radians(np.meshgrid(CONVERGENCE_DEG, CAUDAL_DEG, indexing="ij")))
    level = np.cos(caudal)
    own = (inwards * np.sin(convergence) * level, np.cos(convergence) * level, -np.sin(caudal))
    return np.stack(own, axis=-1)


def _in_bone(
    space: AccessSpace, lines: _Lines, order: NDArray[np.intp], aim: Points, keep_mm: tuple[float, float] = ANYWHERE
) -> Iterator[tuple[_Lines, Points]]:
    """Lines that run in bone from cortex to body, in `order`, some at a time; with the tip nearest to the aim.

    Their axes keep `keep_mm` from other bone behind their cortex, and from metal and organs.
    """
    for start in range(0, len(order), AT_ONCE):
        some = lines.take(order[start : start + AT_ONCE])
        back = space.at(space.bone_mm, some.points(-BACK_MM)) >= 0
        ahead = some.points(AHEAD_MM)
        in_bone = np.logical_and.accumulate(space.at(space.bone_mm, ahead) >= 0, axis=1)
        depth = np.minimum(space.at(space.body_mm, ahead), space.at(space.bone_mm, ahead))
        reachable = in_bone & (depth >= TIP_MM)
        leaves_once = (np.diff(back.astype(np.int8), axis=1) != 0).sum(axis=1) == 1
        good = np.flatnonzero(back[:, 0] & leaves_once & reachable.any(axis=1))
        if space.approach is not None and np.isfinite(keep_mm).any():
            good = good[_passes_by(space.approach, some.take(good), BACK_MM[back[good].sum(axis=1) - 1], keep_mm)]
        if len(good):
            away = np.where(reachable[good], np.linalg.norm(ahead[good] - aim, axis=2), np.inf)
            yield some.take(good), ahead[good, away.argmin(axis=1)]


def _passes_by(
    approach: Approach, lines: _Lines, cortex_mm: NDArray[np.float64], keep_mm: tuple[float, float]
) -> NDArray[np.bool_]:
    """Which lines keep their distance: from other bone behind their cortex, `cortex_mm` behind the middle, and all the
    way from metal and organs."""
    behind = lines.through[:, None] - (cortex_mm[:, None] + BEHIND_MM)[..., None] * lines.direction[:, None]
    bone = approach.bone_at(behind).min(axis=1) >= keep_mm[0]
    within = lines.points(np.concatenate((-BACK_MM[::-1], AHEAD_MM[::2])))
    metal = np.minimum(approach.metal_at(behind).min(axis=1), approach.metal_at(within).min(axis=1))
    organ = np.minimum(approach.organ_at(behind).min(axis=1), approach.organ_at(within).min(axis=1))
    return bone & (np.minimum(metal, organ) >= keep_mm[1])


def _passes(aim: Points, lines: _Lines) -> Points:
    """Distance of the aim from each line ahead of the pedicle, shape (lines,)."""
    along = np.maximum(((aim - lines.through) * lines.direction).sum(axis=1), 0.0)
    return np.linalg.norm(aim - lines.through - along[:, None] * lines.direction, axis=1)
