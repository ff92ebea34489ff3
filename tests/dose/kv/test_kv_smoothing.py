"""Blurs of the ratio of what is found to what is expected: what changes evenly stays, to the grid's faces."""

from __future__ import annotations

import numpy as np
import pytest

from spondyl.dose.kv.smoothing import REACHES, smoothed
from spondyl.dose.kv.smoothing_kernels import blur, largest_beside


@pytest.mark.parametrize("shape", [(20, 17, 15), (3, 2, 1)])
def test_an_even_slope_stays_to_the_faces(shape):
    z, y, x = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    slope = (1 + 0.1 * x + 0.2 * y - 0.05 * z).astype(np.float32)
    levels = smoothed(slope)
    assert len(levels) == len(REACHES)
    for level in levels:
        assert level == pytest.approx(slope, abs=1e-5)


def test_a_blur_has_the_weights_of_its_reach():
    one = np.zeros((15, 15, 15), np.float32)
    one[7, 7, 7] = 1
    found = blur(one, 2)
    assert found[7, 7, 3:12:2].tolist() == [0, 0.0625, 0.125, 0.0625, 0]
    assert found.sum() == pytest.approx(1)


def test_inside_the_third_power_of_place_stays():
    x = (np.arange(40, dtype=np.float32) - 20) / 10
    cubic = np.ascontiguousarray(np.broadcast_to(x**3 + x, (40, 40, 40)), np.float32)
    inside = slice(18, 22)
    for level in smoothed(cubic):
        assert level[inside, inside, inside] == pytest.approx(cubic[inside, inside, inside], abs=1e-5)


def test_the_largest_of_a_voxel_and_its_six_neighbours():
    one = np.zeros((5, 5, 5), np.float32)
    one[2, 2, 2], one[0, 0, 4] = 1, 2
    found = largest_beside(one)
    assert found.sum() == 7 * 1 + 4 * 2
    assert found[2, 2, 1] == found[1, 2, 2] == found[2, 3, 2] == 1
    assert found[0, 0, 3] == found[0, 1, 4] == found[1, 0, 4] == 2
