"""A few energies of a spectrum, weighted so that what absorbs it cannot tell them from all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from spondyl.physics.kv.spectrum import KvSpectrum
from spondyl.physics.kv.tables import PhotonTables

Floats = NDArray[np.float64]

REFERENCE_KEV = 20.0
"""Energy at which optical depths are compared; near the mean energy of a 50 kV source behind 5 mm of water."""
SPLIT_BELOW_KEV = 35.0
"""A bin below is two Gauss points wide: attenuation changes within it; above, its centre is right to 0.1 %."""
DEPTHS = (0.0, 0.7, 3.0)
"""Optical depths at the reference energy behind which the absorbed energy is kept, of each material with the others."""
TRIED_DEPTHS = (0.0, 0.3, 1.5, 5.0)
"""Those behind which the few energies are tried in every material."""
LARGEST_ERROR = 1e-3
"""Of what a material absorbs behind itself; else it joins those that decide. In tissue 2e-6 is reached."""


def energy_nodes_of(spectrum: KvSpectrum) -> tuple[Floats, Floats]:
    """Energies in keV and photons of a quadrature of `spectrum`, shape (nodes,)."""
    narrow = (spectrum.low_kev + spectrum.high_kev) / 2 >= SPLIT_BELOW_KEV
    point = np.where(narrow, 0.0, 1 / np.sqrt(3)) * (spectrum.high_kev - spectrum.low_kev) / 2
    centre = (spectrum.low_kev + spectrum.high_kev) / 2
    energy = np.concatenate([centre - point, (centre + point)[~narrow]])
    photons = np.concatenate([np.where(narrow, 1.0, 0.5) * spectrum.photons, 0.5 * spectrum.photons[~narrow]])
    kept = photons > 0
    return energy[kept], photons[kept]


def few_energies(
    t: PhotonTables, spectrum: KvSpectrum, used: NDArray[np.intp], edges_kev: Floats | None
) -> tuple[Floats, Floats]:
    """Energies in keV and photons, both above 0, shape (n,): the last two materials of `t` and all `used` absorb alike.

    Behind water the photons between `edges_kev` are as many, too. Weights are the non-negative least squares of
    relative errors, which leave as many energies as there are conditions.
    """
    energy, photons = energy_nodes_of(spectrum)
    total, absorbed = interpolated(t, t.total, energy), interpolated(t, t.absorption, energy) * energy * photons
    depth = total / interpolated(t, t.total, np.array([REFERENCE_KEV]))
    rows = total.shape[0]
    deciding, others = [rows - 1, rows - 2], set(used.tolist())
    behind = photons * np.exp(-np.array(DEPTHS)[:, None] * depth[-1])
    while True:
        lengths = np.stack(np.meshgrid(*[DEPTHS] * len(deciding), indexing="ij"), -1).reshape(-1, len(deciding))
        arriving = np.exp(-lengths @ depth[deciding])
        wanted = np.concatenate(
            [*(arriving * absorbed[row] for row in deciding), *_by_group(energy, edges_kev, behind)]
        )
        if wanted.shape[0] >= energy.size:
            return energy, photons
        factor = nnls(wanted / wanted.sum(axis=1, keepdims=True), np.ones(wanted.shape[0]))[0]
        error = {row: _error(depth[row], absorbed[[row, rows - 1]], factor) for row in others.difference(deciding)}
        worst = max(error, key=lambda row: error[row], default=-1)
        if worst < 0 or error[worst] <= LARGEST_ERROR:
            return energy[factor > 0], (photons * factor)[factor > 0]
        deciding.append(worst)


def _by_group(energy_kev: Floats, edges_kev: Floats | None, photons: Floats) -> list[Floats]:
    """The photons, shape (n, nodes), of each energy group that has any."""
    if edges_kev is None:
        return []
    group = np.searchsorted(edges_kev, energy_kev)
    return [np.where(group == n, photons, 0.0) for n in np.unique(group)]


def _error(depth: Floats, absorbed: Floats, factor: Floats) -> float:
    arriving = np.exp(-np.array(TRIED_DEPTHS)[:, None] * depth)
    wanted = arriving[:, None] * absorbed
    return float(np.abs((wanted @ factor) / wanted.sum(axis=-1) - 1).max())


def interpolated(t: PhotonTables, table: Floats, energy_kev: Floats) -> Floats:
    """A table's rows at energies, as `interact.at` reads them: shape (rows, n)."""
    node = np.clip(np.searchsorted(t.energy_kev, energy_kev, side="right") - 1, 0, t.energy_kev.size - 2)
    low, high = t.energy_kev[node], t.energy_kev[node + 1]
    weight = (energy_kev - low) / (high - low)
    return table[:, node] + weight * (table[:, node + 1] - table[:, node])
