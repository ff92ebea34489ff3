"""An array of numbers with its place in the patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import GridError
from spondyl.core.grid import Grid


@dataclass(frozen=True)
class Image:
    """A scalar image, for example a CT in HU.

    Parameters
    ----------
    grid
        Where the voxels lie.
    values
        Array of shape ``grid.shape``, indexed [z, y, x].
    modality
        DICOM modality, "CT" (values in HU) or "MR".

    Raises
    ------
    GridError
        If the array does not have the grid's shape.
    """

    grid: Grid
    values: NDArray[Any]
    modality: str = "CT"

    def __post_init__(self) -> None:
        if self.values.shape != self.grid.shape:
            raise GridError(
                f"{self.modality} values must have the grid's shape {self.grid.shape}, got {self.values.shape}"
            )


def trilinear(values: NDArray[Any], grid: Grid, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interpolate `values` on `grid` at points.

    Parameters
    ----------
    values
        Shape ``grid.shape``, indexed [z, y, x].
    points_mm
        Shape (..., 3), each (x, y, z) in LPS mm; the result has the shape without its last axis.

    Notes
    -----
    Points beyond the outermost voxel centres take the value of the nearest one; who needs points outside the
    grid refused checks them against `Grid.bounds_mm` first.
    """
    index = grid.index_of(points_mm)
    upper = np.asarray(grid.shape) - 1
    index = np.clip(index, 0, upper)
    base = np.minimum(index.astype(np.int64), np.maximum(upper - 1, 0))
    fraction = index - base
    step = np.minimum(1, upper)
    result = np.zeros(index.shape[:-1])
    for corner in np.ndindex(2, 2, 2):
        weight = np.prod(np.where(np.asarray(corner) == 1, fraction, 1 - fraction), axis=-1)
        at = base + np.asarray(corner) * step
        result += weight * values[at[..., 0], at[..., 1], at[..., 2]]
    return result
