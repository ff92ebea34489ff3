"""The conventional reading: dose from a source's depth-dose table, as if all about it were water."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spondyl.core import Grid
from spondyl.core.errors import DoseError
from spondyl.dose.dose import Dose
from spondyl.physics.kv import PlacedSource, voxel_centres

WATER_TABLE = "water-table"
"""Engine name of the doses made here."""


def water_table_dose(grid: Grid, sources: Sequence[PlacedSource]) -> Dose:
    """Dose to water in Gy of all `sources` together, by distance and angle at each voxel's centre.

    Nearer than the applicator's surface, where no tissue is, the surface's dose is told.

    Parameters
    ----------
    grid
        Where the dose is wanted.
    sources
        Calibrated, with their minutes.

    Raises
    ------
    DoseError
        If there are no sources.
    MachineError
        If a source has no calibration.
    """
    if not sources:
        raise DoseError("a dose needs at least one source, got none")
    centres = voxel_centres(grid)
    total = np.zeros(grid.shape)
    made: list[str] = []
    for placed in sources:
        output = placed.source.calibrated()
        distance, cosine = placed.polar(centres)
        total += placed.minutes * output.dose_rate_at(np.maximum(distance, output.surface_mm), cosine)
        made.append(f"{placed.source.name}, {placed.minutes:.2f} min, depth dose in water: {output.about}")
    return Dose(grid, total.astype(np.float32), "Gy", WATER_TABLE, "dose-to-water", 1, made=tuple(made))
