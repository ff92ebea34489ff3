"""A field's beamlets sorted into cells and blocks of cells, for `influence`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import DoseError
from spondyl.dose.fields import Field
from spondyl.physics import BeamModel

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CELLS_A_BLOCK = 3


@dataclass(frozen=True)
class Layout:
    """A field's beamlets that have a column, block by block and cell by cell.

    Parameters
    ----------
    size_mm
        Sides along u and v.
    columns
        Flat index (iv * nu + iu) of the beamlets with a column, ascending.
    member_column, member_u, member_v, gain
        By member: its place in `columns`, its centre, and its primary fluence over that on the axis.
    places_mm
        Along u and v, the places of its members in a cell that has them all.
    cell_gain, whole
        By cell: its members' gain together, and whether it has all of them.
    tree
        What the compiled loops walk: block centres u and v, first cell of each block, cell centres u and v,
        first member of each cell.
    """

    size_mm: tuple[float, float]
    places_mm: tuple[Floats, Floats]
    columns: Integers
    member_column: Integers
    member_u: Floats
    member_v: Floats
    gain: Floats
    cell_gain: Floats
    whole: NDArray[np.bool_]
    tree: tuple[Floats, Floats, Integers, Floats, Floats, Integers]


def lay_out(field: Field, model: BeamModel, cell_mm: float) -> Layout:
    """Sort the beamlets of `field` that have fluence.

    Raises
    ------
    DoseError
        If they differ in size, or none has fluence.
    """
    size_u, size_v = (
        _beamlet_size(field.name, axis, e) for axis, e in (("u", field.u_edges_mm), ("v", field.v_edges_mm))
    )
    iv, iu = np.nonzero(field.fluence > 0)
    if iu.size == 0:
        raise DoseError(
            f'field "{field.name}" has no beamlet with fluence, expected at least one; set those in use to 1'
        )
    across_u, across_v = (max(1, round(cell_mm / size)) for size in (size_u, size_v))
    cell_u, cell_v = iu // across_u, iv // across_v
    order = np.lexsort((iu, iv, cell_u, cell_v, cell_u // CELLS_A_BLOCK, cell_v // CELLS_A_BLOCK))
    iu, iv, cell_u, cell_v = iu[order], iv[order], cell_u[order], cell_v[order]
    u, v = (((edges[1:] + edges[:-1]) / 2)[i] for edges, i in ((field.u_edges_mm, iu), (field.v_edges_mm, iv)))
    cells = _starts(cell_u, cell_v)
    blocks = _starts(cell_u[cells[:-1]] // CELLS_A_BLOCK, cell_v[cells[:-1]] // CELLS_A_BLOCK)
    block_members = cells[blocks]
    gain = model.horns.per_solid_angle(np.hypot(u, v), model.sad_mm) if model.horns is not None else np.ones(len(u))
    flat = iv * field.fluence.shape[1] + iu
    return Layout(
        (size_u, size_v),
        (_middled(across_u) * size_u, _middled(across_v) * size_v),
        np.sort(flat),
        np.argsort(np.argsort(flat)),
        u,
        v,
        gain,
        np.add.reduceat(gain, cells[:-1]),
        np.diff(cells) == across_u * across_v,
        (_means(u, block_members), _means(v, block_members), blocks, _means(u, cells), _means(v, cells), cells),
    )


def _beamlet_size(name: str, axis: str, edges_mm: Floats) -> float:
    size = np.diff(edges_mm)
    if float(np.ptp(size)) > 1e-3:
        raise DoseError(
            f'field "{name}": beamlets must be equally wide along {axis}, got {size.min():g}..{size.max():g} mm'
        )
    return float(size[0])


def _starts(first: Integers, second: Integers) -> Integers:
    """Where each run of equal pairs begins, and the length at the end."""
    changes = np.flatnonzero((np.diff(first) != 0) | (np.diff(second) != 0)) + 1
    return np.concatenate([[0], changes, [len(first)]]).astype(np.int64)


def _means(values: Floats, starts: Integers) -> Floats:
    return np.add.reduceat(values, starts[:-1]) / np.diff(starts)


def _middled(count: int) -> Floats:
    return np.arange(count, dtype=np.float64) - (count - 1) / 2
