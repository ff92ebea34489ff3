"""Photon spectra: how many photons of which energy."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import MachineError, unreadable

_MAX_ENERGY_MEV = 20.0
_MEV = {"MeV": 1.0, "keV": 1e-3}
_COLUMNS = {"energy_mev": "MeV", "energy_kev": "keV"}


@dataclass(frozen=True)
class Spectrum:
    """Photons per energy bin.

    Parameters
    ----------
    energy_mev
        Bin centres, ascending, shape (n,).
    photons
        Photons in each bin, scaled to add up to 1.

    Raises
    ------
    MachineError
        If the lists differ in length, energies do not increase or are not positive, or a weight is
        negative, not finite, or all are zero.
    """

    energy_mev: NDArray[np.float64]
    photons: NDArray[np.float64]

    def __post_init__(self) -> None:
        energy, photons = np.asarray(self.energy_mev, np.float64), np.asarray(self.photons, np.float64)
        if energy.ndim != 1 or energy.shape != photons.shape or energy.size == 0:
            raise MachineError(f"spectrum needs two equally long lists, got {energy.shape} and {photons.shape}")
        _check(energy, photons, "spectrum", "MeV")
        object.__setattr__(self, "energy_mev", energy)
        object.__setattr__(self, "photons", photons / photons.sum())

    @property
    def mean_energy_mev(self) -> float:
        """Mean photon energy, weighted by number."""
        return float(self.energy_mev @ self.photons)


def _check(energy: NDArray[np.float64], photons: NDArray[np.float64], what: str, unit: str) -> None:
    """Refuse bins that are no spectrum; energies are told in the unit that they were given in."""
    most = _MAX_ENERGY_MEV / _MEV[unit]
    if not (np.isfinite(energy).all() and energy[0] > 0 and energy[-1] <= most):
        raise MachineError(
            f"{what}: energies must lie in (0, {most:g}] {unit}, got {energy.min():g}..{energy.max():g}; correct them, "
            "or the unit in the column's name"
        )
    if bool((np.diff(energy) <= 0).any()):
        raise MachineError(f"{what}: energies must increase; sort the file and join equal energies")
    bad = np.flatnonzero(~(np.isfinite(photons) & (photons >= 0)))
    if bad.size:
        raise MachineError(
            f"{what}: weights must be finite and not negative, got {photons[bad[0]]:g} at {energy[bad[0]]:g} {unit}; "
            "correct it"
        )
    if photons.sum() <= 0:
        raise MachineError(f"{what} has no photons, expected at least one bin above zero; check the photons column")


def read_spectrum_csv(path: Path) -> Spectrum:
    """Read `energy_mev,photons` or `energy_kev,photons`, photons per bin at the bin's centre.

    Lines that start with # are comments.

    Raises
    ------
    MachineError
        If the file is missing, has other columns, or a cell is not a number.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise MachineError(
            f"spectrum file {path} cannot be read: {unreadable(error)}; expected a CSV text file"
        ) from error
    rows = [line.split(",") for line in lines if line.strip() and not line.lstrip().startswith("#")]
    header = [cell.strip().lower() for cell in rows[0]] if rows else []
    found = [name for name in _COLUMNS if name in header]
    if len(found) != 1 or "photons" not in header:
        raise MachineError(
            f"spectrum file {path} has columns {header}, expected energy_mev,photons or energy_kev,photons"
        )
    at_energy, at_photons = header.index(found[0]), header.index("photons")
    try:
        table = np.array([[float(row[at_energy]), float(row[at_photons])] for row in rows[1:]])
    except (ValueError, IndexError) as error:
        raise MachineError(f"spectrum file {path}: {error}; every line must be two numbers") from error
    if table.size == 0:
        raise MachineError(f"spectrum file {path} has no rows, expected one a bin; write them, or name another file")
    unit = _COLUMNS[found[0]]
    _check(table[:, 0], table[:, 1], f"spectrum file {path}", unit)
    return Spectrum(table[:, 0] * _MEV[unit], table[:, 1])


def mohan_6mv() -> Spectrum:
    """6 MV, 24 bins of 0.25 MeV: Mohan, Chui and Lidofsky 1985, Med Phys 12:592, doi:10.1118/1.595680."""
    with as_file(files("spondyl").joinpath("data/physics/spectrum_mohan_6mv.csv")) as path:
        return read_spectrum_csv(path)
