"""Vacancies and what fills them as flat arrays, for compiled transport."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spondyl.physics.kv.coefficients import element_coefficients
from spondyl.physics.kv.energies import energy_nodes
from spondyl.physics.kv.fluorescence import mean_line_energy_kev, shell_share, transitions, vacancies
from spondyl.physics.materials import Material

Floats = NDArray[np.float64]


class VacancyTable(NamedTuple):
    """Which shells a material's photoelectric absorptions open, and their transitions.

    Parameters
    ----------
    candidate
        int32, shape (rows, most): vacancies of each material, -1 where there are fewer.
    cumulative
        Shape (rows, most, nodes): probability per absorption that one of the vacancies up to this one opens.
    first
        int32, shape (vacancies + 1,): where each vacancy's transitions begin; they end where the next one's begin.
    probability, line_kev
        Of each transition, cumulated within its vacancy; 0 keV where no photon leaves.
    opens
        int32: the vacancy then open, -1 for none that matters.
    """

    candidate: NDArray[np.int32]
    cumulative: Floats
    first: NDArray[np.int32]
    probability: Floats
    line_kev: Floats
    opens: NDArray[np.int32]


def vacancy_table(materials: Sequence[Material]) -> VacancyTable:
    """The vacancies of all elements of `materials` whose lines are transported."""
    known = vacancies([z for material in materials for z, _, _ in material.elements()])
    place = {vacancy: i for i, vacancy in enumerate(known)}
    first, probability, line, opens = [0], [], [], []
    for z, shell in known:
        found = transitions(z, shell)
        probability += list(np.cumsum([t.probability for t in found]))
        line += [t.line_kev for t in found]
        opens += [place.get((z, t.opens), -1) for t in found]
        first.append(len(line))
    own = [vacancies([z for z, _, _ in material.elements()]) for material in materials]
    most = max((len(v) for v in own), default=0)
    candidate = np.full((len(materials), most), -1, np.int32)
    cumulative = np.zeros((len(materials), most, energy_nodes().energy_kev.size))
    for row, (material, mine) in enumerate(zip(materials, own, strict=True)):
        if mine:
            candidate[row, : len(mine)] = [place[v] for v in mine]
            cumulative[row, : len(mine)] = np.cumsum([_probability(material, *v) for v in mine], axis=0)
    return VacancyTable(
        candidate, cumulative, np.asarray(first, np.int32), np.asarray(probability, np.float64),
        np.asarray(line, np.float64), np.asarray(opens, np.int32),
    )  # fmt: skip


def line_energy_kev(material: Material) -> Floats:
    """Mean energy in keV that leaves a photoelectric absorption in transported lines, shape (nodes,)."""
    found = vacancies([z for z, _, _ in material.elements()])
    total = np.zeros(energy_nodes().energy_kev.size)
    for z, shell in found:
        total += _probability(material, z, shell) * mean_line_energy_kev(z, shell)
    return total


def _probability(material: Material, z: int, shell: str) -> Floats:
    """Probability per photoelectric absorption in `material` that it opens this shell, shape (nodes,)."""
    parts = {number: w * element_coefficients(number)[0] for number, _, w in material.elements()}
    return parts[z] / sum(parts.values()) * shell_share(z, shell)
