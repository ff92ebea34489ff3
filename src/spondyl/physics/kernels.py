"""Energy-deposition point kernels in water: where a photon's energy goes after it interacts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

from spondyl.core.citations import cite
from spondyl.core.errors import DoseError, MachineError
from spondyl.physics.spectra import Spectrum

Floats = NDArray[np.float64]

_RANGE_MEV = (0.25, 6.5)
"""Where the stored kernels, 0.5 to 6 MeV, stand for a photon's energy."""
_OUTSIDE_SHARE = 0.05


@dataclass(frozen=True)
class PointKernel:
    """Energy deposited around an interaction point, as fraction of the energy released there.

    Parameters
    ----------
    cone_edges_deg
        Shape (c + 1,), angle from the photon's direction.
    r_edges_cm
        Shape (r + 1,), in water of 1 g/cm3, from 0.
    primary, scatter
        Shape (c, r): fraction in each cell (whole azimuth) by charged particles of the first interaction, and
        by everything after it. Not normalised: what is missing from 1 left the largest sphere.
    """

    cone_edges_deg: Floats
    r_edges_cm: Floats
    primary: Floats
    scatter: Floats

    @property
    def primary_fraction(self) -> float:
        return float(self.primary.sum())

    @property
    def scatter_fraction(self) -> float:
        return float(self.scatter.sum())

    def mean_distance_cm(self, part: str) -> float:
        """Of the energy of "primary" or "scatter" from the interaction, at the middles of the shells."""
        cells = {"primary": self.primary, "scatter": self.scatter}[part].sum(axis=0)
        return float(cells @ (self.r_edges_cm[1:] + self.r_edges_cm[:-1]) / 2 / cells.sum())

    def cumulative(self, part: str) -> Floats:
        """ "primary" or "scatter" within each of `r_edges_cm` of each cone, shape (c, r + 1)."""
        cells = {"primary": self.primary, "scatter": self.scatter}[part]
        return np.concatenate([np.zeros((len(cells), 1)), np.cumsum(cells, axis=1)], axis=1)


@cache
def mono_kernels() -> tuple[Floats, tuple[PointKernel, ...]]:
    """Energies in MeV and the kernel of each, 0.5 to 6 MeV, from `data/physics/kernels`."""
    with as_file(files("spondyl").joinpath("data/physics/kernels/edk_water.npz")) as path, np.load(path) as data:
        cones, shells = data["cone_edges_deg"].astype(float), data["r_edges_cm"].astype(float)
        kernels = tuple(
            PointKernel(cones, shells, primary.astype(float), np.maximum(scatter.astype(float), 0.0))
            for primary, scatter in zip(data["primary"], data["scatter"], strict=True)
        )
        return data["energy_mev"].astype(float), kernels


def mono_kernel(energy_mev: float) -> PointKernel:
    """Kernel at any energy, cell by cell linear in energy between the stored ones.

    Below 0.5 MeV and above 6 MeV the nearest stored kernel stands in: 0.6 % of the energy fluence of a 6 MV
    beam lies below, and such electrons stop within 1.5 mm.
    """
    energies, kernels = mono_kernels()
    at = float(np.clip(energy_mev, energies[0], energies[-1]))
    i = int(np.clip(np.searchsorted(energies, at) - 1, 0, len(energies) - 2))
    t = (at - energies[i]) / (energies[i + 1] - energies[i])
    low, high = kernels[i], kernels[i + 1]
    return PointKernel(
        low.cone_edges_deg,
        low.r_edges_cm,
        (1 - t) * low.primary + t * high.primary,
        (1 - t) * low.scatter + t * high.scatter,
    )


def refuse_beyond_kernels(spectrum: Spectrum) -> None:
    """Refuse a spectrum that the kernels do not describe: every engine that uses them asks this first.

    Raises
    ------
    DoseError
        If more than 5 % of its energy lies below 0.25 or above 6.5 MeV.
    """
    energy = spectrum.energy_mev * spectrum.photons
    low, high = _RANGE_MEV
    outside = float(energy[(spectrum.energy_mev < low) | (spectrum.energy_mev > high)].sum() / energy.sum())
    if outside > _OUTSIDE_SHARE:
        raise DoseError(
            f"{100 * outside:.1f} % of the spectrum's energy lies below {low:g} or above {high:g} MeV, expected at "
            f"most {100 * _OUTSIDE_SHARE:.0f} %: the kernels reach from 0.5 to 6 MeV; use a 4 to 6 MV spectrum"
        )


@cite("EGSnrc/EDKnrc point kernels in water, distributed with conehead (MIT, 2018)")
def poly_kernel(energy_mev: Floats, released: Floats) -> PointKernel:
    """Kernel of a spectrum.

    Parameters
    ----------
    energy_mev
        Bin centres, shape (n,).
    released
        Energy released in each bin (fluence x energy x mass attenuation), any scale, shape (n,).

    Raises
    ------
    MachineError
        If the weights are negative or all zero.
    """
    weights = np.asarray(released, np.float64)
    if bool((weights < 0).any()) or not weights.sum() > 0:
        raise MachineError("kernel weights must not be negative and not all zero")
    weights = weights / weights.sum()
    parts = [mono_kernel(float(e)) for e in energy_mev]
    primary = sum(w * k.primary for w, k in zip(weights, parts, strict=True))
    scatter = sum(w * k.scatter for w, k in zip(weights, parts, strict=True))
    return PointKernel(parts[0].cone_edges_deg, parts[0].r_edges_cm, np.asarray(primary), np.asarray(scatter))
