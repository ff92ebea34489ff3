"""Where a robot's source may stand, and what its circles open."""

import numpy as np
import pytest

from spondyl.core import Grid
from spondyl.core.errors import DoseError, PlanError
from spondyl.dose import CircularAperture, circle_fluence, gantry_axes, incident_fluence
from spondyl.physics import load_machine
from spondyl.plan.external import Beam, ControlPoint, beam_fields
from spondyl.plan.external.nodes import nodes
from spondyl.plan.external.techniques.robotic import Candidate, robotic_beams

CT = Grid((-200.0, -150.0, -300.0), (5.0, 5.0, 5.0), (121, 61, 81))
TARGET = np.array([[x, y, z] for x in (-20.0, 20) for y in (-20.0, 20) for z in (-20.0, 20)])
MODEL = load_machine("robotic-6mv")


def test_no_source_below_and_all_over_what_is_above():
    found = nodes(TARGET, (0.0, 0.0, 0.0), CT, 800.0)
    towards = np.array([-gantry_axes(n.gantry_deg, 0.0, n.couch_deg)[0] for n in found])
    assert (towards[:, 1] <= 1e-9).all()  # LPS y runs to the back
    assert len(found) > 40
    for axis in ([1, 0, 0], [-1, 0, 0], [0, -1, 0]):
        assert (towards @ axis).max() > np.cos(np.deg2rad(15))


def test_rays_that_come_through_missing_ct_are_left_out():
    """200 mm of CT along z: from the front, 150 mm away, steeper than atan(80/130) or so no ray comes in whole."""
    short = Grid((-200.0, -150.0, -100.0), (5.0, 5.0, 5.0), (41, 61, 81))
    towards = np.array(
        [-gantry_axes(n.gantry_deg, 0.0, n.couch_deg)[0] for n in nodes(TARGET, (0.0, 0.0, 0.0), short, 800.0)]
    )
    front = towards[np.abs(towards[:, 0]) < 0.3]
    assert np.abs(front[:, 2]).max() < np.sin(np.arctan(80 / 130) + 0.1)
    with pytest.raises(PlanError, match=r"directions reach the target through the CT's sides, expected 12 or more"):
        nodes(TARGET, (0.0, 0.0, 0.0), Grid((-200.0, -150.0, -25.0), (5.0, 5.0, 5.0), (11, 61, 81)), 800.0)


@pytest.mark.parametrize("middle", [(0.0, 0.0), (7.3, -4.1)])
def test_a_circle_has_its_area(middle):
    u, v, opened = circle_fluence(CircularAperture(12.5, middle), 1.0)
    assert opened.sum() == pytest.approx(np.pi * 12.5**2 / 4, rel=5e-4)
    assert opened.max() == pytest.approx(1.0)
    assert opened @ ((u[1:] + u[:-1]) / 2) @ np.ones(len(v) - 1) / opened.sum() == pytest.approx(middle[0], abs=0.02)


@pytest.mark.parametrize("diameter_mm", [5.0, 7.5, 12.5])
def test_the_source_takes_from_a_circles_middle_what_it_covers_of_it(diameter_mm):
    """A Gaussian source of sigma s leaves 1 - exp(-r^2 / 2 s^2) of the fluence in the middle of a circle of radius r.

    Half a per cent of it, or 1 % in 5 mm, goes with the pixels of 0.5 mm.
    """
    node = (0.0, 0.0, 0.0, CircularAperture(diameter_mm))
    beam = Beam("N", "robotic-6mv", (0.0, 0.0, 0.0), (ControlPoint(*node, 0.0), ControlPoint(*node, 40.0)))
    (field,) = beam_fields(beam, MODEL)
    seen = incident_fluence(field, MODEL, pixel_mm=0.25)
    middle = seen.photons_per_cm2[np.abs(seen.v_mm).argmin(), np.abs(seen.u_mm).argmin()]
    expected = (
        40 * MODEL.photons_per_cm2_per_mu * (1 - np.exp(-((diameter_mm / 2) ** 2) / (2 * MODEL.penumbra_sigma_mm**2)))
    )
    assert middle == pytest.approx(expected, rel=0.01)


def test_aims_of_a_node_are_one_beam_and_one_field():
    (node, *_) = nodes(TARGET, (0.0, 0.0, 0.0), CT, 800.0)
    every = (Candidate(0, (0.0, 0.0)), Candidate(0, (18.0, 6.0)), Candidate(0, (-6.0, 0.0)))
    (beam,) = robotic_beams((node,), (0.0, 0.0, 0.0), every, np.array([30.0, 20.0, 0.5]))
    assert beam.mu == 50.0  # half a monitor unit is not given
    (field,) = beam_fields(beam, MODEL)
    assert field.fluence.max() == pytest.approx(30.0)
    assert 0.5**2 * field.fluence.sum() == pytest.approx(50 * np.pi * 12.5**2 / 4, rel=1e-3)
    assert (field.gantry_deg, field.couch_deg % 360) == pytest.approx((node.gantry_deg, node.couch_deg % 360))
    with pytest.raises(PlanError, match="no beam has 2 MU or more"):
        robotic_beams((node,), (0.0, 0.0, 0.0), every, np.zeros(3))


def test_a_circle_needs_a_size_and_a_place():
    with pytest.raises(DoseError, match="diameter_mm must be positive"):
        CircularAperture(0.0)
    with pytest.raises(DoseError, match="centre_mm must be two finite numbers"):
        CircularAperture(5.0, (np.nan, 0.0))
