"""Photoelectric, incoherent and coherent parts of an element on the kilovoltage nodes, right at its edges."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import xraylib
from numpy.typing import NDArray

from spondyl.physics.cross_sections import mass_coefficients
from spondyl.physics.kv.energies import HIGHEST_KEV, LOWEST_KEV, edges_kev, energy_nodes
from spondyl.physics.materials import Material

Floats = NDArray[np.float64]

_BESIDE_EDGE_KEV = 0.002
"""xraylib's jumps lie within 1.4 eV of its edge energies; nearer than this its values may be the other side's."""
_SIDE = 1e-9
"""An edge's two sides, as a share of its energy."""
_FALL = -2.8
"""Photoelectric absorption falls between edges as a power from -3 to -2.5; over 4 eV the difference is below 0.1 %."""
_ENERGIES = 461
"""At which an element is computed, 1 % apart; linear in logarithms between them."""


@cache
def element_coefficients(z: int) -> Floats:
    """Photoelectric, incoherent and coherent parts in cm2/g, shape (3, nodes): CS_Photo, CS_Compt, CS_Rayl of xraylib.

    Beside an edge the value is taken 2 eV away on the node's own side and continued as a power of energy.
    """
    symbol = str(xraylib.AtomicNumberToSymbol(z))
    element = Material(symbol, 1.0, {symbol: 1.0})
    energy, asked = own_energies(z, _ENERGIES)
    parts = mass_coefficients(element, asked / 1000)
    photoelectric = parts.photoelectric * (energy / asked) ** _FALL
    rows = (photoelectric, parts.incoherent, parts.coherent)
    return np.stack([np.exp(on_nodes(energy, np.log(row))) for row in rows])


def jumping_on_nodes(z: int, count: int, value: Callable[[float], float], from_kev: float, beside_kev: float) -> Floats:
    """A function of energy that jumps at an element's edges, shape (nodes,); 0 below the edge at `from_kev`."""
    energy, asked = own_energies(z, count, beside_kev)
    values = [value(float(e)) if place > from_kev else 0.0 for place, e in zip(energy, asked, strict=True)]
    return on_nodes(energy, np.asarray(values))


def on_nodes(energy_kev: Floats, values: Floats) -> Floats:
    """`values` on the nodes, linear in the logarithm of energy; a node at an edge takes its own side."""
    nodes = energy_nodes()
    return np.interp(np.log(nodes.energy_kev * (1 + _SIDE * nodes.side)), np.log(energy_kev), values)


def own_energies(z: int, count: int, beside_kev: float = _BESIDE_EDGE_KEV) -> tuple[Floats, Floats]:
    """Even logarithmic energies and both sides of an element's edges, in keV; and where to ask xraylib for them.

    That is `beside_kev` or more from every edge.
    """
    even, edges = np.geomspace(LOWEST_KEV, HIGHEST_KEV, count), np.asarray(edges_kev(z), np.float64)
    for edge in edges:
        even = even[np.abs(even - edge) > beside_kev]
    energy = np.concatenate([even, edges * (1 - _SIDE), edges * (1 + _SIDE)])
    asked = np.concatenate([even, edges - beside_kev, edges + beside_kev])
    order = np.argsort(energy)
    return energy[order], np.clip(asked[order], LOWEST_KEV, HIGHEST_KEV)
