"""A spectrum as a few energies, and attenuation of many materials as a product of few numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spondyl.dose.kv.energy_quadrature import REFERENCE_KEV, energy_nodes_of, few_energies, interpolated
from spondyl.dose.kv.setup import GRAY_PER_KEV_PER_GRAM
from spondyl.dose.kv.shared_rays import LANES
from spondyl.physics.kv.spectrum import KvSpectrum
from spondyl.physics.kv.tables import PhotonTables

Floats = NDArray[np.float64]

RANK_ERROR = 1e-4
"""Largest relative error of a mass attenuation coefficient by the low-rank product."""
_CM2_PER_MM2 = 100.0


class EnergyBasis(NamedTuple):
    """What primary rays ask of the energies.

    Parameters
    ----------
    basis, attenuation
        Mass attenuation in cm2/g is their product: float32, (materials, ranks) and (ranks, nodes + 1); the last node
        is `REFERENCE_KEV`.
    absorbed
        Gy for a photon of the source in each mm2, of each node: float32, (materials, nodes + 1); the last node 0.
    common
        The same of water, and the photons of each energy group: float32, (nodes + 1, 1 + groups).
    """

    basis: NDArray[np.float32]
    attenuation: NDArray[np.float32]
    absorbed: NDArray[np.float32]
    common: NDArray[np.float32]


def energy_basis(
    t: PhotonTables, spectrum: KvSpectrum, used: NDArray[np.intp], edges_kev: Floats | None = None
) -> EnergyBasis:
    """Low-rank attenuation and absorption of the materials of `t` for `spectrum`.

    Parameters
    ----------
    used
        Materials that occur; the others are left inaccurate.
    edges_kev
        Between energy groups whose photons are wanted too; none by default.
    """
    energy, photons = few_energies(t, spectrum, used, edges_kev)
    nodes = np.append(energy, REFERENCE_KEV)
    absorbed = (
        interpolated(t, t.absorption, nodes) * nodes * np.append(photons, 0.0) * _CM2_PER_MM2 * GRAY_PER_KEV_PER_GRAM
    )
    every = np.append(energy_nodes_of(spectrum)[0], REFERENCE_KEV)
    basis, attenuation = low_rank(interpolated(t, t.total, every)[:-1], used)
    attenuation = attenuation[:, np.append(np.isin(every[:-1], energy), True)]
    more = -basis.shape[1] % LANES
    basis, attenuation = np.pad(basis, ((0, 0), (0, more))), np.pad(attenuation, ((0, more), (0, 0)))
    common = [absorbed[-1]]
    if edges_kev is not None:
        group = np.searchsorted(edges_kev, energy)
        common += [np.append(np.where(group == n, photons, 0.0), 0.0) for n in range(edges_kev.size + 1)]
    common += [np.zeros(nodes.size)] * (-len(common) % LANES)
    return EnergyBasis(
        *(np.ascontiguousarray(a, np.float32) for a in (basis, attenuation, absorbed[:-1], np.stack(common, axis=1)))
    )


def low_rank(values: Floats, used: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Two factors whose product is `values` (rows, nodes) to `RANK_ERROR`, on the rows `used`."""
    scale = np.linalg.norm(values, axis=1, keepdims=True)
    _, _, right = np.linalg.svd((values / scale)[used], full_matrices=False)
    rank, error = 0, np.inf
    while error > RANK_ERROR and rank < right.shape[0]:
        rank += 1
        error = np.abs(values[used] @ right[:rank].T @ right[:rank] / values[used] - 1).max()
    return values @ right[:rank].T, right[:rank]
