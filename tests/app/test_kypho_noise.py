"""A needle plan's noise is told where it can turn a verdict, and only there."""

from __future__ import annotations

import numpy as np
import pytest

from spondyl.anatomy import Structure, from_coverage
from spondyl.app.kypho_noise import hottest, noise_warnings
from spondyl.core import Grid
from spondyl.dose import Dose

DOSE_GRID = Grid((-9.0, -9.0, -9.0), (2.0, 2.0, 2.0), (10, 10, 10))
MASK_GRID = Grid((-39.5, -39.5, -39.5), (1.0, 1.0, 1.0), (80, 80, 80))


def noisy_dose(error: float) -> Dose:
    """Dose growing with x by 1 Gy a voxel; 1 % of error, and `error` at x = 5 mm, where it is 7 Gy."""
    values = np.broadcast_to(np.arange(10, dtype=np.float32), DOSE_GRID.shape).copy()
    relative = np.full(DOSE_GRID.shape, 0.01, np.float32)
    relative[..., 7] = error
    return Dose(DOSE_GRID, values, "Gy", relative_uncertainty=relative)


def box(low_mm: float, high_mm: float) -> Structure:
    x = MASK_GRID.axis_mm("x")
    values = np.zeros(MASK_GRID.shape, np.float32)
    values[30:50, 30:50, (x > low_mm) & (x < high_mm)] = 1
    return from_coverage("SpinalCord", "oar", MASK_GRID, values)


def test_the_hottest_voxel_is_the_doses_own_in_the_structure() -> None:
    assert hottest(noisy_dose(0.2), box(-4, 6)) == (7.0, pytest.approx(0.2))
    assert hottest(noisy_dose(0.2), box(-4, 2)) == (5.0, pytest.approx(0.01))
    assert hottest(noisy_dose(0.2), box(-4, 30)) == (9.0, pytest.approx(0.01))  # the grid ends before it does
    assert hottest(noisy_dose(0.2), box(20, 30)) == (0.0, None)


def test_noise_is_told_with_its_number_and_what_to_do() -> None:
    cord = box(-4, 6)
    mean, highest = noise_warnings(noisy_dose(0.2), 0.4, [cord])
    assert mean.startswith("the dose is noisy: its mean standard error is 40.0 %, more than 5 %")
    assert highest.startswith("the highest dose in SpinalCord, 7.00 Gy, has a standard error of 20.0 %")
    assert all(told.endswith("compute more photons (--histories)") for told in (mean, highest))


def test_what_is_well_known_is_not_warned_of() -> None:
    assert noise_warnings(noisy_dose(0.049), 0.049, [box(-4, 6), box(20, 30)]) == ()
    assert noise_warnings(noisy_dose(0.2), None, [box(-4, 2)]) == ()
