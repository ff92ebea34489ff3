"""Margins of a ball and a box against geometry: to 0.3 mm, on masks and on coverage."""

from __future__ import annotations

import numpy as np
import pytest
from solids import ball_mask, box_mask

from spondyl.anatomy import expand, from_coverage, shrink
from spondyl.core import Grid
from spondyl.core.errors import StructureError

SPACINGS = [(1.0, 1.0, 1.0), (2.0, 2.0, 2.0), (0.98, 0.98, 2.5), (0.98, 0.98, 3.0)]
DIRECTIONS = ("left_mm", "right_mm", "anterior_mm", "posterior_mm", "superior_mm", "inferior_mm")
PTV = dict(zip(DIRECTIONS, (2.0, 2.0, 2.0, 2.0, 5.0, 5.0), strict=True))


def cube_grid(spacing, half_mm=24.0):
    count = [int(2 * half_mm / s) + 1 for s in spacing]
    origin = [-s * (n - 1) / 2 + 0.3 for s, n in zip(spacing, count, strict=True)]
    return Grid(tuple(origin), spacing, tuple(count[::-1]))


def all_round(margin_mm):
    return dict.fromkeys(DIRECTIONS, margin_mm)


def radius_mm(structure):
    return (structure.volume_cm3 * 3000 / 4 / np.pi) ** (1 / 3)


def extent_mm(structure, axis):
    """Where the structure begins and ends along a line through its middle."""
    index = 2 - "xyz".index(axis)
    spacing, centres = structure.grid.spacing_mm["xyz".index(axis)], structure.grid.axis_mm(axis)
    line = np.moveaxis(structure.full(), index, 0)
    line = line[:, line.shape[1] // 2, line.shape[2] // 2].astype(float)
    full = np.flatnonzero(line > 0.999)
    low = centres[full[0]] - spacing / 2 - line[: full[0]].sum() * spacing
    return low, centres[full[-1]] + spacing / 2 + line[full[-1] + 1 :].sum() * spacing


@pytest.mark.parametrize("parts", [5, 1], ids=["coverage", "mask"])
@pytest.mark.parametrize("spacing", SPACINGS)
def test_ball_grows_by_its_margin(spacing, parts):
    ball = ball_mask(cube_grid(spacing), 10.0, (0.3, 0.4, 0.7), parts)
    assert radius_mm(expand(ball, "b", "target", **all_round(5.0))) == pytest.approx(15.0, abs=0.15)
    assert radius_mm(expand(ball, "b", "target", **all_round(2.0))) == pytest.approx(12.0, abs=0.15)


@pytest.mark.parametrize("spacing", SPACINGS)
def test_border_of_a_grown_ball_is_at_its_radius_everywhere(spacing):
    ball = ball_mask(cube_grid(spacing), 10.0, (0.3, 0.4, 0.7), 5)
    grown = expand(ball, "b", "target", **all_round(5.0))
    grid = grown.grid
    z, y, x = np.meshgrid(grid.axis_mm("z"), grid.axis_mm("y"), grid.axis_mm("x"), indexing="ij")
    r = np.sqrt((x - 0.3) ** 2 + (y - 0.4) ** 2 + (z - 0.7) ** 2)
    half = np.linalg.norm(spacing) / 2
    coverage = grown.full()
    assert coverage[r < 15.0 - half - 0.3].min() > 0.999
    assert coverage[r > 15.0 + half + 0.3].max() < 0.001


@pytest.mark.parametrize("spacing", SPACINGS)
def test_ball_shrinks_by_its_margin(spacing):
    ball = ball_mask(cube_grid(spacing), 10.0, (0.3, 0.4, 0.7), 5)
    assert radius_mm(shrink(ball, "b", "target", **all_round(5.0))) == pytest.approx(5.0, abs=0.2)


@pytest.mark.parametrize("spacing", SPACINGS)
def test_box_gets_two_and_five_mm(spacing):
    box = box_mask(cube_grid(spacing), (-9.7, -8.3, -11.9), (10.6, 9.4, 12.6))
    grown = expand(box, "PTV", "target", **PTV)
    for axis, margin in zip("xyz", (2.0, 2.0, 5.0), strict=True):
        before, after = extent_mm(box, axis), extent_mm(grown, axis)
        assert after[0] == pytest.approx(before[0] - margin, abs=0.2)
        assert after[1] == pytest.approx(before[1] + margin, abs=0.2)
    # Minkowski sum of the box and the ellipsoid: faces, quarter ellipses along the edges, the ellipsoid's eighths
    a, b, c = 20.3, 17.7, 24.5
    expected = a * b * c + 2 * (a * b * 5 + a * c * 2 + b * c * 2) + np.pi * (4 * c + 10 * a + 10 * b) + 80 / 3 * np.pi
    assert grown.volume_cm3 * 1000 == pytest.approx(expected, rel=0.02)


def test_mask_of_a_box_keeps_its_edges():
    box = box_mask(cube_grid((1.0, 1.0, 1.0)), (-9.2, -8.2, -12.2), (10.8, 9.8, 12.8))  # on voxel edges
    assert set(np.unique(box.coverage)) == {1.0}
    a, b, c = 20.0, 18.0, 25.0
    expected = a * b * c + 2 * (a * b * 5 + a * c * 2 + b * c * 2) + np.pi * (4 * c + 10 * a + 10 * b) + 80 / 3 * np.pi
    assert expand(box, "PTV", "target", **PTV).volume_cm3 * 1000 == pytest.approx(expected, rel=5e-3)


def test_each_direction_has_its_own_margin():
    box = box_mask(cube_grid((1.0, 1.0, 1.0)), (-6.2, -6.2, -6.2), (5.8, 5.8, 5.8))
    grown = expand(
        box, "b", "target", left_mm=6, right_mm=1, anterior_mm=2, posterior_mm=4, superior_mm=5, inferior_mm=0
    )
    assert extent_mm(grown, "x") == pytest.approx((-7.2, 11.8), abs=0.1)  # LPS: x grows to the left
    assert extent_mm(grown, "y") == pytest.approx((-8.2, 9.8), abs=0.1)
    assert extent_mm(grown, "z") == pytest.approx((-6.2, 10.8), abs=0.1)
    kept = shrink(
        grown, "b", "target", left_mm=6, right_mm=1, anterior_mm=2, posterior_mm=4, superior_mm=5, inferior_mm=0
    )
    assert extent_mm(kept, "x") == pytest.approx((-6.2, 5.8), abs=0.2)
    assert extent_mm(kept, "z") == pytest.approx((-6.2, 5.8), abs=0.2)


def test_single_voxel_grows_as_a_box():
    coverage = np.zeros((20, 20, 20))
    coverage[10, 10, 10] = 1
    voxel = from_coverage("v", "oar", Grid((0, 0, 0), (2, 2, 2), (20, 20, 20)), coverage)
    expected = 8 + 6 * 4 * 5 + 3 * 2 * np.pi * 25 + 4 / 3 * np.pi * 125
    assert expand(voxel, "v", "oar", **all_round(5.0)).volume_cm3 * 1000 == pytest.approx(expected, rel=0.02)


def test_edge_of_the_grid_cuts_and_says_so():
    grid = Grid((0, 0, 0), (1, 1, 1), (20, 20, 20))
    box = box_mask(grid, (-0.5, 5.5, 5.5), (9.5, 13.5, 13.5))
    grown = expand(box, "b", "target", **all_round(3.0))
    assert extent_mm(grown, "x") == pytest.approx((-0.5, 12.5), abs=0.1)
    assert grown.made[-1].endswith("cut at the edge of the grid")
    assert "3 mm left" in grown.made[-1]
    assert grown.contours == ()


def test_no_margin_changes_nothing():
    ball = ball_mask(cube_grid((2.0, 2.0, 2.0)), 10.0, (0.3, 0.4, 0.7), 4)
    assert expand(ball, "b", "target", **all_round(0.0)).full() == pytest.approx(ball.full(), abs=0.12)
    assert radius_mm(expand(ball, "b", "target", **all_round(0.0))) == pytest.approx(10.0, abs=0.1)


def test_negative_margin_and_empty_structure_are_refused():
    grid = Grid((0, 0, 0), (1, 1, 1), (4, 4, 4))
    with pytest.raises(StructureError, match="shrink takes a rim away"):
        expand(box_mask(grid, (0, 0, 0), (2, 2, 2)), "b", "target", **all_round(-1.0))
    with pytest.raises(StructureError, match="is empty"):
        expand(from_coverage("e", "oar", grid, np.zeros((4, 4, 4))), "b", "target", **all_round(1.0))
