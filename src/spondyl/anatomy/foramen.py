"""The vertebral canal where nobody drew it: the hole that a vertebra's ring leaves when seen along its axis."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from spondyl.anatomy.structure import Structure, from_coverage
from spondyl.core.errors import VolumeError

LEAST_AREA_MM2 = 60.0
"""A hole smaller than this is a gap in a mask, not a canal."""
TILTS = np.tan(np.radians(np.arange(-30.0, 31.0, 5.0)))


def foramen(vertebra: Structure, low_mm: float | None = None, high_mm: float | None = None) -> Structure:
    """Find the canal of one vertebra from its mask alone.

    The mask is projected along directions up to 30 degrees off the z axis, in steps of 5 degrees, forward
    and sideways; the direction that leaves the largest enclosed hole is the canal's, and the hole is swept
    along it.

    Parameters
    ----------
    vertebra
        Body and ring of one vertebra.
    low_mm, high_mm
        z to which the canal is swept; the vertebra's own height by default.

    Returns
    -------
    Structure
        "SpinalCanal", role canal. It knows nothing of the soft tissue between two vertebrae.

    Raises
    ------
    VolumeError
        If no direction leaves a hole of at least 60 mm2.
    """
    inside = vertebra.coverage >= 0.5
    x_mm, y_mm, z_mm = vertebra.grid.spacing_mm
    tilts = [(tx, ty) for tx in TILTS for ty in TILTS]
    holes = [_hole(inside, tx * z_mm / x_mm, ty * z_mm / y_mm) for tx, ty in tilts]
    areas = [float(hole.sum()) * x_mm * y_mm for hole in holes]
    best = int(np.argmax(areas))
    if areas[best] < LEAST_AREA_MM2:
        raise VolumeError(
            f'no canal found in "{vertebra.name}": its ring leaves a hole of {areas[best]:.0f} mm2, expected at least '
            f"{LEAST_AREA_MM2:.0f}; give a structure spinal_canal"
        )
    tx, ty = tilts[best]
    return _sweep(vertebra, holes[best], tx * z_mm / x_mm, ty * z_mm / y_mm, low_mm, high_mm)


def _hole(inside: NDArray[np.bool_], dx: float, dy: float) -> NDArray[np.bool_]:
    """Largest enclosed hole of the silhouette seen along a slope of (dx, dy) voxels a slice, with a border of room."""
    nz, ny, nx = inside.shape
    room = int(np.ceil(max(abs(dx), abs(dy)) * nz / 2)) + 1
    silhouette = np.zeros((ny + 2 * room, nx + 2 * room), dtype=bool)
    for k in range(nz):
        sx, sy = (int(np.rint(-d * (k - (nz - 1) / 2))) for d in (dx, dy))
        silhouette[room + sy : room + sy + ny, room + sx : room + sx + nx] |= inside[k]
    labels, count = ndimage.label(ndimage.binary_fill_holes(silhouette) & ~silhouette)
    if count == 0:
        return np.zeros_like(silhouette)
    return labels == 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))


def _sweep(
    vertebra: Structure, hole: NDArray[np.bool_], dx: float, dy: float, low_mm: float | None, high_mm: float | None
) -> Structure:
    grid = vertebra.grid
    nz = vertebra.coverage.shape[0]
    room = (hole.shape[0] - vertebra.coverage.shape[1]) // 2
    rows, columns = np.nonzero(hole)
    heights = grid.axis_mm("z")
    local = vertebra.local_grid.axis_mm("z")
    half = grid.spacing_mm[2] / 2
    low, high = (local[0] - half if low_mm is None else low_mm), (local[-1] + half if high_mm is None else high_mm)
    coverage = np.zeros(grid.shape, dtype=np.float32)
    for k in np.flatnonzero((heights >= low) & (heights <= high)):
        offset = (k - vertebra.box[0].start) - (nz - 1) / 2
        y = rows - room + vertebra.box[1].start + int(np.rint(dy * offset))
        x = columns - room + vertebra.box[2].start + int(np.rint(dx * offset))
        kept = (y >= 0) & (y < grid.shape[1]) & (x >= 0) & (x < grid.shape[2])
        coverage[k, y[kept], x[kept]] = 1.0
    made = f"hole of {vertebra.name} seen along its canal, swept from z {low:.1f} to {high:.1f} mm"
    found = from_coverage("SpinalCanal", "canal", grid, coverage, made=(made,))
    return replace(found, colour="#ffd24d")
