"""One door to the dose engines for kilovoltage point sources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spondyl.core import Progress, silent
from spondyl.core.errors import DoseError
from spondyl.dose.dose import Dose
from spondyl.dose.kv.analogue import analogue_dose
from spondyl.dose.kv.hybrid import hybrid_dose
from spondyl.dose.kv.setup import DEVICES, KvPointSource, KvResult, KvSettings
from spondyl.dose.named import engine_named
from spondyl.physics import Medium

KV_UNIT = "Gy per emitted photon"
LEAST_AT_SOURCE_G_PER_CM3 = 0.05
"""A source needs matter about it: less than this is air (0.0012), lung is 0.26."""

KvCompute = Callable[[Medium, KvPointSource, KvSettings, Progress], KvResult]


@dataclass(frozen=True)
class KvEngine:
    """A way to compute dose: its name, what it is, the function, and the devices it runs on."""

    name: str
    about: str
    compute: KvCompute
    devices: tuple[str, ...] = ("cpu",)


KV_ENGINES = (
    KvEngine("kv-hybrid", "unscattered photons by rays, scattered ones by Monte Carlo of fluence", hybrid_dose),
    KvEngine(
        "kv-monte-carlo", "analogue Monte Carlo of photons from 1 to 100 keV, the reference", analogue_dose, DEVICES
    ),
)
KV_ENGINE_NAMES: tuple[str, ...] = tuple(engine.name for engine in KV_ENGINES)


def find_kv_engine(name: str) -> KvEngine:
    """The engine called `name`.

    Raises
    ------
    DoseError
        If there is none; the engines are listed.
    """
    return engine_named(name, KV_ENGINES)


def compute_kv_dose(
    medium: Medium,
    source: KvPointSource,
    settings: KvSettings | None = None,
    *,
    engine: str = "kv-hybrid",
    progress: Progress = silent,
) -> tuple[Dose, Dose]:
    """Dose to medium and dose to water of a kilovoltage source, in Gy per emitted photon.

    Parameters
    ----------
    medium
        The patient or phantom; outside its grid is vacuum.
    source
        Where, and with which spectrum.
    settings
        Histories, seed, target uncertainty; the engine's own number of histories by default.
    engine
        One of `KV_ENGINE_NAMES`.
    progress
        Told how far the work is.

    Returns
    -------
    Two doses on the medium's grid, of kind "dose-to-medium", with its relative standard error, and "dose-to-water".

    Raises
    ------
    DoseError
        If the engine is unknown or does not run on the device, or the source lies outside the grid or in air.
    """
    return kv_doses(medium, engine, compute_kv_result(medium, source, settings or KvSettings(), engine, progress))


def compute_kv_result(
    medium: Medium, source: KvPointSource, wanted: KvSettings, engine: str, progress: Progress = silent
) -> KvResult:
    """As `compute_kv_dose`, with the histories done and whether they were interrupted."""
    chosen = find_kv_engine(engine)
    if wanted.device not in chosen.devices:
        raise DoseError(
            f'engine "{chosen.name}" does not run on {wanted.device}, expected {" or ".join(chosen.devices)}; change '
            "device, or take engine kv-monte-carlo"
        )
    refuse_source_in_air(medium, source.position_mm)
    return chosen.compute(medium, source, wanted, progress)


def kv_doses(medium: Medium, engine: str, result: KvResult) -> tuple[Dose, Dose]:
    """An engine's result as doses to medium and to water on the medium's grid."""
    chosen = find_kv_engine(engine)
    made = (f"{chosen.name}, {chosen.about}", *result.made, *medium.made)
    error = result.relative_uncertainty.astype(np.float32)
    to_medium, to_water = (a.astype(np.float32) for a in (result.dose_to_medium, result.dose_to_water))
    return (
        Dose(medium.grid, to_medium, KV_UNIT, chosen.name, "dose-to-medium", None, error, made),
        Dose(medium.grid, to_water, KV_UNIT, chosen.name, "dose-to-water", None, None, made),
    )


def refuse_source_in_air(medium: Medium, position_mm: tuple[float, float, float]) -> None:
    """Refuse a source outside the grid, or in a voxel with next to no matter.

    Raises
    ------
    DoseError
        Then; place, grid, density and the remedy are told.
    """
    low, high = medium.grid.bounds_mm()
    place = np.asarray(position_mm, np.float64)
    if not (np.isfinite(place).all() and bool((place > low).all()) and bool((place < high).all())):
        raise DoseError(
            f"source at {place.tolist()} mm lies outside the grid {low.tolist()}..{high.tolist()} mm, expected inside; "
            "move the source, or enlarge the grid"
        )
    inside = ((place - low) / np.asarray(medium.grid.spacing_mm)).astype(int)[::-1]
    k, j, i = np.minimum(inside, np.asarray(medium.grid.shape) - 1)  # the upper edge may round up
    density = float(medium.density_g_per_cm3[k, j, i])
    if density < LEAST_AT_SOURCE_G_PER_CM3:
        name = medium.materials[int(medium.material[k, j, i])].name
        raise DoseError(
            f"source at {place.tolist()} mm lies in {name} of {density:.4g} g/cm3, expected at least "
            f"{LEAST_AT_SOURCE_G_PER_CM3} g/cm3 about a source; move it into tissue, or correct the voxel's density"
        )
