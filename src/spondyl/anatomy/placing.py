"""Points and volumes of cells on a layer: in a full cell spread, in a cut one across the middle of its inner part."""

from __future__ import annotations

import numpy as np
from numba import njit

from spondyl.anatomy.polygons import half_plane_fraction
from spondyl.anatomy.rays import slope


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
def place(section, used, some, frame, at, extra, layer, points, weights, cells, n):
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
def place_parts(section, cells, frame, at, height, dz, parts_x, parts_y, points, weights, n):
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
