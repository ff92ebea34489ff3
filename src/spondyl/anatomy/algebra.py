"""Structures from structures: union, intersection, difference, and a range of height."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spondyl.anatomy.structure import Role, Structure, from_coverage
from spondyl.core.errors import GridError


def union(first: Structure, second: Structure, name: str, role: Role) -> Structure:
    """What lies in either; a voxel's coverage is the larger of the two (they overlap as far as they can).

    Raises
    ------
    GridError
        If the structures are on different grids.
    """
    _same_grid(first, second)
    coverage = np.maximum(first.full(), second.full())
    return _made(first, name, role, coverage, f"union of {first.name} and {second.name}")


def intersection(first: Structure, second: Structure, name: str, role: Role) -> Structure:
    """What lies in both; a voxel's coverage is the smaller of the two (they overlap as far as they can).

    Raises
    ------
    GridError
        If the structures are on different grids.
    """
    _same_grid(first, second)
    coverage = np.minimum(first.full(), second.full())
    return _made(first, name, role, coverage, f"intersection of {first.name} and {second.name}")


def subtract(first: Structure, second: Structure, name: str, role: Role) -> Structure:
    """`first` without `second`; a voxel keeps min(a, 1 - b): where a border of both runs, they lie side by side.

    That is exact where `second` ends at or beyond the border of `first`, and where `first` fills the voxel.

    Raises
    ------
    GridError
        If the structures are on different grids.
    """
    _same_grid(first, second)
    coverage = np.minimum(first.full(), 1.0 - second.full())
    return _made(first, name, role, coverage, f"{first.name} without {second.name}")


def restrict_z(
    structure: Structure, low_mm: float, high_mm: float, name: str = "", role: Role | None = None
) -> Structure:
    """The part of a structure between two heights; a slice that a height cuts keeps its share of the thickness."""
    grid = structure.grid
    dz = grid.spacing_mm[2]
    bottom = grid.axis_mm("z") - dz / 2
    share = np.clip((np.minimum(bottom + dz, high_mm) - np.maximum(bottom, low_mm)) / dz, 0.0, 1.0)
    coverage = structure.full() * share.astype(np.float32)[:, None, None]
    step = f"{structure.name} from z {low_mm:.1f} to {high_mm:.1f} mm"
    return _made(structure, name or structure.name, role or structure.role, coverage, step)


def _made(source: Structure, name: str, role: Role, coverage: np.ndarray, step: str) -> Structure:
    result = from_coverage(name, role, source.grid, coverage, made=(*source.made, step), colour=source.colour)
    return replace(result, contours=())


def _same_grid(first: Structure, second: Structure) -> None:
    if not first.grid.same_space(second.grid):
        raise GridError(
            f'structures "{first.name}" and "{second.name}" are on different grids, {first.grid.shape} and '
            f"{second.grid.shape}; resample one first"
        )
