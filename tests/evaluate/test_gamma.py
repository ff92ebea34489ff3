"""Gamma where it is known: shifts and scalings of a ramp."""

from __future__ import annotations

import numpy as np
import pytest

from spondyl.core import Grid
from spondyl.core.errors import DoseError, DoseGridError
from spondyl.dose import Dose
from spondyl.evaluate import gamma

GRID = Grid((0, 0, 0), (2, 2, 2), (20, 20, 20))


def ramp(slope: float, offset: float = 0.0, grid: Grid = GRID) -> Dose:
    x = 20 + slope * grid.axis_mm("x") + offset
    return Dose(grid, np.ascontiguousarray(np.broadcast_to(x, grid.shape), dtype=np.float32))


def test_same_dose_is_zero() -> None:
    found = gamma(ramp(1.0), ramp(1.0), 2, 2)
    assert found.passing_percent == 100
    assert np.nanmax(found.values) == 0


@pytest.mark.parametrize("slope", [0.05, 0.5, 2.0])
def test_offset_of_a_ramp(slope: float) -> None:
    # A ramp of slope g, off by c: gamma = (c/D) / sqrt(1 + (g d/D)^2), D dose and d distance criterion.
    offset = 0.7
    small = Grid((0, 0, 0), (2, 2, 2), (10, 10, 10))
    reference, evaluated = ramp(slope, 0.0, small), ramp(slope, offset, small)
    top = float(reference.values.max())
    allowed = 0.02 * top
    expected = offset / allowed / np.sqrt(1 + (slope * 2 / allowed) ** 2)
    found = gamma(reference, evaluated, 2, 2, step_mm=0.15).values[4:6, 4:6, 4:6]
    assert found == pytest.approx(expected, abs=0.03)


def test_offset_in_uniform_dose_and_local_criterion() -> None:
    low, high = ramp(0.0), ramp(0.0, 0.5)  # 20 and 20.5 Gy: 2.5 %
    assert np.nanmax(gamma(low, high, 2, 2).values) == pytest.approx(1.25, abs=1e-3)
    assert gamma(low, high, 2, 2).passing_percent == 0
    assert gamma(low, high, 3, 2).passing_percent == 100
    steps = Dose(GRID, np.where(np.indices(GRID.shape)[2] < 10, 10.0, 40.0).astype(np.float32))
    raised = Dose(GRID, steps.values + np.float32(0.5))  # 5 % of 10, 1.25 % of 40
    inside = (slice(None), slice(None), slice(0, 5))
    assert np.nanmax(gamma(steps, raised, 2, 1).values[inside]) == pytest.approx(0.5 / 0.8, abs=1e-3)
    assert np.nanmin(gamma(steps, raised, 2, 1, local=True).values[inside]) == pytest.approx(2.0)  # 2.5, cut at 2


def test_shift_between_grids_is_a_distance() -> None:
    # A narrow peak shifted by 1 mm, compared on shifted voxels: equal values 1 mm apart, gamma 1 at 1 mm, 0.5 at 2 mm.
    y = np.indices(GRID.shape)[1] * 2.0
    peak = np.clip(60 - 12 * np.abs(y - 19), 0, None).astype(np.float32)
    moved = Grid((0, 1, 0), (2, 2, 2), GRID.shape)
    found = gamma(Dose(GRID, peak), Dose(moved, peak), 0.5, 2, threshold_percent=30, step_mm=0.05)
    assert np.nanpercentile(found.values, 50) == pytest.approx(0.5, abs=0.03)


def test_threshold_and_outside() -> None:
    reference = ramp(1.0)
    short = Grid((0, 0, 0), (2, 2, 2), (10, 20, 20))
    found = gamma(reference, ramp(1.0, 0.0, short), 2, 2, threshold_percent=50)
    assert found.outside == found.points
    assert np.isnan(found.values[15]).all()
    assert np.isnan(found.values[0, 0, 0])  # 20 of 58 Gy is below the threshold


def test_refusals() -> None:
    with pytest.raises(DoseError, match="expected positive ones"):
        gamma(ramp(1.0), ramp(1.0), 0, 2)
    away = Grid((900, 0, 0), (2, 2, 2), (20, 20, 20))
    with pytest.raises(DoseGridError, match="no part in common"):
        gamma(ramp(1.0), ramp(0.01, 0.0, away), 2, 2)
