"""Contours that overlap in part count what either encloses; holes and neighbours stay as they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from solids import circle, square

from spondyl.anatomy import Contour, contours_to_structure
from spondyl.anatomy.crossing import joined_crossing
from spondyl.anatomy.polygons import area_mm2
from spondyl.core import Grid

GRID = Grid((-30.0, -30.0, -4.0), (1.0, 1.0, 2.0), (5, 61, 61))


def area(contours):
    return abs(sum(area_mm2(c.points_mm) for c in contours))


def test_two_squares_that_overlap_are_one():
    both = [Contour(0.0, square(5.0)), Contour(0.0, square(5.0, 6.0) + np.array([0.0, 1.0]))]
    joined, where, left = joined_crossing(both)
    assert (len(joined), where, left) == (1, (0.0,), ())
    assert area(joined) == pytest.approx(2 * 100 - 4 * 9)
    drawn = contours_to_structure("s", "oar", joined, GRID)
    assert drawn.volume_cm3 * 1000 == pytest.approx(2 * (200 - 36), rel=0.01)


@settings(max_examples=60, deadline=None)
@given(apart=st.floats(0.5, 19.5), turn=st.floats(0, 6.28), radius=st.floats(3.0, 10.0))
def test_discs_have_the_area_of_their_union(apart, turn, radius):
    # Two discs of 10 mm and `radius`: the lens they share is two circular segments.
    assume(10.0 - 0.25 * radius < apart < 10.0 + radius - 0.3)  # neither within the other, nor nearly
    far = circle(radius) + apart * np.array([np.cos(turn), np.sin(turn)])
    joined, where, left = joined_crossing([Contour(4.0, circle(10.0)), Contour(4.0, far[::-1])])
    d1 = (apart**2 + 100 - radius**2) / (2 * apart)
    segments = [r * r * np.arccos(d / r) - d * np.sqrt(r * r - d * d) for r, d in ((10.0, d1), (radius, apart - d1))]
    assert (where, left) == ((4.0,), ())
    assert area(joined) == pytest.approx(np.pi * (100 + radius**2) - sum(segments), rel=1e-3)


def test_a_cross_of_two_bars_leaves_no_hole():
    bar = np.array([[-10.0, -2.0], [10.0, -2.0], [10.0, 2.0], [-10.0, 2.0]])
    joined, where, _ = joined_crossing([Contour(0.0, bar), Contour(0.0, bar[:, ::-1].copy())])
    assert where == (0.0,)
    assert area(joined) == pytest.approx(2 * 80 - 16)


def test_a_ring_of_three_keeps_its_hole():
    discs = [Contour(0.0, circle(5.0) + 5.6 * np.array([np.cos(a), np.sin(a)])) for a in (0.0, 2.0944, 4.1888)]
    joined, where, left = joined_crossing(discs)
    assert (where, left) == ((0.0,), ())
    signs = sorted(np.sign(area_mm2(c.points_mm)) for c in joined)
    assert signs == [-1.0, 1.0]


@pytest.mark.parametrize(
    "second",
    [square(2.0), square(3.0, 20.0), square(5.0, 10.0), square(5.0)[::-1]],
    ids=["hole", "apart", "side by side", "the same"],
)
def test_others_stay_as_they_are(second):
    both = (Contour(0.0, square(5.0)), Contour(0.0, second), Contour(2.0, square(5.0, 4.0)))
    joined, where, left = joined_crossing(both)
    assert joined == both
    assert (where, left) == ((), ())


def test_a_hole_that_slips_over_the_border_stays_a_hole_and_is_told():
    both = (Contour(0.0, square(10.0)), Contour(0.0, square(4.0, 6.2)))
    joined, where, left = joined_crossing(both)
    assert joined == both
    assert (where, left) == ((), (0.0,))
