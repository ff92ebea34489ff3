"""Volumes of solids drawn as contours, against geometry."""

from __future__ import annotations

import numpy as np
import pytest
from solids import circle, cone, cylinder, sphere, square

from spondyl.anatomy import Contour, contours_to_structure
from spondyl.core import Grid
from spondyl.core.errors import StructureError

GRID = Grid((-30.0, -30.0, -21.0), (1.0, 1.0, 3.0), (15, 61, 61))
OFF_GRID = Grid((-30.3, -30.4, -21.3), (1.17, 1.17, 2.5), (18, 52, 52))
HEIGHTS = np.arange(-12.0, 13.0, 3.0)


def drawn(contours, grid=GRID, cap="half-slice"):
    return contours_to_structure("s", "oar", contours, grid, cap=cap)


def stack(*polygons, heights=HEIGHTS):
    return [Contour(float(z), p) for z in heights for p in polygons]


@pytest.mark.parametrize("grid", [GRID, OFF_GRID])
def test_prism_has_half_a_slice_at_each_end(grid):
    assert drawn(stack(square(7.3)), grid).volume_cm3 == pytest.approx(14.6**2 * 27 / 1000, rel=1e-3)


@pytest.mark.parametrize("grid", [GRID, OFF_GRID])
def test_prism_without_cap_ends_at_its_last_contours(grid):
    assert drawn(stack(square(7.3)), grid, "none").volume_cm3 == pytest.approx(14.6**2 * 24 / 1000, rel=1e-3)


def test_coverage_is_the_fraction_of_each_voxel():
    s = drawn(stack(square(7.3)))
    row = s.full()[7, 30, 20:24]  # voxels centred at x = -10..-7, the border at -7.3
    assert row == pytest.approx([0, 0, 0, 0.8], abs=2e-3)
    column = s.full()[:, 30, 30]  # planes -12..12 reach from -13.5 to 13.5: whole slices 3..11
    assert column == pytest.approx([0, 0, 0] + 9 * [1] + [0, 0, 0], abs=1e-4)


def test_hole_is_cut_out():
    assert drawn(stack(square(9), square(4))).volume_cm3 == pytest.approx((18**2 - 8**2) * 27 / 1000, rel=1e-3)


def test_island_in_a_hole_counts():
    expected = (18**2 - 12**2 + 6**2) * 27 / 1000
    assert drawn(stack(square(9), square(6), square(3))).volume_cm3 == pytest.approx(expected, rel=1e-3)


def test_keyhole_is_a_hole():
    slit = [[-7, -7], [7, -7], [7, 7], [-7, 7], [-7, 0], [-3, 0], [-3, 3], [3, 3], [3, -3], [-3, -3], [-3, 0], [-7, 0]]
    assert drawn(stack(np.array(slit, dtype=float))).volume_cm3 == pytest.approx((14**2 - 6**2) * 27 / 1000, rel=1e-3)


def test_part_that_ends_has_its_own_cap():
    contours = stack(square(5, -10)) + stack(square(4, 10), heights=HEIGHTS[:4])
    assert drawn(contours).volume_cm3 == pytest.approx((100 * 27 + 64 * 12) / 1000, rel=2e-3)


def test_hole_that_ends_reaches_half_a_slice():
    contours = stack(square(9)) + stack(square(4), heights=HEIGHTS[2:5])
    assert drawn(contours).volume_cm3 == pytest.approx((18**2 * 27 - 8**2 * 9) / 1000, rel=2e-3)


def test_gap_wider_than_the_spacing_parts_the_structure():
    contours = stack(square(5), heights=np.array([-12.0, -9.0, -6.0, 3.0, 6.0]))
    assert drawn(contours).volume_cm3 == pytest.approx(100 * (9 + 6) / 1000, rel=1e-3)


def test_irregular_spacing_is_bridged_and_capped_by_its_local_half():
    contours = stack(square(5), heights=np.array([-12.0, -10.0, -8.0, -4.0, 0.0, 4.0]))
    assert drawn(contours).volume_cm3 == pytest.approx(100 * (16 + 1 + 2) / 1000, rel=1e-3)


@pytest.mark.parametrize(("grid", "slice_mm"), [(GRID, 3.0), (OFF_GRID, 2.5)])
def test_single_contour_is_one_slice_of_the_image_thick(grid, slice_mm):
    assert drawn(stack(square(5), heights=np.array([0.4])), grid).volume_cm3 == pytest.approx(0.1 * slice_mm, rel=1e-3)


def test_no_contours_give_an_empty_structure():
    s = drawn([])
    assert s.is_empty
    assert s.volume_cm3 == 0
    assert "no contours" in s.made


def test_beyond_the_grid_is_cut_and_said():
    s = drawn(stack(square(7) + np.array([30.0, 0.0])))
    assert s.volume_cm3 == pytest.approx(7.5 * 14 * 27 / 1000, rel=1e-3)  # the grid's edge is at 30.5
    assert "cut at the edge of the grid" in s.made[-1]


def test_unknown_cap_is_refused():
    with pytest.raises(StructureError, match='cap is "whole", expected one of half-slice, none'):
        drawn(stack(square(5)), cap="whole")


@pytest.mark.parametrize("phase", [0.5, 0.25, 0.001])
@pytest.mark.parametrize(("radius", "spacing"), [(12.0, 3.0), (12.0, 1.0), (2.88, 2.0), (2.88, 0.5)])
def test_sphere_closes_at_its_pole_wherever_the_planes_lie(radius, spacing, phase):
    s = sphere(radius)  # 0.1 cm3 for 2.88 mm
    grid = Grid((-14.2, -14.1, -15.0), (1.0, 1.0, 1.5), (21, 29, 29))
    volume = drawn(s.contours(spacing, phase), grid).volume_cm3
    assert volume * 1000 == pytest.approx(s.volume_mm3, rel=3e-3)


@pytest.mark.parametrize("spacing", [1.0, 2.0, 3.0])
@pytest.mark.parametrize("solid", [f(12.0, axis) for f in (cone, cylinder) for axis in "zx"], ids=lambda s: s.name)
def test_cones_and_cylinders_have_their_volume(solid, spacing):
    grid = Grid((-14.2, -14.1, -15.0), (1.0, 1.0, 1.5), (21, 29, 29))
    assert drawn(solid.contours(spacing), grid).volume_cm3 * 1000 == pytest.approx(solid.volume_mm3, rel=3e-3)


def test_cone_ends_in_its_tip():
    s = drawn(cone(12.0, "z").contours(3.0), Grid((-14.0, -14.0, -15.0), (1.0, 1.0, 1.0), (31, 29, 29)))
    slices = s.full().sum(axis=(1, 2))
    assert slices[26] == pytest.approx(np.pi / 3 * (0.75**2 + 0.75 * 0.25 + 0.25**2), rel=0.05)
    assert slices[28:].sum() == 0


def test_circle_area_is_conserved_in_plane():
    s = drawn(stack(circle(5.3) + np.array([0.37, -0.21])))
    assert s.full()[7].sum() == pytest.approx(np.pi * 5.3**2, rel=1e-3)


def test_thin_slanted_strip_keeps_its_area():
    strip = np.array([[-20.0, -20.2], [-20.0, -19.8], [20.0, 20.2], [20.0, 19.8]])[[0, 3, 2, 1]]  # 40 x 0.4 mm
    assert drawn(stack(strip)).volume_cm3 == pytest.approx(40 * 0.4 * 27 / 1000, rel=0.02)


def test_contour_without_area_is_nothing():
    assert drawn(stack(np.array([[0.0, 0.0], [5.0, 5.0], [0.0, 0.0]]))).volume_cm3 == 0
    assert drawn(stack(np.zeros((3, 2)))).volume_cm3 == 0
