"""A goal: a metric of a structure with a limit, as the optimiser sees it (smooth) and as a DVH does (exact).

A dose-volume metric's smooth stand-in is a band mean beside its percentile. The stand-in's limit is moved by the
gap between the two at the present plan, so that at the solution it is the exact metric that meets the limit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from spondyl.core.errors import PlanError, ProtocolError
from spondyl.plan.matvec import Floats
from spondyl.plan.objectives import band_mean, dose_at_volume, squared
from spondyl.plan.problem import Problem, Samples

TAIL = 0.25
"""Widest band beside a percentile, as a share of the volume."""
HOT_SPOT_CM3 = 0.1
"""Tail that stands in for near-maximum doses (D0.03cc): several voxels, so that its derivative is not one voxel's."""

_PERCENT = re.compile(r"D(\d+(?:\.\d+)?)%$")
_CUBIC = re.compile(r"D(\d+(?:\.\d+)?)cc$")


@dataclass(frozen=True)
class Goal:
    """What is asked of one structure, or of the fluence.

    Parameters
    ----------
    structure
        Name in the problem's samples; "fluence" for roughness and modulation.
    metric
        "D98%", "D0.03cc", "Dmean" (Gy); "overdose" (root mean square over the points' reference, Gy);
        "roughness" (squared steps of the fluence over its square); "modulation" (MU over those of open fields).
    sense
        +1: at most the limit; -1: at least.
    limit
        None where less (or more) is always better.
    why
        Where it comes from.
    margin
        Share by which the optimiser aims inside the limit, for what the final dose and the DVH's finer sampling add.
    """

    structure: str
    metric: str
    sense: int
    limit: float | None
    why: str = ""
    margin: float = 0.0

    @property
    def aim(self) -> float:
        """The limit with its margin."""
        if self.limit is None:
            raise PlanError(f"goal {self} has no limit to aim at")
        return self.limit - self.sense * self.margin * abs(self.limit)

    @property
    def label(self) -> str:
        return f"{self.structure} {self.metric}"

    @property
    def is_dose_volume(self) -> bool:
        return bool(_PERCENT.match(self.metric) or _CUBIC.match(self.metric))

    @property
    def has_stand_in(self) -> bool:
        """Whether the smooth metric differs from the exact one."""
        return self.is_dose_volume or self.metric == "modulation"

    def __str__(self) -> str:
        if self.limit is None:
            return f"{self.label} as {'low' if self.sense > 0 else 'high'} as possible"
        return f"{self.label} {'<=' if self.sense > 0 else '>='} {self.limit:.4g}"


def hot_fraction(metric: str, volume_cm3: float) -> float:
    """Share of the volume, counted from the hottest, of a Dx% or Dxcc metric."""
    percent, cubic = _PERCENT.match(metric), _CUBIC.match(metric)
    if percent:
        return float(percent.group(1)) / 100.0
    if cubic:
        return min(1.0, float(cubic.group(1)) / volume_cm3)
    raise ProtocolError(
        f'metric "{metric}" cannot be optimised; use Dx%, Dxcc, Dmean, overdose, roughness or modulation'
    )


def band_of(goal: Goal, samples: Samples) -> tuple[float, float]:
    """Volume fractions, counted from the coldest, of the band that stands in for the metric.

    >>> band_of(Goal("GTV", "D98%", -1, 27.0), Samples(slice(0, 1), np.ones(1), 10.0))
    (0.0, 0.02)
    """
    if goal.metric == "Dmean":
        return 0.0, 1.0
    cold = 1.0 - hot_fraction(goal.metric, samples.volume_cm3)
    if goal.sense < 0:
        return round(max(0.0, cold - TAIL), 9), round(cold, 9)
    least = HOT_SPOT_CM3 / samples.volume_cm3
    return max(0.0, min(cold, 1.0 - least)), min(1.0, max(cold + TAIL, 1.0 - least))


def smooth(goal: Goal, problem: Problem, x: Floats, points_gy: Floats) -> tuple[float, Floats, bool]:
    """Smooth value of the goal's metric and its derivative: by the structure's points (True) or by beamlet (False)."""
    if goal.metric == "roughness":
        return (*problem.leaves.roughness(x), False)
    if goal.metric == "modulation":
        units, gradient = problem.leaves.smooth_units(x)
        return units / problem.leaves.open_units, gradient / problem.leaves.open_units, False
    samples = problem.samples[goal.structure]
    dose = points_gy[samples.points]
    if goal.metric == "overdose":
        assert samples.reference_gy is not None
        value, derivative = squared("squared_overdose", dose, samples.weights, samples.reference_gy)
        root = np.sqrt(value + 1e-4)
        return float(root), derivative / (2.0 * root), True
    low, high = band_of(goal, samples)
    value, derivative = band_mean(dose, samples.weights, low, high)
    return value, derivative, True


def measure(goal: Goal, problem: Problem, x: Floats, points_gy: Floats) -> float:
    """The metric itself, as a DVH would give it."""
    if goal.metric == "modulation":
        return problem.leaves.units(x) / problem.leaves.open_units
    if not goal.is_dose_volume:
        return smooth(goal, problem, x, points_gy)[0]
    samples = problem.samples[goal.structure]
    return dose_at_volume(points_gy[samples.points], samples.weights, hot_fraction(goal.metric, samples.volume_cm3))
