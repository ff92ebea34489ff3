"""The energies at which kilovoltage tables are kept: an even grid, and every absorption edge from both sides."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import xraylib
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LOWEST_KEV = 1.0
HIGHEST_KEV = 100.0
CELLS_PER_KEV = 100
"""Cells of the lookup from an energy to its nodes."""
HEAVIEST = 92
SHELLS = ("K", "L1", "L2", "L3", "M1", "M2", "M3", "M4", "M5")


class EnergyNodes(NamedTuple):
    """Ascending energies; an edge stands twice, from below and from above.

    Parameters
    ----------
    energy_kev
        Shape (n,): every 0.01 keV to 10 keV, every 0.1 keV above (linear interpolation of E^-3 is then
        right to 0.02 %), and each K, L and M edge of the elements to uranium.
    side
        int8, shape (n,): -1 just below an edge, +1 just above it, 0 elsewhere.
    first
        int32, one a cell of 0.01 keV: the last node at or below the cell's lower end.
    """

    energy_kev: Floats
    side: NDArray[np.int8]
    first: NDArray[np.int32]


def edge_kev(z: int, shell: str) -> float:
    """Binding energy of a shell in keV, 0 where the element has no such shell in xraylib."""
    try:
        return float(xraylib.EdgeEnergy(z, getattr(xraylib, f"{shell}_SHELL")))
    except ValueError:
        return 0.0


def edges_kev(z: int) -> tuple[float, ...]:
    """K, L and M edges of an element within the tables, in keV."""
    found = (edge_kev(z, shell) for shell in SHELLS)
    return tuple(sorted(e for e in found if LOWEST_KEV < e < HIGHEST_KEV))


@cache
def energy_nodes() -> EnergyNodes:
    """The nodes, the same for all materials."""
    edges = np.unique([e for z in range(1, HEAVIEST + 1) for e in edges_kev(z)])
    even = np.concatenate([np.arange(100, 1000) / 100, np.arange(100, 1001) / 10])
    even = even[np.abs(even[:, None] - edges[None, :]).min(axis=1) > 1e-6]
    energy = np.concatenate([even, edges, edges])
    side = np.concatenate([np.zeros(even.size), -np.ones(edges.size), np.ones(edges.size)])
    order = np.lexsort((side, energy))
    energy, side = energy[order], side[order].astype(np.int8)
    cells = LOWEST_KEV + np.arange(round((HIGHEST_KEV - LOWEST_KEV) * CELLS_PER_KEV) + 1) / CELLS_PER_KEV
    first = np.searchsorted(energy, cells, side="right") - 1
    return EnergyNodes(energy, side, np.clip(first, 0, energy.size - 2).astype(np.int32))
