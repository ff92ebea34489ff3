"""Sample points: volume, and dose-volume metrics of solids in linear dose gradients."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from solids import cone, cylinder, sphere, square

from spondyl.anatomy import Contour, contours_to_structure, from_coverage, sample_points
from spondyl.core import Grid
from spondyl.core.errors import StructureError

GRID = Grid((-19.0, -19.0, -20.25), (2.5, 2.5, 2.5), (17, 17, 17))
LARGE = [cylinder(12.0, "z"), cylinder(12.0, "x"), cone(12.0, "z"), cone(12.0, "x"), sphere(12.0)]
SMALL = [cylinder(3.0, "z"), cylinder(3.0, "x"), cone(3.0, "z"), sphere(2.88)]  # 0.17, 0.17, 0.06 and 0.1 cm3


def near_maximum(values, weights, volume):
    order = np.argsort(-values)
    return np.interp(volume, np.cumsum(weights[order]) - weights[order] / 2, values[order])


def check(solid, spacing, gradient_gy_per_mm):
    """Every D within 0.1 Gy and every V within 0.5 % of the structure, in gradients along x, y and z."""
    s = contours_to_structure("s", "oar", solid.contours(spacing), GRID)
    points, weights = sample_points(s)
    assert weights.sum() * 1000 == pytest.approx(solid.volume_mm3, rel=4e-3)
    for axis in "xyz":
        exact = 30.0 + gradient_gy_per_mm * solid.points(axis)
        equal = np.full(len(exact), solid.volume_mm3 / len(exact))
        dose = 30.0 + gradient_gy_per_mm * points[:, "xyz".index(axis)]
        for share in (0.98, 0.95, 0.5, 0.02, 30.0 / solid.volume_mm3):  # the last is D0.03cc
            found = near_maximum(dose, weights * 1000, min(share, 0.99) * weights.sum() * 1000)
            true = near_maximum(exact, equal, min(share, 0.99) * solid.volume_mm3)
            assert found == pytest.approx(true, abs=0.1), (axis, share)
        for level in 30.0 + gradient_gy_per_mm * solid.radius_mm * np.linspace(-0.7, 0.7, 7):
            found = weights[dose > level].sum() / weights.sum()
            assert found == pytest.approx((exact > level).mean(), abs=0.005), (axis, level)
        assert np.average(dose, weights=weights) == pytest.approx(exact.mean(), abs=0.05)


@pytest.mark.parametrize("spacing", [1.0, 3.0])
@pytest.mark.parametrize("solid", LARGE, ids=lambda s: s.name)
def test_large_solid_in_a_quarter_gray_per_mm(solid, spacing):
    check(solid, spacing, 0.25)  # at 1 Gy/mm the tip of the lying cone, which no plane shows, is 0.3 Gy low


@pytest.mark.parametrize("solid", [s for s in LARGE if s.name != "cone x"], ids=lambda s: s.name)
def test_large_solid_in_a_gray_per_mm(solid):
    check(solid, 2.0, 1.0)


@pytest.mark.parametrize("solid", SMALL, ids=lambda s: s.name)
def test_small_solid_in_a_gray_per_mm(solid):
    check(solid, 1.0, 1.0)


def test_cord_near_maximum():
    # a cord of 5 mm radius and 60 mm height in 1 Gy/mm along y: D0.03cc is where the cap of the circle is 0.5 mm2
    cord = [Contour(float(z), cylinder(5.0, "z").polygon(0.0)) for z in np.arange(-28.5, 30.0, 3.0)]
    grid = Grid((-10.0, -10.0, -40.0), (1.0, 1.0, 3.0), (27, 21, 21))
    points, weights = sample_points(contours_to_structure("cord", "oar", cord, grid))
    y = np.linspace(4.0, 5.0, 100_001)
    segment = 25 * np.arccos(y / 5) - y * np.sqrt(25 - y * y)
    expected = float(np.interp(-30.0 / 60.0, -segment, y))
    assert near_maximum(points[:, 1], weights * 1000, 30.0) == pytest.approx(expected, abs=0.03)


def test_points_of_a_prism_lie_inside_it():
    s = contours_to_structure("s", "oar", [Contour(float(z), square(6.2)) for z in (-3.0, 0.0, 3.0)], GRID)
    points, weights = sample_points(s)
    assert np.abs(points[:, :2]).max() <= 6.2 + 0.05  # a corner's point may leave it sideways
    assert np.abs(points[:, 2]).max() <= 4.5 + 1e-6
    assert weights.sum() == pytest.approx(12.4**2 * 9 / 1000, rel=1e-3)


def test_spacing_sets_the_number_of_points():
    s = contours_to_structure("s", "oar", [Contour(float(z), square(6.0)) for z in (-3.0, 0.0, 3.0)], GRID)
    points, _ = sample_points(s, spacing_mm=1.0)
    assert len(points) == pytest.approx(13 * 13 * 9, rel=0.1)  # cells that the border cuts count too


def test_mask_weighs_its_coverage():
    s = contours_to_structure("s", "oar", sphere(12.0).contours(1.0), GRID)
    points, weights = sample_points(replace(s, contours=()))
    assert weights.sum() == pytest.approx(s.volume_cm3, rel=1e-6)
    # inner parts of cut voxels: the farthest points stay within a part's diagonal of the border
    assert np.linalg.norm(points[weights > 0], axis=1).max() < 12.0 + 2.5 * np.sqrt(3) / 3


def test_empty_structure_has_no_points():
    points, weights = sample_points(contours_to_structure("s", "oar", [], GRID))
    assert points.shape == (0, 3)
    assert weights.shape == (0,)


def test_bad_spacing_is_refused():
    s = contours_to_structure("s", "oar", sphere(12.0).contours(3.0), GRID)
    with pytest.raises(StructureError, match="spacing_mm is -1, expected a positive number"):
        sample_points(s, spacing_mm=-1)


def test_large_mask_is_sampled_in_blocks():
    grid = Grid((-49.0, -49.0, -49.0), (2.0, 2.0, 2.0), (50, 50, 50))
    coverage = np.ones(grid.shape)
    coverage[:, :, -1] = 0.5
    points, weights = sample_points(from_coverage("m", "oar", grid, coverage), spacing_mm=4.0)
    assert weights.sum() == pytest.approx(98 * 100 * 100 / 1000 + 100 * 100 / 1000, rel=1e-9)
    assert weights.max() == pytest.approx(8 * 0.008)
    assert np.average(points, axis=0, weights=weights) == pytest.approx([-0.5, 0.0, 0.0], abs=0.05)
    assert np.average(points**2, axis=0, weights=weights)[1:] == pytest.approx(100**2 / 12, rel=5e-3)
