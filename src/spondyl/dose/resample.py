"""The medium on another grid, with mass conserved."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spondyl.core import Box, Grid
from spondyl.dose.engines.release_kernels import mark_field
from spondyl.dose.engines.source_nodes import MOST_ALONE
from spondyl.dose.fields import Field
from spondyl.dose.voxel_composition import composition
from spondyl.physics import Medium

_AROUND_MM = 60.0
_PENUMBRA_MM = 20.0
_COARSE_MM = 5.0


def resample_medium(medium: Medium, grid: Grid) -> Medium:
    """Mean density of each voxel of `grid`, exact by overlap, and its composition; vacuum outside."""
    if grid.same_space(medium.grid):
        return medium
    shares = [
        _shares(medium.grid.axis_mm(name), grid.axis_mm(name), _spacing(medium.grid, name), _spacing(grid, name))
        for name in "zyx"
    ]
    density = medium.density_g_per_cm3
    for axis, share in enumerate(shares):
        density = np.moveaxis(np.tensordot(share, density, axes=(1, axis)), 0, axis)
    material, materials = composition(medium, grid, shares)
    return Medium(grid, np.maximum(density, 0).astype(np.float32), material, materials, medium.made)


def calculation_grid(fields: Sequence[Field], medium: Medium, grid: Grid) -> tuple[Grid, Box]:
    """Voxels of `grid`, continued to all that the fields meet and 60 mm around; and where `grid` lies in them.

    Leaving out what is further away takes less than 0.1 % of scatter from the dose.
    """
    low, high = _met_mm(fields, medium)
    dose_low, dose_high = grid.bounds_mm()
    medium_low, medium_high = medium.grid.bounds_mm()
    low = np.maximum(np.minimum(low, dose_low) - _AROUND_MM, medium_low)
    high = np.minimum(np.maximum(high, dose_high) + _AROUND_MM, medium_high)
    spacing = np.asarray(grid.spacing_mm)
    before = np.maximum(0, np.ceil((dose_low - low) / spacing - 1e-6)).astype(int)
    after = np.maximum(0, np.ceil((high - dose_high) / spacing - 1e-6)).astype(int)
    shape = np.asarray(grid.shape[::-1]) + before + after
    origin = np.asarray(grid.origin_mm) - before * spacing
    whole = Grid(
        (origin[0], origin[1], origin[2]), grid.spacing_mm, (shape[2], shape[1], shape[0]), grid.frame_of_reference_uid
    )
    b, n = before[::-1], grid.shape
    return whole, (slice(b[0], b[0] + n[0]), slice(b[1], b[1] + n[1]), slice(b[2], b[2] + n[2]))


def _met_mm(fields: Sequence[Field], medium: Medium) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bounds (x, y, z) of what the fields' openings meet in the medium; of many fields on coarser voxels."""
    grid = medium.grid if len(fields) <= MOST_ALONE else _coarser(medium.grid)
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for field in fields:
        edges = (field.u_edges_mm[0], field.u_edges_mm[-1], field.v_edges_mm[0], field.v_edges_mm[-1])
        limits = np.array(edges) + _PENUMBRA_MM * np.array([-1.0, 1.0, -1.0, 1.0])
        rows = mark_field(
            np.asarray(grid.origin_mm), np.asarray(grid.spacing_mm), np.asarray(grid.shape),
            np.asarray(field.source_mm), np.asarray(field.u), np.asarray(field.v), field.direction,
            field.sad_mm, limits,
        )  # fmt: skip
        met = rows[..., 1] > rows[..., 0]
        if met.any():
            z, y = np.flatnonzero(met.any(axis=1)), np.flatnonzero(met.any(axis=0))
            x = rows[..., 0][met].min(), rows[..., 1][met].max() - 1
            first, last = grid.point_at((z[0], y[0], x[0])), grid.point_at((z[-1], y[-1], x[1]))
            low, high = np.minimum(low, first), np.maximum(high, last)
    return low, high


def _coarser(grid: Grid) -> Grid:
    """Voxels of at least `_COARSE_MM`, as many as fit in the same space."""
    low, high = grid.bounds_mm()
    count = np.maximum(1, np.floor((high - low) / _COARSE_MM + 1e-6)).astype(int)
    spacing = (high - low) / count
    origin = low + spacing / 2
    return Grid(_triple(origin), _triple(spacing), (int(count[2]), int(count[1]), int(count[0])))


def _triple(vector: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(vector[0]), float(vector[1]), float(vector[2])


def _shares(
    from_mm: NDArray[np.float64], to_mm: NDArray[np.float64], from_step: float, to_step: float
) -> NDArray[np.float32]:
    """Fraction of each new voxel that each old one fills, shape (new, old)."""
    low = np.maximum(to_mm[:, None] - to_step / 2, from_mm[None] - from_step / 2)
    high = np.minimum(to_mm[:, None] + to_step / 2, from_mm[None] + from_step / 2)
    return (np.clip(high - low, 0, None) / to_step).astype(np.float32)


def _spacing(grid: Grid, axis: str) -> float:
    return grid.spacing_mm["xyz".index(axis)]
