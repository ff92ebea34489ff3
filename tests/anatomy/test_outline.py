"""Contours traced from coverage: where the border is, and the volume after a round trip."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from solids import ball_mask, box_mask, square

from spondyl.anatomy import Contour, contours_to_structure, from_coverage, structure_to_contours, subtract
from spondyl.anatomy.outline import simplify
from spondyl.anatomy.polygons import area_mm2
from spondyl.core import Grid

GRID = Grid((-24.5, -24.5, -20.0), (1.0, 1.0, 2.0), (21, 50, 50))


def back(structure):
    return contours_to_structure("back", "oar", structure_to_contours(structure), structure.grid)


def test_box_comes_out_at_its_faces():
    contours = structure_to_contours(box_mask(GRID, (-10.0, -6.0, -9.0), (8.0, 7.0, 9.0)))
    assert [c.z_mm for c in contours] == pytest.approx(np.arange(-8.0, 9.0, 2.0))
    for contour in contours:
        assert contour.points_mm.min(axis=0) == pytest.approx([-10.0, -6.0], abs=0.15)
        assert contour.points_mm.max(axis=0) == pytest.approx([8.0, 7.0], abs=0.15)
        assert abs(area_mm2(contour.points_mm)) == pytest.approx(18 * 13, rel=5e-3)


@pytest.mark.parametrize("parts", [4, 1], ids=["coverage", "mask"])
def test_ball_keeps_its_volume(parts):
    ball = ball_mask(GRID, 15.0, (0.3, 0.4, 0.7), parts)
    assert back(ball).volume_cm3 == pytest.approx(ball.volume_cm3, rel=0.01)


@pytest.mark.parametrize(
    "spacing", [(1.0, 1.0, 1.0), (2.0, 2.0, 2.0), (1.0, 1.0, 2.5), (1.0, 1.0, 3.0), (2.5, 2.5, 3.0)]
)
@pytest.mark.parametrize(("radius_mm", "within"), [(6.0, 0.02), (10.0, 0.01)])
def test_small_ball_keeps_its_volume_on_coarse_slices(radius_mm, within, spacing):
    # Traced at coverage 0.5 a ball of 6 mm lost up to 16 %, since voxels average over its poles.
    count = [2 * int(np.ceil((radius_mm + 3 * s) / s)) + 1 for s in spacing]
    grid = Grid(tuple(-s * (n - 1) / 2 for s, n in zip(spacing, count, strict=True)), spacing, tuple(count[::-1]))
    for part in [(0.0, 0.0, 0.0), (0.31, 0.27, 0.2), (0.5, 0.5, 0.5)]:
        ball = ball_mask(grid, radius_mm, tuple(s * p for s, p in zip(spacing, part, strict=True)), 10)
        assert back(ball).volume_cm3 * 1000 == pytest.approx(4 / 3 * np.pi * radius_mm**3, rel=within)


def test_contour_is_the_section_of_its_slice():
    grid = Grid((-20.0, -20.0, -21.0), (1.0, 1.0, 3.0), (15, 41, 41))
    for contour in structure_to_contours(ball_mask(grid, 10.0, (0.2, 0.1, 0.4), 10)):
        radius = np.hypot(*(contour.points_mm - (0.2, 0.1)).T)
        if abs(contour.z_mm - 0.4) < 9.0:
            assert radius == pytest.approx(np.sqrt(100 - (contour.z_mm - 0.4) ** 2), abs=0.2)


@pytest.mark.parametrize("top_mm", [5.0, 4.99, 5.01])
def test_flat_end_on_a_slice_is_drawn_whole_or_not_at_all(top_mm):
    grid = Grid((-20.0, -20.0, -15.0), (1.0, 1.0, 2.0), (16, 41, 41))
    box = box_mask(grid, (-8.0, -6.0, -8.0), (8.0, 6.0, top_mm))
    noise = 0.02 * np.random.default_rng(0).uniform(-1, 1, grid.shape) * ((box.full() > 0) & (box.full() < 1))
    contours = structure_to_contours(from_coverage("b", "target", grid, np.clip(box.full() + noise, 0, 1)))
    last = [c for c in contours if c.z_mm == max(c.z_mm for c in contours)]
    assert len(last) == 1
    assert abs(area_mm2(last[0].points_mm)) == pytest.approx(16 * 12, rel=0.12)  # its sharp rim is rounded by 0.3 mm
    # Contours on slices tell an end to half a slice.
    assert back(box).full().sum(axis=0)[20, 20] * 2 == pytest.approx(top_mm + 8.0, abs=1.2)


def test_holes_stay_holes():
    shell = subtract(ball_mask(GRID, 15.0, (0, 0, 0), 4), ball_mask(GRID, 7.0, (2, 0, 0), 4), "shell", "target")
    middle = [c for c in structure_to_contours(shell) if abs(c.z_mm) < 0.1]
    assert len(middle) == 2
    areas = sorted(area_mm2(c.points_mm) for c in middle)
    assert areas[0] * areas[1] < 0  # outer and inner border run in opposite senses
    assert abs(sum(areas)) == pytest.approx(np.pi * (225 - 49), rel=0.01)
    assert back(shell).volume_cm3 == pytest.approx(shell.volume_cm3, rel=0.01)


def test_two_parts_are_two_polygons():
    parts = np.zeros(GRID.shape)
    parts[5, 10:20, 10:20] = parts[5, 30:40, 30:40] = 1
    parts[5, 20:30, 20:30] = 1  # touches both at a corner: saddles part the inside
    contours = structure_to_contours(from_coverage("p", "oar", GRID, parts))
    assert len(contours) == 3


def test_own_contours_are_kept():
    drawn = [Contour(float(z), square(5.0)) for z in (2.0, -2.0, 0.0)]
    kept = structure_to_contours(contours_to_structure("s", "oar", drawn, GRID))
    assert [c.z_mm for c in kept] == [-2.0, 0.0, 2.0]
    assert kept[0].points_mm == pytest.approx(square(5.0))


def test_simplified_polygon_is_within_its_tolerance():
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    circle = 20 * np.column_stack((np.cos(angle), np.sin(angle)))
    fewer = simplify(circle, 0.03)
    assert len(fewer) < 100
    assert abs(area_mm2(fewer)) == pytest.approx(np.pi * 400, rel=2e-3)  # 0.03 mm of 20 mm at most


@pytest.mark.parametrize("fraction", [0.72, 0.9])
def test_slit_narrower_than_the_tolerance_is_left_out(fraction):
    # Where two contoured sectors meet, the union may dip below a half along a slit of 0.01 to 0.02 mm: no polygon.
    grid = Grid((0.0, 0.0, 0.0), (1.5, 1.5, 2.0), (9, 16, 16))
    coverage = np.zeros(grid.shape)
    coverage[2:7, 3:13, 3:13] = 1.0
    coverage[2:7, 8, 8:10] = fraction
    contours = structure_to_contours(from_coverage("CTV", "target", grid, coverage))
    largest = [max(abs(area_mm2(c.points_mm)) for c in contours if c.z_mm == z) for z in (6.0, 8.0, 10.0)]
    assert largest == pytest.approx([15.0**2] * 3, rel=0.01)
    assert sorted({c.z_mm for c in contours}) == pytest.approx([4.0, 6.0, 8.0, 10.0, 12.0])


def test_empty_structure_has_no_contours():
    assert structure_to_contours(from_coverage("e", "oar", GRID, np.zeros(GRID.shape))) == ()
    ball = ball_mask(GRID, 5.0, (0, 0, 0), 1)
    assert structure_to_contours(replace(ball, coverage=ball.coverage * 0)) == ()
