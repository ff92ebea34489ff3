"""Where a prescription to the target is read, and how sure the minutes are."""

import numpy as np
import pytest

from spondyl.plan.kypho.prescription import parse_prescription
from spondyl.plan.kypho.reading import reading_of

LINE = np.stack((np.zeros(1000), -np.arange(1000) / 50.0, np.zeros(1000)), axis=-1)  # to 20 mm ahead of the source
WEIGHTS = np.full(1000, 0.01)
SOURCE = np.zeros((1, 3))
VOXELS = np.arange(1000)


def test_the_boundary_is_the_median_of_the_farthest_two_percent():
    """20 of 1000 points; their median lies between the 10th and the 11th from the end."""
    found = reading_of(parse_prescription("10gy-at-boundary"), LINE, WEIGHTS, SOURCE)
    assert sorted(found.which) == list(range(980, 1000))
    assert found.gray(np.arange(1000.0)) == pytest.approx(989.5)


def test_one_noisy_voxel_changes_neither_boundary_nor_minimum():
    gray = 1e4 / (1 + np.arange(1000.0))
    for words in ("10gy-at-boundary", "8gy-minimum"):
        found = reading_of(parse_prescription(words), LINE, WEIGHTS, SOURCE)
        noisy = gray.copy()
        noisy[-1] *= 0.2
        assert found.gray(noisy) == pytest.approx(found.gray(gray), rel=2e-3)


def test_the_minimum_is_d98():
    found = reading_of(parse_prescription("8gy-minimum"), LINE, WEIGHTS, SOURCE)
    assert found.gray(np.arange(1000.0)) == pytest.approx(19.5, abs=0.6)


@pytest.mark.parametrize(("words", "common"), [("10gy-at-boundary", 0.0), ("8gy-minimum", 0.0), ("8gy-minimum", 0.03)])
def test_the_stated_error_is_how_readings_of_other_seeds_scatter(words: str, common: float):
    """Rounds of 3 % noise a voxel and `common` noise of all: the reading's own spread over 200 seeds is stated.

    Around D98% the dose changes by 8 % within the points that tell, as it does in a vertebra.
    """
    found = reading_of(parse_prescription(words), LINE, WEIGHTS, SOURCE)
    true = 100 * np.exp(-np.arange(1000.0) / 250)
    shares = [0.125, 0.375, 0.625, 0.875, 1.0]
    photons = np.diff(shares, prepend=0.0)
    read, told = [], []
    for seed in range(200):
        random = np.random.default_rng(seed)
        noise = 0.03 * random.standard_normal((5, 1000)) + common * random.standard_normal((5, 1))
        alone = true * (1 + noise / np.sqrt(photons)[:, None])
        after = np.cumsum(photons[:, None] * alone, axis=0) / np.array(shares)[:, None]
        read.append(found.gray(after[-1]))
        told.append(found.error(list(after), shares, 0.03 * true, VOXELS))
    spread = np.std(read) / np.mean(read)
    assert np.median(told) == pytest.approx(spread, rel=0.5)
    assert np.mean(np.abs(np.array(read) / np.mean(read) - 1) < told) > 0.6


def test_rounds_that_agree_by_chance_are_not_believed():
    """20 voxels of 10 % each: half of them make 10 % / sqrt(10), whatever the rounds say; correlated ones more."""
    found = reading_of(parse_prescription("10gy-at-boundary"), LINE, WEIGHTS, SOURCE)
    gray = [np.full(1000, 5.0)] * 4
    assert found.error(gray[:3], [0.2, 0.6, 0.8], np.full(1000, 0.5), VOXELS) is None
    assert found.error(gray, [0.2, 0.6, 0.8, 1.0], np.full(1000, 0.5), VOXELS) == pytest.approx(
        0.1 / np.sqrt(10), rel=0.06
    )
    assert found.error(gray, [0.2, 0.6, 0.8, 1.0], np.full(1000, 0.5), 0 * VOXELS) == pytest.approx(0.1)
