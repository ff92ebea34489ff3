"""Signed distance in mm to a structure's border."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from spondyl.anatomy.structure import Structure
from spondyl.core.errors import StructureError
from spondyl.core.grid import Grid
from spondyl.core.image import trilinear


def signed_distance_mm(structure: Structure, grid: Grid | None = None) -> NDArray[np.float32]:
    """Distance of each voxel centre to the structure's border, positive inside, shape of the grid.

    Parameters
    ----------
    structure
        Not empty.
    grid
        Where to tell the distance; the structure's own by default.

    Raises
    ------
    StructureError
        If the structure is empty.
    """
    if structure.is_empty:
        raise StructureError(f'structure "{structure.name}" is empty, so nothing is at a distance from it')
    spacing = structure.grid.spacing_mm[::-1]
    coverage = structure.full()
    inside = coverage >= 0.5
    if not inside.any():
        inside = coverage >= coverage.max()
    within = distance_transform_edt(inside, sampling=spacing)
    without = distance_transform_edt(~inside, sampling=spacing)
    half = min(spacing) / 2
    distance = np.where(inside, within - half, half - without).astype(np.float32)
    if grid is None or grid.same_space(structure.grid):
        return distance
    z, y, x = np.meshgrid(grid.axis_mm("z"), grid.axis_mm("y"), grid.axis_mm("x"), indexing="ij")
    return trilinear(distance, structure.grid, np.stack((x, y, z), axis=-1)).astype(np.float32)
