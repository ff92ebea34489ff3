"""Everything that transport of 1 to 100 keV photons asks of its materials, as arrays for compiled code."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spondyl.core import cite
from spondyl.core.errors import MaterialError
from spondyl.physics.kv.binding import bound_transfer
from spondyl.physics.kv.coefficients import element_coefficients
from spondyl.physics.kv.energies import HEAVIEST, energy_nodes
from spondyl.physics.kv.sampling import (
    cumulative_form_factor,
    form_factor_squared,
    mean_transfer,
    momentum_transfer,
    scattering_function,
)
from spondyl.physics.kv.vacancy_table import VacancyTable, line_energy_kev, vacancy_table
from spondyl.physics.materials import Material, find_material

Floats = NDArray[np.float64]


class PhotonTables(NamedTuple):
    """Tables of several materials; rows are materials as given, and water as the last row.

    Parameters
    ----------
    energy_kev
        Shape (nodes,): interpolate linearly between neighbours; an edge stands twice, so nothing is smeared.
    first_node
        int32: lookup of nodes, see `EnergyNodes.first`.
    total, photoelectric, incoherent, coherent
        cm2/g, shape (rows, nodes); total is the sum of the other three.
    absorption
        cm2/g, shape (rows, nodes): energy left on the spot per energy fluence. Photoelectric absorption less
        the fluorescence that is transported, and Compton electrons.
    transfer_scale
        Shape (rows, nodes): mean energy that Compton electrons take over that of free ones scattered alike.
    x_per_angstrom
        Momentum transfer E / hc sin(theta / 2), shape (nx,), from 0 in equal steps.
    scattering_function, form_factor_squared, form_factor_cumulative
        Shape (rows, nx): S per electron; F^2 over its value at 0; and its integral over x^2 from 0.
    candidate, cumulative, first_transition, transition_probability, line_kev, opens
        Fluorescence, see `VacancyTable`.
    """

    energy_kev: Floats
    first_node: NDArray[np.int32]
    total: Floats
    photoelectric: Floats
    incoherent: Floats
    coherent: Floats
    absorption: Floats
    transfer_scale: Floats
    x_per_angstrom: Floats
    scattering_function: Floats
    form_factor_squared: Floats
    form_factor_cumulative: Floats
    candidate: NDArray[np.int32]
    cumulative: Floats
    first_transition: NDArray[np.int32]
    transition_probability: Floats
    line_kev: Floats
    opens: NDArray[np.int32]


@cite("Schoonjans et al. 2011, Spectrochim Acta B 66:776 (xraylib)", "10.1016/j.sab.2011.09.011")
def photon_tables(materials: Sequence[Material]) -> PhotonTables:
    """Tables of `materials`, in their order, and of water as one more row at the end.

    Raises
    ------
    MaterialError
        If one holds an element above uranium.
    """
    _refuse_heavier(materials)
    rows = [*materials, find_material("water")]
    nodes = energy_nodes()
    total, photoelectric, incoherent, coherent, absorption, scale = np.stack([_parts(m) for m in rows], axis=1)
    scattering, squared, integral = np.stack([_shapes(m) for m in rows], axis=1)
    v: VacancyTable = vacancy_table(rows)
    return PhotonTables(
        nodes.energy_kev, nodes.first, total, photoelectric, incoherent, coherent, absorption,
        scale, momentum_transfer(), scattering, squared, integral,
        v.candidate, v.cumulative, v.first, v.probability, v.line_kev, v.opens,
    )  # fmt: skip


def _refuse_heavier(materials: Sequence[Material]) -> None:
    for material in materials:
        for (z, _, _), symbol in zip(material.elements(), material.mass_fractions, strict=True):
            if z > HEAVIEST:
                raise MaterialError(
                    f'material "{material.name}": element {symbol} (Z {z}) has no kilovoltage tables, expected H (1) '
                    f"to U ({HEAVIEST}); leave it out of the composition"
                )


@lru_cache(maxsize=1024)
def _parts(material: Material) -> Floats:
    """Total, photoelectric, incoherent, coherent and absorption in cm2/g, and transfer_scale, shape (6, nodes)."""
    energy = energy_nodes().energy_kev
    photoelectric, incoherent, coherent = sum(
        (w * element_coefficients(z) for z, _, w in material.elements()), np.zeros((3, energy.size))
    )
    kept = 1 - line_energy_kev(material) / energy
    taken = bound_transfer(material)
    scale = taken / mean_transfer(scattering_function(material), energy)
    total = photoelectric + incoherent + coherent
    return np.stack([total, photoelectric, incoherent, coherent, photoelectric * kept + incoherent * taken, scale])


@lru_cache(maxsize=1024)
def _shapes(material: Material) -> Floats:
    """S, F^2 and its cumulative integral, shape (3, nx)."""
    squared = form_factor_squared(material)
    return np.stack([scattering_function(material), squared, cumulative_form_factor(squared)])
