"""What lies around the scored grid, in coarser voxels: photons that leave come back as they would."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.core import Grid
from spondyl.core.errors import DoseError
from spondyl.dose.kv.voxels import VoxelGeometry, voxel_geometry
from spondyl.dose.resample import resample_medium
from spondyl.physics import Material, Medium

COARSE_MM = 5.0


@dataclass(frozen=True)
class Surroundings:
    """A coarse medium and the box of its voxels that the scored medium fills.

    Parameters
    ----------
    medium
        Its voxel edges meet the scored grid's.
    hole
        First and one past last (x, y, z) voxel, int64, shape (2, 3).
    """

    medium: Medium
    hole: NDArray[np.int64]


def around(
    medium: Medium, centre_mm: tuple[float, float, float], radius_mm: float = 45.0, voxel_mm: float = 1.0
) -> tuple[Medium, Surroundings]:
    """`medium` in fine voxels in a cube about a place, and in voxels of about 5 mm around that.

    Parameters
    ----------
    medium
        The whole patient or phantom.
    centre_mm
        (x, y, z); becomes the centre of the cube.
    radius_mm
        Half of the cube's side, which is as many whole voxels as cover it.
    voxel_mm
        Side of the fine voxels.

    Raises
    ------
    DoseError
        If radius or voxel are not positive.
    """
    if not (radius_mm > 0 and voxel_mm > 0):
        raise DoseError(f"radius and voxel must be above 0 mm, got {radius_mm} and {voxel_mm}")
    ratio = max(1, round(COARSE_MM / voxel_mm))
    cells = int(np.ceil(2 * radius_mm / (ratio * voxel_mm) - 1e-9))
    side, coarse_mm = cells * ratio, ratio * voxel_mm
    low = np.asarray(centre_mm, np.float64) - side * voxel_mm / 2
    fine = _grid(low, voxel_mm, np.full(3, side))
    bounds = medium.grid.bounds_mm()
    before = np.maximum(0, np.ceil((low - bounds[0]) / coarse_mm - 1e-6)).astype(np.int64)
    after = np.maximum(0, np.ceil((bounds[1] - low) / coarse_mm - cells - 1e-6)).astype(np.int64)
    coarse = _grid(low - before * coarse_mm, coarse_mm, before + cells + after)
    hole = np.stack([before, before + cells])
    return resample_medium(medium, fine), Surroundings(resample_medium(medium, coarse), hole)


def joined(
    medium: Medium, surroundings: Surroundings | None
) -> tuple[tuple[Material, ...], VoxelGeometry, VoxelGeometry, NDArray[np.int64]]:
    """Materials of both, the scored geometry, its surroundings' (vacuum where there are none), and the hole in these.

    Raises
    ------
    DoseError
        If the hole is not where the scored grid is.
    """
    fine = voxel_geometry(medium)
    low, high = medium.grid.bounds_mm()
    if surroundings is None:
        vacuum = VoxelGeometry(low, high - low, np.zeros((1, 1, 1), np.float32), np.zeros((1, 1, 1), np.uint16))
        return medium.materials, fine, vacuum, np.array([[0, 0, 0], [1, 1, 1]])
    coarse = voxel_geometry(surroundings.medium)
    ends = coarse.low_mm + surroundings.hole * coarse.spacing_mm
    if not np.allclose(ends, [low, high], atol=1e-3):
        raise DoseError(
            f"surroundings leave {ends.tolist()} mm free, expected the scored grid {[low.tolist(), high.tolist()]} mm"
        )
    materials = list(medium.materials)
    row = np.empty(len(surroundings.medium.materials), np.uint16)
    for number, material in enumerate(surroundings.medium.materials):
        if material not in materials:
            materials.append(material)
        row[number] = materials.index(material)
    return tuple(materials), fine, coarse._replace(material=row[coarse.material]), surroundings.hole


def _grid(low_mm: NDArray[np.float64], voxel_mm: float, cells: NDArray[np.int64]) -> Grid:
    origin = low_mm + voxel_mm / 2
    return Grid(
        (float(origin[0]), float(origin[1]), float(origin[2])),
        (voxel_mm, voxel_mm, voxel_mm),
        (int(cells[2]), int(cells[1]), int(cells[0])),
    )
