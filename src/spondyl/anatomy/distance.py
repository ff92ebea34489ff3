"""Signed distance in mm to a structure's border."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree

from spondyl.anatomy.structure import Structure
from spondyl.anatomy.subvoxel import border_points, refine
from spondyl.core.errors import StructureError
from spondyl.core.grid import Grid
from spondyl.core.image import trilinear

NEAR_MM = 12.0
"""Within this distance of the border it is found to a fraction of a voxel, beyond to about half a voxel."""


def signed_distance_mm(structure: Structure, grid: Grid | None = None) -> NDArray[np.float32]:
    """Distance of each voxel centre to the structure's border, positive inside.

    The border is the one margins start from (`spondyl.anatomy.subvoxel`). Within 12 mm of it distances are those to
    the nearest of its points, at most 0.7 mm apart; farther away they come from whole voxels (Euclidean distance
    transform).

    Parameters
    ----------
    structure
        Not empty.
    grid
        Where to tell the distance, interpolated; the structure's own by default.

    Returns
    -------
    ndarray
        float32, shape of the grid, in mm.

    Raises
    ------
    StructureError
        If the structure is empty.
    """
    if structure.is_empty:
        raise StructureError(f'structure "{structure.name}" is empty, so nothing is at a distance from it')
    distance = _from_voxels(structure)
    _refine_near(structure, distance)
    if grid is None or grid.same_space(structure.grid):
        return distance
    z, y, x = np.meshgrid(grid.axis_mm("z"), grid.axis_mm("y"), grid.axis_mm("x"), indexing="ij")
    return trilinear(distance, structure.grid, np.stack((x, y, z), axis=-1)).astype(np.float32)


def _from_voxels(structure: Structure) -> NDArray[np.float32]:
    spacing = structure.grid.spacing_mm[::-1]
    coverage = structure.full()
    inside = coverage >= min(0.5, float(coverage.max()))
    within = cast(NDArray[np.float64], distance_transform_edt(np.pad(inside, 1), sampling=spacing))[1:-1, 1:-1, 1:-1]
    without = cast(NDArray[np.float64], distance_transform_edt(~inside, sampling=spacing))
    half = min(spacing) / 2
    return np.where(inside, within - half, half - without).astype(np.float32)


def _refine_near(structure: Structure, distance_mm: NDArray[np.float32]) -> None:
    """Replace distances near the border by those to its points, keeping their sign."""
    field, edges = refine(structure, (3, 3, 3))
    points = np.concatenate((border_points(field), edges))
    if not len(points):
        return
    near = np.argwhere(np.abs(distance_mm) < NEAR_MM)
    cell, parts = np.array(field.cell_mm), np.array(field.parts)
    centres = (near - np.array(field.first)) * cell * parts + cell * (parts - 1) / 2
    nearest, _ = cKDTree(points).query(centres)
    where = tuple(near.T)
    distance_mm[where] = np.copysign(nearest, distance_mm[where])
