"""How near a final dose is to the dose that the optimiser believed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spondyl.plan.goals import Goal, measure
from spondyl.plan.matvec import Floats
from spondyl.plan.problem import Problem

WITHIN = 0.01
"""Two doses agree where every limit's metric and the targets' dose do so within this share."""
LEAST_LIMIT_GY = 1e-3


@dataclass(frozen=True)
class Agreement:
    """One dose beside another, both at the problem's points.

    Parameters
    ----------
    metrics
        Difference of the metric of each goal with a limit, as a share of the limit.
    targets_rms
        Root of the mean squared difference over the targets' volume, as a share of the prescribed dose.
    targets_within
        Share of the targets' volume whose dose differs by no more than `WITHIN` of the prescribed dose.
    """

    metrics: Mapping[Goal, float]
    targets_rms: float
    targets_within: float

    @property
    def worst_metric(self) -> float:
        return max(self.metrics.values(), default=0.0)

    @property
    def holds(self) -> bool:
        """Whether the metrics and the targets' doses agree."""
        return max(self.worst_metric, self.targets_rms) <= WITHIN

    def __str__(self) -> str:
        worst = max(self.metrics, key=lambda goal: self.metrics[goal], default=None)
        named = f" ({worst.label} the farthest)" if worst is not None and self.worst_metric > 0 else ""
        return (
            f"limits' metrics agree within {100 * self.worst_metric:.2f} %{named}, the targets' doses within "
            f"{100 * self.targets_rms:.2f} % (root mean square; {100 * self.targets_within:.0f} % of their volume "
            f"within {100 * WITHIN:g} %)"
        )


def agreement(
    problem: Problem, x: Floats, believed: Floats, found: Floats, goals: tuple[Goal, ...], targets: tuple[str, ...]
) -> Agreement:
    """Hold the dose `found` at the problem's points against the one that was `believed`, both shape (points,).

    Parameters
    ----------
    x
        Weights that gave both.
    goals
        Those with a limit on a dose at a volume or a mean are compared.
    targets
        Structures whose doses are compared point by point.
    """
    metrics: dict[Goal, float] = {}
    for goal in goals:
        if goal.limit is not None and goal.metric.startswith("D"):
            one, other = (measure(goal, problem, x, dose) for dose in (believed, found))
            metrics[goal] = abs(other - one) / max(abs(goal.limit), LEAST_LIMIT_GY)
    samples = [problem.samples[name] for name in targets if name in problem.samples]
    if not samples:
        return Agreement(metrics, 0.0, 1.0)
    apart = np.concatenate([(found - believed)[s.points] for s in samples]) / problem.prescription_gy
    weights = np.concatenate([s.weights * s.volume_cm3 for s in samples])
    weights = weights / weights.sum()
    return Agreement(metrics, float(np.sqrt(weights @ apart**2)), float(weights @ (np.abs(apart) <= WITHIN)))
