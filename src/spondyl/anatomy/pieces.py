"""A contoured structure cut into cells, of which any can be cut again.

A dose-volume histogram needs many pieces only where few of them decide, at its hot and cold ends. So the solid is cut
once, in layers of square cells, and the cells that the caller chooses are cut finer on the same distances.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy.layers import arrays_of, cut
from spondyl.anatomy.polygons import areas_and_rims, boxes_mm, joined
from spondyl.anatomy.recut import split
from spondyl.anatomy.solid import Cap, build_solid
from spondyl.anatomy.stack import SMALLEST_MM2, Raster
from spondyl.anatomy.structure import Contour, Structure

Points = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Points (n, 3) in mm and the volume in cm3 (n,) that each stands for."""
Cells = tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]
"""Of each piece (layer, row, column), shape (n, 3); of each layer (slab, middle and thickness in mm, and more), shape
(m, 7); and the first cell's centre and the cells' sides (x0, y0, hx, hy) in mm."""
CELLS_IN_WIDTH = 6
"""A thin structure has six cells across its width, as long as its plane has no more cells than allowed."""


class Pieces:
    """Cells of a structure.

    Parameters
    ----------
    contours
        That enclose something.
    box_mm
        Their lowest and highest (x, y).
    width_mm
        Their mean width.
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
    step_mm
        As given.
    """

    def __init__(
        self,
        contours: tuple[Contour, ...],
        box_mm: tuple[NDArray[np.float64], NDArray[np.float64]],
        width_mm: float,
        slice_spacing_mm: float,
        cap: Cap,
        step_mm: float,
        most_cells: int,
        *,
        rim: bool = False,
    ) -> None:
        raster = _raster(*box_mm, width_mm, slice_spacing_mm, step_mm, most_cells)
        self._solid = arrays_of(build_solid(contours, raster, cap, slice_spacing_mm))
        self._raster, self.step_mm = raster, step_mm
        self.points_mm, self.weights_cm3, self._cells, self._layers = cut(
            self._solid, step_mm, 0.5 if rim else 0.0, *box_mm
        )

    @property
    def cells(self) -> Cells:
        """Where the pieces' cells lie."""
        r = self._raster
        return self._cells, self._layers, np.array((r.x0, r.y0, r.hx, r.hy))

    def finer(self, chosen: NDArray[np.int_], part_mm: float, most: int) -> Points:
        """The chosen pieces, rising indices, cut into parts of at most `part_mm`, or into about `most` of them."""
        if not len(chosen):
            return np.empty((0, 3)), np.empty(0)
        raster, cells = self._raster, self._cells[chosen]
        side = np.array([raster.hx, raster.hy, self._layers[cells[:, 0], 2].max()])
        step = max(part_mm, float((side.prod() * len(chosen) / most) ** (1 / 3)))
        nx, ny = (max(1, int(np.ceil(s / step - 1e-6))) for s in side[:2])
        return split(self._solid, self._layers, cells, step, (nx, ny))


def contoured_pieces(
    structure: Structure, cap: Cap, step_of: Callable[[float], float], most_cells: int, *, rim: bool = False
) -> Pieces | None:
    """Pieces of a structure that has contours which enclose something, else None.

    Parameters
    ----------
    step_of
        Gives the cells' side in mm for about the volume in cm3 within the contours: their areas, holes included, times
        the spacing of slices.
    """
    if not structure.contours:
        return None
    outlines = joined([[c.points_mm for c in structure.contours]])
    sizes = np.abs(areas_and_rims(outlines))
    keep, spacing = sizes[:, 0] > SMALLEST_MM2, structure.grid.spacing_mm[2]
    if not keep.any():
        return None
    drawn = tuple(c for c, kept in zip(structure.contours, keep.tolist(), strict=True) if kept)
    boxes = boxes_mm(outlines)[keep]
    box = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    area, rim_mm = (sum(column) for column in sizes[keep].T.tolist())
    width = 2.0 * area / rim_mm
    return Pieces(drawn, box, width, spacing, cap, step_of(area * spacing / 1000.0), most_cells, rim=rim)


def _raster(
    corner: NDArray[np.float64],
    opposite: NDArray[np.float64],
    width_mm: float,
    slice_spacing_mm: float,
    step_mm: float,
    most_cells: int,
) -> Raster:
    room = max(2.0 * step_mm, slice_spacing_mm)
    low, high = corner - room, opposite + room
    finest = float(np.sqrt(np.prod(high - low) / most_cells))
    cell = min(step_mm, max(width_mm / CELLS_IN_WIDTH, finest))
    nx, ny = np.ceil((high - low) / cell).astype(int) + 1
    return Raster(float(low[0]), float(low[1]), cell, cell, int(nx), int(ny))
