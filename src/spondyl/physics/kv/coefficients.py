"""Photoelectric, incoherent and coherent parts of an element on the kilovoltage nodes, right at its edges."""

from __future__ import annotations

from functools import cache

import numpy as np
import xraylib
from numpy.typing import NDArray

from spondyl.physics.cross_sections import mass_coefficients
from spondyl.physics.kv.energies import edges_kev, energy_nodes
from spondyl.physics.materials import Material

Floats = NDArray[np.float64]

_BESIDE_EDGE_KEV = 0.002
"""xraylib's jumps lie within 1.4 eV of its edge energies; nearer than this its values may be the other side's."""
_FALL = -2.8
"""Photoelectric absorption falls between edges as a power from -3 to -2.5; over 4 eV the difference is below 0.1 %."""


@cache
def element_coefficients(z: int) -> Floats:
    """Photoelectric, incoherent and coherent parts in cm2/g, shape (3, nodes): CS_Photo, CS_Compt, CS_Rayl of xraylib.

    Beside an edge the value is taken 2 eV away on the node's own side and continued as a power of energy.
    """
    energy = energy_nodes().energy_kev
    asked = away_from_edges(z)
    symbol = str(xraylib.AtomicNumberToSymbol(z))
    parts = mass_coefficients(Material(symbol, 1.0, {symbol: 1.0}), asked / 1000)
    photoelectric = parts.photoelectric * (energy / asked) ** _FALL
    return np.stack([photoelectric, parts.incoherent, parts.coherent])


def away_from_edges(z: int) -> Floats:
    """The nodes' energies in keV, moved away from the element's edges on their own side."""
    nodes = energy_nodes()
    asked = nodes.energy_kev.copy()
    for edge in edges_kev(z):
        above = (nodes.energy_kev > edge) | ((nodes.energy_kev == edge) & (nodes.side > 0))
        beside = np.abs(nodes.energy_kev - edge) < _BESIDE_EDGE_KEV
        asked[beside] = edge + np.where(above[beside], _BESIDE_EDGE_KEV, -_BESIDE_EDGE_KEV)
    return asked
