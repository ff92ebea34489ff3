from dataclasses import replace

import numpy as np
import pytest

from spondyl.core.errors import PlanError
from spondyl.dose import LeafAperture
from spondyl.physics import load_linac
from spondyl.plan.external import (
    Beam,
    ControlPoint,
    check_deliverable,
    delivery_time_s,
    leaf_travel_mm,
    modulation_complexity_score,
)

LINAC = load_linac("hd120-6mv")
JAWS = (-30.0, 30.0, -20.0, 20.0)


def opening(low_mm, high_mm, jaws=JAWS):
    """Pairs within 20 mm of the axis open from low to high, the others closed at 0."""
    leaves = np.zeros((LINAC.mlc.pairs, 2))
    leaves[np.abs(LINAC.mlc.leaf_middles_mm) < 20.0] = np.stack(np.broadcast_arrays(low_mm, high_mm), axis=-1)
    return LeafAperture(leaves, jaws)


def beam(*points):
    """Control points from (gantry, aperture, cumulative MU)."""
    return Beam("b", "hd120-6mv", (0.0, 0.0, 0.0), tuple(ControlPoint(g, 0.0, 0.0, a, mu) for g, a, mu in points))


def test_each_segment_waits_for_its_slowest_part():
    wide, far = opening(-10.0, 10.0), opening(-10.0, 22.5)
    made = beam((0, wide, 0), (2, wide, 1.0), (4, wide, 11.0), (6, far, 12.0))
    time = delivery_time_s(made, LINAC)
    # 2 degrees at 6 a second; 10 MU at 600 a minute; 12.5 mm at 25 mm a second.
    assert time.segments_s == pytest.approx((2 / 6, 1.0, 0.5))
    assert time.binds == ("gantry", "dose rate", "leaves")
    assert time.total_s == pytest.approx(11 / 6)
    assert time.share_by_bind["dose rate"] == pytest.approx(6 / 11)
    check_deliverable(made, LINAC)


def test_an_arc_across_zero_turns_the_shorter_way():
    wide = opening(-10.0, 10.0)
    time = delivery_time_s(beam((358, wide, 0), (2, wide, 0.1)), LINAC)
    assert time.total_s == pytest.approx(4 / 6)


def broken_jaw():
    return opening(-10.0, 10.0, (-205.0, 30.0, -20.0, 20.0))


def broken_reach():
    leaves = opening(-10.0, 10.0).leaves_mm.copy()
    leaves[:, :] = (150.0, 205.0)
    return LeafAperture(leaves, (-20.0, 200.0, -20.0, 20.0))


def broken_span():
    leaves = opening(-10.0, 10.0).leaves_mm.copy()
    leaves[30] = (-160.0, 10.0)
    return LeafAperture(leaves, JAWS)


@pytest.mark.parametrize(
    ("aperture", "message"),
    [
        (broken_jaw(), "control point 1: jaw x1 at -205 mm, expected -200 to 20"),
        (broken_reach(), r"leaf 1 of bank X2 stands 205.0 mm from the axis, expected 200 mm"),
        (broken_span(), r"leaves of bank X1 span 160.0 mm, expected 145 mm"),
        (LeafAperture(np.zeros((40, 2)), JAWS), "has 40 leaf pairs, collimator \"HD120\" has 60"),
    ],
)  # fmt: skip
def test_leaves_and_jaws_out_of_reach_are_named(aperture, message):
    with pytest.raises(PlanError, match=message):
        check_deliverable(beam((0, aperture, 0), (0, aperture, 10)), LINAC)


def test_moving_leaves_keep_their_gap_and_still_ones_may_close():
    closing = beam((0, opening(0.0, 10.0), 0), (0, opening(0.0, 0.4), 10))
    with pytest.raises(PlanError, match=r"points 1 to 2: leaf pair 23 moves 0.4 mm apart, expected 0.5 mm or more"):
        check_deliverable(closing, LINAC)
    check_deliverable(beam((0, opening(0.0, 10.0), 0), (0, opening(0.0, 0.5), 10)), LINAC)
    without_beam = beam((0, opening(0.0, 10.0), 0), (0, opening(0.0, 10.0), 5), (0, opening(0.0, 0.0), 5))
    check_deliverable(without_beam, LINAC)


def test_motion_too_long_for_its_monitor_units_names_the_leaf():
    far = beam((0, opening(-10.0, 10.0), 0), (0, opening(-10.0, 30.0), 0.05))
    # 20 mm take 0.8 s, in which the lowest dose rate gives 5 / 60 * 0.8 MU.
    with pytest.raises(PlanError, match=r"leaves \(pair 23 goes 20.0 mm\) take 0.80 s would be 3.8 MU/min") as told:
        check_deliverable(far, LINAC)
    assert "give the segment 0.067 MU" in str(told.value)


def test_a_collimator_without_interdigitation_refuses_leaves_that_pass():
    count = int((np.abs(LINAC.mlc.leaf_middles_mm) < 20.0).sum())
    every_other = np.arange(count) % 2 == 0
    crossed = opening(np.where(every_other, -10.0, 6.0), np.where(every_other, -6.0, 10.0))
    strict = replace(LINAC, mlc=replace(LINAC.mlc, interdigitates=False))
    made = beam((0, crossed, 0), (0, crossed, 10))
    check_deliverable(made, LINAC)
    with pytest.raises(PlanError, match="passes its neighbour's of bank X2"):
        check_deliverable(made, strict)


def test_one_open_rectangle_scores_1_and_moves_nothing():
    still = beam((0, opening(-10.0, 10.0), 0), (10, opening(-10.0, 10.0), 10))
    assert modulation_complexity_score(still, LINAC) == pytest.approx(1.0)
    assert leaf_travel_mm(still) == 0.0


def test_complexity_score_of_a_shape_worked_by_hand():
    count = int((np.abs(LINAC.mlc.leaf_middles_mm) < 20.0).sum())
    ragged = opening(np.where(np.arange(count) % 2 == 0, -10.0, -6.0), 10.0)
    # Bank X1 goes to and fro over its whole span: variability 0, so the product is 0.
    assert modulation_complexity_score(beam((0, ragged, 0), (0, ragged, 10)), LINAC) == pytest.approx(0.0)
    steps = opening(np.linspace(-10.0, -6.0, count), 10.0)
    half = beam((0, steps, 0), (0, opening(-10.0, 10.0), 10))
    # Sequence: (1 - 1 / (n - 1)) and 1; area: 18 / 20 and 1; a segment takes the means of its two ends.
    wanted = (1 - 1 / (count - 1) + 1) / 2 * (18 / 20 + 1) / 2
    assert modulation_complexity_score(half, LINAC) == pytest.approx(wanted)


def test_leaf_travel_is_the_mean_way_of_the_leaves_that_move():
    made = beam((0, opening(-10.0, 10.0), 0), (2, opening(-10.0, 16.0), 5), (4, opening(-12.0, 10.0), 9))
    # Bank X2 goes 6 and 6 mm, bank X1 2 mm.
    assert leaf_travel_mm(made) == pytest.approx((12.0 + 2.0) / 2)
