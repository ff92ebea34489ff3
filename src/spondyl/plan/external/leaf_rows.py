"""From rows of a fluence to the leaf pairs that lie over them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spondyl.dose import Field
from spondyl.physics import Linac

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def rows_of_pairs(linac: Linac, field: Field) -> Integers:
    """The row of the field's fluence in which each leaf pair's middle lies, -1 beyond the field; shape (pairs,)."""
    row = np.searchsorted(field.v_edges_mm, linac.mlc.leaf_middles_mm) - 1
    return np.where((row >= 0) & (row < len(field.v_edges_mm) - 1), row, -1)


def without_leakage(fluence_mu: Floats, total_mu: float, transmission: float) -> Floats:
    """What leaves must open so that `fluence_mu` results with leakage through them: (f - t M) / (1 - t), at least 0."""
    return np.maximum(0.0, (fluence_mu - transmission * total_mu) / (1.0 - transmission))
