"""How a border runs between and beyond contour planes: circular arcs of the signed distance.

At a fixed point (x, y) the signed distance to the border is known on each contour plane. As a function of z it is
taken to follow a circular arc through neighbouring planes. That is exact where it can be checked: a prism and a cone
give straight lines, a sphere and a cylinder across the planes give circles of their own radius.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def turn(za, pa, zb, pb, zc, pc):
    """The sense in which three points bend: positive where the middle one lies outwards (at larger p)."""
    return (zc - za) * (pb - pa) - (zb - za) * (pc - pa)


@njit(cache=True)
def bend(za, pa, zb, pb, zc, pc):
    """Signed curvature in 1/mm of the circle through three points; positive bulges outwards (to larger p)."""
    first, second = (zb - za) ** 2 + (pb - pa) ** 2, (zc - zb) ** 2 + (pc - pb) ** 2
    return 2.0 * turn(za, pa, zb, pb, zc, pc) / np.sqrt(first * second * ((zc - za) ** 2 + (pc - pa) ** 2))


@njit(cache=True)
def circle(z1, p1, z2, p2, curvature):
    """The arc through two points, for `on_circle`: which way it bulges, its centre (z, p) and its radius.

    A curvature that would make the arc turn back between its ends is lowered to the largest that does not. A straight
    one bulges neither way (0); its "radius" is its slope.
    """
    dz, dp = z2 - z1, p2 - p1
    square = dz * dz + dp * dp
    k = abs(curvature)
    if k * square > 2.0 * dz:
        k = 2.0 * dz / square
    share = k * k * square
    if share < 1e-10:
        return 0.0, z1, p1, dp / dz
    sign = 1.0 if curvature > 0 else -1.0
    radius, aside = 1.0 / k, np.sqrt(max(0.0, 1.0 / share - 0.25))
    return sign, 0.5 * (z1 + z2) + sign * dp * aside, 0.5 * (p1 + p2) - sign * dz * aside, radius


@njit(cache=True)
def on_circle(sign, centre_z, centre_p, radius, z):
    """Value at z; beyond its ends the arc goes on until it closes."""
    if sign == 0.0:
        return centre_p + radius * (z - centre_z)
    rest = radius * radius - (z - centre_z) * (z - centre_z)
    if rest < 0.0:
        return min(centre_p, 0.0) - (abs(z - centre_z) - radius)
    return centre_p + sign * np.sqrt(rest)


@njit(cache=True)
def arc(z1, p1, z2, p2, curvature, z):
    """Value at z of the arc through two points."""
    sign, centre_z, centre_p, radius = circle(z1, p1, z2, p2, curvature)
    return on_circle(sign, centre_z, centre_p, radius, z)


@njit(cache=True)
def bend_between(planes_z, values, low_known, high_known):
    """Curvature between planes 1 and 2 from their signed distances and those of planes 0 and 3, where known.

    The smaller of two bends that agree in sense, else none: no overshoot beside a flat run or a step.
    """
    z0, z1, z2, z3 = planes_z[0], planes_z[1], planes_z[2], planes_z[3]
    p0, p1, p2, p3 = values[0], values[1], values[2], values[3]
    if low_known and high_known:
        low, high = turn(z0, p0, z1, p1, z2, p2), turn(z1, p1, z2, p2, z3, p3)
        if low * high <= 0.0:
            return 0.0
        # The segment between 1 and 2 is part of both bends; without it, their squares tell which is the smaller.
        square_low = ((z1 - z0) ** 2 + (p1 - p0) ** 2) * ((z2 - z0) ** 2 + (p2 - p0) ** 2)
        square_high = ((z3 - z2) ** 2 + (p3 - p2) ** 2) * ((z3 - z1) ** 2 + (p3 - p1) ** 2)
        if low * low * square_high < high * high * square_low:
            return bend(z0, p0, z1, p1, z2, p2)
    elif low_known:
        return bend(z0, p0, z1, p1, z2, p2)
    return bend(z1, p1, z2, p2, z3, p3) if high_known else 0.0


@njit(cache=True)
def curvature_between(planes_z, values, planes, clip):
    """As `bend_between`, with the planes that are there (indices, -1 for none) and whose values are not clipped."""
    edge = -0.9999 * clip
    if not (values[1] > edge and values[2] > edge):
        return 0.0
    low, high = planes[0] >= 0 and values[0] > edge, planes[3] >= 0 and values[3] > edge
    return bend_between(planes_z, values, low, high)


@njit(cache=True)
def beyond(reach, last, before, before_that, gap, gap_before, known):
    """Signed distance `reach` mm beyond the last plane, from the last three planes' values.

    `known` is how many of the three there are. A closing border goes on along its arc, an opening one at 45 degrees
    at most, a flat one stays flat.
    """
    if known < 2 or last == before:
        return last
    k = 0.0
    if known > 2:
        k = max(0.0, bend(-gap - gap_before, before_that, -gap, before, 0.0, last))
    value = arc(-gap, before, 0.0, last, k, reach)
    return min(value, last + reach)
