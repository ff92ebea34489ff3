"""Heights, losses and angles of phantoms whose numbers are exact, in tilts, spacings and axis orders."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from spine_phantom import DEPTH, PLAIN, Body, box, case, rotation

from spondyl.anatomy import Case, Structures
from spondyl.anatomy.measured import HeightLoss, Known, Unknown, measure
from spondyl.anatomy.measured.heights import BANDS
from spondyl.anatomy.measured.profile import profile_of

TILTS = [(0, 0, 0), (20, 0, 0), (-15, 10, 0), (0, 0, 25), (12, -8, 20)]
GRIDS = [((1.0, 1.0, 1.0), (0.0, 0.0, 0.0)), ((1.5, 1.5, 1.5), (0.4, 0.3, 0.7)), ((0.8, 0.8, 3.0), (0.1, 0.2, 1.1))]


def known(value: Known | Unknown) -> Known:
    assert isinstance(value, Known)
    return value


@pytest.mark.parametrize(("tilt", "spacing", "shift"), [(t, *GRIDS[i % 3]) for i, t in enumerate(TILTS)])
def test_a_block_has_its_height_and_no_angle(tilt, spacing, shift) -> None:
    spine = measure(case((Body("T11", 0.0, 24.0),), turned=rotation(*tilt), spacing=spacing, shift=shift)).spine
    body = spine.heights["T11"]
    for name, height in body.height_mm.items():
        # Averaged over the slab a flat face is found better than the one voxel that is claimed.
        off = 0.5 if name == "middle_minimum" else 0.35
        assert height.value == pytest.approx(24.0, abs=off * body.voxel_mm), name
        assert height.low < 24.0 < height.high
        assert height.uncertainty == pytest.approx(body.voxel_mm, rel=0.25)
    assert known(spine.wedge_deg).value == pytest.approx(0.0, abs=known(spine.wedge_deg).uncertainty / 2)
    assert body.depth_mm == pytest.approx(DEPTH, abs=2 * max(spacing))
    assert isinstance(spine.kyphosis_deg, Unknown)


@pytest.mark.parametrize("tilt", TILTS)
def test_a_wedge_has_its_angle_and_its_heights(tilt) -> None:
    """Endplates 16 degrees apart: at right angles to the bisector the height falls by 2 tan 8 degrees a mm."""
    wedged = (Body("T11", 0.0, 20.0, -8.0, 8.0),)
    spine = measure(case(wedged, turned=rotation(*tilt), spacing=(1.0, 1.0, 1.0))).spine
    wedge = known(spine.wedge_deg)
    assert wedge.value == pytest.approx(16.0, abs=0.7 * wedge.uncertainty)
    assert wedge.uncertainty == pytest.approx(np.degrees(np.arctan(1 / 22)), rel=0.25)
    heights = spine.heights["T11"].height_mm
    for band, (low, high) in BANDS.items():
        expected = 20.0 + 2 * np.tan(np.radians(8)) * DEPTH * ((low + high) / 2 - 0.5)
        assert heights[band].value == pytest.approx(expected, abs=0.75), band  # half a voxel
    assert heights["middle_minimum"].value == pytest.approx(20.0 - 0.2 * DEPTH * np.tan(np.radians(8)), abs=1.0)


def test_columns_stand_on_endplates_that_lean_against_the_canal() -> None:
    """Parallel endplates that rise 15 degrees: the height is that at right angles, not along the canal."""
    body = measure(case((Body("T11", 0.0, 24.0, 15.0, 15.0),))).spine.heights["T11"]
    assert body.height_mm["middle"].value == pytest.approx(24.0 * np.cos(np.radians(15)), abs=0.4)


def test_kyphosis_runs_from_the_upper_endplate_above_to_the_lower_one_below() -> None:
    bodies = (
        Body("T10", 27.0, 24.0, -12.0, -5.0),
        Body("T11", 0.0, 20.0, -5.0, 5.0),
        Body("T12", -27.0, 24.0, 5.0, 9.0),
    )
    for tilt in TILTS:
        spine = measure(case(bodies, turned=rotation(*tilt), spacing=(1.2, 1.2, 1.2))).spine
        assert known(spine.kyphosis_deg).value == pytest.approx(21.0, abs=2.0)
        assert known(spine.wedge_deg).value == pytest.approx(10.0, abs=known(spine.wedge_deg).uncertainty)
    lordotic = tuple(Body(b.level, b.middle, b.height, -b.upper_rise_deg, -b.lower_rise_deg) for b in bodies)
    assert known(measure(case(lordotic, spacing=(1.2, 1.2, 1.2))).spine.kyphosis_deg).value == pytest.approx(
        -21.0, abs=2.0
    )


@pytest.mark.parametrize("tilt", TILTS)
def test_a_dented_endplate_loses_its_middle(tilt) -> None:
    """A parabola 10 mm deep: its mean over the bands and its deepest place follow by integration."""
    bodies = (PLAIN[0], Body("T11", 0.0, 24.0, dent=10.0), PLAIN[2])
    spine = measure(case(bodies, turned=rotation(*tilt))).spine
    assert isinstance(spine.loss, HeightLoss)
    assert spine.loss.against == ("T10", "T12")
    for band, (low, high) in BANDS.items():
        share = np.linspace(low, high, 101)
        expected = 100 * float((10 * (1 - (2 * share - 1) ** 2)).mean()) / 24
        loss = spine.loss.percent[band]
        assert loss.value == pytest.approx(expected, abs=4.4), band  # 0.7 of a voxel, on a slope of 1.3
        assert loss.low < expected < loss.high
    assert spine.loss.percent["middle_minimum"].value == pytest.approx(1000 / 24, abs=3.0)
    assert spine.loss.greatest[0] == "middle"


def test_the_uncertainty_is_that_of_a_voxel() -> None:
    """Masks one voxel larger or smaller in all: the loss moves by less than its uncertainty, the heights by a voxel."""
    bodies = (PLAIN[0], Body("T11", 0.0, 18.0), PLAIN[2])
    spine = measure(case(bodies)).spine
    lower = measure(case((PLAIN[0], Body("T11", 0.0, 16.5), PLAIN[2]))).spine
    assert isinstance(spine.loss, HeightLoss)
    assert isinstance(lower.loss, HeightLoss)
    loss = spine.loss.percent["middle"]
    assert loss.value == pytest.approx(25.0, abs=loss.uncertainty)
    assert spine.loss.voxel_percent == pytest.approx(100 * 1.5 / 24, abs=0.4)
    assert lower.loss.percent["middle"].value - loss.value == pytest.approx(100 * 1.5 / 24, abs=1.0)
    # The body by one voxel, the mean of two neighbours by one voxel each, all independent.
    assert loss.uncertainty == pytest.approx(100 * np.hypot(1.5 / 24, 0.75 * 1.5 / 24 / np.sqrt(2)), rel=0.1)


def test_one_neighbour_is_enough_and_said() -> None:
    found = measure(case((PLAIN[0], Body("T11", 0.0, 18.0))))
    assert isinstance(found.spine.loss, HeightLoss)
    assert found.spine.loss.against == ("T10",)
    assert found.spine.loss.percent["middle"].value == pytest.approx(25.0, abs=2.0)
    assert any("against T10 alone: there is no mask vertebra_T12" in note for note in found.notes)


def test_no_neighbour_no_loss() -> None:
    loss = measure(case((Body("T11", 0.0, 18.0),))).spine.loss
    assert isinstance(loss, Unknown)
    assert "no mask vertebra_T10" in loss.reason
    loss = measure(case((Body("T11", 0.0, 18.0),), level=None)).spine.loss
    assert isinstance(loss, Unknown)
    assert "level is not known" in loss.reason


def test_a_neighbour_that_the_tumour_holds_or_the_image_cuts_is_no_reference() -> None:
    tumour = box((-6, 6), (14, 26), (-6, 26))
    found = measure(case(gtv=tumour))
    assert isinstance(found.spine.loss, HeightLoss)
    assert found.spine.loss.against == ("T12",)
    assert any("T10 is involved by the GTV" in note for note in found.notes)
    cut = (Body("T10", 48.0), *PLAIN[1:])
    found = measure(case(cut))
    assert isinstance(found.spine.loss, HeightLoss)
    assert found.spine.loss.against == ("T12",)
    assert any("reaches the end of the CT" in note for note in found.notes)


def test_unlike_neighbours_are_told() -> None:
    found = measure(case((Body("T10", 27.0, 16.0), Body("T11", 0.0, 20.0), PLAIN[2])))
    assert any("one of them may itself be fractured" in note for note in found.notes)
    assert not any("fractured" in note for note in measure(case()).notes)


def test_a_mask_that_holds_disc_is_told() -> None:
    """Endplates of 800 HU up to 23 mm apart, a mask of 24 mm, then one of 32 mm, which ends 4.5 mm beyond them."""

    def hu(_x, _a, s):
        return np.where(np.abs(np.abs(s) - 10.5) <= 1.0, 800.0, 150.0)

    assert measure(case((Body("T11", 0.0, 24.0),), hu=hu)).spine.doubts == {}
    said = measure(case((Body("T11", 0.0, 32.0),), hu=hu)).spine.doubts["T11"]
    told = re.findall(r"(?:upper|lower) end, (?:anterior|middle|posterior): (\d) mm", said)
    assert len(told) == 6
    assert {int(gap) for gap in told} <= {4, 5, 6}


def test_left_is_left_whatever_the_turn() -> None:
    found = measure(case(turned=rotation(10, 5, 20)))
    profile = profile_of(found.vertebra.parts["vertebral_body"], found.vertebra.frame, 0.0, side_mm=5.0)
    assert rotation(10, 5, 20)[0] @ profile.point_mm(0.0, 0.0) == pytest.approx(5.0, abs=0.7)


def test_same_heights_without_a_tumour_and_with_given_sectors() -> None:
    found = measure(case())
    parts = found.vertebra.parts
    sectors = {
        "vertebral_body": parts["vertebral_body"], "pedicle_left": parts["pedicle_left"],
        "pedicle_right": parts["pedicle_right"], "spinous_process": parts["spinous_process"],
        "transverse_process_lamina_left": parts["transverse_process_left"],
        "transverse_process_lamina_right": parts["transverse_process_right"],
    }  # fmt: skip
    base = case(without=("vertebra",))
    given = Structures([*base.structures.values(), *(replace(s, name=n) for n, s in sectors.items())])
    again = measure(Case("given", base.facts, base.ct, given))
    assert isinstance(found.tumour, Unknown)
    for name, height in found.spine.heights["T11"].height_mm.items():
        assert again.spine.heights["T11"].height_mm[name].value == pytest.approx(height.value, abs=0.3)
