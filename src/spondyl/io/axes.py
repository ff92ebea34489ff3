"""Any axis-aligned orientation becomes the one of `core.Grid`; oblique ones are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import GridError
from spondyl.core.grid import Grid

DRIFT_MM = 0.3
"""How far an axis may drift from straight over the whole volume: the margin accuracy the design asks for."""


def to_lps(
    values: NDArray[Any],
    affine_mm: NDArray[np.float64],
    what: str,
    frame_of_reference_uid: str = "",
    error: type[Exception] = GridError,
) -> tuple[NDArray[Any], Grid]:
    """Reorder an array to [z, y, x] with x to the left, y to posterior and z to superior.

    Parameters
    ----------
    values
        Array indexed [k, j, i].
    affine_mm
        4x4 matrix from (i, j, k) to LPS mm.
    what
        The object, for messages.
    error
        The kind of error to raise.

    Raises
    ------
    GridError
        (or `error`) If the axes are oblique or sheared, or the matrix is not invertible.
    """
    affine = np.asarray(affine_mm, dtype=np.float64)
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine[:3, :3])) < 1e-9:
        raise error(
            f"{what} has an affine that cannot be inverted, expected three independent axes in mm; export it again"
        )
    matrix = affine[:3, :3]
    axis_of = np.abs(matrix).argmax(axis=0)
    counts = np.asarray(values.shape[::-1])
    drift = np.where(np.arange(3)[:, None] == axis_of, 0, np.abs(matrix)) * np.maximum(counts - 1, 1)
    if sorted(axis_of.tolist()) != [0, 1, 2] or drift.max() > DRIFT_MM:
        angle = max(float(np.degrees(np.arccos(min(1.0, c.max() / np.linalg.norm(c))))) for c in np.abs(matrix).T)
        raise error(
            f"{what} is oblique: an axis is tilted by {angle:.2f} degrees, expected axes along the patient's; "
            "resample it to an axis-aligned grid"
        )
    spacing, origin, slices = np.ones(3), affine[:3, 3].copy(), [slice(None)] * 3
    for i, axis in enumerate(axis_of):
        spacing[axis] = np.linalg.norm(matrix[:, i])
        if matrix[axis, i] < 0:
            origin[axis] += matrix[axis, i] * (counts[i] - 1)
            slices[2 - i] = slice(None, None, -1)
    order = [2 - int(np.flatnonzero(axis_of == axis)[0]) for axis in (2, 1, 0)]
    turned = np.ascontiguousarray(values[tuple(slices)].transpose(order))
    grid = Grid(
        (origin[0], origin[1], origin[2]),
        (spacing[0], spacing[1], spacing[2]),
        (turned.shape[0], turned.shape[1], turned.shape[2]),
        frame_of_reference_uid,
    )
    return turned, grid
