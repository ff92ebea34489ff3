"""Helical tomotherapy: where the helix goes, and which openings the machine can give."""

import numpy as np
import pytest

from spondyl.core.errors import PlanError
from spondyl.physics import load_machine
from spondyl.plan.external import beam_fields
from spondyl.plan.external.helix import (
    LEAVES,
    MOST_MODULATION,
    PER_TURN,
    TURN_S,
    Helix,
    groups,
    helix_over,
    pitch_for,
    sinogram,
)
from spondyl.plan.external.techniques.tomotherapy import helical_beam, wanted_mu

LONGEST_MU = 850.0 / 60.0 * TURN_S[1] / PER_TURN
"""14.2 MU a second, a projection of 60 s / 51."""


def _points(half_mm):
    axis = np.linspace(-half_mm, half_mm, 21)
    return np.stack(np.meshgrid(axis, axis, axis), -1).reshape(-1, 3)


def test_the_helix_begins_and_ends_half_a_slit_beyond_the_target():
    """40 mm and 25 mm of slit at 0.2867 x 25 mm a turn: 9.06 turns, 463 projections."""
    helix = helix_over(_points(20.0))
    assert helix.z_mm(0) == pytest.approx(-32.5)
    assert helix.projections == 463
    assert helix.z_mm(helix.projections) == pytest.approx(32.5, abs=0.15)
    assert helix.gantry_deg(PER_TURN) - helix.gantry_deg(0) == pytest.approx(360)


def test_leaves_over_the_target_may_open_and_no_others():
    """A cube of 40 mm turned by 10.6 degrees is 46.7 mm wide, 3 mm beside: ten leaves of 6.25 mm."""
    found = groups(Helix(-20.0, 51), _points(20.0), (0.0, 0.0, 0.0), 850.0)
    field = found[0].field
    used = np.flatnonzero(field.fluence[0])
    assert len(used) == 10
    assert field.u_edges_mm[used[0]] == -31.25
    assert field.u_edges_mm[used[-1] + 1] == 31.25
    assert field.isocentre_mm[2] == pytest.approx(-20 + 1.5 * 0.2867 * 25 / 51)
    assert field.gantry_deg == pytest.approx(180 + 1.5 * 360 / 51)
    assert groups(Helix(40.0, 3), _points(20.0), (0.0, 0.0, 0.0), 850.0) == ()


def test_neighbouring_projections_share_openings_and_give_their_monitor_units_together():
    """Eight projections: groups of 3, 3 and 2, the last one's field at the middle of its own two."""
    helix = Helix(-20.0, 8)
    found = groups(helix, _points(20.0), (0.0, 0.0, 0.0), 850.0)
    assert [(g.first, g.count) for g in found] == [(0, 3), (3, 3), (6, 2)]
    assert found[2].field.gantry_deg == pytest.approx(180 + 7 * 360 / 51)
    given = np.random.default_rng(3).gamma(1.0, 2.0, sum(int(g.field.fluence.sum()) for g in found))
    wanted = wanted_mu(helix, found, given)
    assert wanted.shape == (8, LEAVES)
    assert wanted.sum() == pytest.approx(given.sum())
    assert wanted[6:].sum() == pytest.approx(given[-int(found[2].field.fluence.sum()) :].sum())
    for group in found:
        alike = wanted[group.first : group.first + group.count]
        assert (alike == alike[0]).all()
        assert not alike[:, group.field.fluence[0] == 0].any()


def test_a_target_wider_than_the_fan_is_refused():
    with pytest.raises(PlanError, match=r"fan 200 mm; the field is larger than the machine"):
        groups(Helix(0.0, 1), _points(230.0), (0.0, 0.0, 0.0), 850.0)


def test_no_leaf_is_open_longer_than_its_projection_nor_beyond_the_modulation_factor():
    wanted = np.zeros((102, LEAVES))
    wanted[:, 28:36] = np.random.default_rng(2).gamma(0.4, 2.0, (102, 8))
    shares, mu = sinogram(wanted)
    assert shares.min() >= 0
    assert shares.max() == pytest.approx(1.0)
    opened = shares[shares > 0]
    assert opened.max() / opened.mean() <= MOST_MODULATION * (1 + 1e-5)
    small = wanted * (wanted > 0.02 * wanted.max()) * (wanted < 1.0)
    assert shares[small > 0] * mu == pytest.approx(small[small > 0])


def test_a_projection_lasts_at_least_as_the_fastest_turn():
    """11.8 s a turn at 850 MU/min: 3.28 MU a projection, though the leaves need 1."""
    wanted = np.zeros((51, LEAVES))
    wanted[:, 30:34] = 1.0
    shares, mu = sinogram(wanted)
    assert mu == pytest.approx(850 / 60 * 11.8 / 51)
    assert shares.max() * mu == pytest.approx(1.0)


def test_what_the_machine_cannot_give_is_refused():
    wanted = np.zeros((51, LEAVES))
    with pytest.raises(PlanError, match="every leaf stays shut: the plan has 0 MU"):
        sinogram(wanted)
    wanted[:, 30:34] = 1.1 * LONGEST_MU
    with pytest.raises(
        PlanError, match=r"a projection needs 18\.3 MU in the mean of its openings, 16\.7 at most with a turn of 60 s"
    ):
        sinogram(wanted)


def test_an_opening_longer_than_the_slowest_turn_allows_is_cut_to_it():
    wanted = np.full((51, LEAVES), 10.0)
    wanted[:, 0] = 1.3 * LONGEST_MU
    shares, mu = sinogram(wanted)
    assert mu == pytest.approx(LONGEST_MU)
    assert shares[:, 0] == pytest.approx(1.0)
    assert shares[:, 1] * mu == pytest.approx(10.0)


def test_the_beam_gives_each_slit_its_share_at_its_place():
    helix, model = Helix(-10.0, 4), load_machine("helical-6mv")
    shares = np.zeros((4, LEAVES))
    shares[:, 31], shares[2, 40] = 0.5, 1.0
    beam = helical_beam(helix, (1.0, 2.0, 5.0), shares, 8.0)
    assert (beam.mu, len(beam.points), beam.is_arc) == (32.0, 5, True)
    fields = beam_fields(beam, model)
    assert [f.isocentre_mm[2] for f in fields] == pytest.approx([helix.z_mm(k + 0.5) for k in range(4)])
    assert [f.gantry_deg for f in fields] == pytest.approx([helix.gantry_deg(k + 0.5) % 360 for k in range(4)])
    assert fields[2].fluence[0, [31, 40, 41]].tolist() == [4.0, 8.0, 0.0]
    assert fields[0].sad_mm == pytest.approx(850)


def test_more_a_fraction_takes_a_narrower_pitch_until_there_is_none():
    """16.7 MU is the longest opening; 10.9 MU a Gy and unit of pitch in the mean, 1.4 times that in hand."""
    found = [pitch_for(gray) for gray in (1.0, 3.0, 4.0, 6.0, 8.0, 24.0)]
    assert found == [0.2867, 0.2867, 0.215, 0.172, 0.1229, 0.086]
    for gray, pitch in zip((3.0, 6.0, 8.0), (0.2867, 0.172, 0.1229), strict=True):
        assert 1.4 * 10.9 * gray * pitch <= LONGEST_MU
    assert helix_over(_points(20.0), 0.172).projections == int(np.ceil(65 / (0.172 * 25) * 51))
