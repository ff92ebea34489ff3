"""Where the source stands: prescriptions, positions and limits in water, whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
from needle_water import SOURCE, path

from spondyl.core.errors import PlanError
from spondyl.evaluate import Goal, load_protocol
from spondyl.plan.kypho.limits import NeuralLimit
from spondyl.plan.kypho.placement import (
    Placement,
    Task,
    best_placement,
    clearance_mm,
    neighbours,
    pair_placements,
    single_placements,
)
from spondyl.plan.kypho.planner import water_rate
from spondyl.plan.kypho.prescription import parse_prescription

LIMIT = next(g for g in load_protocol("hytec-cord").goals_for(1) if g.limit == 14.0)


def task(prescription: str, target: list[list[float]], cord_y: float = 20.0, limit: Goal = LIMIT) -> Task:
    """Target points of 1 cm3 each, and one point of cord behind."""
    cord = NeuralLimit(limit, "SpinalCord", np.array([[0.0, cord_y, 0.0]]), np.array([1.0]))
    return Task(SOURCE, parse_prescription(prescription), np.array(target), np.ones(len(target)), (cord,))


PLACES = tuple(path(float(y)) for y in range(10, -21, -1))
SYMMETRIC = [[0.0, y, 0.0] for y in (-12.0, -2.0)]


def test_a_depth_fixes_the_minutes_by_the_dose_rate_in_water() -> None:
    """The calibration's table: 7.04 Gy/min at 8 mm from the source, 1.719 at 13 mm."""
    trial = best_placement(task("8gy-at-8mm", SYMMETRIC), single_placements([PLACES]), water_rate)
    assert trial.minutes == pytest.approx(8 / 7.04, rel=1e-6)
    trial = best_placement(task("8gy-at-13mm", SYMMETRIC), single_placements([PLACES]), water_rate)
    assert trial.minutes == pytest.approx(8 / 1.719, rel=1e-6)


def test_the_source_stands_where_the_coldest_of_the_target_is_warmest() -> None:
    """Two points at y -2 and -12: the middle, -7; D98% of two equal parts is that of the colder."""
    trial = best_placement(task("8gy-at-8mm", SYMMETRIC, cord_y=60.0), single_placements([PLACES]), water_rate)
    assert trial.placement.paths[0].tip_mm == (0.0, -7.0, 0.0)
    assert trial.target_d98_gy == pytest.approx(8 / 7.04 * float(SOURCE.calibrated().dose_rate_at(5.0)), rel=1e-6)
    assert trial.keeps_limits


def test_the_cord_pushes_the_source_away_as_far_as_its_limit_asks() -> None:
    """8 Gy at 13 mm: 14 Gy lie where the rate is 14 / 4.654 = 3.008 Gy/min, 10.70 mm from the source."""
    job = task("8gy-at-13mm", SYMMETRIC, cord_y=2.0)
    trial = best_placement(job, single_placements([PLACES]), water_rate)
    assert trial.keeps_limits
    assert trial.placement.paths[0].tip_mm[1] == -9.0
    closer = best_placement(job, (Placement((path(-8.0),), (1.0,)),), water_rate)
    assert closer.limit_share == pytest.approx(4.654 * 3.66 / 14, rel=2e-3)


def test_where_no_place_keeps_the_limit_the_least_excess_is_taken() -> None:
    job = task("8gy-at-13mm", SYMMETRIC, cord_y=14.0)
    trial = best_placement(job, single_placements([PLACES[:5]]), water_rate)
    assert not trial.keeps_limits
    assert trial.placement.paths[0].tip_mm == PLACES[4].tip_mm
    assert trial.limit_share == pytest.approx(4.654 * 7.04 / 14, rel=2e-3)


def test_the_distal_boundary_is_the_target_point_farthest_from_the_source() -> None:
    job = task("10gy-at-boundary", [[0.0, -17.0, 0.0], [3.0, -7.0, 0.0]], cord_y=60.0)
    trial = best_placement(job, (Placement((path(-7.0),), (1.0,)),), water_rate)
    assert trial.minutes == pytest.approx(10 / float(SOURCE.calibrated().dose_rate_at(10.0)), rel=1e-6)


@pytest.mark.parametrize("prescription", ["10gy-at-boundary", "8gy-minimum"])
def test_a_dose_to_the_target_takes_the_place_with_the_shortest_time(prescription: str) -> None:
    """Points at y -2 and -12: from the middle, -7, the farther one is nearest, 5 mm."""
    trial = best_placement(task(prescription, SYMMETRIC, cord_y=60.0), single_placements([PLACES]), water_rate)
    assert trial.placement.paths[0].tip_mm == (0.0, -7.0, 0.0)
    assert trial.minutes == pytest.approx(trial.target_d98_gy / float(SOURCE.calibrated().dose_rate_at(5.0)), rel=1e-6)


def test_a_minimum_is_what_the_coldest_point_gets_as_far_as_the_cord_allows() -> None:
    """8 Gy at 5 mm take 0.281 min: 14 Gy lie at 4.1 mm. A cord 9 mm behind the middle is no matter, one at 4 mm is."""
    free = best_placement(task("8gy-minimum", SYMMETRIC, cord_y=2.0), single_placements([PLACES]), water_rate)
    assert free.placement.paths[0].tip_mm == (0.0, -7.0, 0.0)
    pushed = best_placement(task("8gy-minimum", SYMMETRIC, cord_y=-3.0), single_placements([PLACES]), water_rate)
    assert pushed.target_d98_gy == pytest.approx(8.0, rel=1e-6)
    assert pushed.placement.paths[0].tip_mm[1] < -7.0
    assert pushed.keeps_limits


def test_two_positions_share_the_time() -> None:
    """Two points 24 mm apart: one source between is 12 mm from both, two sources are near one each."""
    far = [[-12.0, -7.0, 0.0], [12.0, -7.0, 0.0]]
    right, left = (tuple(path(float(y), x) for y in range(0, -15, -1)) for x in (-9.0, 9.0))
    job = task("8gy-at-13mm", far, cord_y=60.0)
    pair = best_placement(job, pair_placements(right, left), water_rate)
    pair = best_placement(job, tuple(neighbours(pair.placement, (right, left), 2)), water_rate)
    assert pair.placement.shares == (0.5, 0.5)
    assert [p.tip_mm for p in pair.placement.paths] == [(-9.0, -7.0, 0.0), (9.0, -7.0, 0.0)]
    rate = SOURCE.calibrated().dose_rate_at(np.array([3.0, 21.0]))
    assert pair.target_d98_gy == pytest.approx(8 / 1.719 * float(rate.sum()) / 2, rel=1e-6)


def test_two_cannulas_that_would_cross_are_no_placement() -> None:
    """Parallel needles 5 mm apart pass one another, of 4.2 mm each; 3 mm apart they do not."""
    right, near, far = ((path(-7.0, x),) for x in (0.0, 3.0, 5.0))
    assert clearance_mm(right[0], far[0]) == pytest.approx(5.0, abs=1e-6)
    assert len(pair_placements(right, far)) == 5
    with pytest.raises(PlanError, match=r"within 3.0 mm of one another .* two cannulas of 4.2 mm need as much"):
        pair_placements(right, near)
