"""Which point the planes go through: the hottest, the coldest of the target, or the worst of the cord."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spondyl.anatomy import Structure, Structures
from spondyl.app.report.inputs import Goal, ReportInputs
from spondyl.core import trilinear
from spondyl.dose import Dose

_TARGETS = ("ptveval", "ptv", "ctv", "gtv")
_OF_DOSE = ("Gy", "%", "cm3")
_NEURAL = ("spinalcordprv", "thecalsac", "spinalcord", "cord", "caudaequina")


@dataclass(frozen=True)
class Point:
    """A named point: its place in mm, the dose there, and why it is looked at."""

    key: str
    name: str
    why: str
    at_mm: tuple[float, float, float]
    dose_gy: float


def points_of_interest(inputs: ReportInputs) -> tuple[Point, ...]:
    """The points that exist in this plan, the one that decides first.

    The decisive one is the point behind the mandatory goal with the least margin relative to its limit: a lower
    limit asks for the coldest target voxel, a limit of cord or sac for its hottest, any other upper limit for the
    hottest point of the plan, which is the source where a needle brings one. What the plan is normalised to has no
    margin by intent and does not decide.
    """
    found = _sources(inputs) or [_hottest(inputs)]
    target = _first(inputs.structures, _TARGETS)
    if target is not None:
        found.append(_extreme(inputs.dose, target, "cold", "coldest voxel of", hottest=False))
    neural = _worst_neural(inputs)
    if neural is not None:
        found.append(_extreme(inputs.dose, neural, "cord", "hottest voxel of", hottest=True))
    key, why = _decisive(inputs.goals)
    chosen = next((p for p in found if p.key == key), found[0])
    first = Point(chosen.key, chosen.name, why if chosen.key == key else "", chosen.at_mm, chosen.dose_gy)
    return (first, *(p for p in found if p is not chosen))


def _folded(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


def _first(structures: Structures, starts: tuple[str, ...]) -> Structure | None:
    for start in starts:
        for structure in structures.values():
            if _folded(structure.name).startswith(start) and not structure.is_empty:
                return structure
    return None


def is_neural(name: str) -> bool:
    """Whether a structure is cord, cauda equina, thecal sac or a margin around one."""
    return _folded(name).startswith(_NEURAL)


def _worst_neural(inputs: ReportInputs) -> Structure | None:
    judged = [g for g in inputs.goals if is_neural(g.structure) and g.structure in inputs.structures]
    judged = [g for g in judged if not inputs.structures[g.structure].is_empty]
    if judged:
        return inputs.structures[min(judged, key=relative_margin).structure]
    return _first(inputs.structures, _NEURAL)


def relative_margin(goal: Goal) -> float:
    """Margin over limit, plus infinity where either is unknown."""
    if goal.margin is None or not goal.limit:
        return float("inf")
    return goal.margin / abs(goal.limit)


def _decisive(goals: tuple[Goal, ...]) -> tuple[str, str]:
    free = (g for g in goals if g.margin is not None and g.unit in _OF_DOSE and not _normalises(g, goals))
    ranked = sorted(free, key=lambda g: (g.level != "mandatory", relative_margin(g)))
    if not ranked:
        return "hot", "no goal has a value"
    goal = ranked[0]
    why = f"{goal.structure} {goal.metric} has the least margin of the {goal.level} goals"
    if is_neural(goal.structure):
        return "cord", why
    return ("cold" if goal.op.startswith(">") else "hot"), why


def _normalises(goal: Goal, goals: tuple[Goal, ...]) -> bool:
    """Whether a met goal only brackets what the plan is normalised to: limits from both sides, within 5 %."""
    if goal.status != "pass" or not goal.limit:
        return False
    same = (g for g in goals if (g.structure, g.metric) == (goal.structure, goal.metric) and g.limit and g is not goal)
    return goal.op == "=" or any(
        g.op[0] != goal.op[0] and abs(g.limit - goal.limit) < 0.05 * abs(goal.limit) for g in same if g.limit
    )


def _sources(inputs: ReportInputs) -> list[Point]:
    """The ends of needles, where the dose is highest."""
    ends = [(s, trilinear(inputs.dose.values, inputs.dose.grid, np.array([s.to_mm]))[0]) for s in inputs.segments]
    keys = ("hot", *(f"hot{n}" for n in range(2, len(ends) + 1)))
    return [Point(k, f"source of {s.name}", "", s.to_mm, float(gy)) for k, (s, gy) in zip(keys, ends, strict=False)]


def _hottest(inputs: ReportInputs) -> Point:
    dose = inputs.dose
    index = np.unravel_index(int(np.argmax(dose.values)), dose.values.shape)
    x, y, z = dose.grid.point_at(index)
    return Point("hot", "hottest point", "", (float(x), float(y), float(z)), float(dose.values[index]))


def _extreme(dose: Dose, structure: Structure, key: str, words: str, *, hottest: bool) -> Point:
    """The hottest or coldest voxel at least half inside (or the fullest voxel of a structure thinner than that)."""
    inside = structure.coverage >= min(0.5, float(structure.coverage.max()))
    points = structure.local_grid.point_at(np.argwhere(inside))
    values = trilinear(dose.values, dose.grid, points)
    best = int(np.argmax(values) if hottest else np.argmin(values))
    x, y, z = points[best]
    return Point(key, f"{words} {structure.name}", "", (float(x), float(y), float(z)), float(values[best]))
