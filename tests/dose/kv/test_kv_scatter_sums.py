"""Batches of scattered photons: what few of them carry below zero is not taken."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spondyl.dose.kv.scatter_sums import BatchMeans, Expected, ScatterSums
from spondyl.dose.kv.smoothing import REACHES

SHAPE = (5, 5, 5)
AT = (2, 2, 2)


def full(value: float, there: float | None = None) -> NDArray[np.float32]:
    made = np.full(SHAPE, value, np.float32)
    made[AT] = value if there is None else there
    return made


def test_neither_dose_falls_below_zero_where_smoothing_overshoots_in_water() -> None:
    """Smoothed levels without noise, which the blend prefers, whose dose to water is negative in one voxel."""
    one = full(1.0)
    sums = ScatterSums(Expected(one, one, one, full(0.0), one), [full(0.0) for _ in REACHES])
    for raw in (0.5, 1.5):
        levels = tuple(full(1.0) for _ in REACHES), tuple(full(1.0, -0.2) for _ in REACHES)
        sums.take(BatchMeans(full(raw), full(raw), *levels), 10)
    medium, water, _ = sums.result()
    np.testing.assert_allclose(medium, 1.0, rtol=1e-6)
    assert water.min() >= 0
    np.testing.assert_allclose(water[AT], 1.0, rtol=1e-6)
