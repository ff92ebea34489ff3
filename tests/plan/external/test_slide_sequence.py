"""A fluence that is known, given by leaves that cross the field: fluence, speed, gap, leakage."""

from dataclasses import replace

import numpy as np
import pytest

from spondyl.dose import Field
from spondyl.physics import load_linac, load_machine
from spondyl.plan.external import segment_fields
from spondyl.plan.external.delivery import check_deliverable, delivery_time_s
from spondyl.plan.external.slide_sequence import edges_at, in_step, travel
from spondyl.plan.external.techniques.sliding_window import sliding_beam

EDGES = np.arange(0.0, 21.0, 2.5)
FLUENCE = np.array([10.0, 30.0, 20.0, 5.0, 0.0, 15.0, 40.0, 25.0])
SLOW, GAP = 0.4, 1.3
LINAC = load_linac("hd120-6mv")


def _given(path, x):
    """Monitor units between the passing of the leading and of the trailing edge over a place."""
    mu = np.linspace(0.0, path.mu, 400_001)
    trailing, leading = edges_at(path, mu)
    return mu[np.searchsorted(trailing, x, side="left")] - mu[np.searchsorted(leading, x, side="right") - 1]


@pytest.mark.parametrize("mu", [None, 120.0])
def test_each_beamlet_gets_its_fluence_and_no_less_than_passes_the_least_gap(mu):
    path = travel(EDGES, FLUENCE, SLOW, GAP)
    least = SLOW * GAP
    if mu is not None:
        path = in_step(EDGES, FLUENCE, path, mu, GAP)
        assert path.mu == pytest.approx(mu)
        least = np.diff(path.trailing_mu)[0]
    middles = (EDGES[1:] + EDGES[:-1]) / 2
    assert [_given(path, x) for x in middles] == pytest.approx(np.maximum(FLUENCE, least), abs=2e-3)


def test_monitor_units_are_the_rises_and_the_crossing():
    """Spirou and Chui 1994: 10 + 20 + 15 + 25 MU of rises, less what the least fluence of 0.52 MU saves where the
    fluence is 0, and 20 mm at 0.4 MU a mm."""
    path = travel(EDGES, FLUENCE, SLOW, GAP)
    assert path.mu == pytest.approx(10 + 20 + (15 - 0.52) + 25 + 20 * 0.4)


def test_leaves_are_never_too_fast_nor_too_close():
    path = travel(EDGES, FLUENCE, SLOW, GAP)
    mu = np.linspace(0.0, path.mu, 5001)
    trailing, leading = edges_at(path, mu)
    assert (leading - trailing).min() >= GAP - 1e-6
    for edge in (trailing, leading):
        assert (np.diff(edge) >= 0).all()
        assert (np.diff(edge) / np.diff(mu)).max() <= (1 + 1e-6) / SLOW


def _field():
    """A valley between two hills in the middle rows, a step in the others."""
    row = np.array([20.0, 40.0, 60.0, 40.0, 20.0, 40.0, 50.0, 30.0, 30.0, 20.0])
    fluence = np.stack([row, row, 0.5 * row, 0.5 * row])
    u, v = (np.arange(11) - 5) * 2.5, (np.arange(5) - 2) * 5.0
    return Field("G180", (0, 1000, 0), (0, 0, 0), (-1, 0, 0), (0, 0, 1), u, v, fluence, 180.0)


def test_a_linac_can_deliver_it_and_the_fluence_is_the_one_asked_for():
    """Leakage, rounded ends, sampling in control points and tongues together: 1 MU of 60 inside."""
    field = _field()
    beam = sliding_beam(field, LINAC)
    check_deliverable(beam, LINAC)
    (made,) = segment_fields(beam, LINAC, load_machine(LINAC.beam))
    u, v = ((edges[1:] + edges[:-1]) / 2 for edges in (made.u_edges_mm, made.v_edges_mm))
    rows = [k for k, x in enumerate(v) if abs(abs(x) % 2.5 - 1.25) < 0.6]  # in the middle of leaves
    for k in rows:
        asked = field.fluence[np.searchsorted(field.v_edges_mm, v[k]) - 1]
        for i, value in enumerate(asked):
            inside = (u > field.u_edges_mm[i]) & (u < field.u_edges_mm[i + 1])
            assert made.fluence[k, inside].mean() == pytest.approx(value, abs=1.0)


def test_time_is_that_of_dose_rate_or_leaves():
    """At 600 MU/min, or longer where leaves wait for nothing."""
    beam = sliding_beam(_field(), LINAC)
    assert delivery_time_s(beam, LINAC).total_s == pytest.approx(beam.mu / 10.0, rel=0.05)


def test_next_to_no_fluence_is_no_beam():

    assert sliding_beam(replace(_field(), fluence=np.full((4, 10), 0.5)), LINAC) is None
