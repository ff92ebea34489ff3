"""Outlines and isodoses lie where the arithmetic says."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import report_maker as maker
from hypothesis import given
from hypothesis import strategies as st

from spondyl.anatomy import from_coverage
from spondyl.app.report.curves import level_lines, outline, round_corners, simplified
from spondyl.app.report.labels import place_labels
from spondyl.app.report.levels import isodose_levels
from spondyl.app.report.page import legend_styles
from spondyl.app.report.planes import draw_plane, svg_path
from spondyl.app.report.points import points_of_interest
from spondyl.app.report.views import AXIAL, CORONAL, SAGITTAL, VIEWS, View
from spondyl.core import Grid


def vertices(path: str) -> np.ndarray:
    """All points of an SVG path of ours."""
    lines = [part.strip("Z") for part in path.split("M") if part]
    return np.array([[float(x) for x in point.split()] for line in lines for point in line.split("L")])


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("level_gy", [30.0, 25.0, 15.0])
def test_isodose_of_a_cone_is_a_circle(view: View, level_gy: float) -> None:
    """D = 45 - 0.75 r: the isodose lies at r = (45 - D) / 0.75, on the slice nearest to the centre."""
    inputs = maker.inputs()
    point = points_of_interest(inputs)[0]
    plane = draw_plane(inputs, view, point, isodose_levels(inputs), legend_styles(inputs), maker.CENTRE_MM, 120.0)
    path = next(i.path for i in plane.isodoses if i.level.dose_gy == level_gy)
    at = {a: maker.CENTRE_MM["xyz".index(a)] for a in "xyz"}
    drawn_mm = float(plane.title.split("= ")[1].split(" ")[0].replace("−", "-"))
    apart = drawn_mm - at[view.normal]
    radius = np.sqrt(((45.0 - level_gy) / 0.75) ** 2 - apart**2)
    found = np.hypot(*(vertices(path) - [at[view.u], view.down * at[view.v]]).T)
    # Linear interpolation of a cone between points h apart bulges by at most h^2 / (8 r).
    assert found == pytest.approx(radius, abs=0.15)


def test_isodose_of_a_ramp_is_exact_between_voxels() -> None:
    """D = 0.4 x: 30 Gy lies at x = 75 mm, between voxels at 74 and 76."""
    u = np.arange(60, 100, 2.0)
    line = level_lines(np.tile(0.4 * u, (5, 1)), u, np.arange(5.0), 30.0)[0]
    assert line[:, 0] == pytest.approx(75.0)


def _area_mm2(line: np.ndarray) -> float:
    u, v = line[:-1].T
    return abs(float(np.dot(u, np.roll(v, -1)) - np.dot(v, np.roll(u, -1)))) / 2


def test_outline_of_a_sphere_has_its_area() -> None:
    """Through the slice 0.5 mm off the centre the circle has radius sqrt(144 - 0.25) mm."""
    lines = outline(maker.sphere("GTV", "target", 12.0), AXIAL, 13)
    assert len(lines) == 1
    assert _area_mm2(lines[0]) == pytest.approx(np.pi * 143.75, rel=0.01)


def test_outline_of_a_mask_stays_within_a_quarter_voxel_of_its_edge() -> None:
    grid = Grid((0, 0, 0), (2, 2, 2), (3, 20, 20))
    block = np.zeros(grid.shape)
    block[:, 5:15, 5:15] = 1
    line = outline(from_coverage("block", "other", grid, block), AXIAL, 1)[0]
    assert line[:, 0].min() == pytest.approx(9.0)
    assert line[:, 0].max() == pytest.approx(29.0)
    assert _area_mm2(line) == pytest.approx(400.0, rel=0.01)


def test_outline_of_a_single_voxel_and_of_nothing() -> None:
    grid = Grid((0, 0, 0), (1, 1, 1), (3, 3, 3))
    one = np.zeros(grid.shape)
    one[1, 1, 1] = 1
    structure = from_coverage("dot", "other", grid, one)
    assert len(outline(structure, CORONAL, 1)) == 1
    assert outline(structure, CORONAL, 2) == []
    assert outline(from_coverage("none", "other", grid, np.zeros(grid.shape)), SAGITTAL, 1) == []


def test_a_hole_is_a_second_line() -> None:
    shell = maker.sphere("shell", "other", 12.0).full() - maker.sphere("hole", "other", 6.0).full()
    assert len(outline(from_coverage("shell", "other", maker.GRID, shell), AXIAL, 13)) == 2


def test_round_corners_leaves_open_lines_alone() -> None:
    line = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    assert round_corners(line) is line


@given(st.integers(5, 60), st.floats(5, 40), st.floats(0.02, 0.5))
def test_simplified_keeps_within_its_tolerance(count: int, radius: float, tolerance: float) -> None:
    angle = np.linspace(0, 2 * np.pi, count)
    line = radius * np.stack((np.cos(angle), np.sin(3 * angle)), axis=1)
    kept = simplified(line, tolerance)
    for a, b in pairwise(kept):
        i, j = (int(np.flatnonzero((line == p).all(axis=1))[0]) for p in (a, b))
        between = line[i + 1 : j] - a
        length = np.hypot(*(b - a))
        if length > 0 and len(between):
            off = np.abs((b - a)[0] * between[:, 1] - (b - a)[1] * between[:, 0]) / length
            assert off.max() <= tolerance + 1e-9


def test_svg_path_keeps_hundredths_far_from_the_origin() -> None:
    assert svg_path([np.array([[-1234.56, 0.0], [1234.56, 7.0]])]) == "M-1234.56 0L1234.56 7"


def test_labels_sit_on_their_line_and_hide_neither_tumour_nor_each_other() -> None:
    angle = np.linspace(0, 2 * np.pi, 361)
    circle = np.stack((np.cos(angle), np.sin(angle)), axis=1)
    lines = {30.0: [20 * circle], 25.0: [22 * circle], 10.0: [40 * circle]}

    def right_half(points: np.ndarray) -> np.ndarray:
        return points[:, 0] > 0

    labels = place_labels(lines, (-75, -75, 150, 150), 5.0, right_half, lambda d: f"{d:.0f} Gy")
    assert [label.text for label in labels] == ["30 Gy", "25 Gy", "10 Gy"]
    for label in labels:
        assert np.hypot(label.u_mm, label.v_mm) == pytest.approx({30: 20, 25: 22, 10: 40}[label.level_gy], abs=0.05)
        assert label.u_mm + 0.3 * 5.0 * 5 < 0
    a, b, _ = labels
    assert abs(a.v_mm - b.v_mm) > 6.0 or abs(a.u_mm - b.u_mm) > 15.0


def test_a_line_inside_the_tumour_gets_its_label_beside_it_with_a_leader() -> None:
    """A circle of 10 mm within a tumour of 16 mm: the label lies outside, its leader ends on the circle."""
    angle = np.linspace(0, 2 * np.pi, 361)
    circle = 10 * np.stack((np.cos(angle), np.sin(angle)), axis=1)
    (label,) = place_labels(
        {42.0: [circle]}, (-75, -75, 150, 150), 5.0, lambda p: np.hypot(*p.T) < 16, lambda d: f"{d:.0f} Gy"
    )
    assert label.leader is not None
    assert np.hypot(*label.leader[2:]) == pytest.approx(10.0, abs=1e-6)
    corners = np.array([(label.u_mm + a * 8, label.v_mm + b * 3.1) for a in (-1, 1) for b in (-1, 1)])
    assert np.hypot(*corners.T).min() > 16


def test_a_label_without_a_free_place_is_left_out() -> None:
    line = np.array([[-20.0, 0.0], [20.0, 0.0]])
    assert place_labels({30.0: [line]}, (-75, -75, 150, 150), 5.0, lambda p: np.ones(len(p), bool), str) == []
