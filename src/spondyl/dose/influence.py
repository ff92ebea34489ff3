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

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from spondyl.core import Grid, Progress, cite, silent
from spondyl.core.errors import DoseError
from spondyl.dose.beamlet_table import beamlet_table, head_term
from spondyl.dose.engines.pencil_terms import separate
from spondyl.dose.fields import Field
from spondyl.dose.influence_kernels import count_entries, fill_entries
from spondyl.dose.radiological import beam_coordinates, nearest_material, radiological_fan, water_scale
from spondyl.physics import BeamModel, Medium, pencil_kernel

Floats = NDArray[np.float64]

NEAR_MM = 15.0
CELL_MM = 10.0
CELLS_A_BLOCK = 3
FAR_CELLS = 4.5
"""Blocks whose centre is further than this many cells are kept as one."""
REACH_MM = 200.0
"""Beyond this distance from a beamlet the table is held at its edge, below 1e-5 of the beamlet's peak."""


@dataclass(frozen=True)
class Influence:
    """Dose per beamlet.

    Parameters
    ----------
    matrix
        float32 CSR, shape (rows, beamlets), in `unit`.
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

    matrix: csr_array
    grid: Grid
    rows: NDArray[np.int64]
    columns: tuple[NDArray[np.int64], ...]
    unit: str

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

    Raises
    ------
    DoseError
        If there is no row, a row is outside the grid, or a field's beamlets differ in size or have no fluence.
    """
    row_index = np.asarray(rows, np.int64).ravel()
    if row_index.size == 0 or row_index.min() < 0 or row_index.max() >= np.prod(grid.shape):
        raise DoseError(f"influence rows must be voxel indices in 0..{np.prod(grid.shape) - 1}, at least one; check the grid")
    points = grid.point_at(np.stack(np.unravel_index(row_index, grid.shape), axis=-1))
    layouts = [_layout(field, model, cell_mm) for field in fields]
    counts = np.stack([_count(field, layout, points, near_mm, FAR_CELLS * cell_mm) for field, layout in zip(fields, layouts, strict=True)])
    pointers = np.concatenate([[0], np.cumsum(counts.sum(axis=0, dtype=np.int64))])
    data, indices = np.empty(pointers[-1], np.float32), np.empty(pointers[-1], np.int32)
    kernel, scale = pencil_kernel(model.spectrum), water_scale(medium, model.spectrum)
    terms = separate(kernel)
    relative = medium.density_g_per_cm3 * scale.attenuation[medium.material]
    absorbed = scale.absorbed[nearest_material(medium, points)]
    begin, column = pointers[:-1].copy(), 0
    for number, (field, layout) in enumerate(zip(fields, layouts, strict=True)):
        u, v, along, distance = beam_coordinates(field, points)
        if along.min() < 50:
            raise DoseError(f'field "{field.name}": a row lies {along.min():.0f} mm from the source, expected 50 mm or more')
        fan = radiological_fan(field, relative, medium.grid, _range(u), _range(v))
        reach = max(_farthest(u, layout.member_u), _farthest(v, layout.member_v))
        table = beamlet_table(terms, model, layout.size_mm, along, near_mm + cell_mm, min(reach + cell_mm, REACH_MM))
        head = head_term(kernel, model, layout.size_mm)
        fill_entries(
            u, v, along, absorbed * (field.sad_mm / distance) ** 2, fan.depth_mm,
            np.array([fan.u0_mm, fan.v0_mm, fan.spacing_mm, fan.plane0_mm, fan.step_mm]),
            *layout.tree, layout.member_u, layout.member_v, layout.gain,
            (layout.member_column + column).astype(np.int32), near_mm, FAR_CELLS * cell_mm, row_index, table.near, table.far, table.near_pixel_mm, table.far_pixel_mm, table.depth_mm,
            table.layers_mm, head.by_depth, head.sigma_mm, head.magnification, begin, data, indices,
        )  # fmt: skip
        begin, column = begin + counts[number], column + len(layout.columns)
        progress("beamlet influence", (number + 1) / len(fields))
    matrix = csr_array((data, indices, pointers), shape=(len(points), column))
    return Influence(matrix, grid, row_index, tuple(layout.columns for layout in layouts), model.dose_unit)


@dataclass(frozen=True)
class _Layout:
    """A field's beamlets that have a column, block by block and cell by cell.

    `tree` is what the compiled loops walk: block centres u and v, first cell of each block, cell centres u and
    v, first member of each cell.
    """

    size_mm: tuple[float, float]
    columns: NDArray[np.int64]
    member_column: NDArray[np.int64]
    member_u: Floats
    member_v: Floats
    gain: Floats
    tree: tuple[Floats, Floats, NDArray[np.int64], Floats, Floats, NDArray[np.int64]]


def _layout(field: Field, model: BeamModel, cell_mm: float) -> _Layout:
    size_u, size_v = (_beamlet_size(field.name, axis, e) for axis, e in (("u", field.u_edges_mm), ("v", field.v_edges_mm)))
    iv, iu = np.nonzero(field.fluence > 0)
    if iu.size == 0:
        raise DoseError(f'field "{field.name}" has no beamlet with fluence, expected at least one; set those in use to 1')
    cell_u, cell_v = iu // max(1, round(cell_mm / size_u)), iv // max(1, round(cell_mm / size_v))
    order = np.lexsort((iu, iv, cell_u, cell_v, cell_u // CELLS_A_BLOCK, cell_v // CELLS_A_BLOCK))
    iu, iv, cell_u, cell_v = iu[order], iv[order], cell_u[order], cell_v[order]
    u, v = (((edges[1:] + edges[:-1]) / 2)[i] for edges, i in ((field.u_edges_mm, iu), (field.v_edges_mm, iv)))
    cells = _starts(cell_u, cell_v)
    blocks = _starts(cell_u[cells[:-1]] // CELLS_A_BLOCK, cell_v[cells[:-1]] // CELLS_A_BLOCK)
    block_members = cells[blocks]
    flat = iv * field.fluence.shape[1] + iu
    return _Layout(
        (size_u, size_v),
        np.sort(flat),
        np.argsort(np.argsort(flat)),
        u,
        v,
        model.horns.per_solid_angle(np.hypot(u, v), model.sad_mm) if model.horns is not None else np.ones(len(u)),
        (_means(u, block_members), _means(v, block_members), blocks, _means(u, cells), _means(v, cells), cells),
    )


def _beamlet_size(name: str, axis: str, edges_mm: Floats) -> float:
    size = np.diff(edges_mm)
    if float(np.ptp(size)) > 1e-3:
        raise DoseError(f'field "{name}": beamlets must be equally wide along {axis}, got {size.min():g}..{size.max():g} mm')
    return float(size[0])


def _starts(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each run of equal pairs begins, and the length at the end."""
    changes = np.flatnonzero((np.diff(first) != 0) | (np.diff(second) != 0)) + 1
    return np.concatenate([[0], changes, [len(first)]]).astype(np.int64)


def _means(values: Floats, starts: NDArray[np.int64]) -> Floats:
    return np.add.reduceat(values, starts[:-1]) / np.diff(starts)


def _count(field: Field, layout: _Layout, points: Floats, near_mm: float, far_mm: float) -> NDArray[np.int32]:
    u, v, _, _ = beam_coordinates(field, points)
    counts = np.zeros(len(points), np.int32)
    count_entries(u, v, *layout.tree, near_mm, far_mm, counts)
    return counts


def _range(values: Floats) -> tuple[float, float]:
    return float(values.min()) - 1.0, float(values.max()) + 1.0


def _farthest(values: Floats, cells: Floats) -> float:
    return float(max(values.max() - cells.min(), cells.max() - values.min()))
