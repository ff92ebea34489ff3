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
    some, ny = False, distance.shape[0]
    for row in range(ny):
        j = (row + ny // 2) % ny  # the middle is likely to be inside
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
    """The parts of the inside, cells that touch at corners joined, numbered from 1, and which meet the other's.

    By runs of cells along rows; runs that touch one of the row before are of its part.
    """
    ny, nx = distance.shape
    labels, part = np.zeros((ny, nx), dtype=np.int32), np.zeros(ny * (nx + 1) // 2 + 2, dtype=np.int32)
    goes_on, count = np.zeros(len(part), dtype=np.bool_), 0
    for j in range(ny):
        run = False
        for i in range(nx):
            if not sign * distance[j, i] > 0.0:
                run = False
                continue
            if not run:
                count, run = count + 1, True
                part[count] = count
            labels[j, i] = count
            goes_on[count] |= sign * other[j, i] > 0.0
            if j > 0:
                for column in range(max(0, i - 1), min(nx, i + 2)):
                    if labels[j - 1, column] > 0:
                        _join(part, labels[j - 1, column], count)
    for label in range(1, count + 1):
        part[label] = _first(part, label)
        goes_on[part[label]] |= goes_on[label]
    for j in range(ny):
        for i in range(nx):
            labels[j, i] = part[labels[j, i]]
    return labels, goes_on[: count + 1]


@njit(cache=True, nogil=True)
def _first(part, label):
    """The first run of a run's part."""
    while part[label] != label:
        label = part[label]
    return label


@njit(cache=True, nogil=True)
def _join(part, one, other):
    """Make two runs, and what they are joined to, one part."""
    one, other = _first(part, one), _first(part, other)
    part[max(one, other)] = min(one, other)


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
