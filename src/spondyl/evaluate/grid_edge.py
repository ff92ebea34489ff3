"""Where a structure leaves the dose grid, and the highest dose near there: the compiled part."""

from __future__ import annotations

import numpy as np
from numba import njit  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def _faces_passed(
    point: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64], passed: NDArray[np.bool_]
) -> None:
    """Set `passed` (2, 3) for the lower and upper faces of a box beyond which a point lies."""
    for axis in range(3):
        passed[0, axis] |= point[axis] < low[axis]
        passed[1, axis] |= point[axis] > high[axis]


@njit(cache=True, nogil=True)
def note_beyond(
    points: NDArray[np.float64],
    kept: NDArray[np.bool_],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    beyond: NDArray[np.bool_],
) -> None:
    """Set in `beyond` (2, 3) the lower and upper faces of a box beyond which kept points lie."""
    for n in range(len(points)):
        if kept[n]:
            _faces_passed(points[n], low, high, beyond)


@njit(cache=True, nogil=True)
def highest_near(
    points: NDArray[np.float64],
    kept: NDArray[np.bool_],
    dose_gy: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    beyond: NDArray[np.bool_],
) -> float:
    """Highest dose of kept points, in their order, beyond those faces of a box that are in `beyond`; -infinite if none
    is."""
    highest, m, passed = -np.inf, 0, np.empty((2, 3), dtype=np.bool_)
    for n in range(len(points)):
        if not kept[n]:
            continue
        gy, m = dose_gy[m], m + 1
        if not gy > highest:
            continue
        for axis in range(3):
            passed[0, axis] = passed[1, axis] = False
        _faces_passed(points[n], low, high, passed)
        for axis in range(3):
            if (passed[0, axis] and beyond[0, axis]) or (passed[1, axis] and beyond[1, axis]):
                highest = gy
    return highest
