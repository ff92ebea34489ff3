"""A contoured structure cut into cells, of which any can be cut again.

A dose-volume histogram needs many pieces only where few of them decide, at its hot and cold ends. So the solid is cut
once, in layers of square cells, and the cells that the caller chooses are cut finer on the same distances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spondyl.anatomy.contours import levels
from spondyl.anatomy.polygons import area_mm2, half_plane_fraction, width_mm
from spondyl.anatomy.rays import slope
from spondyl.anatomy.solid import Between, Beyond, Cap, Slab, Solid, build_solid
from spondyl.anatomy.stack import Raster, with_area
from spondyl.anatomy.structure import Contour, Structure

Points = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Points (n, 3) in mm and the volume in cm3 (n,) that each stands for."""
_Cut = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int32], NDArray[np.float64]]
"""Points, volumes, the cells (layer, row, column) they are of, and the cells' boxes: centre (x, y, z), sides (x, z)."""
_NONE: _Cut = (np.empty((0, 3)), np.empty(0), np.empty((0, 3), np.int32), np.empty((0, 5)))
CELLS_IN_WIDTH = 6
"""A thin structure has six cells across its width, as long as its plane has no more cells than allowed."""


@dataclass(frozen=True)
class _Layer:
    """A range of height of one slab, of `thickness_mm` about `z_mm`; its points lie between `low_mm` and `high_mm`."""

    field: Between | Beyond
    z_mm: float
    thickness_mm: float
    low_mm: NDArray[np.float64]
    high_mm: NDArray[np.float64]


class Pieces:
    """Cells of a structure.

    Parameters
    ----------
    contours
        That enclose something; none give no pieces.
    slice_spacing_mm
        Where contours do not tell their spacing.
    cap
        As in `contours_to_structure`.
    step_mm
        Side of the cells, less across thin structures.
    most_cells
        Of a plane's raster.
    rim
        Whether to keep cells just outside the border too, with no volume: they may have some when cut again.

    Attributes
    ----------
    points_mm, weights_cm3
        One point (x, y, z) of each piece and its volume, shapes (n, 3) and (n,).
    boxes_mm
        Its cell: centre (x, y, z), side along x and y, side along z; shape (n, 5).
    """

    def __init__(
        self,
        contours: tuple[Contour, ...],
        slice_spacing_mm: float,
        cap: Cap,
        step_mm: float,
        most_cells: int,
        *,
        rim: bool = False,
    ) -> None:
        every = np.concatenate([c.points_mm for c in contours])
        corner, opposite = every.min(axis=0), every.max(axis=0)
        raster = _raster(contours, corner, opposite, slice_spacing_mm, step_mm, most_cells)
        self._solid = build_solid(contours, raster, cap, slice_spacing_mm)
        self._rim, self._layers = rim, list[_Layer]()
        made = [_NONE, *(self._cut(slab, step_mm, corner, opposite) for slab in self._solid.slabs)]
        self.points_mm: NDArray[np.float64] = np.concatenate([cut[0] for cut in made])
        self.weights_cm3: NDArray[np.float64] = np.concatenate([cut[1] for cut in made])
        self._cells: NDArray[np.int32] = np.concatenate([cut[2] for cut in made])
        self.boxes_mm: NDArray[np.float64] = np.concatenate([cut[3] for cut in made])

    def finer(self, chosen: NDArray[np.int_], part_mm: float, most: int) -> Points:
        """The chosen pieces, rising indices, cut into parts of at most `part_mm`, or into about `most` of them."""
        if not len(chosen):
            return np.empty((0, 3)), np.empty(0)
        raster, cells = self._solid.raster, self._cells[chosen]
        side = np.array([raster.hx, raster.hy, max(self._layers[n].thickness_mm for n in np.unique(cells[:, 0]))])
        step = max(part_mm, float((side.prod() * len(chosen) / most) ** (1 / 3)))
        nx, ny = (max(1, int(np.ceil(s / step - 1e-6))) for s in side[:2])
        starts = np.flatnonzero(np.diff(cells[:, 0], prepend=-1))
        made = [self._finer_layer(group, (nx, ny), step) for group in np.split(cells, starts[1:])]
        return np.concatenate([p for p, _ in made]), np.concatenate([w for _, w in made])

    def _cut(self, slab: Slab, step_mm: float, corner: NDArray[np.float64], opposite: NDArray[np.float64]) -> _Cut:
        field, solid = self._solid.at(slab), self._solid
        heights, thickness = levels(slab.z_low_mm, slab.z_high_mm, step_mm)
        if not len(heights):
            return _NONE
        sections = field.sections_mm(heights)
        low, high = np.full((len(heights), 2), -np.inf), np.full((len(heights), 2), np.inf)
        if slab.kind != "between":
            last = int(np.count_nonzero(solid.distance_mm[slab.planes[0]] > 0))
            closes = np.count_nonzero(sections > 0, axis=(1, 2)) <= last
            low[closes], high[closes] = corner, opposite
        first = len(self._layers)
        self._layers += [_Layer(field, float(z), thickness, *at) for z, *at in zip(heights, low, high, strict=True)]
        extra = 0.5 * thickness if self._rim else 0.0
        return _place(sections, *_frame(solid), heights, thickness, low, high, extra, first)

    def _finer_layer(self, cells: NDArray[np.int32], parts: tuple[int, int], step_mm: float) -> Points:
        layer, half = self._layers[cells[0, 0]], 0.5 * self._layers[cells[0, 0]].thickness_mm
        heights, thickness = levels(layer.z_mm - half, layer.z_mm + half, step_mm)
        (j0, i0), (j1, i1) = np.maximum(0, cells[:, 1:].min(axis=0) - 1), cells[:, 1:].max(axis=0) + 2
        sections = layer.field.sections_mm(heights, (slice(int(j0), int(j1)), slice(int(i0), int(i1))))
        cut = (sections, cells, int(j0), int(i0), *_frame(self._solid), heights, thickness)
        return _split(*cut, layer.low_mm, layer.high_mm, *parts)


def contoured_pieces(
    structure: Structure, cap: Cap, step_mm: float, most_cells: int, *, rim: bool = False
) -> Pieces | None:
    """Pieces of a structure that has contours which enclose something, else None."""
    drawn = with_area(structure.contours)
    return Pieces(drawn, structure.grid.spacing_mm[2], cap, step_mm, most_cells, rim=rim) if drawn else None


def contoured_volume_cm3(structure: Structure) -> float:
    """About the volume within the contours: their areas, holes included, times the spacing of slices."""
    area = sum(abs(area_mm2(c.points_mm)) for c in structure.contours)
    return area * structure.grid.spacing_mm[2] / 1000.0


def _raster(
    contours: tuple[Contour, ...],
    corner: NDArray[np.float64],
    opposite: NDArray[np.float64],
    slice_spacing_mm: float,
    step_mm: float,
    most_cells: int,
) -> Raster:
    room = max(2.0 * step_mm, slice_spacing_mm)
    low, high = corner - room, opposite + room
    finest = float(np.sqrt(np.prod(high - low) / most_cells))
    cell = min(step_mm, max(width_mm([c.points_mm for c in contours]) / CELLS_IN_WIDTH, finest))
    nx, ny = np.ceil((high - low) / cell).astype(int) + 1
    return Raster(float(low[0]), float(low[1]), cell, cell, int(nx), int(ny))


def _frame(solid: Solid) -> tuple[float, float, float, float]:
    return solid.raster.x0, solid.raster.y0, solid.raster.hx, solid.raster.hy


@njit(cache=True)
def spread(i, j, k):
    """Three offsets within +-0.5 for the cell (i, j, k), even along every row, plane and diagonal of cells.

    Multiples of quadratic irrationals, which no fraction of a small denominator comes near (Kronecker sequences).
    """
    u = 0.3027756377 * i + 0.6180339887 * j + 0.4142135624 * k
    v = 0.7320508076 * i + 0.5311288741 * j + 0.6457513111 * k
    w = 0.8284271247 * i + 0.3166247904 * j + 0.6055512755 * k
    return u % 1.0 - 0.5, v % 1.0 - 0.5, w % 1.0 - 0.5


@njit(cache=True)
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
def _place(sections, x0, y0, hx, hy, heights, dz, low, high, extra, first_layer):
    """One point for each cell that is not empty, or within `extra` of that; its (layer, row, column) and its box."""
    layers, ny, nx = sections.shape
    reach = 0.5 * (hx + hy) + extra
    count = 0
    for s in range(layers):
        for j in range(ny):
            for i in range(nx):
                count += sections[s, j, i] > -reach
    points, weights, boxes = np.empty((count, 3)), np.empty(count), np.empty((count, 5))
    cells = np.empty((count, 3), dtype=np.int32)
    volume, full, n = hx * hy * dz / 1000.0, 0.5 * (hx + hy), 0
    for s in range(layers):
        for j in range(ny):
            for i in range(nx):
                d = sections[s, j, i]
                if d <= -reach:
                    continue
                u, v, w = spread(i, j, heights[s] / dz)
                f, gx, gy = 1.0, 1.0, 0.0
                if d < full:
                    gx, gy = slope(sections[s], j, i, hx, hy)
                    f = half_plane_fraction(d, abs(gx) * hx, abs(gy) * hy)
                    if f <= 0.0 and extra <= 0.0:
                        continue
                x, y = _within(d, gx, gy, hx, hy, f, u, v)
                points[n, 0] = min(high[s, 0], max(low[s, 0], x0 + i * hx + x))
                points[n, 1] = min(high[s, 1], max(low[s, 1], y0 + j * hy + y))
                points[n, 2] = heights[s] + w * dz
                weights[n] = f * volume
                cells[n, 0], cells[n, 1], cells[n, 2] = first_layer + s, j, i
                boxes[n, 0], boxes[n, 1], boxes[n, 2] = x0 + i * hx, y0 + j * hy, heights[s]
                boxes[n, 3], boxes[n, 4] = hx, dz
                n += 1
    return points[:n], weights[:n], cells[:n], boxes[:n]


@njit(cache=True, nogil=True)
def _split(sections, cells, j0, i0, x0, y0, hx, hy, heights, dz, low, high, parts_x, parts_y):
    """Parts of cells (layer, row, column), the border straight within each; sections begin at row j0, column i0."""
    most = len(cells) * len(heights) * parts_x * parts_y
    points, weights = np.empty((most, 3)), np.empty(most)
    px, py, n = hx / parts_x, hy / parts_y, 0
    volume = px * py * dz / 1000.0
    for c in range(len(cells)):
        j, i = cells[c, 1], cells[c, 2]
        for s in range(len(heights)):
            d = sections[s, j - j0, i - i0]
            if d <= -0.5 * (hx + hy):
                continue
            gx, gy = slope(sections[s], j - j0, i - i0, hx, hy)
            for b in range(parts_y):
                for a in range(parts_x):
                    ox, oy = ((a + 0.5) / parts_x - 0.5) * hx, ((b + 0.5) / parts_y - 0.5) * hy
                    f = half_plane_fraction(d + gx * ox + gy * oy, abs(gx) * px, abs(gy) * py)
                    if f <= 0.0:
                        continue
                    u, v, w = spread(i * parts_x + a, j * parts_y + b, heights[s] / dz)
                    x, y = _within(d + gx * ox + gy * oy, gx, gy, px, py, f, u, v)
                    points[n, 0] = min(high[0], max(low[0], x0 + i * hx + ox + x))
                    points[n, 1] = min(high[1], max(low[1], y0 + j * hy + oy + y))
                    points[n, 2] = heights[s] + w * dz
                    weights[n] = f * volume
                    n += 1
    return points[:n], weights[:n]
