import numpy as np
import pytest

from spondyl.plan.objectives import KINDS, band_mean, dose_at_volume, generalised_eud, squared


@pytest.fixture
def dose():
    rng = np.random.default_rng(5)
    weights = rng.random(400)
    return rng.normal(30.0, 5.0, 400), weights / weights.sum()


def slope(function, at, direction, step=1e-5):
    return (function(at + step * direction)[0] - function(at - step * direction)[0]) / (2 * step)


@pytest.mark.parametrize("band", [(0.0, 0.02), (0.0, 0.5), (0.1, 0.35), (0.98, 1.0), (0.0, 1.0)])
def test_band_mean_derivative_is_the_finite_difference(dose, band):
    values, weights = dose
    direction = np.random.default_rng(1).normal(size=400)
    expected = slope(lambda d: band_mean(d, weights, *band), values, direction)
    assert band_mean(values, weights, *band)[1] @ direction == pytest.approx(expected, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("kind", KINDS)
def test_squared_derivative_is_the_finite_difference(dose, kind):
    values, weights = dose
    direction, reference = np.random.default_rng(1).normal(size=400), np.full(400, 29.0)
    expected = slope(lambda d: squared(kind, d, weights, reference), values, direction)
    assert squared(kind, values, weights, reference)[1] @ direction == pytest.approx(expected, rel=1e-6)


def test_eud_derivative_and_its_limit_of_exponent_one(dose):
    values, weights = dose
    direction = np.random.default_rng(1).normal(size=400)
    expected = slope(lambda d: generalised_eud(d, weights, 8.0), values, direction)
    assert generalised_eud(values, weights, 8.0)[1] @ direction == pytest.approx(expected, rel=1e-6)
    assert generalised_eud(values, weights, 1.0)[0] == pytest.approx(weights @ values)


def test_tail_mean_is_numpys_mean_of_the_sorted_tail():
    values = np.random.default_rng(2).normal(30.0, 5.0, 1000)
    weights = np.full(1000, 1e-3)
    ordered = np.sort(values)
    # the rounded corner of 0.2 Gy only touches points within 0.2 Gy of the percentile
    assert band_mean(values, weights, 0.0, 0.1)[0] == pytest.approx(ordered[:100].mean(), abs=0.01)
    assert band_mean(values, weights, 0.9, 1.0)[0] == pytest.approx(ordered[900:].mean(), abs=0.01)
    assert band_mean(values, weights, 0.1, 0.4)[0] == pytest.approx(ordered[100:400].mean(), abs=0.01)


def test_volume_beyond_the_beams_counts_as_cold():
    values = np.full(10, 20.0)
    weights = np.full(10, 0.05)  # half of the structure; the other half has no dose
    assert band_mean(values, weights, 0.0, 1.0)[0] == pytest.approx(10.0)
    assert band_mean(values, weights, 0.75, 1.0)[0] == pytest.approx(20.0, abs=0.21)
    assert dose_at_volume(values, weights, 0.1) == 20.0


def test_dose_at_volume_of_a_ramp():
    values = np.linspace(0.05, 99.95, 1000)  # uniform from 0 to 100 Gy: D98% is 2 Gy, D2% is 98 Gy
    weights = np.full(1000, 1e-3)
    assert dose_at_volume(values, weights, 0.98) == pytest.approx(2.0)
    assert dose_at_volume(values, weights, 0.02) == pytest.approx(98.0)
