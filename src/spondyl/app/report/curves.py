"""Closed and open lines at a level of a plane, in patient mm: outlines of structures and isodoses."""

from __future__ import annotations

import contourpy
import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy import Structure
from spondyl.app.report.views import View, cut

Line = NDArray[np.float64]
"""Points (u, v) in mm, shape (n, 2); closed where the first point is repeated at the end."""


def level_lines(
    plane: NDArray[np.floating], u_mm: NDArray[np.float64], v_mm: NDArray[np.float64], level: float
) -> list[Line]:
    """Lines where `plane` (rows along v, columns along u) equals `level`, linear between voxel centres.

    >>> ramp = np.tile(np.arange(5.0), (3, 1))
    >>> [float(x) for x in level_lines(ramp, np.arange(5.0) * 2, np.arange(3.0), 1.25)[0][:, 0]]
    [2.5, 2.5, 2.5]
    """
    if min(plane.shape) < 2:
        return []
    maker = contourpy.contour_generator(u_mm, v_mm, np.asarray(plane, dtype=np.float64), line_type="Separate")
    return [np.asarray(line) for line in maker.lines(level) if len(line) > 1]


def outline(structure: Structure, view: View, index: int) -> list[Line]:
    """A structure's outline on slice `index` of its grid: where half of the voxel lies inside, corners rounded.

    Masks of whole voxels give a staircase; two rounds of corner cutting smooth it within a quarter of a voxel.
    """
    along = "zyx".index(view.normal)
    local = index - (structure.box[along].start or 0)
    if structure.is_empty or not 0 <= local < structure.coverage.shape[along]:
        return []
    plane = np.pad(cut(structure.coverage, view, local), 1)
    if plane.max() < 0.5:
        return []
    grid = structure.local_grid
    u_mm, v_mm = (_padded(grid.axis_mm(axis), grid.spacing_mm["xyz".index(axis)]) for axis in (view.u, view.v))
    return [round_corners(line) for line in level_lines(plane, u_mm, v_mm, 0.5)]


def _padded(axis_mm: NDArray[np.float64], step_mm: float) -> NDArray[np.float64]:
    return np.concatenate(([axis_mm[0] - step_mm], axis_mm, [axis_mm[-1] + step_mm]))


def round_corners(line: Line, rounds: int = 2) -> Line:
    """Chaikin's corner cutting of a closed line: each corner becomes two points at a quarter of its edges.

    Source: Chaikin, Computer Graphics and Image Processing 3 (1974) 346, doi:10.1016/0146-664X(74)90028-8.
    """
    if not np.allclose(line[0], line[-1]):
        return line
    points = line[:-1]
    for _ in range(rounds):
        ahead = np.roll(points, -1, axis=0)
        points = np.stack((0.75 * points + 0.25 * ahead, 0.25 * points + 0.75 * ahead), axis=1).reshape(-1, 2)
    return np.vstack((points, points[:1]))


def simplified(line: Line, tolerance_mm: float = 0.04) -> Line:
    """The line without points that lie within `tolerance_mm` of the chord of their neighbours (Douglas-Peucker)."""
    keep = np.zeros(len(line), dtype=bool)
    keep[[0, -1]] = True
    stack = [(0, len(line) - 1)]
    while stack:
        first, last = stack.pop()
        if last - first < 2:
            continue
        chord = line[last] - line[first]
        length = float(np.hypot(*chord))
        away = line[first + 1 : last] - line[first]
        off = np.hypot(*away.T) if length == 0 else np.abs(chord[0] * away[:, 1] - chord[1] * away[:, 0]) / length
        far = int(np.argmax(off))
        if off[far] > tolerance_mm:
            keep[first + 1 + far] = True
            stack += [(first, first + 1 + far), (first + 1 + far, last)]
    return line[keep]
