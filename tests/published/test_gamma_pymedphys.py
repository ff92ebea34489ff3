"""Gamma beside PyMedPhys 0.41.0 (Apache-2.0), run once on the same two doses on different grids.

`pymedphys.gamma(..., lower_percent_dose_cutoff=10, interp_fraction=20, max_gamma=2)`; mean, 95th percentile and
passing rate of the 2537 points above 10 %.
"""

from __future__ import annotations

import numpy as np
import pytest

from spondyl.core import Grid
from spondyl.dose import Dose
from spondyl.evaluate import gamma

REFERENCE = Grid((-30, -30, -30), (2.5, 2.5, 2.5), (25, 25, 25))
EVALUATED = Grid((-31, -30.5, -30.2), (2.0, 2.0, 2.0), (32, 32, 32))


def blob(grid: Grid, shift_mm: float, scale: float) -> Dose:
    z, y, x = np.meshgrid(grid.axis_mm("z"), grid.axis_mm("y"), grid.axis_mm("x"), indexing="ij")
    r = np.sqrt(((x - shift_mm) / 1.2) ** 2 + y**2 + (z / 0.8) ** 2)
    values = scale * 40 / (1 + np.exp((r - 14) / 3)) + 3 * np.exp(-(y**2) / 50)
    return Dose(grid, values.astype(np.float32))


@pytest.mark.parametrize(
    ("percent", "mm", "local", "passing", "mean", "p95"),
    [
        (2, 2, False, 100.0, 0.2555, 0.5055),
        (3, 2, False, 100.0, 0.2437, 0.4981),
        (2, 1, False, 97.16200, 0.4541, 0.9438),
        (3, 3, True, 100.0, 0.1924, 0.3509),
    ],
)
def test_agrees(percent: float, mm: float, local: bool, passing: float, mean: float, p95: float) -> None:
    found = gamma(blob(REFERENCE, 0, 1), blob(EVALUATED, 1.2, 1.015), percent, mm, local=local, step_mm=mm / 20)
    values = found.values[np.isfinite(found.values)]
    assert found.points == 2537
    assert found.passing_percent == pytest.approx(passing, abs=0.1)
    assert values.mean() == pytest.approx(mean, abs=0.01)
    assert np.percentile(values, 95) == pytest.approx(p95, abs=0.01)
