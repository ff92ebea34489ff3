"""Which parts of a plane go on in the next one: a part that meets nothing there ends, and another may begin.

Without this, a part that ends beside one that goes on would be drawn out towards it and lose its cap. The same holds
for a hole: with the distances' signs turned around, holes are the parts.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spondyl.anatomy.polygons import Polygons, joined


def ending(
    polygons: Polygons,
    distance_mm: NDArray[np.float32],
    other_mm: NDArray[np.float32],
    origin_mm: tuple[float, float],
    cell_mm: tuple[float, float],
    sign: int = 1,
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
    sign
        -1 to take what is outside for the parts.
    """
    points, ends, _ = joined([polygons])
    return _ending(points, ends, distance_mm, other_mm, *origin_mm, *cell_mm, np.float32(sign))


GOES_ON, ENDS, PARTS_WAYS = 0, 1, 2


@njit(cache=True, nogil=True)
def fates(points, ends, last, distance, origin_x, origin_y, cell_x, cell_y):
    """Of each two neighbouring planes (n, ny, nx), what the lower does in the upper, and the upper in the lower.

    `GOES_ON` or `ENDS` as a whole, or it `PARTS_WAYS`: some of its polygons or holes end there. Points (m, 2) are those
    of all planes, `ends` the ends of polygons among them, `last` the ends of planes among the polygons.
    """
    found = np.empty((max(0, len(distance) - 1), 2), dtype=np.int8)
    for n in range(len(found)):
        for side in range(2):
            plane, here, there = n + side, distance[n + side], distance[n + 1 - side]
            first = last[plane - 1] if plane > 0 else 0
            if last[plane] - first == 1:
                found[n, side] = ENDS if _apart(here, there) else GOES_ON
                continue
            start = ends[first - 1] if first > 0 else 0
            drawn, until = points[start : ends[last[plane] - 1]], ends[first : last[plane]] - start
            gone = _ending(drawn, until, here, there, origin_x, origin_y, cell_x, cell_y, np.float32(1))
            if gone.all():
                found[n, side] = ENDS
                continue
            closed = _ending(drawn, until, here, there, origin_x, origin_y, cell_x, cell_y, np.float32(-1))
            found[n, side] = PARTS_WAYS if (gone | closed).any() else GOES_ON
    return found


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
def _ending(points, ends, distance, other, origin_x, origin_y, cell_x, cell_y, sign):
    """Parts are found only where a polygon does not go on for certain."""
    result, first, certain = np.zeros(len(ends), dtype=np.bool_), 0, True
    for n in range(len(ends)):
        certain = certain and _shared(
            points[first : ends[n]], distance, other, origin_x, origin_y, cell_x, cell_y, sign
        )
        first = ends[n]
    if certain:
        return result
    labels, goes_on = _parts(distance, other, sign)
    first = 0
    for n in range(len(ends)):
        result[n] = _ends(points[first : ends[n]], labels, goes_on, origin_x, origin_y, cell_x, cell_y)
        first = ends[n]
    return result


@njit(cache=True, nogil=True)
def _parts(distance, other, sign):
    """The parts of the inside, cells that touch at corners joined, numbered from 1, and which meet the other's."""
    ny, nx = distance.shape
    labels, todo, count = np.zeros((ny, nx), dtype=np.int32), np.empty(ny * nx, dtype=np.int32), 0
    goes_on = np.zeros(ny * nx + 1, dtype=np.bool_)
    for start in range(ny * nx):
        if labels[start // nx, start % nx] or not sign * distance[start // nx, start % nx] > 0.0:
            continue
        count += 1
        labels[start // nx, start % nx], todo[0], left = count, start, 1
        while left > 0:
            left -= 1
            row, column = todo[left] // nx, todo[left] % nx
            goes_on[count] |= sign * other[row, column] > 0.0
            for j in range(max(0, row - 1), min(ny, row + 2)):
                for i in range(max(0, column - 1), min(nx, column + 2)):
                    if labels[j, i] == 0 and sign * distance[j, i] > 0.0:
                        labels[j, i], todo[left] = count, j * nx + i
                        left += 1
    return labels, goes_on[: count + 1]


@njit(cache=True, nogil=True)
def _shared(points, distance, other, origin_x, origin_y, cell_x, cell_y, sign):
    """Whether most inner cells beside a polygon are the other plane's too, so that its part goes on for certain."""
    ny, nx = distance.shape
    inner = both = 0
    for n in range(points.shape[0]):
        column = int(np.rint((points[n, 0] - origin_x) / cell_x))
        row = int(np.rint((points[n, 1] - origin_y) / cell_y))
        for j in range(max(0, row - 1), min(ny, row + 2)):
            for i in range(max(0, column - 1), min(nx, column + 2)):
                inside = sign * distance[j, i] > 0.0
                inner += inside
                both += inside and sign * other[j, i] > 0.0
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
    most = counts[0] = 0
    for label in range(1, len(counts)):
        if counts[label] > counts[most]:
            most = label
    return counts[most] > 0 and not goes_on[most]
