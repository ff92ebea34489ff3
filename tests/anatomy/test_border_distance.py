"""Distances of a raster's cells to the border, against every edge tried for every cell."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from solids import circle, square

from spondyl.anatomy.border_distance import far_mm, signed_distances
from spondyl.anatomy.polygons import joined

ORIGIN, CELL, SHAPE, CLIP = (-30.0, -24.0), (0.7, 0.9), (61, 90), 9.0


def star(points: int, seed: int) -> NDArray[np.float64]:
    """A polygon with random radii between 6 and 20 mm: long and short edges, bays and spikes."""
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    radius = np.random.default_rng(seed).uniform(6, 20, points)
    return np.column_stack((radius * np.cos(angle), radius * np.sin(angle)))


def brute_force(polygons: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Signed distance, positive inside by even-odd, of every cell's centre to the nearest of all edges; not clipped."""
    x, y = ORIGIN[0] + CELL[0] * np.arange(SHAPE[1]), ORIGIN[1] + CELL[1] * np.arange(SHAPE[0])[:, None]
    nearest, inside = np.full(SHAPE, np.inf), np.zeros(SHAPE, dtype=bool)
    for polygon in polygons:
        for (xa, ya), (xb, yb) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            dx, dy = xb - xa, yb - ya
            t = np.clip(((x - xa) * dx + (y - ya) * dy) / (dx**2 + dy**2), 0, 1)
            nearest = np.minimum(nearest, np.hypot(x - xa - t * dx, y - ya - t * dy))
            if ya != yb:
                inside ^= ((ya > y) != (yb > y)) & (x < xa + (y - ya) / dy * dx)
    return np.where(inside, nearest, -nearest)


PLANES = [[star(40, 1)], [star(300, 2)], [circle(18.0), circle(7.0)], [square(3.0)], [square(3.0) + 12.0]]


@pytest.mark.parametrize("polygons", PLANES)
def test_is_the_distance_to_the_nearest_edge(polygons: list[NDArray[np.float64]]) -> None:
    [found] = signed_distances(joined([polygons]), ORIGIN, CELL, SHAPE, CLIP, everywhere=True)
    np.testing.assert_allclose(found, np.maximum(-CLIP, brute_force(polygons)), atol=1e-5)


def test_far_blocks_get_a_lower_bound_on_the_right_side() -> None:
    far = far_mm(CLIP, *CELL)
    exact = np.array([brute_force(polygons) for polygons in PLANES])
    found = signed_distances(joined(PLANES), ORIGIN, CELL, SHAPE, CLIP)
    assert ((found > 0) == (exact > 0)).all()
    assert (np.abs(found) <= np.abs(exact) + 1e-5).all()
    assert (np.abs(found) >= np.minimum(far, np.abs(exact)) - 1e-5).all()
    for n in range(len(PLANES)):  # exact wherever the border runs on this plane or between two neighbours nearby
        matters = np.zeros(SHAPE, dtype=bool)
        for low in range(max(0, n - 2), min(len(PLANES) - 1, n + 2)):
            a, b = exact[low], exact[low + 1]
            matters |= (np.minimum(np.abs(a), np.abs(b)) < far) | ((a > 0) != (b > 0))
        np.testing.assert_allclose(found[n][matters], np.maximum(-CLIP, exact[n][matters]), atol=1e-5)
    assert (np.abs(found - np.maximum(-CLIP, exact)) > 0.5).any()  # and not exact everywhere: that is what is saved


def test_a_keyhole_is_no_border() -> None:
    ring = np.array([[-15.0, 0], [-15, -15], [15, -15], [15, 15], [-15, 15], [-15, 0],
                     [-5, 0], [-5, 5], [5, 5], [5, -5], [-5, -5], [-5, 0]])  # fmt: skip
    frame = square(15.0), square(5.0)
    [found] = signed_distances(joined([[ring]]), ORIGIN, CELL, SHAPE, CLIP, everywhere=True)
    np.testing.assert_allclose(found, np.maximum(-CLIP, brute_force(list(frame))), atol=1e-5)
