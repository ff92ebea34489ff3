"""Sample points of structures, and the interpolation from dose voxels to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from spondyl.core import Grid
from spondyl.core.errors import DoseGridError
from spondyl.plan.matvec import Floats, SparseRows, sparse_rows
from spondyl.plan.problem import Samples


@dataclass(frozen=True)
class PointSet:
    """Points (x, y, z) in mm, shape (n, 3), of a structure of `volume_cm3`, each standing for `weights` of it.

    Where `scale` (n,) is given, the dose told for a point is so many times the dose there: a share of what it may have.
    """

    name: str
    points_mm: Floats
    weights: Floats
    volume_cm3: float
    reference_gy: Floats | None = None
    scale: Floats | None = None


def interpolate_between(
    sets: Sequence[PointSet], grid: Grid
) -> tuple[NDArray[np.int64], SparseRows, dict[str, Samples]]:
    """Trilinear interpolation from the voxels of `grid` to all points, as the DVH interpolates.

    Returns
    -------
    rows
        Flat indices of the voxels that matter, ascending.
    interpolation
        Shape (points, rows).
    samples
        Where each set's points lie.

    Raises
    ------
    DoseGridError
        If a point lies beyond the grid.
    """
    points = np.concatenate([s.points_mm for s in sets])
    _inside(sets, grid)
    voxels, shares = _corners(points, grid)
    shares *= np.concatenate([np.ones(len(s.points_mm)) if s.scale is None else s.scale for s in sets])[:, None]
    rows, position = np.unique(voxels[shares > 0], return_inverse=True)
    point = np.broadcast_to(np.arange(len(points))[:, None], voxels.shape)[shares > 0]
    matrix = sparse.csr_matrix((shares[shares > 0], (point, position)), shape=(len(points), len(rows)))
    samples: dict[str, Samples] = {}
    start = 0
    for s in sets:
        samples[s.name] = Samples(slice(start, start + len(s.points_mm)), s.weights, s.volume_cm3, s.reference_gy)
        start += len(s.points_mm)
    return rows, sparse_rows(matrix), samples


def _corners(points_mm: Floats, grid: Grid) -> tuple[NDArray[np.int64], Floats]:
    """Flat indices and shares of the eight voxels around each point, shape (points, 8)."""
    upper = np.asarray(grid.shape) - 1
    index = np.clip(grid.index_of(points_mm), 0, upper)
    base = np.minimum(index.astype(np.int64), np.maximum(upper - 1, 0))
    fraction = index - base
    voxels = np.empty((len(points_mm), 8), dtype=np.int64)
    shares = np.empty((len(points_mm), 8))
    for c, corner in enumerate(np.ndindex(2, 2, 2)):
        at = np.minimum(base + corner, upper)
        voxels[:, c] = np.ravel_multi_index((at[:, 0], at[:, 1], at[:, 2]), grid.shape)
        shares[:, c] = np.prod(np.where(corner, fraction, 1.0 - fraction), axis=1)
    shares[shares < 1e-9] = 0.0
    return voxels, shares


def _inside(sets: Sequence[PointSet], grid: Grid) -> None:
    low, high = grid.bounds_mm()
    for s in sets:
        if len(s.points_mm) and (bool((s.points_mm < low - 1e-6).any()) or bool((s.points_mm > high + 1e-6).any())):
            raise DoseGridError(
                f'points of "{s.name}" lie beyond the dose grid, which covers {low.round(1)} to {high.round(1)} mm; '
                "use a dose grid that covers the structure"
            )
