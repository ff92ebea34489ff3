"""The sharp rims of flat ends with upright sides, such as a cylinder's, which a smooth field rounds."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, minimum_filter

FLAT = 0.06
"""An end is flat, and sides are upright, where coverage changes by less from one voxel to all its neighbours."""
FULL = 0.99


def rim_points(
    coverage: NDArray[np.float32], border: NDArray[np.float64], known: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Points on rims: the border two voxels below a flat end, raised to the end.

    Parameters
    ----------
    coverage
        Of voxels, zero in the two outermost.
    border
        Points (n, 3) on the border, in voxel indices (z, y, x).
    known
        Voxels whose edges are known already.

    Returns
    -------
    ndarray
        Points (m, 3), in voxel indices.
    """
    voxel = np.rint(border).astype(np.int64)
    found = [np.empty((0, 3))]
    for axis, side in product(range(3), (1, -1)):
        rim, height = _rim(coverage, axis, side)
        rim &= ~known
        if not rim.any():
            continue
        above = voxel.copy()
        above[:, axis] += 2 * side
        at = tuple(np.clip(above, 0, np.array(coverage.shape) - 1).T)
        chosen = rim[at]
        points = border[chosen].copy()
        points[:, axis] = above[chosen, axis] + side * (height[at][chosen] - 0.5)
        found.append(points)
    return np.concatenate(found)


def _rim(coverage: NDArray[np.float32], axis: int, side: int) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Voxels in which a flat end towards one side of an axis meets upright sides, and how far it fills its voxels."""
    below, deeper, beyond = (beside(coverage, axis, n * side) for n in (-1, -2, 1))
    end = (below > FULL) & (deeper > FULL) & (beyond < FLAT) & (coverage > FLAT)
    flat, reach = end.copy(), tuple(1 if a == axis else 3 for a in range(3))
    for a, step in product({0, 1, 2} - {axis}, (1, -1)):
        flat &= beside(end, a, step) & (np.abs(beside(coverage, a, step) - coverage) < FLAT)
    for a in {0, 1, 2} - {axis}:
        flat |= beside(flat, a, 1) | beside(flat, a, -1)
    flat &= end
    height = maximum_filter(np.where(flat, coverage, np.float32(0.0)), reach)
    lowest = minimum_filter(np.where(flat, coverage, np.float32(1.0)), reach)
    rim = (height > 0) & (height - lowest < FLAT) & (beyond < FLAT)
    rim &= (np.abs(below - deeper) < FLAT) & (np.abs(coverage - height * below) < FLAT)
    return rim, height


def beside(values: NDArray[Any], axis: int, steps: int) -> NDArray[Any]:
    """Each voxel's value `steps` on along an axis, zero beyond the ends."""
    room, at = abs(steps), [slice(None)] * 3
    at[axis] = slice(room + steps, values.shape[axis] + room + steps)
    pads = [(0, 0)] * 3
    pads[axis] = (room, room)
    return np.pad(values, pads)[tuple(at)]
