"""Indices, fall-off and partial cord of a dose that falls linearly from a point, whose isodoses are spheres."""

from __future__ import annotations

import numpy as np
import pytest

from spondyl.anatomy import Structure, from_coverage
from spondyl.core import Grid, collecting
from spondyl.core.errors import DoseError, StructureError
from spondyl.dose import Dose
from spondyl.evaluate import dvh, fall_off, indices, isodose_volume_cm3, metric, partial_cord

COARSE = Grid((-60, -60, -60), (2.5, 2.5, 2.5), (49, 49, 49))
FINE = Grid((-50, -50, -50), (1, 1, 1), (101, 101, 101))


def radius(grid: Grid) -> np.ndarray:
    z, y, x = np.meshgrid(grid.axis_mm("z"), grid.axis_mm("y"), grid.axis_mm("x"), indexing="ij")
    return np.sqrt(x**2 + y**2 + z**2)


# 60 Gy in the middle, 1.5 Gy/mm: 31.5, 30, 27 and 15 Gy at 19, 20, 22 and 30 mm.
FALLING = Dose(COARSE, np.clip(60 - 1.5 * radius(COARSE), 0, None).astype(np.float32), fractions=5)


def ball(r: float) -> float:
    return 4 / 3 * np.pi * r**3 / 1000


@pytest.fixture(scope="module")
def target() -> Structure:
    """A ball of 20.5 mm: the 100 % isodose lies half a millimetre inside it."""
    return from_coverage("PTV", "target", FINE, np.clip(21.0 - radius(FINE), 0, 1))


@pytest.fixture(scope="module")
def cord() -> Structure:
    """A cylinder of 5 mm along z, its middle 32 mm behind the target's."""
    _, y, x = np.meshgrid(FINE.axis_mm("z"), FINE.axis_mm("y"), FINE.axis_mm("x"), indexing="ij")
    return from_coverage("cord", "oar", FINE, np.clip(5.5 - np.sqrt(x**2 + (y - 32) ** 2), 0, 1))


def test_isodose_volumes_are_balls() -> None:
    for gy, r in ((31.5, 19), (30, 20), (27, 22), (15, 30)):
        assert isodose_volume_cm3(FALLING, gy) == pytest.approx(ball(r), rel=0.01)
    assert isodose_volume_cm3(FALLING, 70) == 0


def test_an_isodose_that_leaves_the_grid_is_unknown() -> None:
    assert isodose_volume_cm3(Dose(COARSE, np.full(COARSE.shape, 20, np.float32)), 10) is None


def test_indices_of_a_ball(target: Structure) -> None:
    found = indices(FALLING, target, 30.0)
    volume = ball(20.5)
    assert found.target_cm3 == pytest.approx(volume, rel=0.003)
    assert found.paddick_conformity == pytest.approx(ball(20) / volume, rel=0.01)  # covered = isodose
    assert found.rtog_conformity == pytest.approx(ball(20) / volume, rel=0.01)
    assert found.gradient_index == pytest.approx((30 / 20) ** 3, rel=0.01)
    assert found.r50 == pytest.approx(ball(30) / volume, rel=0.01)
    assert found.spill_percent == pytest.approx(0, abs=0.5)
    # r at which 2, 50 and 98 % of the ball lie inside: 20.5 mm times the cube root
    d2, d50, d98 = (60 - 1.5 * 20.5 * share ** (1 / 3) for share in (0.02, 0.5, 0.98))
    assert found.homogeneity == pytest.approx((d2 - d98) / d50, rel=0.01)


def test_spill_is_the_hot_shell_outside_a_smaller_target() -> None:
    small = from_coverage("PTV", "target", FINE, np.clip(15.5 - radius(FINE), 0, 1))
    expected = 100 * (ball(19) - ball(15)) / ball(15)
    assert indices(FALLING, small, 30.0).spill_percent == pytest.approx(expected, rel=0.03)


def test_indices_cite_their_sources(target: Structure) -> None:
    with collecting() as used:
        indices(FALLING, target, 30.0)
    assert [c.text.split(",")[0] for c in used] == [
        "Paddick 2000", "Shaw 1993", "Paddick and Lippitz 2006", "RTOG 0915 protocol (Videtic 2015", "ICRU Report 83",
    ]  # fmt: skip


def test_fall_off_towards_the_cord(target: Structure, cord: Structure) -> None:
    found = fall_off(FALLING, target, cord, 30.0)
    assert found.nearest_mm == pytest.approx(30 - 22, abs=0.3)  # 27 Gy at 22 mm, 15 Gy at 30 mm, straight to the cord
    assert found.gap_mm == pytest.approx(27 - 20.5, abs=0.8)
    assert found.planes == 17
    assert found.open_planes == 0


def test_fall_off_that_is_not_there_is_unknown(target: Structure, cord: Structure) -> None:
    found = fall_off(FALLING, target, cord, 70.0)  # 90 % is 63 Gy, more than there is
    assert (found.nearest_mm, found.median_mm, found.open_planes) == (None, None, found.planes)


def test_fall_off_needs_a_shared_plane(target: Structure) -> None:
    far = from_coverage("cord", "oar", FINE, np.where(np.indices(FINE.shape)[0] > 95, 1.0, 0.0))
    with pytest.raises(StructureError, match="share no dose plane"):
        fall_off(FALLING, target, far, 30.0)
    with pytest.raises(DoseError, match="expected a positive dose"):
        indices(FALLING, target, 0.0)


def test_partial_cord(target: Structure, cord: Structure) -> None:
    curve = partial_cord(FALLING, cord, target)
    # 6 mm beyond the edges of the target's outermost voxels, z from -26.5 to 26.5 mm, of a cylinder of 5 mm
    assert curve.total_cm3 == pytest.approx(np.pi * 25 * 53 / 1000, rel=0.01)
    whole = dvh(FALLING, cord)
    assert metric(curve, "V10Gy_cc").value == pytest.approx(metric(whole, "V10Gy_cc").value, rel=0.01)
    share = metric(curve, "V10Gy_cc").value / curve.total_cm3  # type: ignore[operator]
    assert metric(curve, "V10Gy").value == pytest.approx(100 * share)
