"""A prior course in other coordinates: summed where the registration puts it, refused without one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spondyl.core import Grid, Rigid
from spondyl.core.errors import DoseGridError
from spondyl.core.rigid import about_point, rotation_about
from spondyl.dose import Dose
from spondyl.evaluate import PriorCourse, cumulative_eqd2
from spondyl.evaluate.radiobiology import prior_eqd2_at

HERE = Grid((-20.0, -20.0, -20.0), (4.0, 4.0, 4.0), (11, 11, 11), "1.2.3")
THERE = Grid((-60.0, -60.0, -60.0), (4.0, 4.0, 4.0), (31, 31, 31), "1.2.4")
MOTION = about_point(rotation_about((0, 0, 1), 90.0), (0.0, 0.0, 0.0), (8.0, 0.0, -4.0))
"""From this course's coordinates to the prior one's: x becomes y, and a shift."""


def course(gy: float) -> Dose:
    return Dose(HERE, np.full(HERE.shape, gy, np.float32), fractions=5)


def ramp() -> Dose:
    """30 Gy + 0.2 Gy a millimetre along y of the prior coordinates."""
    y = np.broadcast_to(THERE.axis_mm("y")[None, :, None], THERE.shape)
    return Dose(THERE, (30.0 + 0.2 * y).astype(np.float32))


def test_the_prior_dose_is_taken_where_the_registration_says() -> None:
    """At x here lies y = x there: EQD2 of 30 + 0.2 x Gy in 10 fractions, alpha/beta 2, and of 10 Gy in 5."""
    both = cumulative_eqd2(course(10.0), PriorCourse(ramp(), 10, registration=MOTION), 2.0)
    x = HERE.axis_mm("x")
    prior = 30.0 + 0.2 * x
    expected = prior * (prior / 10 + 2) / 4 + 10.0 * (2 + 2) / 4
    np.testing.assert_allclose(both.values[5, 5, :], expected, rtol=1e-5)
    np.testing.assert_allclose(both.values[2, 9, :], expected, rtol=1e-5)
    assert "registered rigidly, no recovery assumed" in both.made[-1]


def test_without_a_registration_two_frames_are_refused() -> None:
    with pytest.raises(DoseGridError, match=r"frames of reference 1\.2\.4 and 1\.2\.3.*--prior-registration"):
        cumulative_eqd2(course(10.0), PriorCourse(ramp(), 10), 2.0)


def test_identity_is_the_same_as_one_frame() -> None:
    same = replace(ramp(), grid=replace(THERE, frame_of_reference_uid="1.2.3"))
    plain = cumulative_eqd2(course(10.0), PriorCourse(same, 10), 2.0)
    by_identity = cumulative_eqd2(
        course(10.0), PriorCourse(ramp(), 10, registration=Rigid(np.eye(3), np.zeros(3))), 2.0
    )
    np.testing.assert_allclose(by_identity.values, plain.values, rtol=1e-6)


def test_a_registration_that_leads_off_the_prior_dose_is_refused() -> None:
    away = Rigid(np.eye(3), np.array([100.0, 0.0, 0.0]))
    with pytest.raises(DoseGridError, match="does not cover this plan's dose"):
        cumulative_eqd2(course(10.0), PriorCourse(ramp(), 10, registration=away), 2.0)


def test_points_are_read_through_it_too() -> None:
    found = prior_eqd2_at(PriorCourse(ramp(), 10, registration=MOTION), np.array([[10.0, 0, 0], [500.0, 0, 0]]), 2.0)
    assert found[0] == pytest.approx(32.0 * (3.2 + 2) / 4)
    assert np.isnan(found[1])
