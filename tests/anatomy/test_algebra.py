"""Union, intersection, difference, height ranges and distances of boxes and a ball."""

from __future__ import annotations

import numpy as np
import pytest
from solids import ball_mask, box_mask

from spondyl.anatomy import intersection, restrict_z, signed_distance_mm, subtract, union
from spondyl.core import Grid
from spondyl.core.errors import GridError, StructureError

GRID = Grid((-19.5, -19.5, -20.0), (1.0, 1.0, 2.0), (21, 40, 40))
FIRST = box_mask(GRID, (-10.0, -10.0, -10.0), (4.3, 10.0, 10.0))
SECOND = box_mask(GRID, (-4.6, -5.0, -5.0), (12.0, 5.0, 5.0))


def test_union_adds_what_is_new():
    expected = 14.3 * 20 * 20 + (12 - 4.3) * 10 * 10
    result = union(FIRST, SECOND, "u", "target")
    assert result.volume_cm3 * 1000 == pytest.approx(expected, rel=0.01)
    assert result.made[-1] == "union of box and box"
    assert result.contours == ()


def test_intersection_is_what_both_have():
    assert intersection(FIRST, SECOND, "i", "target").volume_cm3 * 1000 == pytest.approx(8.9 * 10 * 10, rel=0.01)


def test_difference_is_the_rest():
    result = subtract(FIRST, SECOND, "d", "target")
    assert result.volume_cm3 * 1000 == pytest.approx(14.3 * 400 - 8.9 * 100, rel=0.01)
    assert result.made[-1] == "box without box"


def test_difference_with_itself_keeps_at_most_the_rim():
    ball = ball_mask(GRID, 10.0, (0.0, 0.0, 0.0), 4)
    assert subtract(ball, ball, "d", "target").volume_cm3 < 0.2 * ball.volume_cm3


def test_height_range_takes_part_of_a_slice():
    part = restrict_z(FIRST, -3.5, 4.1)  # slices of 2 mm from -21 on; 14.3 x 20 mm wide
    assert part.volume_cm3 * 1000 == pytest.approx(14.3 * 20 * 7.6, rel=1e-5)
    assert part.made[-1] == "box from z -3.5 to 4.1 mm"


def test_height_range_beside_the_structure_is_empty():
    assert restrict_z(FIRST, 15.0, 18.0).is_empty


def test_different_grids_are_refused():
    other = box_mask(Grid((0, 0, 0), (1, 1, 1), (5, 5, 5)), (0, 0, 0), (2, 2, 2))
    with pytest.raises(GridError, match="resample one first"):
        union(FIRST, other, "u", "target")


def test_distance_to_a_ball():
    ball = ball_mask(GRID, 10.0, (0.3, 0.2, 0.4), 4)
    distance = signed_distance_mm(ball)
    z, y, x = np.meshgrid(GRID.axis_mm("z"), GRID.axis_mm("y"), GRID.axis_mm("x"), indexing="ij")
    exact = 10.0 - np.sqrt((x - 0.3) ** 2 + (y - 0.2) ** 2 + (z - 0.4) ** 2)
    near, middle = np.abs(exact) < 1.0, (np.abs(exact) >= 1.0) & (np.abs(exact) < 8.0)
    assert np.abs(distance - exact)[middle].max() < 0.35
    assert np.sqrt(((distance - exact)[near] ** 2).mean()) < 0.25


def test_distance_on_another_grid_is_interpolated():
    ball = ball_mask(GRID, 10.0, (0.0, 0.0, 0.0), 4)
    at = signed_distance_mm(ball, Grid((3.0, 0.0, 0.0), (1.0, 1.0, 1.0), (1, 1, 3)))
    assert at[0, 0] == pytest.approx([7.0, 6.0, 5.0], abs=0.2)


def test_distance_to_nothing_is_refused():
    with pytest.raises(StructureError, match="is empty"):
        signed_distance_mm(restrict_z(FIRST, 15.0, 18.0))
