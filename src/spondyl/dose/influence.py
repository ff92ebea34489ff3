"""Dose of every beamlet in every row that matters, as a sparse matrix for the optimiser.

A row's neighbourhood is kept beamlet by beamlet. Farther beamlets, whose dose the row sees nearly alike, are
kept by cells, and far ones by blocks of cells: the dose of a whole cell or block is given to one of its
beamlets, another one from row to row. Each
row's sum over an open field is therefore complete (nothing is cut off within `REACH_MM`), and over rows every
beamlet's tail is, on average, right. The choice is a fixed function of row and cell, so that the same input
gives the same matrix. It is the deterministic form of importance sampling (Thieke, Nill, Oelfke and Bortfeld
2002, Med Phys 29:676, doi:10.1118/1.1469633).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from spondyl.core import Grid, Progress, cite, silent
from spondyl.core.errors import DoseError
from spondyl.dose.beamlet_table import (
    FAR_PIXEL_MM,
    NEAR_PIXEL_MM,
    PRIMARY_DEPTHS_MM,
    SCATTER_DEPTHS_MM,
    BeamletTable,
    disc_beamlet,
    square_beamlet,
)
from spondyl.dose.fields import Field
from spondyl.dose.influence_kernels import count_entries, fill_entries
from spondyl.dose.influence_layout import Layout, lay_out
from spondyl.dose.influence_rays import RowDose, RowReader
from spondyl.dose.radiological import beam_coordinates
from spondyl.physics import BeamModel, Medium

Floats = NDArray[np.float64]

NEAR_MM = 15.0
CELL_MM = 10.0
FAR_CELLS = 3.5
"""Blocks whose centre is further than this many cells are kept as one."""
REACH_MM = 200.0
"""Beyond this distance from a beamlet the table is held at its edge, below 1e-5 of the beamlet's peak."""
LEAST_DISTANCE_MM = 50.0


@dataclass(frozen=True)
class Influence:
    """Dose per beamlet.

    Parameters
    ----------
    indptr, indices, data
        The matrix by rows (CSR), shape (rows, beamlets), in `unit`: `data` float32, `indices` uint16 where the
        beamlets fit, else int32, `indptr` int64.
    grid
        The dose grid.
    rows
        Flat index on `grid` of each row, int64.
    columns
        For each field, the flat index (iv * nu + iu), ascending, of the beamlets that have a column; the fields'
        columns follow one another.
    unit
        "Gy per MU" for a machine, "Gy cm2 per photon" for a bare beam.
    """

    indptr: NDArray[np.int64]
    indices: NDArray[np.unsignedinteger[Any] | np.signedinteger[Any]]
    data: NDArray[np.float32]
    grid: Grid
    rows: NDArray[np.int64]
    columns: tuple[NDArray[np.int64], ...]
    unit: str

    @property
    def beamlets(self) -> int:
        """Number of columns."""
        return sum(len(c) for c in self.columns)

    @property
    def matrix(self) -> csr_array:
        """The matrix for SciPy, which wants wider indices: a copy of them."""
        return csr_array((self.data, self.indices.astype(np.int32), self.indptr), shape=(len(self.rows), self.beamlets))

    @property
    def field_starts(self) -> NDArray[np.int64]:
        """First column of each field, and the number of columns at the end."""
        return np.concatenate([[0], np.cumsum([len(c) for c in self.columns])]).astype(np.int64)


@cite("Thieke, Nill, Oelfke and Bortfeld 2002, Med Phys 29:676 (sampled influence matrix)", "10.1118/1.1469633")
def beamlet_influence(
    fields: Sequence[Field],
    medium: Medium,
    model: BeamModel,
    rows: NDArray[np.integer],
    grid: Grid,
    progress: Progress = silent,
    *,
    near_mm: float = NEAR_MM,
    cell_mm: float = CELL_MM,
    disc_mm: float | None = None,
) -> Influence:
    """Pencil-beam dose to medium of each beamlet per unit of its fluence.

    Parameters
    ----------
    fields
        Geometry; beamlets with fluence above zero get a column, their value does not matter. The beamlets of a
        field must all have the same size.
    medium
        What lies where.
    model
        The beam; fluence is in MU for a machine.
    rows
        Flat (C order) voxel indices on `grid`.
    grid
        The dose grid.
    near_mm
        Half side, in the isocentre plane, of the neighbourhood that is kept beamlet by beamlet.
    cell_mm
        Side of the cells that the tail is kept in.
    disc_mm
        Diameter of circles, in the isocentre plane, that stand at the beamlets' middles in their place.

    Raises
    ------
    DoseError
        If there is no row, a row is outside the grid or beside a source, or a field's beamlets differ in size or
        have no fluence.
    """
    row_index = np.asarray(rows, np.int64).ravel()
    size = int(np.prod(grid.shape))
    if row_index.size == 0 or row_index.min() < 0 or row_index.max() >= size:
        raise DoseError(f"influence rows must be voxel indices in 0..{size - 1}, at least one; check the grid")
    points = grid.point_at(np.stack(np.unravel_index(row_index, grid.shape), axis=-1))
    _refuse_beside_source(fields, points)
    reaches = (near_mm, FAR_CELLS * cell_mm)
    layouts = [lay_out(field, model, cell_mm) for field in fields]
    counts = [_count(field, layout, points, reaches) for field, layout in zip(fields, layouts, strict=True)]
    pointers = _pointers(counts)
    beamlets = sum(len(layout.columns) for layout in layouts)
    data = np.empty(pointers[-1], np.float32)
    indices = np.empty(pointers[-1], np.uint16 if beamlets <= np.iinfo(np.uint16).max else np.int32)
    reader = RowReader(medium, model, points)
    tables = _Tables(reader, model, near_mm + cell_mm)
    begin, column = pointers[:-1].astype(np.int64), 0
    for number, (field, layout) in enumerate(zip(fields, layouts, strict=True)):
        beamlet = square_beamlet(layout.size_mm) if disc_mm is None else disc_beamlet(disc_mm)
        rays = reader.read(field, beamlet)
        fill_entries(
            rays.u, rays.v, rays.broad, rays.layer, rays.shape, rays.head, *layout.tree, layout.member_u,
            layout.member_v, layout.gain, (layout.member_column + column).astype(np.int32), layout.cell_gain,
            layout.whole, *reaches, cell_mm, row_index, *tables.of(beamlet, layout.places_mm, rays),
            *_head_gaussian(model), begin, data, indices,  # pyright: ignore[reportCallIssue]
        )  # fmt: skip
        begin, column = begin + counts[number], column + len(layout.columns)
        progress("beamlet influence", (number + 1) / len(fields))
    columns = tuple(layout.columns for layout in layouts)
    return Influence(pointers.astype(np.int64), indices, data, grid, row_index, columns, model.dose_unit)


class _Tables:
    """Tables of the beamlets' and of the cells' dose, a pair for each size."""

    def __init__(self, reader: RowReader, model: BeamModel, near_mm: float) -> None:
        self._parts = ((reader.primary, PRIMARY_DEPTHS_MM), (reader.scatter, SCATTER_DEPTHS_MM))
        self._model, self._near_mm = model, near_mm
        self._made: dict[tuple[Any, ...], tuple[BeamletTable, BeamletTable]] = {}

    def of(self, beamlet: Field, places_mm: tuple[Floats, Floats], rays: RowDose) -> tuple[Any, ...]:
        """For `fill_entries`: tables of beamlets and of cells, as far as `rays` read them, and where cells end."""
        alone = np.zeros(1), np.zeros(1)
        near = self._pair(beamlet, alone, NEAR_PIXEL_MM, self._near_mm)
        far = self._pair(beamlet, places_mm, FAR_PIXEL_MM, REACH_MM)
        return (
            (NEAR_PIXEL_MM, *near[0].layers(*rays.layers(0)), *near[1].layers(*rays.layers(1))),
            (FAR_PIXEL_MM, *far[0].layers(*rays.layers(0)), *far[1].layers(*rays.layers(2))),
            far[0].half_mm,
        )

    def _pair(
        self, beamlet: Field, places_mm: tuple[Floats, Floats], pixel_mm: float, reach_mm: float
    ) -> tuple[BeamletTable, BeamletTable]:
        numbers = (*places_mm, beamlet.u_edges_mm, beamlet.v_edges_mm)
        key = (pixel_mm, *(tuple(n.round(3).tolist()) for n in numbers))
        if key not in self._made:
            primary, scatter = (
                BeamletTable(terms, depths, self._model, beamlet, places_mm, pixel_mm, reach_mm)
                for terms, depths in self._parts
            )
            self._made[key] = primary, scatter
        return self._made[key]


def _head_gaussian(model: BeamModel) -> tuple[float, float]:
    """Width of head scatter in the isocentre plane and its magnification; any where the beam has none."""
    return model.head_scatter.at_isocentre(model.sad_mm) if model.head_scatter is not None else (1.0, 1.0)


def _refuse_beside_source(fields: Sequence[Field], points: Floats) -> None:
    for field in fields:
        along = (points - np.asarray(field.source_mm)) @ field.direction
        if along.min() < LEAST_DISTANCE_MM:
            raise DoseError(
                f'field "{field.name}": a row lies {along.min():.0f} mm from the source, expected '
                f"{LEAST_DISTANCE_MM:.0f} mm or more; check source and isocentre"
            )


def _count(field: Field, layout: Layout, points: Floats, reaches_mm: tuple[float, float]) -> NDArray[np.int32]:
    u, v, _, _ = beam_coordinates(field, points)
    counts = np.zeros(len(points), np.int32)
    count_entries(u, v, *layout.tree, *reaches_mm, counts)
    return counts


def _pointers(counts: Sequence[NDArray[np.int32]]) -> NDArray[np.integer]:
    """Start of each row; 32 bits where that is enough, so that SciPy keeps the column indices in 32 bits too."""
    total = np.zeros(len(counts[0]) + 1, np.int64)
    for count in counts:
        total[1:] += count
    np.cumsum(total, out=total)
    return total.astype(np.int32) if total[-1] < np.iinfo(np.int32).max else total
