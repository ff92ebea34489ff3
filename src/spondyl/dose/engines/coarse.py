"""Between the dose grid and the coarser grid of scattered photons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spondyl.core import Grid

Floats32 = NDArray[np.float32]
Triple = tuple[int, int, int]


def joined_voxels(grid: Grid, spacing_mm: float) -> Triple:
    """How many voxels (z, y, x) of `grid` a voxel of at most about this side joins."""
    x, y, z = (max(1, int(spacing_mm / s + 0.01)) for s in grid.spacing_mm)
    return z, y, x


def coarsen(values: Floats32, grid: Grid, factor: tuple[int, ...]) -> tuple[Floats32, Grid]:
    """Means over blocks of `factor` (z, y, x) voxels and their grid; the last blocks are filled up with vacuum."""
    blocks = _block_sums(values, (0, 0, 0), factor, grid.shape) / np.float32(np.prod(factor))
    spacing = tuple(s * f for s, f in zip(grid.spacing_mm, factor[::-1], strict=True))
    origin = tuple(o + s * (f - 1) / 2 for o, s, f in zip(grid.origin_mm, grid.spacing_mm, factor[::-1], strict=True))
    return blocks, Grid(origin, spacing, blocks.shape, grid.frame_of_reference_uid)  # pyright: ignore[reportArgumentType]


def coarsen_sum(energy: Floats32, start: Triple, factor: tuple[int, ...]) -> tuple[Floats32, Triple]:
    """Means over blocks of an array (groups, z, y, x) that begins at `start`, and where the blocks begin."""
    first = tuple(s // f for s, f in zip(start, factor, strict=True))
    offset = tuple(s - a * f for s, a, f in zip(start, first, factor, strict=True))
    shape = tuple(o + n for o, n in zip(offset, energy.shape[1:], strict=True))
    blocks = np.stack([_block_sums(e, offset, factor, shape) for e in energy]) / np.float32(np.prod(factor))
    return blocks.astype(np.float32), (first[0], first[1], first[2])


def refine_ratio(energy: Floats32, weight: Floats32, factor: tuple[int, ...], shape: tuple[int, ...]) -> Floats32:
    """Interpolated energy over interpolated weight on the fine grid: no dilution by voxels outside the body."""
    for axis in range(3):
        energy = _linear(energy, axis, factor[axis], shape[axis])
        weight = _linear(weight, axis, factor[axis], shape[axis])
    return np.divide(energy, weight, out=np.zeros_like(energy), where=weight > 1e-6)


def _block_sums(values: Floats32, offset: tuple[int, ...], factor: tuple[int, ...], shape: tuple[int, ...]) -> Floats32:
    count = [-(-n // f) for n, f in zip(shape, factor, strict=True)]
    padded = np.zeros([c * f for c, f in zip(count, factor, strict=True)], np.float32)
    padded[tuple(slice(o, o + n) for o, n in zip(offset, values.shape, strict=True))] = values
    split = padded.reshape(count[0], factor[0], count[1], factor[1], count[2], factor[2])
    return split.sum(axis=(1, 3, 5), dtype=np.float32)


def _linear(values: Floats32, axis: int, factor: int, length: int) -> Floats32:
    at = np.clip((np.arange(length) + 0.5) / factor - 0.5, 0, values.shape[axis] - 1)
    low = np.minimum(at.astype(int), max(values.shape[axis] - 2, 0))
    high = np.minimum(low + 1, values.shape[axis] - 1)
    t = (at - low).astype(np.float32).reshape([-1 if a == axis else 1 for a in range(3)])
    mixed = values.take(low, axis) * (1 - t) + values.take(high, axis) * t
    return mixed.astype(np.float32, copy=False)
