"""Endpoints in words: pain response, flare, neurology, ambulation, patterns of failure."""

import numpy as np
import pytest
from course_of_patient import on, patient, read, visit

from spondyl.anatomy.structure import from_coverage
from spondyl.core.errors import DoseError
from spondyl.core.grid import Grid
from spondyl.dose import Dose
from spondyl.followup.endpoints import (
    ambulation,
    failure_pattern,
    neurology,
    pain_flare,
    pain_response,
    pattern_of,
    response,
)


def pain(day, vas, morphine):
    return visit(day, pain_vas=vas, oral_morphine_mg_per_day=morphine)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [  # (worst pain, mg a day), by the four definitions of Chow 2012
        ((6.0, 40.0), (0.0, 40.0), "complete response"),
        ((6.0, 40.0), (0.0, 0.0), "complete response"),
        ((6.0, 40.0), (0.0, 50.0), "indeterminate"),
        ((6.0, 40.0), (4.0, 40.0), "partial response"),
        ((6.0, 40.0), (4.5, 40.0), "indeterminate"),
        ((6.0, 40.0), (4.0, 41.0), "indeterminate"),
        ((6.0, 40.0), (6.0, 30.0), "partial response"),
        ((6.0, 40.0), (6.0, 31.0), "indeterminate"),
        ((6.0, 40.0), (7.0, 30.0), "indeterminate"),
        ((6.0, 40.0), (8.0, 40.0), "pain progression"),
        ((6.0, 40.0), (8.0, 60.0), "pain progression"),
        ((6.0, 40.0), (8.0, 20.0), "indeterminate"),
        ((6.0, 40.0), (6.0, 50.0), "pain progression"),
        ((6.0, 40.0), (7.0, 50.0), "pain progression"),
        ((6.0, 40.0), (6.0, 49.0), "indeterminate"),
        ((6.0, 40.0), (5.0, 50.0), "indeterminate"),
        ((6.0, 0.0), (6.0, 5.0), "pain progression"),
        ((6.0, 0.0), (4.0, 0.0), "partial response"),
    ],
)
def test_pain_response_by_the_international_consensus(before, after, expected):
    assert response(*before, *after) == expected
    found = pain_response([patient(visits=[pain(-3, *before), pain(91, *after)])])
    assert [each.category for each in found.answers] == [expected]


@pytest.mark.parametrize(
    ("visits", "died", "why"),
    [
        ([pain(91, 0.0, 0.0)], None, "pain before treatment is not recorded"),
        ([pain(-3, 0.0, 0.0), pain(91, 0.0, 0.0)], None, "not evaluable: no pain before treatment"),
        ([pain(-3, 6.0, 0.0)], None, "no visit with a pain score 3 ± 1 months after treatment"),
        ([pain(-3, 6.0, 0.0), pain(200, 0.0, 0.0)], None, "no visit with a pain score 3 ± 1 months after treatment"),
        (
            [pain(-3, 6.0, None), pain(91, 0.0, 0.0)],
            None,
            "analgesics are not recorded before treatment or at the visit",
        ),
        ([pain(-3, 6.0, 0.0)], 60, "no visit 3 ± 1 months after treatment: death on 2022-03-02"),
    ],
)
def test_who_has_no_pain_response_is_told_why(visits, died, why):
    found = pain_response([patient(visits=visits, died=died)])
    assert not found.answers
    assert found.unknown[0].why == why


def test_the_visit_nearest_to_the_time_counts():
    visits = [pain(-3, 6.0, 0.0), pain(70, 6.0, 0.0), pain(95, 0.0, 0.0), pain(120, 9.0, 0.0)]
    assert pain_response([patient(visits=visits)]).answers[0].category == "complete response"
    assert pain_response([patient(visits=visits)], due_months=4).answers[0].category == "pain progression"


def test_pain_flare_needs_worse_and_back_within_ten_days_of_the_last_day():
    daily = [pain(day, 4.0, 10.0) for day in range(1, 17)]
    calm = patient(visits=[pain(-3, 4.0, 10.0), *daily])
    assert pain_flare([calm]).counts() == {"no flare": 1, "flare": 0, "worse, not seen to return": 0}
    flared = [*daily[:3], pain(4, 6.0, 10.0), *daily[4:]]
    assert pain_flare([patient(visits=[pain(-3, 4.0, 10.0), *flared])]).answers[0].category == "flare"
    drugged = [pain(-3, 4.0, 10.0), pain(16, 4.0, 12.5)]
    assert pain_flare([patient(visits=drugged)]).answers[0].category == "worse, not seen to return"
    assert pain_flare([patient(visits=[*drugged, pain(60, 3.0, 10.0)])]).answers[0].category == "flare"
    late = [pain(-3, 4.0, 10.0), pain(17, 9.0, 10.0)]
    assert pain_flare([patient(visits=late)]).unknown[0].why == "no visit up to 10 days after treatment"
    less = [pain(-3, 4.0, 10.0), pain(14, 6.0, 5.0)]
    assert "few of the 16 days" in pain_flare([patient(visits=less)]).unknown[0].why


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("C", "D", "improved"),
        ("D", "D", "unchanged"),
        ("D", "C", "worse"),
        ("E", "E", "stayed intact"),
        ("E", "D", "lost function"),
    ],
)
def test_neurology_compares_the_last_grade_with_the_first(before, after, expected):
    visits = [visit(-3, frankel=before), visit(30, frankel="A"), visit(200, frankel=after)]
    assert neurology([patient(visits=visits)]).answers[0].category == expected


def test_frankel_and_asia_are_never_compared():
    found = neurology([patient(visits=[visit(-3, frankel="C"), visit(90, asia="E")])])
    assert found.unknown[0].why == "no frankel grade after treatment"
    both = [visit(-3, frankel="C", asia="C"), visit(90, asia="D")]
    assert neurology([patient(visits=both)]).answers[0].category == "improved"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [(True, True, "kept"), (True, False, "lost"), (False, True, "regained"), (False, False, "not regained")],
)
def test_ambulation_kept_or_regained(before, after, expected):
    found = ambulation([patient(visits=[visit(-3, ambulatory=before), visit(90, ambulatory=after)])])
    assert found.answers[0].category == expected


def test_frankel_tells_who_walks_and_asia_does_not():
    assert (
        ambulation([patient(visits=[visit(-3, frankel="C"), visit(90, frankel="D")])]).answers[0].category == "regained"
    )
    assert ambulation([patient(visits=[visit(-3, asia="C"), visit(90, asia="D")])]).unknown[0].why.startswith("not rec")


GRID = Grid((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (20, 20, 40))


def halves() -> Dose:
    """30 Gy where x is below 20 mm, 10 Gy beyond, a linear fall over one voxel between."""
    values = np.full(GRID.shape, 10.0, dtype=np.float32)
    values[:, :, :20] = 30.0
    return Dose(GRID, values)


def block(first: int, last: int):
    mask = np.zeros(GRID.shape, dtype=np.bool_)
    mask[5:15, 5:15, first:last] = True
    return from_coverage("failure", "other", GRID, mask)


@pytest.mark.parametrize(
    ("first", "last", "share", "expected"),
    [(5, 15, 100.0, "in-field"), (10, 30, 50.0, "marginal"), (25, 35, 0.0, "distant"), (18, 38, 10.0, "distant")],
)
def test_a_failure_is_classed_by_its_share_inside_the_isodose(first, last, share, expected):
    found = pattern_of(block(first, last), halves(), 25.0)
    assert found.category == expected
    assert found.share_percent == pytest.approx(share, abs=1.5)  # the isodose lies within one 1 mm voxel
    assert found.volume_cm3 == pytest.approx((last - first) * 0.1, rel=1e-3)


def test_the_isodose_may_be_a_share_of_the_prescription():
    assert pattern_of(block(5, 15), halves(), 31.0).category == "distant"
    assert pattern_of(block(5, 15), halves(), 31.0, isodose_percent=95.0).category == "in-field"
    with pytest.raises(DoseError, match="expected both positive"):
        pattern_of(block(5, 15), halves(), 0.0)


def test_a_failure_partly_off_the_dose_grid_is_classed_only_where_both_bounds_agree():
    cut = Dose(Grid((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (20, 20, 12)), np.full((20, 20, 12), 30.0, dtype=np.float32))
    found = pattern_of(block(5, 15), cut, 25.0)
    assert found.share_percent is None
    assert found.category is None
    assert found.low_percent < 95 < found.high_percent


def test_recorded_shares_class_the_first_failure_of_a_lesion():
    failed = [each | {"failure_in_prescription_percent": 40.0} for each in read(90, "progression", "progression")]
    assert failure_pattern([patient(imaging=failed)]).answers[0].category == "marginal"
    bare = read(90, "progression", "progression")
    assert failure_pattern([patient(imaging=bare)]).unknown[0].why == f"progression on {on(90)}: no failure contour"
    calm = read(90, "controlled", "controlled")
    assert failure_pattern([patient(imaging=calm)]).answers[0].category == "no failure"
    split = [bare[0] | {"failure_in_prescription_percent": 99.0}, bare[1] | {"failure_in_prescription_percent": 40.0}]
    assert "different patterns" in failure_pattern([patient(imaging=split)]).unknown[0].why
