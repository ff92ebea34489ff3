"""Which parts of a plane go on in the next one: a part that meets nothing there ends, and another may begin.

Without this, a part that ends beside one that goes on would be drawn out towards it and lose its cap. The same holds
for a hole: with the distances' signs turned around, holes are the parts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.ndimage import label

Polygons = Sequence[NDArray[np.float64]]


def ending(
    polygons: Polygons,
    distance_mm: NDArray[np.float32],
    other_mm: NDArray[np.float32],
    origin_mm: tuple[float, float],
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
    if len(polygons) == 1:
        return np.array([_apart(distance_mm, other_mm)])
    if all(_shared(points, distance_mm, other_mm, *origin_mm, *cell_mm) for points in polygons):
        return np.zeros(len(polygons), dtype=np.bool_)
    inside = distance_mm > 0
    labels, count = label(inside, structure=np.ones((3, 3)))
    goes_on = np.zeros(count + 1, dtype=np.bool_)
    goes_on[labels[inside & (other_mm > 0)]] = True
    return np.array([_ends(points, labels, goes_on, *origin_mm, *cell_mm) for points in polygons])


@njit(cache=True, nogil=True)
def _apart(distance, other):
    """Whether there is an inside, and it shares no cell with the other's."""
    some = False
    for j in range(distance.shape[0]):
        for i in range(distance.shape[1]):
            if distance[j, i] > 0.0:
                some = True
                if other[j, i] > 0.0:
                    return False
    return some


@njit(cache=True, nogil=True)
def _shared(points, distance, other, origin_x, origin_y, cell_x, cell_y):
    """Whether most inner cells beside a polygon are the other plane's too, so that its part goes on for certain."""
    ny, nx = distance.shape
    inner = both = 0
    for n in range(points.shape[0]):
        column = int(np.rint((points[n, 0] - origin_x) / cell_x))
        row = int(np.rint((points[n, 1] - origin_y) / cell_y))
        for j in range(max(0, row - 1), min(ny, row + 2)):
            for i in range(max(0, column - 1), min(nx, column + 2)):
                inner += distance[j, i] > 0.0
                both += distance[j, i] > 0.0 and other[j, i] > 0.0
    return 2 * both > inner


@njit(cache=True, nogil=True)
def _ends(points, labels, goes_on, origin_x, origin_y, cell_x, cell_y):
    """Whether the part that a polygon borders ends; one too small for any cell is taken to go on."""
    ny, nx = labels.shape
    counts = np.zeros(len(goes_on), dtype=np.int64)
    for n in range(points.shape[0]):
        column = int(np.rint((points[n, 0] - origin_x) / cell_x))
        row = int(np.rint((points[n, 1] - origin_y) / cell_y))
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                counts[labels[min(ny - 1, max(0, row + dy)), min(nx - 1, max(0, column + dx))]] += 1
    counts[0] = 0
    return counts.max() > 0 and not goes_on[counts.argmax()]
