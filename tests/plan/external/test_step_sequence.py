"""Levels cut into openings: the sum, the least monitor units, and what leaves do with it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spondyl.core.errors import PlanError
from spondyl.dose import Field
from spondyl.physics import load_linac, load_machine
from spondyl.plan.external import segment_fields
from spondyl.plan.external.delivery import check_deliverable
from spondyl.plan.external.step_sequence import complexity, openings
from spondyl.plan.external.techniques.step_and_shoot import beams_of, segments_of

LINAC = load_linac("hd120-6mv")
MODEL = load_machine(LINAC.beam)


def _field(fluence):
    nv, nu = fluence.shape
    u, v = (np.arange(nu + 1) - nu // 2) * 2.5, (np.arange(nv + 1) - nv // 2) * 5.0
    return Field("G180", (0, 1000, 0), (0, 0, 0), (-1, 0, 0), (0, 0, 1), u, v, fluence.astype(float), 180.0)


@settings(max_examples=60, deadline=None)
@given(arrays(np.int64, st.tuples(st.integers(1, 6), st.integers(1, 9)), elements=st.integers(0, 9)))
def test_openings_sum_to_the_levels_in_the_least_monitor_units(levels):
    """Engel 2005: the least sum of weights is the largest sum of rises of a row."""
    total = np.zeros_like(levels)
    made = openings(levels)
    for opening in made:
        place = np.arange(levels.shape[1])
        inside = (place >= opening.first[:, None]) & (place < opening.after[:, None])
        total += opening.weight * inside
    assert (total == levels).all()
    assert sum(opening.weight for opening in made) == complexity(levels).max()


def test_a_rectangle_of_one_level_is_one_segment():
    (only,) = openings(np.full((3, 4), 7))
    assert (only.weight, only.first.tolist(), only.after.tolist()) == (7, [0, 0, 0], [4, 4, 4])


def test_segments_deliver_the_levels_and_leakage_is_taken_off():
    """A closed field's middle gets what leaks: 1.17 % of all monitor units; an open one its levels."""
    fluence = 10.0 * np.array([[1, 2, 4, 4, 2, 1]] * 4 + [[0, 0, 3, 3, 0, 0]] * 2)
    field = _field(fluence)
    segments = segments_of([field], LINAC, 1.0)
    (beam,) = beams_of([field], LINAC.name, segments, np.array([s.opening.weight for s in segments], float))
    check_deliverable(beam, LINAC)
    (made,) = segment_fields(beam, LINAC, MODEL)

    def at(u_mm, v_mm):
        i, j = np.searchsorted(made.u_edges_mm, u_mm) - 1, np.searchsorted(made.v_edges_mm, v_mm) - 1
        return made.fluence[j, i]

    assert at(0.5, -8.0) == pytest.approx(40.0, abs=0.6)  # half a level of rounding
    assert at(6.5, -8.0) == pytest.approx(10.0, abs=0.6)
    assert at(0.5, 8.0) == pytest.approx(30.0, abs=0.6)
    assert at(6.2, 8.0) == pytest.approx(0.0117 * beam.mu, abs=0.05)
    assert beam.mu == pytest.approx(40.0, abs=1.5)


def test_a_field_wider_than_a_bank_may_spread_is_refused():
    wide = np.zeros((2, 80))
    wide[0, 0], wide[1, -1] = 10.0, 10.0
    with pytest.raises(PlanError, match=r"G180 spreads the leaves .* the field is larger than the machine"):
        segments_of([_field(wide)], LINAC, 1.0)
