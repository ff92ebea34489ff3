"""Kilovoltage spectra: bins of energy, uniform inside, or lines."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import DoseError
from spondyl.physics.kv.energies import HIGHEST_KEV, LOWEST_KEV
from spondyl.physics.spectra import Spectrum, read_spectrum_csv

Floats = NDArray[np.float64]

BUNDLED_SPECTRA = ("spectrum_au50kV.csv",)


@dataclass(frozen=True)
class KvSpectrum:
    """Photons per energy bin, evenly spread inside it.

    Parameters
    ----------
    low_kev, high_kev
        Ends of the bins, shape (n,); equal for a line.
    photons
        Share of the photons in each bin, scaled to add up to 1.

    Raises
    ------
    DoseError
        If a bin reaches beyond the tables' 1 to 100 keV, or the photons are negative or none.
    """

    low_kev: Floats
    high_kev: Floats
    photons: Floats

    def __post_init__(self) -> None:
        low, high, photons = (np.asarray(a, np.float64) for a in (self.low_kev, self.high_kev, self.photons))
        if low.ndim != 1 or not low.shape == high.shape == photons.shape or low.size == 0:
            raise DoseError(
                f"spectrum needs three equally long lists, got {low.shape}, {high.shape} and {photons.shape}"
            )
        if not (np.isfinite(photons).all() and photons.min() >= 0 and photons.sum() > 0):
            raise DoseError(
                f"spectrum photons must be finite, not negative and not all 0, got {photons.min():g}..{photons.max():g}"
            )
        if not (low.min() >= LOWEST_KEV and high.max() <= HIGHEST_KEV and bool((low <= high).all())):
            raise DoseError(
                f"spectrum bins reach from {low.min():g} to {high.max():g} keV, expected {LOWEST_KEV:g} to "
                f"{HIGHEST_KEV:g} keV as the photon tables do; cut or rebin the spectrum, and check its energy unit"
            )
        object.__setattr__(self, "low_kev", low)
        object.__setattr__(self, "high_kev", high)
        object.__setattr__(self, "photons", photons / photons.sum())

    @property
    def mean_energy_kev(self) -> float:
        """Mean photon energy, by number."""
        return float(self.photons @ (self.low_kev + self.high_kev) / 2)

    @property
    def cumulative(self) -> Floats:
        """Share of the photons up to the end of each bin, shape (n,); the last is 1."""
        total = np.cumsum(self.photons)
        return total / total[-1]


def kv_spectrum(spectrum: Spectrum) -> KvSpectrum:
    """Bins about the energies of `spectrum`: their ends lie midway between neighbours; one energy is a line."""
    centre = 1000 * spectrum.energy_mev
    if centre.size == 1:
        return KvSpectrum(centre, centre, spectrum.photons)
    between = (centre[1:] + centre[:-1]) / 2
    low = np.concatenate([[2 * centre[0] - between[0]], between])
    high = np.concatenate([between, [2 * centre[-1] - between[-1]]])
    return KvSpectrum(low, high, spectrum.photons)


def read_kv_spectrum(path: Path) -> KvSpectrum:
    """Read `energy_kev,photons`, photons per bin at the bin's centre; one row is monoenergetic.

    Raises
    ------
    MachineError
        If the file is missing, has other columns, no photons, or a cell is not a number.
    DoseError
        If an energy lies beyond the photon tables.
    """
    return kv_spectrum(read_spectrum_csv(path))


def bundled_kv_spectrum(name: str = "spectrum_au50kV.csv") -> KvSpectrum:
    """A spectrum that travels with the package: gold target at 50 kV (see the file's head for its source)."""
    if name not in BUNDLED_SPECTRA:
        raise DoseError(f'spectrum "{name}" is not bundled, expected one of {", ".join(BUNDLED_SPECTRA)}')
    with as_file(files("spondyl").joinpath(f"data/physics/{name}")) as path:
        return read_kv_spectrum(path)
