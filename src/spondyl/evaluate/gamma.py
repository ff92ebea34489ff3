"""The gamma index in 3D: is there, near each point of one dose, a point of the other with nearly the same dose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit, prange  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]
from numpy.typing import NDArray

from spondyl.core import cite
from spondyl.core.errors import DoseError, DoseGridError
from spondyl.dose import Dose

MAX_GAMMA = 2.0


@dataclass(frozen=True)
class Gamma:
    """Gamma of an evaluated dose on the reference's grid.

    Parameters
    ----------
    values
        float32, shape of the reference; NaN below the threshold or where the evaluated dose's grid does not
        reach; at most `MAX_GAMMA`, beyond which the search stops.
    passing_percent
        Of the points with a gamma, those with at most 1.
    points
        Number of points with a gamma.
    outside
        Points above the threshold that the evaluated grid does not reach; they count in no percentage.
    """

    values: NDArray[np.float32]
    passing_percent: float
    points: int
    outside: int
    criteria: str


@cite("Low 1998, Med Phys 25:656-661", "10.1118/1.598248", "gamma index")
def gamma(
    reference: Dose,
    evaluated: Dose,
    dose_percent: float,
    distance_mm: float,
    *,
    threshold_percent: float = 10.0,
    local: bool = False,
    step_mm: float | None = None,
) -> Gamma:
    """Gamma of each reference voxel, searched in the trilinear evaluated dose.

    Parameters
    ----------
    dose_percent
        Dose difference criterion, of the reference's maximum, or of each point's own dose where `local`.
    distance_mm
        Distance to agreement.
    threshold_percent
        Reference points below this part of the maximum are left out.
    step_mm
        Step of the search, by default a tenth of `distance_mm`. The search goes outward and ends where distance
        alone exceeds the gamma found, or `MAX_GAMMA`.

    Raises
    ------
    DoseError
        If a criterion is not positive, the units differ or the reference holds no dose.
    DoseGridError
        If no reference point above the threshold lies on the evaluated grid.
    """
    top = float(reference.values.max())
    if not (dose_percent > 0 and distance_mm > 0) or not 0 <= threshold_percent < 100:
        raise DoseError(
            f"gamma criteria {dose_percent} %/{distance_mm} mm above {threshold_percent} %, expected positive ones"
        )
    if reference.unit != evaluated.unit or top <= 0:
        raise DoseError(f"gamma of {reference.unit} up to {top:g} against {evaluated.unit}, expected two doses alike")
    step = step_mm or distance_mm / 10
    asked = reference.values >= threshold_percent / 100 * top
    points = np.argwhere(asked)
    low = np.full(len(points), dose_percent / 100 * top) if not local else dose_percent / 100 * reference.values[asked]
    offsets = _offsets(distance_mm, step)
    found = np.empty(len(points))
    start = (np.asarray(reference.grid.origin_mm) - evaluated.grid.origin_mm) / evaluated.grid.spacing_mm
    scale = np.asarray(reference.grid.spacing_mm) / evaluated.grid.spacing_mm
    values: NDArray[Any] = np.ascontiguousarray(evaluated.values)
    _search(
        points, reference.values[asked].astype(np.float64), low.astype(np.float64), start, scale, values,
        offsets[:, :3] / evaluated.grid.spacing_mm, offsets[:, 3] / distance_mm**2, found,
    )  # fmt: skip
    known = np.isfinite(found)
    if not bool(known.any()):
        raise DoseGridError("gamma: the two dose grids have no part in common above the threshold; check their frames")
    result = np.full(reference.grid.shape, np.nan, dtype=np.float32)
    result[asked] = found
    kind = "local" if local else "global"
    return Gamma(
        result,
        100 * float(np.mean(found[known] <= 1.0)),
        int(known.sum()),
        int((~known).sum()),
        f"{dose_percent:g} %/{distance_mm:g} mm {kind}, above {threshold_percent:g} %",
    )


def _offsets(distance_mm: float, step_mm: float) -> NDArray[np.float64]:
    """Offsets (x, y, z) in mm within `MAX_GAMMA` times the distance, and their squares, nearest first."""
    count = int(np.ceil(MAX_GAMMA * distance_mm / step_mm))
    axis = np.arange(-count, count + 1, dtype=np.float64) * step_mm
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    square = x**2 + y**2 + z**2
    keep = square <= (MAX_GAMMA * distance_mm) ** 2
    table = np.stack((x[keep], y[keep], z[keep], square[keep]), axis=1)
    return table[np.argsort(table[:, 3], kind="stable")]


@njit(cache=True, parallel=True, nogil=True)
def _search(
    points: NDArray[np.int64],
    wanted: NDArray[np.float64],
    criterion: NDArray[np.float64],
    start: NDArray[np.float64],
    scale: NDArray[np.float64],
    values: NDArray[Any],
    offsets: NDArray[np.float64],
    distance_square: NDArray[np.float64],
    found: NDArray[np.float64],
) -> None:
    nz, ny, nx = values.shape
    for n in prange(len(points)):  # pyright: ignore[reportUnknownVariableType, reportGeneralTypeIssues]
        x0 = start[0] + points[n, 2] * scale[0]
        y0 = start[1] + points[n, 1] * scale[1]
        z0 = start[2] + points[n, 0] * scale[2]
        best = np.inf if criterion[n] > 0 else np.nan
        reached = False
        for m in range(len(offsets)):
            if distance_square[m] >= best:
                break
            x, y, z = x0 + offsets[m, 0], y0 + offsets[m, 1], z0 + offsets[m, 2]
            if not (0 <= x <= nx - 1 and 0 <= y <= ny - 1 and 0 <= z <= nz - 1):
                if m == 0:
                    break
                continue
            reached = True
            i, j, k = min(int(x), nx - 2), min(int(y), ny - 2), min(int(z), nz - 2)
            fx, fy, fz = x - i, y - j, z - k
            d = (
                (values[k, j, i] * (1 - fx) + values[k, j, i + 1] * fx) * (1 - fy)
                + (values[k, j + 1, i] * (1 - fx) + values[k, j + 1, i + 1] * fx) * fy
            ) * (1 - fz) + (
                (values[k + 1, j, i] * (1 - fx) + values[k + 1, j, i + 1] * fx) * (1 - fy)
                + (values[k + 1, j + 1, i] * (1 - fx) + values[k + 1, j + 1, i + 1] * fx) * fy
            ) * fz
            off = (d - wanted[n]) / criterion[n]
            best = min(best, off * off + distance_square[m])
        found[n] = min(np.sqrt(best), MAX_GAMMA) if reached else np.nan
