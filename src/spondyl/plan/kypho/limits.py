"""The limits on cord, cauda and sac that hold the source back, from a protocol's goals for one fraction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy import Structures, sample_points
from spondyl.core.errors import PlanError, ProtocolError
from spondyl.evaluate import Goal, Protocol, metric, resolve
from spondyl.evaluate.dvh import from_samples
from spondyl.plan.kypho.drawn import contoured

NEURAL = ("SpinalCord", "SpinalCord_PRV02", "SpinalCord_Partial", "ThecalSac", "CaudaEquina", "SpinalCanal")
POINT_MM = 1.0
"""Spacing of the points within the written contours at which a position is tried; doses of rounds, verdicts and
sensitivity are `spondyl.evaluate.dvh`'s, on the same contours and finer points."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class NeuralLimit:
    """One mandatory limit and where it is looked at.

    Parameters
    ----------
    goal
        The protocol's.
    structure
        The case's own name.
    points_mm, weights_cm3
        Shapes (n, 3) and (n,).
    """

    goal: Goal
    structure: str
    points_mm: Floats
    weights_cm3: Floats

    def value(self, dose_gy: Floats) -> float:
        """The metric, of doses at the points; where it is not known, what it is at most."""
        found = metric(from_samples(self.structure, dose_gy, self.weights_cm3), self.goal.metric)
        return found.high if found.value is None else found.value

    def share(self, dose_gy: Floats) -> float:
        """The metric over its limit; above 1 it fails."""
        return self.value(dose_gy) / self.goal.limit


def check_one_fraction(rules: Protocol) -> None:
    """Refuse a protocol that has nothing to say of a single dose.

    Raises
    ------
    ProtocolError
        Then.
    """
    if 1 not in rules.fractions:
        raise ProtocolError(
            f'protocol "{rules.name}" is for {", ".join(map(str, rules.fractions))} fractions, a needle gives one; '
            "choose hytec-cord or tg-101"
        )


def neural_limits(rules: Protocol, structures: Structures, near_mm: Sequence[float], within_mm: float):
    """The mandatory upper limits of the protocol for one fraction on what is there of `NEURAL`.

    Parameters
    ----------
    near_mm, within_mm
        Only points this near to (x, y, z) are looked at; farther ones get next to nothing from a needle.

    Raises
    ------
    ProtocolError
        If the protocol has no goals for one fraction.
    PlanError
        If nothing that it limits is there.
    """
    check_one_fraction(rules)
    wanted = [
        g for g in rules.goals_for(1)
        if g.structure in NEURAL and g.op in ("<=", "<") and g.level == "mandatory" and g.quantity == "physical"
    ]  # fmt: skip
    found: list[NeuralLimit] = []
    sampled: dict[str, tuple[Floats, Floats]] = {}
    for goal in wanted:
        name = resolve(goal.structure, structures)
        if name is None or structures[name].is_empty:
            continue
        if name not in sampled:
            points, weights = sample_points(contoured(structures[name]), POINT_MM)
            kept = np.linalg.norm(points - np.asarray(near_mm), axis=1) <= within_mm
            sampled[name] = points[kept], weights[kept]
        if len(sampled[name][0]):
            found.append(NeuralLimit(goal, name, *sampled[name]))
    if not found:
        raise PlanError(
            f'protocol "{rules.name}" limits nothing that lies within {within_mm:g} mm of the target, expected cord, '
            f"thecal sac or cauda equina among {', '.join(structures)}; draw one, or choose another protocol"
        )
    return tuple(found)
