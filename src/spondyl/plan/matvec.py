"""Sparse products with the influence matrix: float32 storage, float64 sums, the same bits on any thread count.

The forward product runs over rows; the transposed one scatters row by row into a fixed number of partial
gradients that are summed in a fixed order, so no result depends on how many threads ran. Rows whose derivative
is zero (most of them, for one-sided and tail objectives) cost nothing on the way back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

PARTIALS = 16
"""Number of partial gradients; fixed, so that the sum's order is."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SparseRows:
    """A matrix by rows (CSR), shape (rows, columns): `data` float32, `indices` uint16 where they fit, else int32."""

    indptr: NDArray[np.int64]
    indices: NDArray[Any]
    data: NDArray[np.float32]
    columns: int

    @property
    def rows(self) -> int:
        return len(self.indptr) - 1

    def times(self, x: Floats) -> Floats:
        """Matrix times vector, shape (rows,)."""
        y = np.empty(self.rows)
        _forward(self.indptr, self.indices, self.data, x, y)
        return y

    def transposed_times(self, r: Floats) -> Floats:
        """Transposed matrix times vector, shape (columns,)."""
        partial = np.empty((PARTIALS, self.columns))
        g = np.empty(self.columns)
        _backward(self.indptr, self.indices, self.data, r, partial, g)
        return g


def sparse_rows(matrix: Any) -> SparseRows:
    """Take a scipy sparse matrix as `SparseRows`."""
    csr = matrix.tocsr()
    small = csr.shape[1] <= np.iinfo(np.uint16).max
    indices = csr.indices.astype(np.uint16 if small else np.int32)
    return SparseRows(csr.indptr.astype(np.int64), indices, csr.data.astype(np.float32, copy=False), csr.shape[1])


@njit(parallel=True, cache=True)
def _forward(indptr, indices, data, x, y):  # type: ignore[no-untyped-def]
    for i in prange(y.size):
        total = 0.0
        for k in range(indptr[i], indptr[i + 1]):
            total += data[k] * x[indices[k]]
        y[i] = total


@njit(parallel=True, cache=True)
def _backward(indptr, indices, data, r, partial, g):  # type: ignore[no-untyped-def]
    rows, parts = r.size, partial.shape[0]
    for c in prange(parts):
        mine = partial[c]
        mine[:] = 0.0
        for i in range(c * rows // parts, (c + 1) * rows // parts):
            ri = r[i]
            if ri != 0.0:
                for k in range(indptr[i], indptr[i + 1]):
                    mine[indices[k]] += data[k] * ri
    for j in prange(g.size):
        total = 0.0
        for c in range(parts):
            total += partial[c, j]
        g[j] = total
