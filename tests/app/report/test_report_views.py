"""Radiological convention: the patient's right on the image's left, anterior and superior at the top."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
import report_maker as maker
from PIL import Image as Pillow

from spondyl.app.report.levels import isodose_levels
from spondyl.app.report.page import legend_styles
from spondyl.app.report.pictures import BONE, SOFT_TISSUE, grey
from spondyl.app.report.planes import draw_plane
from spondyl.app.report.points import points_of_interest
from spondyl.app.report.views import AXIAL, CORONAL, SAGITTAL, View, cut, cut_between, nearest_index
from spondyl.core import Grid

BRIGHT_MM = (-70.0, -65.0, 135.0)


def plane_at(view: View, at_mm: tuple[float, float, float]):
    """A plane of the phantom through a point."""
    inputs = maker.inputs()
    point = points_of_interest(inputs)[0]
    moved = type(point)(point.key, point.name, point.why, at_mm, point.dose_gy)
    return draw_plane(inputs, view, moved, isodose_levels(inputs), legend_styles(inputs), maker.CENTRE_MM, 120.0)


def pixels(uri: str) -> np.ndarray:
    """The picture of a data URI."""
    return np.asarray(Pillow.open(io.BytesIO(base64.b64decode(uri.split(",", 1)[1]))))


@pytest.mark.parametrize(
    ("view", "letters"),
    [
        (AXIAL, {"left": "R", "right": "L", "top": "A", "bottom": "P"}),
        (CORONAL, {"left": "R", "right": "L", "top": "S", "bottom": "I"}),
        (SAGITTAL, {"left": "A", "right": "P", "top": "S", "bottom": "I"}),
    ],
)
def test_letters_are_those_of_radiology(view: View, letters: dict[str, str]) -> None:
    assert view.letters == letters


@pytest.mark.parametrize(
    ("view", "half_u", "half_v"), [(AXIAL, "left", "top"), (CORONAL, "left", "top"), (SAGITTAL, "left", "top")]
)
def test_bone_at_right_anterior_superior_is_where_the_letters_say(view: View, half_u: str, half_v: str) -> None:
    picture = pixels(plane_at(view, BRIGHT_MM).ct["bone"])
    rows, columns = np.nonzero(picture > 200)
    assert (columns.max() < picture.shape[1] / 2) == (half_u == "left")
    assert (rows.max() < picture.shape[0] / 2) == (half_v == "top")


def test_outline_lies_where_its_structure_does_on_the_picture() -> None:
    """The liver at x -50 mm is at the patient's right: its path is left of the screen's middle at x 10 mm."""
    plane = plane_at(AXIAL, maker.CENTRE_MM)
    liver = next(o for o in plane.outlines if o.name == "Liver")
    u = [float(pair.split()[0]) for pair in liver.path.strip("MZ").split("L")]
    assert np.mean(u) == pytest.approx(-50.0, abs=0.5)
    assert max(u) < plane.screen[0] + plane.screen[2] / 2


def test_title_names_the_position_of_the_nearest_slice() -> None:
    """Slices lie at 61.5, 64.5 ... mm: the one nearest to 100.0 is at 100.5."""
    plane = plane_at(AXIAL, maker.CENTRE_MM)
    assert plane.title == "Axial, z = 100.5 mm"
    assert plane.description == "slice 14 of 26"


def test_windows_map_their_ends_to_black_and_white() -> None:
    """Bone 400/1800: -500 HU is black, 1300 HU white, 400 HU in the middle; soft tissue 40/400: -160 and 240."""
    assert grey(np.array([-500, 400, 1300]), BONE).tolist() == [0, 128, 255]
    assert grey(np.array([-160, 240]), SOFT_TISSUE).tolist() == [0, 255]


def test_cut_between_is_linear_and_knows_its_end() -> None:
    grid = Grid((0, 0, 0), (1, 1, 2), (3, 4, 5))
    values = np.broadcast_to(np.array([0.0, 10.0, 20.0])[:, None, None], grid.shape)
    plane = cut_between(values, grid, AXIAL, 3.0)
    assert plane is not None
    assert plane[0, 0] == pytest.approx(15.0)
    assert cut_between(values, grid, AXIAL, 5.2) is None


def test_cut_takes_the_right_axis() -> None:
    grid = Grid((0, 0, 0), (1, 1, 1), (2, 3, 4))
    values = np.arange(24).reshape(grid.shape)
    assert cut(values, SAGITTAL, 1).shape == (2, 3)
    assert cut(values, CORONAL, 1).shape == (2, 4)
    assert cut(values, AXIAL, 1)[0, 0] == 12
    assert nearest_index(grid, "x", 99.0) == 3
