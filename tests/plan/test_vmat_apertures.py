"""Apertures to beamlets and back: what leaves open, its derivative, their limits, the way from fluence to leaves."""

from dataclasses import replace

import numpy as np
import pytest

from spondyl.core.errors import PlanError
from spondyl.dose import LeafAperture
from spondyl.physics import load_linac
from spondyl.plan.external.aperture_variables import Apertures, Variables
from spondyl.plan.external.arcs import arc_path
from spondyl.plan.external.direct_aperture_kernels import BLUR_MM
from spondyl.plan.external.leaf_motion import LeafMotion, most_way_mm
from spondyl.plan.external.vmat_beams import arc_beams
from spondyl.plan.external.vmat_lattice import CELL_MM, lattice_of, sector_fields
from spondyl.plan.external.vmat_sequencing import sequence

ISOCENTRE = (0.0, 0.0, 0.0)


def ball_points(radius_mm, step_mm=2.0):
    axis = np.arange(-radius_mm, radius_mm + 0.1, step_mm)
    points = np.stack(np.meshgrid(axis, axis, axis), -1).reshape(-1, 3)
    return points[np.linalg.norm(points, axis=1) <= radius_mm]


@pytest.fixture(scope="module")
def linac():
    return load_linac("hd120-6mv")


@pytest.fixture(scope="module")
def path():
    return arc_path("posterior")


@pytest.fixture(scope="module")
def lattice(path, linac):
    return lattice_of(sector_fields(ball_points(12.0), ISOCENTRE, path.sector_deg, 10.0, 1000.0), linac)


@pytest.fixture(scope="module")
def variables(path, lattice, linac):
    mlc = linac.mlc
    start = np.full((2, path.points, lattice.pairs), -40.0)
    return Variables(path, lattice, start, mlc.least_gap_mm, mlc.leaf_offset_mm, mlc.transmission, 0.1, 2.0)


def some_apertures(variables, seed=0):
    rng = np.random.default_rng(seed)
    arcs, points, pairs = variables.shape
    middle = rng.uniform(-6, 6, (arcs, points, pairs))
    half = rng.uniform(1, 8, (arcs, points, pairs))
    mu = rng.uniform(1, 5, (arcs, points - 1)) * variables.path.beam_on
    return Apertures(middle - half, middle + half, mu)


def test_a_posterior_arc_goes_round_with_the_beam_off_in_front(path):
    assert path.gantry_deg[[0, -1]].tolist() == [181.0, 179.0]
    assert path.turn_deg[path.beam_on].tolist() == [2.0] * 126
    assert path.turn_deg[~path.beam_on].tolist() == [106.0]
    assert path.sectors == 26
    off_sector = np.abs((path.gantry_deg[path.sector_first] + path.gantry_deg[path.sector_last]) / 2 - path.sector_deg)
    assert off_sector.max() < 1e-9


def test_a_full_arc_has_the_beam_on_all_the_way():
    path = arc_path("full")
    assert path.beam_on.all()
    assert path.segments == 179
    assert path.sector_last[-1] == 179


def test_an_unknown_range_is_refused():
    with pytest.raises(PlanError, match="nearest: posterior"):
        arc_path("postrior")


def test_variables_and_apertures_are_the_same_thing(variables):
    found = some_apertures(variables)
    back = variables.apertures(variables.weights(found))
    for a, b in zip(vars(found).values(), vars(back).values(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-9)


def test_an_open_beamlet_gets_the_mu_of_all_its_segments_and_a_shut_one_what_leaks(variables, lattice):
    arcs, points, pairs = variables.shape
    mu = np.where(variables.path.beam_on, 2.0, 0.0) * np.ones((arcs, 1))
    wide = np.full((arcs, points, pairs), 30.0)
    opened = variables.beamlets(variables.weights(Apertures(-wide, wide, mu)))
    expected = np.zeros(lattice.columns)
    for seen, low, high in zip(lattice.lanes[0], variables.path.sector_first, variables.path.sector_last, strict=True):
        expected[seen[seen >= 0]] = arcs * (high - low) * 2.0
    np.testing.assert_allclose(opened, expected)
    away = np.full((arcs, points, pairs), 35.0)
    shut = variables.beamlets(variables.weights(Apertures(away, away + variables.least_gap_mm, mu)))
    np.testing.assert_allclose(shut, expected * variables.transmission)


def test_the_mean_opening_is_the_mean_over_many_small_steps(variables, lattice):
    """A lone moving leaf pair, its share of each cell added up over 4000 moments."""
    arcs, points, pairs = variables.shape
    pair, k = int(lattice.pair[0, lattice.lanes.shape[2] // 2]), 10
    first, second = np.full((arcs, points, pairs), 20.0), np.full((arcs, points, pairs), 20.5)
    first[0, k, pair], second[0, k, pair] = -7.3, 1.1
    first[0, k + 1, pair], second[0, k + 1, pair] = -2.0, 6.4
    mu = np.zeros((arcs, points - 1))
    mu[0, k] = 1.0
    plain = replace(variables, least_mu=0.0, transmission=0.0)
    x = plain.beamlets(plain.weights(Apertures(first, second, mu)))
    lane = int(np.flatnonzero(lattice.pair[0] == pair)[0])
    sector = int(np.flatnonzero(variables.path.sector_first <= k)[-1])
    there = lattice.lanes[0, sector, lane]
    low = lattice.origin_mm[0] + np.flatnonzero(there >= 0) * CELL_MM
    share = np.zeros(len(low))
    moments = (np.arange(4000) + 0.5) / 4000
    smear = ((np.arange(5) + 0.5) / 5 - 0.5) * BLUR_MM
    for way in moments:
        a = -7.3 + way * 5.3 - variables.leaf_offset_mm
        b = 1.1 + way * 5.3 + variables.leaf_offset_mm
        for s in smear:
            share += np.clip(np.minimum(low + CELL_MM, b + s) - np.maximum(low, a + s), 0, None) / CELL_MM / 5
    np.testing.assert_allclose(x[there[there >= 0]], share / 4000, atol=2e-3)
    assert x.sum() == pytest.approx((8.4 + 2 * variables.leaf_offset_mm) / CELL_MM, rel=1e-6)


def test_the_gradient_by_leaves_and_mu_is_the_finite_difference(variables):
    rng = np.random.default_rng(3)
    weights = rng.normal(size=variables.lattice.columns)
    y = variables.weights(some_apertures(variables))
    gradient = variables.gradient(y, weights)
    for part in (slice(0, variables.tips), slice(variables.tips, 2 * variables.tips), slice(2 * variables.tips, None)):
        direction = np.zeros_like(y)
        direction[part] = rng.normal(size=direction[part].shape)
        step = 1e-5
        ahead, behind = (weights @ variables.beamlets(y + s * step * direction) for s in (1, -1))
        assert gradient @ direction == pytest.approx((ahead - behind) / (2 * step), rel=1e-6)


@pytest.fixture(scope="module")
def motion(variables, path, linac):
    wide = np.full(variables.shape, 15.0)
    return LeafMotion(variables, most_way_mm(path, linac), -wide, wide, 100.0)


def test_a_leaf_may_slow_the_gantry_to_half_its_speed(path, linac):
    assert most_way_mm(path, linac)[0] == pytest.approx(25.0 * 2.0 / 3.0)  # at half the gantry's 6 degrees a second


@pytest.mark.parametrize("what", ["strain", "roughness", "smooth_units"])
def test_the_gradient_of_what_leaves_cost_is_the_finite_difference(variables, motion, what):
    rng = np.random.default_rng(4)
    y, direction = variables.weights(some_apertures(variables)), rng.normal(size=variables.count)
    function = getattr(motion, what)
    step = 1e-6
    expected = (function(y + step * direction)[0] - function(y - step * direction)[0]) / (2 * step)
    assert function(y)[1] @ direction == pytest.approx(expected, rel=1e-5)


def test_delivered_leaves_keep_ways_and_gaps(variables, motion):
    wild = some_apertures(variables, seed=5)
    crossed = replace(wild, second=wild.first + 0.1)
    for apertures in (wild, crossed):
        kept = motion.deliverable(apertures)
        for tips in (kept.first, kept.second):
            assert (np.abs(np.diff(tips, axis=1)) <= motion.most_mm[None, :, None]).all()
        assert (kept.second - kept.first).min() >= variables.least_gap_mm - 1e-6


def test_leaves_that_keep_their_limits_stay_where_they_are(variables, motion):
    arcs, points, pairs = variables.shape
    tips = np.zeros((arcs, points, pairs)) + np.linspace(0, 100, points)[None, :, None]
    kept = motion.deliverable(Apertures(tips, tips + 9.0, np.ones((arcs, points - 1))))
    np.testing.assert_array_equal(kept.first, tips)


def test_fluence_of_one_opening_an_arc_is_found(path, lattice):
    """What is missed of a fluence that one opening an arc gives are edges that move from sector to sector."""
    there = lattice.lanes[0]
    x = np.zeros(lattice.columns)
    x[there[:, 8:16, 6:20][there[:, 8:16, 6:20] >= 0]] = 10.0
    found = sequence(x, lattice, path)
    variables = Variables(path, lattice, np.full(found.first.shape, -40.0), 0.0, 0.0, 0.0, 0.0, 1.0)
    given = variables.beamlets(variables.weights(found))
    assert np.abs(given - x).sum() < 0.05 * x.sum()


def test_a_target_longer_than_the_collimator_is_refused_by_name(path, linac):
    points = np.array([[0.0, 0.0, z] for z in np.arange(-130.0, 131.0, 2.0)])
    with pytest.raises(PlanError, match='collimator "HD120" has them from -110 to 110 mm; choose a linac'):
        lattice_of(sector_fields(points, ISOCENTRE, path.sector_deg[:2], 5.0, 1000.0), linac)


def test_beams_hold_the_mu_and_go_there_and_back(variables, motion, path, lattice, linac):
    apertures = motion.deliverable(some_apertures(variables))
    there, back = arc_beams(apertures, path, lattice, linac, ISOCENTRE, 5)
    assert there.mu + back.mu == pytest.approx(apertures.mu.sum() / 5)
    assert [p.gantry_deg for p in back.points] == [p.gantry_deg for p in there.points][::-1]
    assert (back.points[0].collimator_deg - there.points[0].collimator_deg) % 360 == 90.0
    aperture = back.points[-1].aperture
    assert isinstance(aperture, LeafAperture)
    last = aperture.leaves_mm[lattice.first_pair[1]]
    assert last.tolist() == [apertures.first[1, 0, 0], apertures.second[1, 0, 0]]
