"""A solid cut into thin layers of square cells, all of its slabs in one compiled pass.

Between planes most cells lie far on one side of the border throughout: those need no arc. So each slab's cells are
sorted once into outside, inside and the band in which the border runs, and only the band is worked out layer by layer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spondyl.anatomy.arcs import circle, curvature_between, on_circle
from spondyl.anatomy.caps import border_beyond, inner_cells, section_beyond
from spondyl.anatomy.polygons import half_plane_fraction
from spondyl.anatomy.rays import four_values, slope
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


def split(
    solid: Arrays, layers: NDArray[np.float64], cells: NDArray[np.int32], step_mm: float, parts: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cells (layer, row, column), layers rising, cut into `parts` along x and y and to `step_mm` along z: points and
    volumes."""
    return _recut(*solid, layers, cells, step_mm, *parts)


@njit(cache=True, nogil=True)
def spread(i, j, k):
    """Three offsets within +-0.5 for the cell (i, j, k), even along every row, plane and diagonal of cells.

    Multiples of quadratic irrationals, which no fraction of a small denominator comes near (Kronecker sequences).
    """
    u = 0.3027756377 * i + 0.6180339887 * j + 0.4142135624 * k
    v = 0.7320508076 * i + 0.5311288741 * j + 0.6457513111 * k
    w = 0.8284271247 * i + 0.3166247904 * j + 0.6055512755 * k
    return u - np.floor(u) - 0.5, v - np.floor(v) - 0.5, w - np.floor(w) - 0.5


@njit(cache=True, nogil=True)
def _count(low, high, step):
    """How many equal layers no thicker than `step` there are between two heights."""
    if high - low <= 1e-9:
        return 0
    return max(1, int(np.ceil((high - low) / step - 1e-6)))


@njit(cache=True, nogil=True)
def _within(d, gx, gy, hx, hy, f, u, v):
    """Where in a cell a point lies: spread in a full one, across the middle of the inner part in a cut one."""
    if f >= 1.0:
        return u * hx, v * hy
    across = abs(gx) * hx + abs(gy) * hy
    deep = max(0.0, min(across, 0.5 * across + d))
    inner = 0.5 * (across - deep) + u * deep
    x = hx * max(-0.5, min(0.5, inner * gx / hx - 0.5 * v * gy * f))
    return x, hy * max(-0.5, min(0.5, inner * gy / hy + 0.5 * v * gx * f))


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
        count = _count(reach[s, 0], reach[s, 1], step)
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
                    some, bent = _sorted_cells(distance, z, planes, frame, clip, least, section, used, band, arcs)
                for b in range(bent):
                    d = on_circle(arcs[b, 0], arcs[b, 1], arcs[b, 2], arcs[b, 3], height)
                    section[band[b, 0], band[b, 1]] = d
                _close_hole(section, distance, slabs[s], z, height)
            else:
                section_beyond(distance[planes[0]], border, abs(height - z[planes[0]]), frame[2], frame[3], section)
                some = _above(section, least, used)
                if inner_cells(section) <= inner_cells(distance[planes[0]]):
                    at[3], at[4], at[5], at[6] = corner[0], corner[1], opposite[0], opposite[1]
            if n + some > len(weights):
                points, weights, cells = _longer(points, weights, cells, n, max(2 * len(weights), n + some))
            n = _place(section, used, some, frame, at, extra, layer, points, weights, cells, n)
        first += count
    return points[:n], weights[:n], cells[:n], layers


@njit(cache=True, nogil=True)
def _layers_in(reach, step):
    count = 0
    for s in range(len(reach)):
        count += _count(reach[s, 0], reach[s, 1], step)
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
        room += cells * _count(reach[s, 0], reach[s, 1], step)
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


@njit(cache=True, nogil=True)
def _sorted_cells(distance, z, planes, frame, clip, least, section, used, band, arcs):
    """Sort a slab's cells: those in the band, with what their arcs need, and those that any layer may use.

    An arc never leaves the range of its ends, so where both are far on one side of the border none is drawn and
    `section` is given a bound that is as far off.
    """
    ny, nx = section.shape
    hx, hy = frame[2], frame[3]
    far = min(clip, 2.0 * np.hypot(hx, hy))
    lower, upper = distance[planes[1]], distance[planes[2]]
    values, heights = np.empty(4), _heights(z, planes)
    some = bent = 0
    for j in range(ny):
        for i in range(nx):
            low, high = lower[j, i], upper[j, i]
            if max(low, high) <= -far:
                section[j, i] = max(low, high)
                if section[j, i] <= least:
                    continue
            elif min(low, high) >= far:
                section[j, i] = min(low, high)
            else:
                four_values(distance, planes, j, i, hx, hy, clip, values)
                curvature = curvature_between(heights, values, planes, clip)
                _note_arc(arcs[bent], heights, values, curvature)
                band[bent, 0], band[bent, 1] = j, i
                bent += 1
            used[some, 0], used[some, 1] = j, i
            some += 1
    return some, bent


@njit(cache=True, nogil=True)
def _heights(z, planes):
    """Of four planes; of one that is not there, any."""
    heights = np.empty(4)
    for k in range(4):
        heights[k] = z[max(0, planes[k])]
    return heights


@njit(cache=True, nogil=True)
def _note_arc(arc, heights, values, curvature):
    arc[0], arc[1], arc[2], arc[3] = circle(heights[1], values[1], heights[2], values[2], curvature)


@njit(cache=True, nogil=True)
def _close_hole(section, distance, slab, z, height):
    """Take out the hole that reaches to the middle of the slab from the plane at this side of it."""
    hole = slab[5] if height < (z[slab[2]] + z[slab[3]]) / 2 else slab[6]
    if hole >= 0:
        for j in range(section.shape[0]):
            for i in range(section.shape[1]):
                section[j, i] = min(section[j, i], -distance[hole, j, i])


@njit(cache=True, nogil=True)
def _above(section, least, used):
    some = 0
    for j in range(section.shape[0]):
        for i in range(section.shape[1]):
            if section[j, i] > least:
                used[some, 0], used[some, 1] = j, i
                some += 1
    return some


@njit(cache=True, nogil=True)
def _place(section, used, some, frame, at, extra, layer, points, weights, cells, n):
    """One point for each cell that is not empty, or within `extra` of that."""
    x0, y0, hx, hy = frame
    height, dz, full = at[1], at[2], 0.5 * (hx + hy)
    volume, least, up = hx * hy * dz / 1000.0, -full - extra, height / dz
    for m in range(some):
        j, i = np.int64(used[m, 0]), np.int64(used[m, 1])
        d = np.float64(section[j, i])
        if d <= least:
            continue
        u, v, w = spread(i, j, up)
        f, x, y = 1.0, u * hx, v * hy
        if d < full:
            gx, gy = slope(section, j, i, hx, hy)
            f = half_plane_fraction(d, abs(gx) * hx, abs(gy) * hy)
            if f <= 0.0 and extra <= 0.0:
                continue
            x, y = _within(d, gx, gy, hx, hy, f, u, v)
        points[n, 0] = min(at[5], max(at[3], x0 + i * hx + x))
        points[n, 1] = min(at[6], max(at[4], y0 + j * hy + y))
        points[n, 2] = height + w * dz
        weights[n] = f * volume
        cells[n, 0], cells[n, 1], cells[n, 2] = layer, j, i
        n += 1
    return n


@njit(cache=True, nogil=True)
def _recut(distance, z, slabs, reach, frame, clip, layers, cells, step, parts_x, parts_y):
    ny, nx = distance.shape[1:]
    section, wanted = np.empty((ny, nx), dtype=np.float32), np.zeros((ny, nx), dtype=np.bool_)
    near, bounds, arcs = (
        np.empty((5 * len(cells), 2), np.int32),
        np.empty(5 * len(cells)),
        np.empty((5 * len(cells), 4)),
    )
    room = parts_x * parts_y * _layers_of(cells, layers, step)
    points, weights, n, end = np.empty((room, 3)), np.empty(room), np.int64(0), 0
    for first in range(len(cells)):
        if first < end:
            continue
        while end < len(cells) and cells[end, 0] == cells[first, 0]:
            end += 1
        at = layers[cells[first, 0]]
        slab, half = slabs[int(at[0])], 0.5 * at[2]
        planes, count = slab[1:5], _count(at[1] - half, at[1] + half, step)
        border = border_beyond(distance, z, planes, frame[2], frame[3], clip, slab[0] != 0)
        around = 0
        if slab[0] == 0:
            around = _neighbours(cells[first:end], wanted, near)
            _arcs_of(distance, z, planes, frame, clip, near[:around], bounds, arcs)
        for layer in range(count):
            dz = at[2] / count
            height = at[1] - half + dz * (layer + 0.5)
            if slab[0] == 0:
                hole = slab[5] if height < (z[slab[2]] + z[slab[3]]) / 2 else slab[6]
                for b in range(around):
                    j, i, d = near[b, 0], near[b, 1], bounds[b]
                    if np.isnan(d):
                        d = on_circle(arcs[b, 0], arcs[b, 1], arcs[b, 2], arcs[b, 3], height)
                    section[j, i] = d if hole < 0 else min(d, -distance[hole, j, i])
            else:
                section_beyond(distance[planes[0]], border, abs(height - z[planes[0]]), frame[2], frame[3], section)
            n = _split(section, cells[first:end], frame, at, height, dz, parts_x, parts_y, points, weights, n)
    return points[:n], weights[:n]


@njit(cache=True, nogil=True)
def _layers_of(cells, layers, step):
    """How many pieces cells make when they are cut along z alone."""
    pieces = 0
    for c in range(len(cells)):
        at = layers[cells[c, 0]]
        pieces += _count(at[1] - 0.5 * at[2], at[1] + 0.5 * at[2], step)
    return pieces


@njit(cache=True, nogil=True)
def _neighbours(cells, wanted, near):
    """The (row, column) of cells and of those beside them, each once."""
    ny, nx = wanted.shape
    count = 0
    for c in range(len(cells)):
        for j, i in ((0, 0), (0, 1), (1, 0), (0, -1), (-1, 0)):
            j, i = min(ny - 1, max(0, cells[c, 1] + j)), min(nx - 1, max(0, cells[c, 2] + i))
            if not wanted[j, i]:
                wanted[j, i] = True
                near[count, 0], near[count, 1] = j, i
                count += 1
    for n in range(count):
        wanted[near[n, 0], near[n, 1]] = False
    return count


@njit(cache=True, nogil=True)
def _arcs_of(distance, z, planes, frame, clip, near, bounds, arcs):
    """As `_sorted_cells`, for some cells: bounds, not a number where an arc is to be drawn."""
    far = min(clip, 2.0 * np.hypot(frame[2], frame[3]))
    values, heights = np.empty(4), _heights(z, planes)
    for n in range(len(near)):
        j, i = np.int64(near[n, 0]), np.int64(near[n, 1])
        low, high = distance[planes[1], j, i], distance[planes[2], j, i]
        bounds[n] = np.nan
        if max(low, high) <= -far:
            bounds[n] = max(low, high)
        elif min(low, high) >= far:
            bounds[n] = min(low, high)
        else:
            four_values(distance, planes, j, i, frame[2], frame[3], clip, values)
            curvature = curvature_between(heights, values, planes, clip)
            _note_arc(arcs[n], heights, values, curvature)


@njit(cache=True, nogil=True)
def _split(section, cells, frame, at, height, dz, parts_x, parts_y, points, weights, n):
    """Parts of the cells of one layer, the border straight within each."""
    x0, y0, hx, hy = frame
    px, py = hx / parts_x, hy / parts_y
    volume = px * py * dz / 1000.0
    for c in range(len(cells)):
        j, i = np.int64(cells[c, 1]), np.int64(cells[c, 2])
        d = np.float64(section[j, i])
        if d <= -0.5 * (hx + hy):
            continue
        gx, gy = slope(section, j, i, hx, hy)
        for b in range(parts_y):
            for a in range(parts_x):
                ox, oy = ((a + 0.5) / parts_x - 0.5) * hx, ((b + 0.5) / parts_y - 0.5) * hy
                f = half_plane_fraction(d + gx * ox + gy * oy, abs(gx) * px, abs(gy) * py)
                if f <= 0.0:
                    continue
                u, v, w = spread(i * parts_x + a, j * parts_y + b, height / dz)
                x, y = _within(d + gx * ox + gy * oy, gx, gy, px, py, f, u, v)
                points[n, 0] = min(at[5], max(at[3], x0 + i * hx + ox + x))
                points[n, 1] = min(at[6], max(at[4], y0 + j * hy + oy + y))
                points[n, 2] = height + w * dz
                weights[n] = f * volume
                n += 1
    return n
