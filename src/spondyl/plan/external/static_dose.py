"""Set-up errors read from the dose as it stands, without computing one anew: the static dose cloud.

What a tissue at p gets when the patient lies moved by M is taken as the planned dose at M(p). The move's change of
depth is left out; `robust.scenario_doses` has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import map_coordinates, spline_filter

from spondyl.core import Grid
from spondyl.dose import Dose
from spondyl.plan.external.robust import SetupError

STATIC = "static-dose"
"""What stands in an engine's place."""
ORDER = 3
"""Of the splines between voxels: linear ones take the tops off where the move is half a voxel."""


def static_doses(
    dose: Dose, grid: Grid, centre_mm: ArrayLike, errors: Sequence[SetupError]
) -> Iterator[tuple[SetupError, Dose]]:
    """Dose on `grid`, in the patient's own coordinates, under each error.

    Parameters
    ----------
    dose
        As planned, of the whole course.
    grid
        Inside the dose's: beyond it the nearest voxel is read.
    centre_mm
        What the patient turns about, (x, y, z).
    """
    spline = spline_filter(dose.values.astype(np.float64), order=ORDER)
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij"), axis=-1).reshape(-1, 3)
    points = grid.point_at(index)
    for error in errors:
        at = dose.grid.index_of(error.motion(centre_mm).moves(points)).T
        read = map_coordinates(spline, at, order=ORDER, mode="nearest", prefilter=False)
        values = np.maximum(read, 0.0).reshape(grid.shape).astype(np.float32)
        made = (*dose.made, f"read where the patient lies moved: {error.name}")
        yield error, replace(dose, grid=grid, values=values, relative_uncertainty=None, made=made)
