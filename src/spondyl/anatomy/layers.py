"""A solid cut into thin layers of square cells, all of its slabs in one compiled pass.

Each slab's cells are sorted once into outside, inside and the band in which the border runs (`bands`), and only the
band is worked out layer by layer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spondyl.anatomy.arcs import on_circle
from spondyl.anatomy.bands import above, close_hole, sorted_cells
from spondyl.anatomy.caps import border_beyond, inner_cells, section_beyond
from spondyl.anatomy.placing import place
from spondyl.anatomy.solid import Solid

KINDS = {"between": 0, "above": 1, "below": 2}
Arrays = tuple[Any, Any, Any, Any, Any, float]
"""What `arrays_of` gives."""


def arrays_of(solid: Solid) -> Arrays:
    """A solid as the compiled functions take it: distances, heights, slabs (kind, four planes, two holes), their
    heights from and to, the raster's x0, y0, hx, hy, and the clip."""
    slabs = np.array([(KINDS[s.kind], *s.planes, *s.holes) for s in solid.slabs], dtype=np.int64).reshape(-1, 7)
    reach = np.array([(s.z_low_mm, s.z_high_mm) for s in solid.slabs], dtype=np.float64).reshape(-1, 2)
    r = solid.raster
    return solid.distance_mm, solid.z_mm, slabs, reach, np.array((r.x0, r.y0, r.hx, r.hy)), solid.clip_mm


def cut(
    solid: Arrays, step_mm: float, extra_share: float, corner: NDArray[np.float64], opposite: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int32], NDArray[np.float64]]:
    """Cells of every slab in layers of at most `step_mm`.

    Parameters
    ----------
    solid
        Of `arrays_of`.
    extra_share
        Cells just outside are kept, without volume, up to this share of a layer's thickness off.
    corner, opposite
        (x, y) that no point of a closing cap leaves.

    Returns
    -------
    Points (n, 3) in mm, volumes (n,) in cm3, cells (n, 3) as (layer, row, column), and the layers (m, 7): slab, middle
    and thickness in mm, and the lowest and highest x and y of points.
    """
    made: Any = _cut(*solid, step_mm, extra_share, corner, opposite)
    return made


@njit(cache=True, nogil=True)
def layers_between(low, high, step):
    """How many equal layers no thicker than `step` there are between two heights."""
    if high - low <= 1e-9:
        return 0
    return max(1, int(np.ceil((high - low) / step - 1e-6)))


@njit(cache=True, nogil=True)
def _cut(distance, z, slabs, reach, frame, clip, step, extra_share, corner, opposite):
    ny, nx = distance.shape[1:]
    layers = np.empty((_layers_in(reach, step), 7))
    room = _room(distance, slabs, reach, frame, step)
    points, weights, cells = np.empty((room, 3)), np.empty(room), np.empty((room, 3), dtype=np.int32)
    section, used = np.empty((ny, nx), dtype=np.float32), np.empty((ny * nx, 2), dtype=np.int32)
    band, arcs = np.empty((ny * nx, 2), dtype=np.int32), np.empty((ny * nx, 4))
    first = some = bent = 0
    n = np.int64(0)  # the literal 0 would be a type of its own
    for s in range(len(slabs)):
        count = layers_between(reach[s, 0], reach[s, 1], step)
        if count == 0:
            continue
        thickness = (reach[s, 1] - reach[s, 0]) / count
        extra = extra_share * thickness
        between, planes, least = slabs[s, 0] == 0, slabs[s, 1:5], -0.5 * (frame[2] + frame[3]) - extra
        border = border_beyond(distance, z, planes, frame[2], frame[3], clip, not between)
        for layer in range(first, first + count):
            height, at = reach[s, 0] + thickness * (layer - first + 0.5), layers[layer]
            at[0], at[1], at[2], at[3], at[4], at[5], at[6] = s, height, thickness, -np.inf, -np.inf, np.inf, np.inf
            if between:
                if layer == first or slabs[s, 5] >= 0 or slabs[s, 6] >= 0:
                    some, bent = sorted_cells(distance, z, planes, frame, clip, least, section, used, band, arcs)
                for b in range(bent):
                    d = on_circle(arcs[b, 0], arcs[b, 1], arcs[b, 2], arcs[b, 3], height)
                    section[band[b, 0], band[b, 1]] = d
                close_hole(section, distance, slabs[s], z, height)
            else:
                section_beyond(distance[planes[0]], border, abs(height - z[planes[0]]), frame[2], frame[3], section)
                some = above(section, least, used)
                if inner_cells(section) <= inner_cells(distance[planes[0]]):
                    at[3], at[4], at[5], at[6] = corner[0], corner[1], opposite[0], opposite[1]
            if n + some > len(weights):
                points, weights, cells = _longer(points, weights, cells, n, max(2 * len(weights), n + some))
            n = place(section, used, some, frame, at, extra, layer, points, weights, cells, n)
        first += count
    return points[:n], weights[:n], cells[:n], layers


@njit(cache=True, nogil=True)
def _layers_in(reach, step):
    count = 0
    for s in range(len(reach)):
        count += layers_between(reach[s, 0], reach[s, 1], step)
    return count


@njit(cache=True, nogil=True)
def _room(distance, slabs, reach, frame, step):
    """About how many pieces there will be: the cells about the larger of each slab's planes, in all its layers."""
    room, least = 0, -(frame[2] + frame[3])
    for s in range(len(slabs)):
        first, other = distance[slabs[s, 1]], distance[slabs[s, 1]]
        if slabs[s, 0] == 0:
            first, other = distance[slabs[s, 2]], distance[slabs[s, 3]]
        cells = 0
        for j in range(first.shape[0]):
            for i in range(first.shape[1]):
                cells += max(first[j, i], other[j, i]) > least
        room += cells * layers_between(reach[s, 0], reach[s, 1], step)
    return room


@njit(cache=True, nogil=True)
def _longer(points, weights, cells, n, size):
    """The first `n` pieces in arrays of `size`; a loop, as slices take long to compile."""
    more, heavier, other = np.empty((size, 3)), np.empty(size), np.empty((size, 3), dtype=np.int32)
    for m in range(n):
        heavier[m] = weights[m]
        for axis in range(3):
            more[m, axis], other[m, axis] = points[m, axis], cells[m, axis]
    return more, heavier, other
