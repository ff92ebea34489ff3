"""Everything that a plan computes once its structures are sampled, on a ball in water: it fills Numba's cache.

What it computes is thrown away; a second process may do it while the first draws volumes (`spondyl.app`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy import Contour, Structure
from spondyl.core import Grid
from spondyl.dose import Dose, beamlet_influence, compute_dose
from spondyl.dose.engines import sweep
from spondyl.dose.influence_kernels import fill_entries
from spondyl.evaluate import dose_at, dvhs, isodose_volume_cm3
from spondyl.evaluate.interpolation import binned_volume
from spondyl.physics import load_machine, uniform_medium
from spondyl.plan import matvec
from spondyl.plan.imrt import arrange
from spondyl.plan.job import PlanSettings
from spondyl.plan.matvec import SparseRows
from spondyl.plan.objectives import band_mean, squared

KERNELS: tuple[Any, ...] = (fill_entries, matvec._forward, sweep.sweep, binned_volume)
"""One of every folder whose kernels are compiled here first."""
RADIUS_MM = 12.0


def compiled_before() -> bool:
    """Whether Numba's cache holds anything of what is rehearsed, be it of an earlier version of it.

    Beside old entries two processes should not write: Numba names new code in its index before it replaces the old, and
    for a moment the other process might load the old. True also where Numba is told not to compile.
    """
    if not all(hasattr(kernel, "stats") for kernel in KERNELS):
        return True
    return any(any(Path(kernel.stats.cache_path).glob("*.nbi")) for kernel in KERNELS)


def rehearse() -> None:
    """Compile the influence, the optimiser, the final dose, the histograms and isodoses, in this order."""
    grid = Grid((-60.0, -60.0, -30.0), (2.5, 2.5, 2.5), (25, 49, 49))
    medium, model = uniform_medium(grid), load_machine(PlanSettings().machine)
    points = np.stack(np.meshgrid(*3 * [np.arange(-RADIUS_MM, RADIUS_MM + 1, 2.0)]), axis=-1).reshape(-1, 3)
    fields = arrange(points, (0.0, 0.0, 0.0), (180.0,), model.sad_mm).fields
    influence = beamlet_influence(fields, medium, model, np.arange(np.prod(grid.shape)), grid)
    _optimise(SparseRows(influence.indptr, influence.indices, influence.data, influence.beamlets))
    _judge(compute_dose(fields, medium, model, engine=PlanSettings().engine, grid=grid))


def _optimise(influence: SparseRows) -> None:
    dose = influence.times(np.ones(influence.columns))
    influence.transposed_times(dose)
    weights = np.full(len(dose), 1.0 / len(dose))
    band_mean(dose, weights, 0.1, 0.9)
    squared("squared_deviation", dose, weights, dose)


def _judge(dose: Dose) -> None:
    """A course that falls off from the ball's middle, steeply enough for fine pieces, to nothing within the grid."""
    away = _from_middle_mm(dose.grid)
    course = Dose(dose.grid, np.maximum(0.0, 50.0 - away * 50.0 / (2 * RADIUS_MM)).astype(np.float32))
    dvhs(course, [_ball(dose.grid)])
    isodose_volume_cm3(course, 25.0)
    dose_at(course, np.zeros((1, 3)))


def _ball(grid: Grid) -> Structure:
    angle = np.arange(0.0, 2 * np.pi, 0.2)
    circle = np.column_stack((np.cos(angle), np.sin(angle)))
    heights = [float(z) for z in grid.axis_mm("z") if abs(z) < RADIUS_MM]
    contours = tuple(Contour(z, np.sqrt(RADIUS_MM**2 - z * z) * circle) for z in heights)
    inside = (_from_middle_mm(grid) <= RADIUS_MM).astype(np.float32)
    whole = tuple(slice(0, n) for n in grid.shape)
    return Structure("ball", "target", grid, (whole[0], whole[1], whole[2]), inside, contours)


def _from_middle_mm(grid: Grid) -> NDArray[np.float64]:
    z, y, x = np.meshgrid(*(grid.axis_mm(axis) for axis in "zyx"), indexing="ij")
    return np.sqrt(x * x + y * y + z * z)
