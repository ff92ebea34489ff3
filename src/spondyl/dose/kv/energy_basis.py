"""A spectrum as a few energies, and attenuation of many materials as a product of few numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spondyl.dose.kv.setup import GRAY_PER_KEV_PER_GRAM
from spondyl.physics.kv.spectrum import KvSpectrum
from spondyl.physics.kv.tables import PhotonTables

Floats = NDArray[np.float64]

REFERENCE_KEV = 20.0
"""Energy at which optical depths are compared; near the mean energy of a 50 kV source behind 5 mm of water."""
RANK_ERROR = 1e-4
"""Largest relative error of a mass attenuation coefficient by the low-rank product."""
SPLIT_BELOW_KEV = 35.0
"""A bin below is two Gauss points wide: attenuation changes within it; above, its centre is right to 0.1 %."""
_CM2_PER_MM2 = 100.0


class EnergyBasis(NamedTuple):
    """What primary rays ask of the energies.

    Parameters
    ----------
    basis, attenuation
        Mass attenuation in cm2/g is their product: float32, (materials, ranks) and (ranks, nodes + 1); the last node
        is `REFERENCE_KEV`.
    absorbed
        Gy for a photon of the source in each mm2, of each node: float32, (materials + 1, nodes + 1); the last row is
        water, the last node 0.
    """

    basis: NDArray[np.float32]
    attenuation: NDArray[np.float32]
    absorbed: NDArray[np.float32]


def energy_nodes_of(spectrum: KvSpectrum) -> tuple[Floats, Floats]:
    """Energies in keV and photons of a quadrature of `spectrum`, shape (nodes,)."""
    narrow = (spectrum.low_kev + spectrum.high_kev) / 2 >= SPLIT_BELOW_KEV
    point = np.where(narrow, 0.0, 1 / np.sqrt(3)) * (spectrum.high_kev - spectrum.low_kev) / 2
    centre = (spectrum.low_kev + spectrum.high_kev) / 2
    energy = np.concatenate([centre - point, (centre + point)[~narrow]])
    photons = np.concatenate([np.where(narrow, 1.0, 0.5) * spectrum.photons, 0.5 * spectrum.photons[~narrow]])
    kept = photons > 0
    return energy[kept], photons[kept]


def energy_basis(t: PhotonTables, spectrum: KvSpectrum, used: NDArray[np.intp]) -> EnergyBasis:
    """Low-rank attenuation and absorption of the materials of `t` for `spectrum`.

    Parameters
    ----------
    used
        Materials that occur; the others are left inaccurate.
    """
    energy, photons = energy_nodes_of(spectrum)
    nodes = np.append(energy, REFERENCE_KEV)
    total, absorption = interpolated(t, t.total, nodes), interpolated(t, t.absorption, nodes)
    absorbed = absorption * nodes * np.append(photons, 0.0) * _CM2_PER_MM2 * GRAY_PER_KEV_PER_GRAM
    basis, attenuation = low_rank(total[:-1], used)
    return EnergyBasis(basis.astype(np.float32), attenuation.astype(np.float32), absorbed.astype(np.float32))


def low_rank(values: Floats, used: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Two factors whose product is `values` (rows, nodes) to `RANK_ERROR`, on the rows `used`."""
    scale = np.linalg.norm(values, axis=1, keepdims=True)
    _, _, right = np.linalg.svd((values / scale)[used], full_matrices=False)
    rank, error = 0, np.inf
    while error > RANK_ERROR and rank < right.shape[0]:
        rank += 1
        error = np.abs(values[used] @ right[:rank].T @ right[:rank] / values[used] - 1).max()
    return values @ right[:rank].T, right[:rank]


def interpolated(t: PhotonTables, table: Floats, energy_kev: Floats) -> Floats:
    """A table's rows at energies, as `interact.at` reads them: shape (rows, n)."""
    node = np.clip(np.searchsorted(t.energy_kev, energy_kev, side="right") - 1, 0, t.energy_kev.size - 2)
    low, high = t.energy_kev[node], t.energy_kev[node + 1]
    weight = (energy_kev - low) / (high - low)
    return table[:, node] + weight * (table[:, node + 1] - table[:, node])
