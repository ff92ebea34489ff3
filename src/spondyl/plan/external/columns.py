"""Weights of whole beams in place of beamlets: the same problem with a column a beam."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from spondyl.core import Grid, Progress
from spondyl.dose import Field, compute_dose
from spondyl.physics import BeamModel, Medium
from spondyl.plan.leaves import Leaves, leaves_of
from spondyl.plan.matvec import SparseRows, sparse_rows


def serial_leaves(count: int) -> Leaves:
    """Weights that are given one after the other: their monitor units add up."""
    return leaves_of([(1, 1)] * count, np.arange(count))


def beam_columns(
    fields: Sequence[Field],
    medium: Medium,
    model: BeamModel,
    rows: NDArray[np.int64],
    grid: Grid,
    progress: Progress,
) -> SparseRows:
    """Pencil-beam dose of each field as it is, in voxels `rows` of `grid`: shape (rows, fields), in Gy."""
    made: list[NDArray[np.float32]] = []
    for number, field in enumerate(fields, 1):
        dose = compute_dose([field], medium, model, engine="pencil-beam", grid=grid)
        made.append(dose.values.ravel()[rows])
        progress("beam influence", number / len(fields))
    return sparse_rows(sparse.csr_array(np.stack(made, axis=1)))


def joined(influence: SparseRows, shares: NDArray[np.float64]) -> SparseRows:
    """Columns joined: shape (rows, weights) from (rows, columns) and the columns' shares (columns, weights)."""
    matrix = sparse.csr_array(
        (influence.data, influence.indices.astype(np.int32), influence.indptr),
        shape=(influence.rows, influence.columns),
    )
    return sparse_rows(sparse.csr_array((matrix @ shares).astype(np.float32)))


def chosen(influence: SparseRows, columns: NDArray[np.int64]) -> SparseRows:
    """Some of the columns, in the order given."""
    matrix = sparse.csr_array(
        (influence.data, influence.indices.astype(np.int32), influence.indptr),
        shape=(influence.rows, influence.columns),
    )
    return sparse_rows(matrix.tocsc()[:, columns])
