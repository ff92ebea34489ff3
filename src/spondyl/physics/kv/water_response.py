"""Dose to water per emitted photon about a point in boundless water, for any spectrum, without transport.

The primary is exact; what scatters is a build-up factor by energy and distance from our own Monte Carlo
(`bench/physics/kv_water_buildup.py`). This fixes a source's emission from its measured dose rate, and tells what a
wall or another spectrum would change.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spondyl.core.errors import DoseError
from spondyl.physics.kv.spectrum import KvSpectrum
from spondyl.physics.kv.tables import PhotonTables, photon_tables

Floats = NDArray[np.float64]

GRAY_PER_KEV_PER_GRAM = 1.602176634e-13
"""1 keV in joule over 1 g in kg (CODATA 2018, exact)."""
_PARTS = (np.arange(4) + 0.5) / 4
"""Energies inside a bin at which it is summed: in bins of 0.5 keV attenuation changes by 7 % from one to the next at
5 keV, by 4 % or less from 10 keV."""


def water_gy_per_photon(spectrum: KvSpectrum, distance_mm: ArrayLike) -> Floats:
    """Dose to water per photon emitted into all directions.

    Parameters
    ----------
    spectrum
        Of the photons that leave the source; below 5 keV they get the build-up of 5 keV, 1.05 at 1 mm.
    distance_mm
        From the point of emission, 1 to 100 mm, any shape.

    Raises
    ------
    DoseError
        If a distance lies outside 1 to 100 mm.
    """
    distance = np.asarray(distance_mm, np.float64)
    factors = _build_up()
    if distance.min() < factors.radius_mm[0] or distance.max() > factors.radius_mm[-1]:
        raise DoseError(
            f"distance from the source must lie in {factors.radius_mm[0]:g}..{factors.radius_mm[-1]:g} mm, got "
            f"{distance.min():g}..{distance.max():g}; the response in water is tabulated there"
        )
    energy = (spectrum.low_kev[:, None] + (spectrum.high_kev - spectrum.low_kev)[:, None] * _PARTS).ravel()
    photons = np.repeat(spectrum.photons / _PARTS.size, _PARTS.size)
    radius_cm = distance.ravel()[:, None] / 10
    absorption, total = _water_at(energy)
    primary = energy * absorption * np.exp(-total * radius_cm) / (4 * np.pi * radius_cm**2)
    dose = (primary * factors.at(energy, distance.ravel())) @ photons
    return GRAY_PER_KEV_PER_GRAM * dose.reshape(distance.shape)


def mean_energy_kev(spectrum: KvSpectrum, water_mm: float = 0.0) -> float:
    """Mean energy by number of the primary photons behind a thickness of water."""
    middle = (spectrum.low_kev + spectrum.high_kev) / 2
    left = spectrum.photons * np.exp(-_water_at(middle)[1] * water_mm / 10)
    return float(left @ middle / left.sum())


class _BuildUp:
    """Dose over primary dose, bilinear in energy and distance."""

    def __init__(self, energy_kev: Floats, radius_mm: Floats, factor: Floats) -> None:
        self.energy_kev, self.radius_mm, self.factor = energy_kev, radius_mm, factor

    def at(self, energy_kev: Floats, distance_mm: Floats) -> Floats:
        """Shape (distances, energies); below the lowest energy its values are taken."""
        over_radius = np.array([np.interp(distance_mm, self.radius_mm, row) for row in self.factor])
        return np.array([np.interp(energy_kev, self.energy_kev, column) for column in over_radius.T])


@cache
def _build_up() -> _BuildUp:
    text = files("spondyl").joinpath("data/physics/kv_buildup_water.csv").read_text(encoding="utf-8")
    rows = [line.split(",") for line in text.splitlines() if line and not line.startswith("#")]
    table = np.array(rows[1:], np.float64)
    return _BuildUp(table[:, 0], np.array(rows[0][1:], np.float64), table[:, 1:])


@cache
def _water() -> PhotonTables:
    return photon_tables(())


def _water_at(energy_kev: Floats) -> tuple[Floats, Floats]:
    """Absorption and attenuation of water in 1/cm, at 1 g/cm3."""
    tables = _water()
    absorption, total = (
        np.interp(energy_kev, tables.energy_kev, part[-1]) for part in (tables.absorption, tables.total)
    )
    return absorption, total
