"""Sets up the sweep: direction sets, axis orders, packed sources; hides the compiled kernel's bookkeeping."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import lebedev_rule

from spondyl.core import Grid
from spondyl.dose.engines.exponential_kernel import ExponentialKernel
from spondyl.dose.engines.pack_kernels import filled_rows, pack_rows
from spondyl.dose.engines.sweep import sweep
from spondyl.dose.engines.sweep_sources import padded_length

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

# Array axes (of [z, y, x]) in the order that each sweep uses: the main axis first, memory order last.
_ORDERS = ((0, 1, 2), (1, 0, 2), (2, 0, 1))
_LARGEST_STEP = 0.5


@dataclass(frozen=True)
class Source:
    """Energy released by one field in a box of the grid, float32 (groups, nz, ny, nx), from index `start`."""

    start: tuple[int, int, int]
    energy: Floats32
    source_mm: Floats


@cache
def directions(degree: int) -> tuple[Floats, Floats]:
    """Unit vectors (x, y, z), shape (n, 3), and solid angles in sr of a Lebedev rule.

    Lebedev and Laikov 1999, Dokl Math 59:477; symmetric under all turns and mirrors of the lattice, and exact for
    spherical harmonics up to `degree`.
    """
    vectors, weights = lebedev_rule(degree)
    return np.ascontiguousarray(vectors.T), np.ascontiguousarray(weights)


def transport(
    grid: Grid,
    density: Floats32,
    sources: Sequence[Source],
    kernels: Sequence[ExponentialKernel],
    degree: int,
    lines: int,
    least: float,
    tell: Callable[[float], None],
) -> Floats32:
    """Energy deposited in each voxel, in the unit of the sources, float32, shape ``grid.shape``.

    A direction that follows two or three axes alike is shared among them, where it has that many lines, so that no
    axis of the lattice is preferred.

    Parameters
    ----------
    density
        Path length relative to water, float32, shape ``grid.shape``.
    sources
        One a field.
    kernels
        One a group, with the same decay constants.
    degree
        Of the direction set.
    lines
        How many lines a voxel and direction: more lines, less noise of the lattice at sharp edges.
    least
        Share of the largest source, per steradian, below which a line is no longer followed.
    """
    vectors, solid_angles = directions(degree)
    amplitude = np.ascontiguousarray(np.stack([kernel.amplitude_per_sr.T for kernel in kernels], axis=1))
    b_first = float(kernels[0].decay_per_cm[0])
    spacing_zyx = np.asarray(grid.spacing_mm[::-1]) / 10
    halvings = _halvings(b_first * float(density.max()) * float(spacing_zyx.max()) * np.sqrt(3.0))
    cutoff = least * max(float(source.energy.max()) for source in sources)
    total = np.zeros(grid.shape, np.float32)
    steps = np.abs(vectors[:, ::-1]) / spacing_zyx
    follows = steps > steps.max(axis=1, keepdims=True) * (1 - 1e-9)
    ways = follows.sum(axis=1)
    alone = ways > lines
    follows[alone] &= np.cumsum(follows[alone], axis=1) == 1
    ways[alone] = 1
    for done, order in enumerate(_ORDERS):
        packed = _pack(sources, order, grid)
        local = np.ascontiguousarray(density.transpose(order))
        deposits = np.zeros((_copies(density.size), *local.shape), np.float32)
        for shared in (1, 2, 3):
            chosen = follows[:, order[0]] & (ways == shared)
            if not chosen.any():
                continue
            turned = np.ascontiguousarray(vectors[chosen][:, ::-1][:, list(order)])
            sweep(
                turned,
                np.ascontiguousarray(solid_angles[chosen]) / shared,
                _phases(turned, lines // shared),
                local,
                deposits,
                b_first,
                halvings,
                *packed,
                np.asarray(grid.origin_mm[::-1])[list(order)] / 10,
                np.ascontiguousarray(spacing_zyx[list(order)]),
                amplitude,
                cutoff,
            )
        total += deposits.sum(axis=0).transpose(np.argsort(order))
        tell((done + 1) / 3)
    return total


def _halvings(largest_step: float) -> int:
    return max(0, int(np.ceil(np.log2(max(largest_step, 1e-9) / _LARGEST_STEP))))


def _copies(voxels: int) -> int:
    """How many partial sums: fixed by the size alone, so that the result does not depend on the machine."""
    return 8 if voxels < 8_000_000 else 4 if voxels < 24_000_000 else 2


def _phases(vectors: Floats, lines: int) -> Floats:
    """Where each line stands between voxels where it enters, along the two side axes, shape (n, lines, 2).

    A direction's lines are spread evenly, so that rounding them to voxels averages out to the overlap of the
    moved voxel with its target. A direction that is mirrored or turned on the lattice has its phases mirrored or
    turned, so that symmetry is kept.
    """
    folded = np.round(np.abs(vectors), 9)
    _, number = np.unique(np.sort(folded, axis=1), axis=0, return_inverse=True)
    plastic = 1.32471795724474602596
    first = 0.5 + np.outer(np.ravel(number), [1 / plastic, 1 / plastic**2])
    first = np.where((folded[:, 1] < folded[:, 2])[:, None], first[:, ::-1], first)
    alike = folded[:, 1] == folded[:, 2]
    first[alike, 1] = first[alike, 0] + 0.5
    return np.mod(first[:, None, :] + np.arange(lines)[None, :, None] / lines, 1.0)


def _pack(sources: Sequence[Source], order: tuple[int, int, int], grid: Grid):
    """All sources' filled parts of rows, one after the other, and where each is.

    Returns energy, flat, by source, row and group; box (sources, 6): first index and shape; rows (rows, 3): first and
    one past last filled index and where its energy begins; the first row of each source; places in cm.
    """
    axes = list(order)
    turned = [source.energy.transpose(0, *(axis + 1 for axis in order)) for source in sources]
    boxes = [[*np.asarray(s.start)[axes].tolist(), *t.shape[1:]] for s, t in zip(sources, turned, strict=True)]
    filled = [np.empty((t.shape[1] * t.shape[2], 2), np.int64) for t in turned]
    begins: list[NDArray[np.int64]] = []
    held = 0
    for energy, ranges in zip(turned, filled, strict=True):
        filled_rows(energy, ranges)
        ends = held + np.cumsum(padded_length(ranges[:, 1] - ranges[:, 0]) * energy.shape[0])
        begins.append(np.concatenate([[held], ends[:-1]]))
        held = int(ends[-1])
    packed = np.zeros(held, np.float32)
    for energy, ranges, begin in zip(turned, filled, begins, strict=True):
        pack_rows(energy, ranges, begin, packed)
    rows = np.column_stack([np.concatenate(filled), np.concatenate(begins)])
    first_row = np.cumsum([0, *(len(ranges) for ranges in filled)])[:-1].astype(np.int64)
    places = np.array([np.asarray(s.source_mm)[::-1][axes] / 10 for s in sources])
    return packed, np.array(boxes, np.int64), rows, first_row, places
