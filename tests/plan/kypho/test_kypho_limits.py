"""The limits that hold the source back: which protocol, and where they are looked at."""

from __future__ import annotations

import numpy as np
import pytest
from needle_water import water

from spondyl.anatomy import Structures, from_coverage, sample_points
from spondyl.core.errors import PlanError, ProtocolError
from spondyl.evaluate import load_protocol
from spondyl.plan.kypho.drawn import contoured
from spondyl.plan.kypho.limits import neural_limits


def test_a_protocol_without_one_fraction_is_refused() -> None:
    with pytest.raises(ProtocolError, match="is for 5 fractions, a needle gives one"):
        neural_limits(load_protocol("sib-sbrt-30in5"), Structures(), (0.0, 0.0, 0.0), 40.0)
    with pytest.raises(PlanError, match="limits nothing that lies within 40 mm"):
        neural_limits(load_protocol("hytec-cord"), Structures(), (0.0, 0.0, 0.0), 40.0)


def test_limits_are_looked_at_within_the_contours_that_are_written() -> None:
    """A mask of half-filled border voxels: all points lie within the contour, and weigh what it holds."""
    grid = water(12.0).grid
    coverage = np.zeros(grid.shape)
    coverage[3:9, 3:9, 3:9] = 0.5
    coverage[4:8, 4:8, 4:8] = 1.0
    cord = from_coverage("SpinalCord", "oar", grid, coverage)
    (limit, *_) = neural_limits(load_protocol("hytec-cord"), Structures([cord]), (0.0, 0.0, 0.0), 40.0)
    points, weights = sample_points(contoured(cord), 1.0)
    assert limit.points_mm == pytest.approx(points)
    assert limit.weights_cm3.sum() == pytest.approx(weights.sum())
