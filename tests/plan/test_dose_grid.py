"""Where the final dose is computed: the same voxels for a plan and for what is delivered of it."""

from types import SimpleNamespace

import numpy as np
import pytest
from cord_cylinder import cylinder_case

from spondyl.core.errors import PlanError
from spondyl.dose import LeafAperture, aimed_field
from spondyl.physics import load_linac
from spondyl.plan import make_plan, planner
from spondyl.plan.external.beams import Beam, ControlPoint
from spondyl.plan.external.delivery import check_beams
from spondyl.plan.setup import DOSE_SPACING_MM, dose_grid

EDGES = np.arange(-15.0, 16.0, 5.0)


def field(collimator_deg, fluence, isocentre_mm=(0.0, 0.0, 1.0)):
    return aimed_field("f", isocentre_mm, 1000.0, (EDGES, EDGES, fluence), 90.0, collimator_deg)


def ends(fields, beyond_mm=5.0):
    case = cylinder_case()
    low, high = dose_grid(case, case.structures, fields, beyond_mm).bounds_mm()
    return low[2], high[2]


def middle_open(leakage):
    maps = np.full((6, 6), leakage)
    maps[2:4, 2:4] = 1.0
    return maps


def test_an_upright_collimators_grid_reaches_beyond_its_edges():
    assert ends([field(0.0, np.ones((6, 6)))]) == (1.0 - 20.0, 1.0 + 20.0)


def test_a_turned_collimators_grid_reaches_beyond_its_open_corners():
    low, high = ends([field(45.0, np.ones((6, 6)))])
    wanted = 15.0 * np.sqrt(2.0) + 5.0  # the corner of 15 x 15 mm stands up
    assert 1.0 - wanted - DOSE_SPACING_MM < low <= 1.0 - wanted
    assert 1.0 + wanted <= high < 1.0 + wanted + DOSE_SPACING_MM


@pytest.mark.parametrize("leakage", [0.0, 0.013])
def test_shut_corners_of_a_turned_collimator_do_not_count(leakage):
    assert ends([field(45.0, middle_open(leakage))]) == ends([field(45.0, middle_open(0.0))])
    assert ends([field(45.0, middle_open(leakage))])[1] < 1.0 + 5.0 * np.sqrt(2.0) + 5.0 + DOSE_SPACING_MM


def test_openings_of_any_size_lie_on_the_same_planes():
    whole, part = (ends([field(45.0, maps)])[0] for maps in (np.ones((6, 6)), middle_open(0.013)))
    assert whole != part
    assert (whole - part) % DOSE_SPACING_MM == pytest.approx(0.0)


def out_of_reach():
    """A beam whose leaves go 40 mm beyond the axis's other side than they may."""
    linac = load_linac("hd120-6mv")
    leaves = np.tile([-1.0, 1.0], (linac.mlc.pairs, 1))
    leaves[30] = [linac.mlc.most_overtravel_mm + 39.0, linac.mlc.most_overtravel_mm + 40.0]
    aperture = LeafAperture(leaves, (-50.0, 50.0, -20.0, 20.0))
    points = tuple(ControlPoint(0.0, 0.0, 0.0, aperture, mu) for mu in (0.0, 10.0))
    return Beam("far", linac.name, (0.0, 0.0, 0.0), points)


def test_a_plan_that_the_machine_cannot_deliver_is_not_handed_over(monkeypatch):
    with pytest.raises(PlanError, match="bank X1"):
        check_beams((out_of_reach(),))
    made = SimpleNamespace(plan=SimpleNamespace(beams=(out_of_reach(),)))
    monkeypatch.setattr(planner, "find_technique", lambda name: SimpleNamespace(plan=lambda job: made))
    case = cylinder_case()
    with pytest.raises(PlanError, match="bank X1"):
        make_plan(case, case.structures, technique="vmat")
