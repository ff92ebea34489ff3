"""Two arcs for a small water cylinder: what the search finds is deliverable, and keeps the cord's limit."""

from dataclasses import replace

import numpy as np
import pytest
from cord_cylinder import cylinder_case

from spondyl.core import silent
from spondyl.evaluate import load_protocol
from spondyl.physics import load_linac
from spondyl.plan import PlanSettings
from spondyl.plan.external import techniques
from spondyl.plan.external.delivery import check_deliverable
from spondyl.plan.external.techniques.vmat import prepare
from spondyl.plan.goals import measure
from spondyl.plan.job import Job
from spondyl.plan.lagrangian import Effort
from spondyl.plan.lexicographic import grant
from spondyl.plan.prescription import prescription_of

EFFORT = Effort(rounds=4, iterations=15, inner_tolerance=1e-4, moved=1e-3)


def job_of(arc):
    case, rules = cylinder_case(), load_protocol("sib-sbrt-30in5")
    return Job(case, case.structures, rules, prescription_of(rules), PlanSettings(arc=arc), silent)


@pytest.fixture(scope="module")
def prepared():
    return prepare(job_of("posterior"))


@pytest.fixture(scope="module")
def found(prepared):
    wishlist = replace(prepared.setup.wishlist, wishes=prepared.setup.wishlist.wishes[:3])
    return grant(prepared.setup.problem, wishlist, prepared.start, effort=EFFORT)


def test_the_hard_limits_hold_in_the_dose_that_leaves_and_mu_give(prepared, found):
    problem, wishlist = prepared.setup.problem, prepared.setup.wishlist
    points = problem.dose_at_points(found.x)
    for goal in (*wishlist.never_above, *wishlist.at_least):
        value = measure(goal, problem, found.x, points)
        assert goal.sense * (value - goal.limit) <= 0.003 * goal.limit, (str(goal), value)


def test_both_arcs_can_be_delivered(prepared, found):
    linac = load_linac("hd120-6mv")
    delivered = prepared.deliver(found.x)
    assert len(delivered.beams) == 2
    for beam in delivered.beams:
        check_deliverable(beam, linac)
    assert len({beam.points[0].collimator_deg for beam in delivered.beams}) == 2
    assert len(delivered.fields) == 2 * 126


def test_the_beams_give_the_mu_that_were_found(prepared, found):
    planned = prepared.setup.problem.leaves.units(found.x) / 5
    assert sum(beam.mu for beam in prepared.deliver(found.x).beams) == pytest.approx(planned)


def test_what_is_delivered_is_what_was_optimised(prepared, found):
    """Leaf ways were kept by the search: cutting them to the limit moves no leaf by a tenth of a millimetre."""
    problem = prepared.setup.problem
    asked = problem.variables.apertures(found.x)
    kept = problem.leaves.deliverable(asked)
    assert np.abs(kept.first - asked.first).max() < 0.1
    assert np.abs(kept.second - asked.second).max() < 0.1


def test_the_gradient_of_the_dose_is_the_finite_difference(prepared):
    problem, rng = prepared.setup.problem, np.random.default_rng(6)
    derivative = rng.normal(size=problem.interpolation.rows)
    direction = rng.normal(size=problem.beamlets)
    y, step = prepared.start + 1.0, 1e-4
    ahead, behind = (derivative @ problem.dose_at_points(y + s * step * direction) for s in (1, -1))
    expected = (ahead - behind) / (2 * step)
    assert problem.gradient_from(derivative, y) @ direction == pytest.approx(expected, rel=1e-4)


def test_the_same_case_starts_from_the_same_leaves(prepared):
    np.testing.assert_array_equal(prepare(job_of("posterior")).start, prepared.start)


def test_the_technique_is_registered():
    assert techniques.find_technique("vmat").title.startswith("volumetric modulated arcs")
