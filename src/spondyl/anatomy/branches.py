"""Which parts of a plane go on in the next one: a part that meets nothing there ends, and another may begin.

Without this, a part that ends beside one that goes on would be drawn out towards it and lose its cap. The same holds
for a hole: with the distances' signs turned around, holes are the parts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

Polygons = Sequence[NDArray[np.float64]]


def ending(
    polygons: Polygons, distance_mm: NDArray[np.float32], other_mm: NDArray[np.float32], origin_mm: tuple[float, float],
    cell_mm: tuple[float, float],
) -> NDArray[np.bool_]:
    """Which polygons belong to a part of the plane that overlaps nothing of the other plane.

    Parameters
    ----------
    polygons
        Of the plane, each (n, 2) in mm.
    distance_mm, other_mm
        Signed distance on the plane's raster and on the other's, shape (ny, nx).
    origin_mm, cell_mm
        (x, y) of the first cell's centre, and the cells' sides.
    """
    inside, shared = distance_mm > 0, (distance_mm > 0) & (other_mm > 0)
    if len(polygons) == 1:
        return np.array([bool(inside.any()) and not bool(shared.any())])
    labels, count = label(inside, structure=np.ones((3, 3)))
    goes_on = np.zeros(count + 1, dtype=np.bool_)
    goes_on[np.unique(labels[shared])] = True
    return np.array([_ends(points, labels, goes_on, origin_mm, cell_mm) for points in polygons])


def _ends(
    points: NDArray[np.float64], labels: NDArray[np.integer], goes_on: NDArray[np.bool_], origin: tuple[float, float],
    cell: tuple[float, float],
) -> bool:
    """Whether the part that a polygon borders ends; one too small for any cell is taken to go on."""
    column = np.round((points[:, 0] - origin[0]) / cell[0]).astype(int)
    row = np.round((points[:, 1] - origin[1]) / cell[1]).astype(int)
    counts = np.zeros(len(goes_on), dtype=np.int64)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            j = np.clip(row + dy, 0, labels.shape[0] - 1)
            i = np.clip(column + dx, 0, labels.shape[1] - 1)
            counts += np.bincount(labels[j, i], minlength=len(goes_on))
    counts[0] = 0
    return bool(counts.any()) and not bool(goes_on[int(counts.argmax())])
