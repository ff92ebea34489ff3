"""Delivery in the report: what is projected where, what is drawn, what is told, and that all of it is kept."""

import sys
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter

sys.path.insert(0, str(Path(__file__).parents[1] / "io"))
from rtplan_maker import HD, ISOCENTRE, our_plan

from spondyl.anatomy import Structures, from_coverage
from spondyl.app.delivery_facts import delivery_facts, delivery_table, gantry_text
from spondyl.app.delivery_view import beam_view, delivery_of, project
from spondyl.app.report import Delivery
from spondyl.app.report.beam_view import BeamView, Frame, jaws_path, leaves_path, outline_path, printed
from spondyl.core import Grid
from spondyl.dose import CircularAperture
from spondyl.plan.external import Beam, ControlPoint, delivery_time_s

RADIUS_MM = 15.0


def ball(centre):
    """A sphere of `RADIUS_MM` as a structure on voxels of 1 mm."""
    grid = Grid(tuple(c - 20.0 for c in centre), (1.0, 1.0, 1.0), (41, 41, 41))
    at = [grid.axis_mm(axis) - c for axis, c in zip("xyz", centre, strict=True)]
    square = at[2][:, None, None] ** 2 + at[1][None, :, None] ** 2 + at[0][None, None, :] ** 2
    return grid, (square <= RADIUS_MM**2).astype(np.float32)


def structures():
    beside = (ISOCENTRE[0] + 30.0, ISOCENTRE[1], ISOCENTRE[2])
    return Structures([
        from_coverage("PTV_Eval", "target", *ball(ISOCENTRE)), from_coverage("SpinalCord", "oar", *ball(beside)),
    ])  # fmt: skip


def area_and_middle(polygon):
    u, v = np.array(polygon[::2]), np.array(polygon[1::2])
    cross = u * np.roll(v, -1) - np.roll(u, -1) * v
    area = cross.sum() / 2
    middle = [((w + np.roll(w, -1)) * cross).sum() / (6 * area) for w in (u, v)]
    return abs(area), middle


@pytest.mark.parametrize(
    ("gantry", "point", "expected"),
    [
        (0.0, (10.0, 0.0, 0.0), (10.0, 0.0)),  # patient left, seen from the front: right
        (0.0, (0.0, 0.0, 10.0), (0.0, 10.0)),  # superior: up
        (0.0, (10.0, -100.0, 0.0), (10.0 / 0.9, 0.0)),  # 100 mm towards the source: larger by 1/0.9
        (90.0, (0.0, 10.0, 0.0), (10.0, 0.0)),  # posterior, seen from the patient's left: right
        (180.0, (10.0, 0.0, 0.0), (-10.0, 0.0)),  # patient left, seen from the back: left
    ],
)
def test_points_are_seen_from_the_source(gantry, point, expected):
    seen = project(np.array([point]), np.zeros(3), ControlPoint(gantry, 0.0, 0.0, CircularAperture(5.0), 0.0), 1000.0)
    np.testing.assert_allclose(seen[0], expected, atol=1e-9)


def test_outlines_have_the_area_and_place_of_what_they_show():
    """A ball of 15 mm about the isocentre is seen as a disc of 15 mm, drawn to 0.6 mm from cells of 2 mm; another one
    30 mm to the left goes round as the beam does."""
    still = our_plan().beams[2]
    target, cord = delivery_of((still,), structures()).views[0].outlines[0]
    area, middle = area_and_middle(target[0])
    assert np.sqrt(area / np.pi) == pytest.approx(RADIUS_MM, abs=0.6)
    np.testing.assert_allclose(middle, (0.0, 0.0), atol=0.7)
    # gantry 270, collimator 90: from the patient's right the left ball lies behind, on the axis, and smaller
    area, middle = area_and_middle(cord[0])
    assert np.sqrt(area / np.pi) == pytest.approx(RADIUS_MM / 1.03, abs=0.6)
    np.testing.assert_allclose(middle, (0.0, 0.0), atol=0.7)


def test_frames_are_the_control_points_with_time_and_leaves():
    arc = our_plan().beams[0]
    view = beam_view(arc, {})
    assert [frame.gantry_deg for frame in view.frames] == [6, 4, 2, 0, 358, 356, 354]
    assert view.frames[-1].at_s == pytest.approx(delivery_time_s(arc, HD).total_s, abs=0.01)
    assert view.frames[3].mu == pytest.approx(arc.points[3].mu, abs=0.005)
    assert view.frames[2].jaws_mm == (-42.0, 40.0, -45.0, 45.0)
    shown = np.array(view.frames[4].leaves_mm).reshape(-1, 2)
    first = int(np.flatnonzero(HD.mlc.leaf_edges_mm[1:] > -view.half_mm)[0])
    np.testing.assert_allclose(shown, arc.points[4].aperture.leaves_mm[first : first + len(shown)], atol=0.05)
    assert len(view.leaf_edges_mm) == len(shown) + 1


def test_what_is_drawn_lies_where_it_is():
    frame = Frame(0.0, 0.0, 0.0, (-5.0, 7.5), (-8.0, 9.0, -3.0, 4.0), 0)
    view = BeamView("a", "", 20.0, (-2.5, 2.5), ("x",), ((((0.0, 1.0, 2.0, 3.0),),),), (frame,))
    assert leaves_path(view, frame) == "M-20 -2.5H-5V2.5H-20ZM20 -2.5H7.5V2.5H20Z"
    assert jaws_path(view, frame) == "M-20 -20H20V20H-20ZM-8 -4H9V3H-8Z"
    assert outline_path(view.outlines[0][0]) == "M0 -1L2 -3Z"


def test_paper_shows_a_moving_beam_several_times_and_a_still_one_once():
    views = delivery_of(our_plan().beams, structures()).views
    assert [view.name for view, _ in printed(views)] == ["arc", "arc", "steps", "steps", "still"]


def test_the_table_tells_time_travel_and_what_is_waited_for():
    table = delivery_table(our_plan().beams)
    still, together = table.rows[2], table.rows[3]
    assert still[:5] == ("still", "270°", "77.7", "7.77 s", "dose rate 100 %")  # 77.7 MU at 600 MU/min
    assert still[6] == "0 mm"
    assert together[0] == "together"
    arc = our_plan().beams[0]
    assert gantry_text(arc) == "6° to 354° against the clock (12°)"
    seconds = sum(delivery_time_s(beam, HD).total_s for beam in our_plan().beams)
    (fact,) = delivery_facts(our_plan().beams)
    assert float(fact.value.split()[0]) == pytest.approx(seconds / 60, rel=0.01)


def test_beams_without_leaves_have_no_delivery_to_show():
    points = tuple(ControlPoint(0.0, 0.0, 0.0, CircularAperture(10.0), mu) for mu in (0.0, 10.0))
    assert delivery_of((Beam("cone", HD.name, ISOCENTRE, points),), structures()) is None
    assert delivery_of((), structures()) is None


def test_a_delivery_is_kept_and_comes_back():
    kept, adapter = delivery_of(our_plan().beams, structures()), TypeAdapter(Delivery | None)
    assert adapter.validate_json(adapter.dump_json(kept)) == kept
