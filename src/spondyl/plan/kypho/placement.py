"""Where the source stands: tried along the paths, by the target's coverage under the limits on cord and sac.

A prescription to a depth fixes the time; among the positions that keep every limit the one with the highest target
D98% is taken. A prescription to the target's distal boundary or minimum fixes that dose; among those that keep every
limit the one with the shortest time is taken. Where no position keeps the limits, the one that exceeds them least is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy import Structure, sample_points
from spondyl.anatomy.access import BEHIND_MM, Access
from spondyl.core.errors import PlanError
from spondyl.evaluate import metric
from spondyl.evaluate.dvh import from_samples
from spondyl.physics.kv import KvSource, PlacedSource
from spondyl.plan.kypho.drawn import contoured
from spondyl.plan.kypho.limits import NeuralLimit
from spondyl.plan.kypho.prescription import NeedlePrescription
from spondyl.plan.kypho.reading import reading_of

Floats = NDArray[np.float64]
DoseRate = Callable[[PlacedSource, Floats], Floats]
"""Gy/min of a source at points (n, 3): by the table in water, or by an engine in the patient."""
TARGET_POINT_MM = 1.0
SHARES = (0.2, 0.35, 0.5, 0.65, 0.8)
"""Shares of the time tried for the first of two positions."""
PAIR_STEP = 3
"""Of two positions every third is tried, then the neighbours of the best."""


AXIS_POINTS = 400
"""Of a needle's axis, about 0.25 mm apart."""


@dataclass(frozen=True)
class Placement:
    """One or two places of the source and the share of the time at each.

    Parameters
    ----------
    paths
        Each ends where the source stands.
    shares
        Of the time, adding up to 1.
    """

    paths: tuple[Access, ...]
    shares: tuple[float, ...]

    @property
    def fits(self) -> bool:
        """Whether two cannulas pass one another."""
        return len(self.paths) < 2 or clearance_mm(*self.paths) >= self.paths[0].cannula_mm


def clearance_mm(first: Access, second: Access) -> float:
    """Least distance between the axes of two needles, from `BEHIND_MM` behind the entry to the source."""
    (a, to_a), (b, to_b) = (
        (np.asarray(path.entry_mm) - BEHIND_MM * path.direction, np.asarray(path.tip_mm)) for path in (first, second)
    )
    points = a + np.linspace(0, 1, AXIS_POINTS)[:, None] * (to_a - a)
    along = np.clip((points - b) @ (to_b - b) / ((to_b - b) @ (to_b - b)), 0, 1)
    return float(np.linalg.norm(points - (b + along[:, None] * (to_b - b)), axis=1).min())


@dataclass(frozen=True)
class Trial:
    """A placement tried: minutes, target D98% in Gy, and the largest share of a limit used (above 1 it fails)."""

    placement: Placement
    minutes: float
    target_d98_gy: float
    limit_share: float

    @property
    def keeps_limits(self) -> bool:
        return self.limit_share <= 1.0


@dataclass(frozen=True)
class Task:
    """What a placement is tried on.

    Parameters
    ----------
    source
        Which.
    prescription
        What fixes the time.
    points_mm, weights_cm3
        Of the target, shapes (n, 3) and (n,).
    limits
        On cord and sac.
    """

    source: KvSource
    prescription: NeedlePrescription
    points_mm: Floats
    weights_cm3: Floats
    limits: tuple[NeuralLimit, ...]

    def target_d98_gy(self, dose_gy: Floats) -> float:
        """D98% of the target, of doses at its points."""
        found = metric(from_samples("target", dose_gy, self.weights_cm3), "D98%").value
        assert found is not None
        return found

    def minutes(self, rate_gy_per_min: Floats, positions_mm: Floats) -> float:
        """Irradiation time, from dose rates at the target's points (shares of time included)."""
        asked = self.prescription
        if asked.kind == "depth":
            assert asked.depth_mm is not None
            return asked.dose_gy / float(self.source.calibrated().dose_rate_at(asked.depth_mm))
        reading = reading_of(asked, self.points_mm, self.weights_cm3, positions_mm)
        return asked.dose_gy / reading.gray(rate_gy_per_min)


def task(source: KvSource, asked: NeedlePrescription, target: Structure, limits: tuple[NeuralLimit, ...]) -> Task:
    """The target, with its contours, sampled for trying placements.

    Raises
    ------
    PlanError
        If the target is empty.
    """
    if target.is_empty:
        raise PlanError(f'target "{target.name}" is empty, expected a volume to irradiate; draw it')
    return Task(source, asked, *sample_points(contoured(target), TARGET_POINT_MM), limits)


def best_placement(task: Task, placements: Sequence[Placement], rate: DoseRate) -> Trial:
    """Try every placement; one that keeps the limits first, then as the head of this file says."""
    known: dict[tuple[float, ...], tuple[Floats, tuple[Floats, ...]]] = {}
    trials = [_try(task, placement, rate, known) for placement in placements]
    return max(trials, key=lambda trial: _merit(trial, task.prescription))


def single_placements(places: Sequence[Sequence[Access]]) -> tuple[Placement, ...]:
    """Every place of every path, alone."""
    return tuple(Placement((place,), (1.0,)) for path in places for place in path)


def pair_placements(first: Sequence[Access], second: Sequence[Access]) -> tuple[Placement, ...]:
    """A place on each of two paths, every `PAIR_STEP`-th, with `SHARES` of the time, whose cannulas pass one another.

    Raises
    ------
    PlanError
        If there is none.
    """
    pairs = [Placement((a, b), (0.5, 0.5)) for a, b in product(first[::PAIR_STEP], second[::PAIR_STEP])]
    apart = [pair for pair in pairs if pair.fits]
    if not apart:
        most = max(clearance_mm(*pair.paths) for pair in pairs)
        raise PlanError(
            f"the two needles come within {most:.1f} mm of one another wherever their sources stand, two cannulas of "
            f"{first[0].cannula_mm:g} mm need as much; plan one side with --source-side"
        )
    return tuple(Placement(pair.paths, (share, 1.0 - share)) for pair in apart for share in SHARES)


def neighbours(
    placement: Placement, places: Sequence[Sequence[Access]], reach: int, step: int = 1
) -> Iterator[Placement]:
    """The placement with each of its places moved by up to `reach` steps along its own path, where two cannulas fit."""
    moved: list[list[Access]] = []
    for path, own in zip(placement.paths, places, strict=True):
        at = next(i for i, place in enumerate(own) if place.tip_mm == path.tip_mm)
        moved.append([own[i] for i in range(at - reach, at + reach + 1, step) if 0 <= i < len(own)])
    for paths in product(*moved):
        if (moved_to := Placement(tuple(paths), placement.shares)).fits:
            yield moved_to


def placed_sources(source: KvSource, placement: Placement, minutes: float) -> tuple[PlacedSource, ...]:
    """The sources with their times."""
    return tuple(
        PlacedSource(source, path.tip_mm, tuple(path.direction.tolist()), minutes * share)
        for path, share in zip(placement.paths, placement.shares, strict=True)
    )


def _try(
    task: Task,
    placement: Placement,
    rate: DoseRate,
    known: dict[tuple[float, ...], tuple[Floats, tuple[Floats, ...]]],
) -> Trial:
    target = np.zeros(len(task.points_mm))
    neural = [np.zeros(len(limit.points_mm)) for limit in task.limits]
    for placed, share in zip(placed_sources(task.source, placement, 1.0), placement.shares, strict=True):
        key = placed.position_mm
        if key not in known:
            known[key] = rate(placed, task.points_mm), tuple(rate(placed, limit.points_mm) for limit in task.limits)
        at_target, at_neural = known[key]
        target += share * at_target
        for total, one in zip(neural, at_neural, strict=True):
            total += share * one
    minutes = task.minutes(target, np.array([path.tip_mm for path in placement.paths]))
    d98 = task.target_d98_gy(target * minutes)
    shares = [limit.share(dose * minutes) for limit, dose in zip(task.limits, neural, strict=True)]
    return Trial(placement, minutes, d98, max(shares))


def _merit(trial: Trial, asked: NeedlePrescription) -> tuple[bool, float]:
    if not trial.keeps_limits:
        return False, -trial.limit_share
    return True, trial.target_d98_gy if asked.kind == "depth" else -trial.minutes
