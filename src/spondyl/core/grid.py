"""The voxel grid: where each voxel of an array lies in the patient.

Arrays are indexed ``[z, y, x]``. Coordinates are DICOM patient coordinates (LPS) in mm: x grows to the
patient's left, y to posterior, z to superior. Grids are axis-aligned with positive spacing; the readers in
`spondyl.io` turn other axis orders into this one and refuse oblique grids.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spondyl.core.errors import GridError

Box = tuple[slice, slice, slice]
"""Index ranges along [z, y, x]."""


@dataclass(frozen=True)
class Grid:
    """A regular, axis-aligned voxel grid.

    Parameters
    ----------
    origin_mm
        (x, y, z) of the centre of voxel [0, 0, 0].
    spacing_mm
        (x, y, z) distance between voxel centres, each positive.
    shape
        (nz, ny, nx): the shape of an array on this grid.
    frame_of_reference_uid
        DICOM frame of reference, empty where unknown.

    Raises
    ------
    GridError
        If a spacing is not positive, a shape is empty, or a number is not finite.
    """

    origin_mm: tuple[float, float, float]
    spacing_mm: tuple[float, float, float]
    shape: tuple[int, int, int]
    frame_of_reference_uid: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "origin_mm", _triple(self.origin_mm, "origin_mm"))
        object.__setattr__(self, "spacing_mm", _triple(self.spacing_mm, "spacing_mm"))
        shape = tuple(int(n) for n in self.shape)
        if len(shape) != 3 or min(shape) < 1:
            raise GridError(f"grid shape must be three positive numbers (nz, ny, nx), got {self.shape}")
        object.__setattr__(self, "shape", shape)
        if min(self.spacing_mm) <= 0:
            raise GridError(f"grid spacing_mm must be positive along x, y and z, got {self.spacing_mm}")

    @property
    def voxel_volume_cm3(self) -> float:
        return float(np.prod(self.spacing_mm)) / 1000.0

    @property
    def affine_mm(self) -> NDArray[np.float64]:
        """4x4 matrix from voxel indices (i along x, j along y, k along z) to LPS mm."""
        affine = np.diag((*self.spacing_mm, 1.0))
        affine[:3, 3] = self.origin_mm
        return affine

    def axis_mm(self, axis: str) -> NDArray[np.float64]:
        """Voxel-centre coordinates along "x", "y" or "z"."""
        i = "xyz".index(axis)
        return self.origin_mm[i] + self.spacing_mm[i] * np.arange(self.shape[2 - i], dtype=np.float64)

    def index_of(self, points_mm: ArrayLike) -> NDArray[np.float64]:
        """Fractional (z, y, x) indices, shape (..., 3), of points (x, y, z) in mm, shape (..., 3)."""
        points = np.asarray(points_mm, dtype=np.float64)
        return ((points - np.asarray(self.origin_mm)) / np.asarray(self.spacing_mm))[..., ::-1]

    def point_at(self, index_zyx: ArrayLike) -> NDArray[np.float64]:
        """Points (x, y, z) in mm, shape (..., 3), of fractional (z, y, x) indices, shape (..., 3)."""
        index = np.asarray(index_zyx, dtype=np.float64)
        return index[..., ::-1] * np.asarray(self.spacing_mm) + np.asarray(self.origin_mm)

    def bounds_mm(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lower and upper (x, y, z) corner of the outer voxel edges."""
        origin, spacing = np.asarray(self.origin_mm), np.asarray(self.spacing_mm)
        return origin - spacing / 2, origin + spacing * (np.asarray(self.shape[::-1]) - 0.5)

    def crop(self, box: Box) -> Grid:
        """The grid of ``array[box]``."""
        start = [s.indices(n)[0] for s, n in zip(box, self.shape, strict=True)]
        shape = [len(range(*s.indices(n))) for s, n in zip(box, self.shape, strict=True)]
        origin = self.point_at(start)
        return Grid(
            (origin[0], origin[1], origin[2]),
            self.spacing_mm,
            (shape[0], shape[1], shape[2]),
            self.frame_of_reference_uid,
        )

    def same_space(self, other: Grid, tolerance_mm: float = 1e-3) -> bool:
        """Whether both grids have the same voxels to within `tolerance_mm` anywhere on the grid."""
        if self.shape != other.shape:
            return False
        low, high = self.bounds_mm()
        other_low, other_high = other.bounds_mm()
        return bool(max(np.abs(low - other_low).max(), np.abs(high - other_high).max()) <= tolerance_mm)


def covering(
    low_mm: ArrayLike, high_mm: ArrayLike, spacing_mm: tuple[float, float, float], frame_of_reference_uid: str = ""
) -> Grid:
    """The smallest grid with `spacing_mm` whose voxel edges start at `low_mm` and reach `high_mm`.

    Parameters
    ----------
    low_mm, high_mm, spacing_mm
        (x, y, z) in LPS mm.
    """
    low = np.asarray(low_mm, dtype=np.float64)
    extent = np.asarray(high_mm, dtype=np.float64) - low
    count = np.maximum(1, np.ceil(extent / np.asarray(spacing_mm) - 1e-9)).astype(int)
    origin = low + np.asarray(spacing_mm) / 2
    return Grid((origin[0], origin[1], origin[2]), spacing_mm, (count[2], count[1], count[0]), frame_of_reference_uid)


def _triple(values: ArrayLike, name: str) -> tuple[float, float, float]:
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (3,) or not np.isfinite(array).all():
        raise GridError(f"grid {name} must be three finite numbers (x, y, z), got {values}")
    return float(array[0]), float(array[1]), float(array[2])
