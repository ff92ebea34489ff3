"""A dose: an array on a grid, with the engine that made it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import DoseError
from spondyl.core.grid import Grid


@dataclass(frozen=True)
class Dose:
    """Absorbed dose.

    Parameters
    ----------
    grid
        Where the voxels lie.
    values
        float32, shape ``grid.shape``, indexed [z, y, x].
    unit
        "Gy" for a patient's total dose; "Gy cm2 per photon", "Gy per MU" for phantoms.
    engine
        The engine and its version of method, for example "collapsed-cone".
    kind
        "dose-to-medium" or "dose-to-water".
    fractions
        Number of fractions the dose is given in, None where that has no meaning.
    relative_uncertainty
        One standard error over the dose, per voxel, where the engine is statistical.
    made
        How it was made, one step a line.
    """

    grid: Grid
    values: NDArray[np.float32]
    unit: str = "Gy"
    engine: str = ""
    kind: str = "dose-to-medium"
    fractions: int | None = None
    relative_uncertainty: NDArray[np.float32] | None = None
    made: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.values.shape != self.grid.shape:
            raise DoseError(f"dose values must have the grid's shape {self.grid.shape}, got {self.values.shape}")
        if not np.isfinite(self.values).all():
            raise DoseError("dose holds values that are not finite; recompute it or repair the file")
