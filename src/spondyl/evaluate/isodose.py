"""The volume inside an isodose surface, sub-voxel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]
from numpy.typing import NDArray

from spondyl.dose import Dose

PARTS = 6  # a cell that the surface cuts is counted in PARTS^3 pieces


def isodose_volume_cm3(dose: Dose, level_gy: float) -> float | None:
    """Volume with at least `level_gy`, of the trilinear dose between the outermost voxel centres.

    None where the surface reaches the grid's border: the rest of the volume is not on the grid.
    """
    values: NDArray[Any] = np.ascontiguousarray(dose.values)
    if min(values.shape) < 2 or _reaches_border(values, level_gy):
        return None
    return float(_cells_above(values, level_gy)) * dose.grid.voxel_volume_cm3


def _reaches_border(values: NDArray[Any], level_gy: float) -> bool:
    faces = (values[0], values[-1], values[:, 0], values[:, -1], values[:, :, 0], values[:, :, -1])
    return any(float(face.max()) >= level_gy for face in faces)


@njit(cache=True, parallel=True, nogil=True)
def _cells_above(values: NDArray[Any], level: float) -> float:
    """Volume above `level` in units of a cell between eight neighbouring voxel centres."""
    nz, ny, nx = values.shape
    total = 0.0
    for k in prange(nz - 1):  # pyright: ignore[reportUnknownVariableType, reportGeneralTypeIssues]
        for j in range(ny - 1):
            for i in range(nx - 1):
                corners = values[k : k + 2, j : j + 2, i : i + 2]
                if corners.max() < level:
                    continue
                total += 1.0 if corners.min() >= level else _part_above(corners, level)
    return total


@njit(cache=True, nogil=True)
def _part_above(corners: NDArray[Any], level: float) -> float:
    """Fraction of a cell whose trilinear value is at least `level`; along x each piece is cut exactly."""
    part = 0.0
    for c in range(PARTS):
        w = (c + 0.5) / PARTS
        for b in range(PARTS):
            v = (b + 0.5) / PARTS
            first = (corners[0, 0, 0] * (1 - v) + corners[0, 1, 0] * v) * (1 - w) + (
                corners[1, 0, 0] * (1 - v) + corners[1, 1, 0] * v
            ) * w
            last = (corners[0, 0, 1] * (1 - v) + corners[0, 1, 1] * v) * (1 - w) + (
                corners[1, 0, 1] * (1 - v) + corners[1, 1, 1] * v
            ) * w
            if first >= level and last >= level:
                part += 1.0
            elif first >= level:
                part += (first - level) / (first - last)
            elif last >= level:
                part += (last - level) / (last - first)
    return part / PARTS**2
