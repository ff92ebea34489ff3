"""Dose at points and in cumulative bins: the compiled part of a DVH."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]
from numpy.typing import NDArray

from spondyl.anatomy import Cells
from spondyl.dose import Dose

NO_CELLS: Cells = (np.empty((0, 3), dtype=np.int32), np.empty((0, 7)), np.zeros(4))
_EDGE_TOLERANCE = 1e-6  # of a voxel: a point this close to the outer voxel edge is still on the grid


def dose_at(dose: Dose, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Trilinear dose at points.

    Parameters
    ----------
    dose
        On any grid; the axes increase by construction of `Grid`.
    points_mm
        Shape (n, 3) as (x, y, z), LPS mm.

    Returns
    -------
    Dose in ``dose.unit``, shape (n,). NaN beyond the outer voxel edges; between the outermost voxel centres and
    their edges the value of the nearest centre plane.
    """
    points = np.ascontiguousarray(points_mm, dtype=np.float64)
    out = np.empty(len(points))
    values: NDArray[Any] = np.ascontiguousarray(dose.values)
    _interpolate(values, np.asarray(dose.grid.origin_mm), np.asarray(dose.grid.spacing_mm), points, out)
    return out


@njit(cache=True, parallel=True, nogil=True)
def _interpolate(
    values: NDArray[Any],
    origin: NDArray[np.float64],
    spacing: NDArray[np.float64],
    points: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    nz, ny, nx = values.shape
    low = -0.5 - _EDGE_TOLERANCE
    for n in prange(len(points)):  # pyright: ignore[reportUnknownVariableType, reportGeneralTypeIssues]
        x = (points[n, 0] - origin[0]) / spacing[0]
        y = (points[n, 1] - origin[1]) / spacing[1]
        z = (points[n, 2] - origin[2]) / spacing[2]
        inside = low <= x <= nx - 1 - low and low <= y <= ny - 1 - low and low <= z <= nz - 1 - low
        if not inside:
            out[n] = np.nan
            continue
        x = min(max(x, 0.0), nx - 1.0)
        y = min(max(y, 0.0), ny - 1.0)
        z = min(max(z, 0.0), nz - 1.0)
        i, j, k = min(int(x), max(nx - 2, 0)), min(int(y), max(ny - 2, 0)), min(int(z), max(nz - 2, 0))
        fx, fy, fz = x - i, y - j, z - k
        i1, j1, k1 = min(i + 1, nx - 1), min(j + 1, ny - 1), min(k + 1, nz - 1)
        near = (values[k, j, i] * (1 - fx) + values[k, j, i1] * fx) * (1 - fy) + (
            values[k, j1, i] * (1 - fx) + values[k, j1, i1] * fx
        ) * fy
        far = (values[k1, j, i] * (1 - fx) + values[k1, j, i1] * fx) * (1 - fy) + (
            values[k1, j1, i] * (1 - fx) + values[k1, j1, i1] * fx
        ) * fy
        out[n] = near * (1 - fz) + far * fz


def dose_and_range_at(
    dose: Dose, points_mm: NDArray[np.float64], cells: Cells = NO_CELLS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """As `dose_at`, and the range of dose in the cell of each point; on one thread.

    Parameters
    ----------
    dose
        On any grid.
    points_mm
        Shape (n, 3), (x, y, z).
    cells
        Of the points, as `spondyl.anatomy.Pieces` has them; without, the dose only.

    Returns
    -------
    Dose (n,) in ``dose.unit``, and the lowest and highest (n, 2) in each cell by the slope at the point.
    """
    out, extremes = np.empty(len(points_mm)), np.empty((len(cells[0]), 2))
    values: NDArray[Any] = np.ascontiguousarray(dose.values)
    grid = dose.grid
    _with_range(values, np.asarray(grid.origin_mm), np.asarray(grid.spacing_mm), points_mm, *cells, out, extremes)
    return out, extremes


@njit(cache=True, nogil=True)
def _with_range(
    values: NDArray[Any],
    origin: NDArray[np.float64],
    spacing: NDArray[np.float64],
    points: NDArray[np.float64],
    cells: NDArray[np.int32],
    layers: NDArray[np.float64],
    frame: NDArray[np.float64],
    out: NDArray[np.float64],
    extremes: NDArray[np.float64],
) -> None:
    """Without cells, the dose only."""
    nz, ny, nx = values.shape
    low = -0.5 - _EDGE_TOLERANCE
    x0, y0, z0 = origin[0], origin[1], origin[2]
    per_x, per_y, per_z = 1.0 / spacing[0], 1.0 / spacing[1], 1.0 / spacing[2]
    ranged = len(cells) > 0
    for n in range(len(points)):
        x, y, z = (points[n, 0] - x0) * per_x, (points[n, 1] - y0) * per_y, (points[n, 2] - z0) * per_z
        inside = low <= x <= nx - 1 - low and low <= y <= ny - 1 - low and low <= z <= nz - 1 - low
        if not inside:
            out[n] = np.nan
            if ranged:
                extremes[n, 0] = extremes[n, 1] = np.nan
            continue
        x = min(max(x, 0.0), nx - 1.0)
        y = min(max(y, 0.0), ny - 1.0)
        z = min(max(z, 0.0), nz - 1.0)
        i, j, k = min(int(x), max(nx - 2, 0)), min(int(y), max(ny - 2, 0)), min(int(z), max(nz - 2, 0))
        fx, fy, fz = x - i, y - j, z - k
        i1, j1, k1 = min(i + 1, nx - 1), min(j + 1, ny - 1), min(k + 1, nz - 1)
        a0, a1 = np.float64(values[k, j, i]), np.float64(values[k, j, i1])
        b0, b1 = np.float64(values[k, j1, i]), np.float64(values[k, j1, i1])
        c0, c1 = np.float64(values[k1, j, i]), np.float64(values[k1, j, i1])
        d0, d1 = np.float64(values[k1, j1, i]), np.float64(values[k1, j1, i1])
        a, b, c, d = a0 + (a1 - a0) * fx, b0 + (b1 - b0) * fx, c0 + (c1 - c0) * fx, d0 + (d1 - d0) * fx
        near, far = a + (b - a) * fy, c + (d - c) * fy
        gy = near + (far - near) * fz
        out[n] = gy
        if not ranged:
            continue
        p, q = (a1 - a0) * (1 - fy) + (b1 - b0) * fy, (c1 - c0) * (1 - fy) + (d1 - d0) * fy
        rise_x = (p + (q - p) * fz) * per_x
        rise_y = ((b - a) * (1 - fz) + (d - c) * fz) * per_y
        rise_z = (far - near) * per_z
        layer = cells[n, 0]
        to_x = frame[0] + cells[n, 2] * frame[2] - points[n, 0]
        to_y = frame[1] + cells[n, 1] * frame[3] - points[n, 1]
        to_z = layers[layer, 1] - points[n, 2]
        middle = gy + rise_x * to_x + rise_y * to_y + rise_z * to_z
        half = 0.5 * (abs(rise_x) * frame[2] + abs(rise_y) * frame[3] + abs(rise_z) * layers[layer, 2])
        extremes[n, 0], extremes[n, 1] = middle - half, middle + half


@njit(cache=True, nogil=True)
def binned_volume(
    dose_gy: NDArray[np.float64], weight_cm3: NDArray[np.float64], low_gy: float, width_gy: float, count: int
) -> NDArray[np.float64]:
    """Volume in each of `count` bins of `width_gy` from `low_gy`; the last bin holds its upper edge."""
    volume = np.zeros(count)
    for n in range(len(dose_gy)):
        volume[min(int((dose_gy[n] - low_gy) / width_gy), count - 1)] += weight_cm3[n]
    return volume
