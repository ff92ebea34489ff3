"""Needle paths in a vertebra whose pedicles are round rods: angles, distances and refusals are known."""

from __future__ import annotations

import re

import numpy as np
import pytest
from pedicle_phantom import ASIDE, CANAL_HALF, FRONT, axis_of, placed, space

from spondyl.anatomy.access import measure_access
from spondyl.anatomy.access_search import need_access, propose_access
from spondyl.core.errors import PlanError

BORDER_MM = 0.5
"""Half a voxel of the phantom: so well a border is known."""


def along(side: str, convergence: float, caudal: float, behind: float, ahead: float, axes: np.ndarray, aside=0.0):
    """Two points of a pedicle's axis, moved `aside` mm to the patient's left."""
    point, direction = axis_of(side, convergence, caudal)
    shift = np.array([aside, 0.0, 0.0])
    return [placed(point + shift + t * direction, axes) for t in (-behind, ahead)]


@pytest.mark.parametrize(
    ("side", "convergence", "caudal", "tilt"), [("left", 15.0, 0.0, 0.0), ("right", 25.0, 10.0, 12.0)]
)
def test_a_path_along_the_pedicle_has_its_angles_and_its_radius(side, convergence, caudal, tilt) -> None:
    where, axes = space(4.0, convergence, caudal, tilt_deg=tilt)
    found = measure_access(where, *along(side, convergence, caudal, 30.0, 20.0, axes))
    assert found.side == side
    assert found.convergence_deg == pytest.approx(convergence, abs=0.7)
    assert found.caudal_deg == pytest.approx(caudal, abs=0.7)
    assert found.wall_mm == pytest.approx(4.0, abs=BORDER_MM)
    forward = np.cos(np.radians(convergence)) * np.cos(np.radians(caudal))
    assert found.depth_in_body_mm == pytest.approx(20.0 - FRONT / forward, abs=0.6)
    assert found.depth_from_entry_mm == pytest.approx(20.0 + 16.0 / forward, abs=0.6)
    assert found.fits


def test_the_distance_to_the_canal_is_that_of_its_front_corner() -> None:
    """In the axial plane: the corner (6, 8) from the line through (14, 0) that converges by 15 degrees."""
    where, axes = space()
    found = measure_access(where, *along("left", 15, 0, 30.0, 20.0, axes))
    a = np.radians(15.0)
    corner = abs((ASIDE - CANAL_HALF) * np.cos(a) - FRONT * np.sin(a))
    assert found.canal_mm == pytest.approx(corner, abs=BORDER_MM)


def test_a_path_beside_the_axis_is_refused_with_its_distance_to_the_wall() -> None:
    """2.5 mm aside at right angles, of a radius of 4: 1.5 mm are left, the cannula needs 2.1."""
    where, axes = space()
    found = measure_access(where, *along("left", 15, 0, 30.0, 20.0, axes, aside=2.5 / np.cos(np.radians(15))))
    assert found.wall_mm == pytest.approx(1.5, abs=BORDER_MM)
    assert not found.fits
    assert f"{found.wall_mm:.1f} mm from the pedicle's wall, the cannula of 4.2 mm needs 2.1 mm" in found.refusals[0]


def test_a_path_through_the_canal_is_refused_with_its_depth_in_it() -> None:
    where, axes = space()
    found = measure_access(where, placed([0, -40, 0], axes), placed([0, 20, 0], axes))
    assert found.canal_mm == pytest.approx(-CANAL_HALF, abs=BORDER_MM)
    assert found.refusals[0] == (f"the path and the needle behind it run {-found.canal_mm:.1f} mm inside the canal")


def test_a_path_that_meets_bone_only_in_front_of_the_canal_is_refused_all_the_same() -> None:
    """Above the plate and between the pedicles: nothing but canal until the body."""
    where, axes = space()
    found = measure_access(where, placed([0, -40, 11], axes), placed([0, 20, 9], axes))
    assert found.canal_mm == pytest.approx(-CANAL_HALF, abs=BORDER_MM)
    assert "inside the canal" in found.refusals[0]


def test_a_source_in_front_of_the_body_is_refused_with_its_distance() -> None:
    where, axes = space()
    entry, _ = along("left", 15, 0, 30.0, 0.0, axes)
    tip = placed([2.0, 42.0, 0.0], axes)
    found = measure_access(where, entry, tip)
    assert [r for r in found.refusals if "outside the vertebral body" in r] == [
        "the source lies 4.0 mm outside the vertebral body"
    ]


def test_a_path_that_leaves_the_bone_is_refused_with_its_distance_and_place() -> None:
    """From the plate behind straight into the body, 20 mm aside: beside the rod, which ends 4 mm from its axis."""
    where, axes = space(4.0, 0.0)
    found = measure_access(where, placed([19.5, -30, 0], axes), placed([19.5, 20, 0], axes))
    assert found.wall_mm is None
    surface, left_bone = found.refusals
    assert re.match(r"the source stands 0\.[3-7] mm from the bone's surface, its applicator's end needs 3 mm", surface)
    told = re.match(r"the path runs (\d\.\d) mm outside bone at 19.5, ", left_bone)
    assert told is not None
    assert float(told[1]) == pytest.approx(1.5, abs=BORDER_MM)


def test_an_entry_in_the_body_is_refused_where_the_needle_comes_through_the_canal() -> None:
    where, axes = space()
    found = measure_access(where, placed([0, FRONT + 6, 0], axes), placed([0, FRONT + 15, 0], axes))
    assert found.canal_mm == pytest.approx(-CANAL_HALF, abs=BORDER_MM)
    assert "mm inside the canal" in found.refusals[0]


@pytest.mark.parametrize(
    ("entry", "degrees"),
    [([0, 60, 0], 180), ([60, FRONT + 15, 0], 90), ([20, FRONT - 1, 60], 75)],
    ids=["front", "side", "above"],
)
def test_a_needle_that_does_not_come_from_behind_is_refused_with_its_angle(entry: list[float], degrees: int) -> None:
    where, axes = space()
    found = measure_access(where, placed(entry, axes), placed([0, FRONT + 15, 0], axes))
    told = re.match(
        r"the path comes at (\d+) degrees to the way straight from behind, expected at most 60", found.refusals[0]
    )
    assert told is not None
    assert float(told[1]) == pytest.approx(degrees, abs=2.5)


def test_a_source_close_to_the_bones_surface_is_refused_with_its_distance() -> None:
    where, axes = space()
    entry, _ = along("left", 15, 0, 30.0, 0.0, axes)
    found = measure_access(where, entry, placed([2.0, 36.5, 0.0], axes))
    assert found.beyond_tip_mm == pytest.approx(1.5, abs=BORDER_MM)
    assert f"the source stands {found.beyond_tip_mm:.1f} mm from the bone's surface" in found.refusals[0]


def test_a_path_that_meets_no_bone_is_an_error() -> None:
    where, _ = space()
    with pytest.raises(PlanError, match=r"outside bone, \d+\.\d mm from T11"):
        measure_access(where, (45, 45, 45), (45, 30, 45))
    with pytest.raises(PlanError, match="two different points"):
        measure_access(where, (0, 0, 0), (0, 0, 0))


@pytest.mark.parametrize("radius", [3.0, 4.5])
def test_the_proposal_finds_the_width_of_the_pedicle(radius: float) -> None:
    where, axes = space(radius)
    aim = placed([0, FRONT + 15, 0], axes)
    for proposal in propose_access(where, aim):
        assert proposal.passage_mm == pytest.approx(2 * radius, abs=0.6)
        assert proposal.access is not None
        assert proposal.access.fits
        assert proposal.access.wall_mm >= min(proposal.passage_mm / 2, 3.1) - 0.5 - 1e-6
        straight = np.degrees(np.arctan2(ASIDE, FRONT + 15))  # from the pedicle's middle to the aim; 31 degrees
        assert 10 <= proposal.access.convergence_deg <= straight + 2.5


def test_sides_are_the_patients_and_the_better_one_comes_first() -> None:
    """x grows to the patient's left: an aim on the left is reached from the left."""
    where, axes = space()
    first, second = propose_access(where, placed([10, 16, 0], axes))
    assert (first.side, second.side) == ("left", "right")
    assert first.access.entry_mm[0] > 0 > second.access.entry_mm[0]
    assert first.aim_mm < second.aim_mm


def test_a_pedicle_narrower_than_the_cannula_is_refused_with_its_width() -> None:
    where, axes = space(right_radius_mm=1.6)
    left, right = propose_access(where, placed([0, 23, 0], axes))
    assert left.side == "left"
    assert right.access is None
    assert right.passage_mm == pytest.approx(3.2, abs=0.5)
    assert f"the widest straight passage through its pedicle is {right.passage_mm:.1f} mm" in right.refusal


def test_no_pedicle_wide_enough_names_both_widths_and_the_way_out() -> None:
    where, axes = space(1.6)
    with pytest.raises(PlanError, match=r"4.2 mm through \(.*right: the widest.*--entry-mm"):
        need_access(propose_access(where, placed([0, 23, 0], axes)))
