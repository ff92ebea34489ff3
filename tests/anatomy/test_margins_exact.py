"""Where the border of a margin lies, against geometry: small balls, poles in mid-voxel, cylinders, boxes, grids.

The shortfall at a voxel is the shift of the exact border that explains the coverage found in it and its neighbours.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import uniform_filter
from solids import ball_mask, box_mask, cylinder_mask

from spondyl.anatomy import expand, from_coverage, shrink
from spondyl.core import Grid

GRIDS = [(1.0, 1.0, 1.0), (1.5, 1.5, 1.5), (2.0, 2.0, 2.0), (0.98, 0.98, 2.5), (1.0, 1.0, 3.0), (2.5, 2.5, 3.0)]
DIRECTIONS = ("left_mm", "right_mm", "anterior_mm", "posterior_mm", "superior_mm", "inferior_mm")
STEP_MM = 0.1


def grid_around(half_mm, spacing):
    count = [2 * int(np.ceil((h + 3 * s) / s)) + 1 for h, s in zip(half_mm, spacing, strict=True)]
    return Grid(tuple(-s * (n - 1) / 2 for s, n in zip(spacing, count, strict=True)), spacing, tuple(count[::-1]))


def sides(margin_mm, superior_mm=None):
    wide = margin_mm if superior_mm is None else superior_mm
    return dict(zip(DIRECTIONS, (*[margin_mm] * 4, wide, wide), strict=True))


def coverage_of(grid, distance, parts=5):
    """Of each voxel the fraction in which `distance` (x, y, z), in mm, is negative."""
    z, y, x = np.meshgrid(grid.axis_mm("z"), grid.axis_mm("y"), grid.axis_mm("x"), indexing="ij")
    total, step = np.zeros(grid.shape), max(grid.spacing_mm) / parts
    for index in np.ndindex(parts, parts, parts):
        dx, dy, dz = ((np.array(index) + 0.5) / parts - 0.5) * np.array(grid.spacing_mm)
        total += np.clip(0.5 - distance(x + dx, y + dy, z + dz) / step, 0, 1)
    return total / parts**3


def border_errors_mm(found, distance):
    """Least and largest shift of the border outwards, and the error of the volume as a fraction."""
    exact = coverage_of(found.grid, distance)
    wider = coverage_of(found.grid, lambda x, y, z: distance(x, y, z) - STEP_MM)
    narrower = coverage_of(found.grid, lambda x, y, z: distance(x, y, z) + STEP_MM)
    area = uniform_filter((wider - narrower) / (2 * STEP_MM), 3, mode="constant")
    at = (exact > 0.02) & (exact < 0.98)
    at &= area > 0.35 * np.median(area[at])
    shift = uniform_filter(found.full() - exact, 3, mode="constant")[at] / area[at]
    return shift.min(), shift.max(), found.full().sum() / exact.sum() - 1


def to_ball(radius_mm, centre):
    return lambda x, y, z: np.sqrt((x - centre[0]) ** 2 + (y - centre[1]) ** 2 + (z - centre[2]) ** 2) - radius_mm


def rounded(across_mm, up_mm, margin_mm, superior_mm):
    """First-order distance to an ellipse round a corner, `across_mm` and `up_mm` being the distances to its faces."""
    a, u = np.maximum(across_mm, 0), np.maximum(up_mm, 0)
    ratio = np.sqrt((a / margin_mm) ** 2 + (u / superior_mm) ** 2)
    slope = np.sqrt((a / margin_mm**2) ** 2 + (u / superior_mm**2) ** 2) / np.maximum(ratio, 1e-9)
    return np.where(ratio > 0, (ratio - 1) / np.maximum(slope, 1e-9), -min(margin_mm, superior_mm))


@pytest.mark.parametrize("spacing", GRIDS)
@pytest.mark.parametrize("radius_mm", [3.0, 4.0, 6.0, 10.0])
def test_small_ball_with_two_mm_holds_three_tenths_everywhere(radius_mm, spacing):
    middle_of_a_voxel = float(-radius_mm % spacing[2])  # the upper pole lies in it
    for centre in [
        (0.0, 0.0, middle_of_a_voxel),
        tuple(s * f for s, f in zip(spacing, (0.31, 0.27, 0.13), strict=True)),
    ]:
        grid = grid_around([radius_mm + 2.0] * 3, spacing)
        ball = from_coverage("ball", "oar", grid, coverage_of(grid, to_ball(radius_mm, centre), 6))
        prv = expand(ball, "prv", "prv", **sides(2.0))
        low, high, volume = border_errors_mm(prv, to_ball(radius_mm + 2.0, centre))
        assert low > -0.15
        assert high < 0.15
        assert abs(volume) < 0.03


def test_pole_in_mid_voxel_is_not_short():
    # What was missed: 6 mm on 2 mm voxels, expanded by 2 mm, came out 3 to 7 % too small.
    grid = grid_around([8.0] * 3, (2.0, 2.0, 2.0))
    prv = expand(ball_mask(grid, 6.0, (0.0, 0.0, 0.0), 8), "prv", "prv", **sides(2.0))
    pole = prv.full()[:, grid.shape[1] // 2, grid.shape[2] // 2].sum() * 2.0
    # Through the column of 2 x 2 mm about the axis a ball of 8 mm is 2 (8 - (1/3 + 1/3) / 16) mm high.
    assert pole == pytest.approx(16 - 1 / 12, abs=0.1)
    assert prv.volume_cm3 * 1000 == pytest.approx(4 / 3 * np.pi * 8**3, rel=0.015)


@pytest.mark.parametrize("spacing", GRIDS)
def test_ball_shrinks_without_bias(spacing):
    centre = tuple(s * f for s, f in zip(spacing, (0.31, 0.27, 0.5), strict=True))
    grid = grid_around([6.0] * 3, spacing)
    ball = from_coverage("ball", "target", grid, coverage_of(grid, to_ball(6.0, centre), 6))
    low, high, volume = border_errors_mm(shrink(ball, "in", "target", **sides(2.0)), to_ball(4.0, centre))
    assert low > -0.1
    assert high < 0.1
    assert abs(volume) < 0.03


@pytest.mark.parametrize("spacing", GRIDS)
@pytest.mark.parametrize("margins_mm", [(2.0, 2.0), (2.0, 5.0), (6.0, 6.0)])
def test_cylinder_keeps_its_rim(margins_mm, spacing):
    centre = tuple(s * f for s, f in zip(spacing, (0.31, 0.27, 0.4), strict=True))
    grid = grid_around([7.0 + margins_mm[0], 7.0 + margins_mm[0], 7.3 + margins_mm[1]], spacing)
    grown = expand(cylinder_mask(grid, 7.0, 7.3, centre), "ptv", "target", **sides(*margins_mm))

    def distance(x, y, z):
        across = np.hypot(x - centre[0], y - centre[1]) - 7.0
        return rounded(across, np.abs(z - centre[2]) - 7.3, *margins_mm)

    low, high, volume = border_errors_mm(grown, distance)
    assert low > -0.3
    assert high < 0.3
    assert abs(volume) < 0.035


@pytest.mark.parametrize("spacing", GRIDS)
@pytest.mark.parametrize("part", [0.0, 0.3, 0.5])
def test_box_keeps_faces_edges_and_corners(spacing, part):
    centre = np.array(spacing) * part
    half = np.array([5.3, 6.1, 7.4])
    grid = grid_around(half + 2.0, spacing)
    grown = expand(box_mask(grid, centre - half, centre + half), "ptv", "target", **sides(2.0))

    def distance(x, y, z):
        out = [np.abs(v - c) - h for v, c, h in zip((x, y, z), centre, half, strict=True)]
        beyond = np.sqrt(sum(np.maximum(o, 0) ** 2 for o in out))
        return np.where(beyond > 0, beyond, np.maximum.reduce(out)) - 2.0

    low, high, volume = border_errors_mm(grown, distance)
    assert low > -0.15
    assert high < 0.3
    assert abs(volume) < 0.012


@pytest.mark.parametrize("off_mm", [(-0.21, 0.34, -1.09), (0.4, -0.13, 0.62)])
def test_box_off_the_grid_with_two_and_five_mm_holds_three_tenths(off_mm):
    # The margins of a PTV, on a CT's voxels; half sides that no voxel divides.
    half, margins, centre = np.array([5.3, 6.1, 7.4]), np.array([2.0, 2.0, 5.0]), np.array(off_mm)
    grid = grid_around(half + margins, (0.9, 0.9, 2.5))
    grown = expand(box_mask(grid, centre - half, centre + half), "ptv", "target", **sides(2.0, 5.0))

    def distance(x, y, z):
        out = [np.abs(v - c) - h for v, c, h in zip((x, y, z), centre, half, strict=True)]
        beyond = [np.maximum(o, 0) for o in out]
        ratio = np.sqrt(sum((b / m) ** 2 for b, m in zip(beyond, margins, strict=True)))
        slope = np.sqrt(sum((b / m**2) ** 2 for b, m in zip(beyond, margins, strict=True)))
        return np.where(ratio > 0, (ratio - 1) * ratio / np.maximum(slope, 1e-9), np.maximum.reduce(out) - 2.0)

    low, high, volume = border_errors_mm(grown, distance)
    assert low > -0.15
    assert high < 0.3
    assert abs(volume) < 0.012


@pytest.mark.parametrize(
    ("spacing", "bias_mm"), [((1.0, 1.0, 1.0), 0.03), ((2.0, 2.0, 2.0), 0.05), ((1.0, 1.0, 3.0), 0.15)]
)
@pytest.mark.parametrize("radius_mm", [4.0, 6.0, 10.0])
def test_mask_of_a_ball_is_expanded_without_bias(radius_mm, spacing, bias_mm):
    # A mask does not tell its border closer than half a voxel; its volume it does, and the margin adds to that.
    grid = grid_around([radius_mm + 2.0] * 3, spacing)
    ball = ball_mask(grid, radius_mm, tuple(s * f for s, f in zip(spacing, (0.31, 0.27, 0.13), strict=True)), 1)
    grown = expand(ball, "prv", "prv", **sides(2.0))
    assert radius_of(grown) - radius_of(ball) == pytest.approx(2.0, abs=bias_mm)


def radius_of(structure):
    return (structure.volume_cm3 * 3000 / 4 / np.pi) ** (1 / 3)


@pytest.mark.parametrize("thickness_mm", [0.4, 0.8, 1.2, 1.6, 2.0])
def test_sheet_thinner_than_a_voxel_keeps_its_thickness(thickness_mm):
    grid = grid_around([14.0, 14.0, 6.0], (2.0, 2.0, 2.0))
    middle = grid.shape[0] // 2
    values = np.zeros(grid.shape)
    values[middle, 4:-4, 4:-4] = thickness_mm / 2.0
    column = expand(from_coverage("sheet", "oar", grid, values), "o", "oar", **sides(2.0)).full()
    assert column[:, grid.shape[1] // 2, grid.shape[2] // 2].sum() * 2.0 == pytest.approx(thickness_mm + 4.0, abs=0.5)
