"""Dose of placed sources in the patient, better from round to round: the first is there at once, the last is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from spondyl.core import silent
from spondyl.dose import Dose
from spondyl.dose.kv.compute import KvEngine, find_kv_engine, refuse_source_in_air
from spondyl.dose.kv.hybrid import Rays, done_after, kv_hybrid, traced
from spondyl.dose.kv.setup import KvPointSource, KvResult, KvSettings
from spondyl.dose.kv.sources import KvSources
from spondyl.physics import Medium
from spondyl.physics.kv import PlacedSource, voxel_centres

Doses = tuple[Dose, Dose]
"""Dose to medium, with its uncertainty, and dose to water, both in Gy, on one grid."""
Transport = Callable[[Medium, Sequence[PlacedSource], KvSettings], Iterator[Doses]]
"""What computes placed sources in a medium, in their minutes: again and again with smaller errors."""
PROGRESSIVE = {"kv-hybrid": kv_hybrid}
"""Engines that sharpen by themselves; another one is asked several times, and its answers are averaged."""
ROUNDS = (0.05, 0.2, 0.75)
"""Shares of the histories in such rounds."""
HISTORIES = 2_000_000
"""Of an engine that is asked in rounds, where the settings name no number."""


class KeptRays:
    """The unscattered photons of the last places, so that the place that is chosen is not traced again."""

    PLACES = 3
    """A source looked at on a path, and its neighbours; 50 MB each in a patient's 1.3 million voxels."""

    def __init__(self) -> None:
        self._known: list[tuple[Medium, KvPointSource, Rays]] = []

    def of(self, medium: Medium, source: KvPointSource) -> Rays:
        """Those of `source`, traced only if it did not stand there in the very same medium."""
        for known, other, rays in self._known:
            if known is medium and other.position_mm == source.position_mm and other.spectrum is source.spectrum:
                return rays
        rays = traced(medium, KvSources((source,)))
        self._known = [*self._known, (medium, source, rays)][-self.PLACES :]
        return rays


def transported(
    medium: Medium,
    sources: Sequence[PlacedSource],
    settings: KvSettings,
    *,
    engine: str,
    kept: KeptRays | None = None,
) -> Iterator[Doses]:
    """Dose of all sources together by an engine, each with random numbers of its own.

    Parameters
    ----------
    kept
        Where rays are looked up and kept, if more than one dose is asked for.

    Raises
    ------
    DoseError
        If the engine is unknown, or a source stands outside the medium or in air.
    """
    known = find_kv_engine(engine)
    each = [
        _of_one(medium, placed, replace(settings, seed=settings.seed + number), known, kept or KeptRays())
        for number, placed in enumerate(sources)
    ]
    for doses in zip(*each, strict=True):
        yield together(doses)


def share_done(settings: KvSettings, rounds: int, *, engine: str) -> float:
    """Share of the histories that are followed when `transported` has given so many rounds, 0 to 1."""
    return done_after(settings, rounds) if engine in PROGRESSIVE else sum(ROUNDS[:rounds])


def _of_one(
    medium: Medium, placed: PlacedSource, settings: KvSettings, engine: KvEngine, kept: KeptRays
) -> Iterator[Doses]:
    refuse_source_in_air(medium, placed.position_mm)
    source = KvPointSource(placed.position_mm, placed.source.spectrum)
    factor = placed.anisotropy_on(medium.grid) * placed.emitted_photons
    within = placed.polar(voxel_centres(medium.grid))[0] < placed.source.calibrated().surface_mm
    if engine.name in PROGRESSIVE:
        rays = kept.of(medium, source)
        for result in PROGRESSIVE[engine.name](medium, KvSources((source,)), settings, rays=rays):
            yield _capped(_in_gray(medium, result, factor, engine), within)
        return
    whole, done, known = settings.histories or HISTORIES, 0, None
    for number, share in enumerate(ROUNDS):
        count = max(1, round(share * whole))
        one = engine.compute(
            medium, source, replace(settings, histories=count, seed=settings.seed + 1000 * number), silent
        )
        more = _in_gray(medium, one, factor, engine)
        known = more if known is None else _averaged(known, more, count / (done + count))
        done += count
        yield _capped(known, within)


def _capped(doses: Doses, within: NDArray[np.bool_]) -> Doses:
    """Both doses with the highest that tissue gets told `within` the applicator, where none is.

    At the source itself a voxel of 1 mm would get 40,000 Gy, which says nothing and no reader of RTDOSE takes.
    """
    if bool(within.all()):
        return doses
    caps = (np.where(within, np.minimum(d.values, d.values[~within].max()), d.values) for d in doses)
    to_medium, to_water = (replace(dose, values=values) for dose, values in zip(doses, caps, strict=True))
    return to_medium, to_water


def _in_gray(medium: Medium, result: KvResult, factor: NDArray[np.floating], engine: KvEngine) -> Doses:
    made = (f"{engine.name}, {engine.about}", *result.made, *medium.made)
    error = result.relative_uncertainty.astype(np.float32)
    to_medium, to_water = ((d * factor).astype(np.float32) for d in (result.dose_to_medium, result.dose_to_water))
    return (
        Dose(medium.grid, to_medium, "Gy", engine.name, "dose-to-medium", 1, error, made),
        Dose(medium.grid, to_water, "Gy", engine.name, "dose-to-water", 1, None, made),
    )


def together(each: Sequence[Doses]) -> Doses:
    """Doses of several sources, in Gy on one grid, added; their standard errors are independent."""
    if len(each) == 1:
        return each[0]
    values = [np.sum([doses[kind].values for doses in each], axis=0) for kind in (0, 1)]
    error = np.sqrt(np.sum([_absolute(doses[0]) ** 2 for doses in each], axis=0))
    return _combined(each[0], values[0], values[1], error, tuple(step for d in each for step in d[0].made))


def _averaged(known: Doses, more: Doses, share: float) -> Doses:
    """`share` of the later doses and the rest of the earlier ones; their standard errors are independent."""
    values = [a.values * (1 - share) + b.values * share for a, b in zip(known, more, strict=True)]
    error = np.sqrt((_absolute(known[0]) * (1 - share)) ** 2 + (_absolute(more[0]) * share) ** 2)
    return _combined(more, values[0], values[1], error, more[0].made)


def _absolute(dose: Dose) -> NDArray[np.float32]:
    if dose.relative_uncertainty is None:
        return np.zeros(dose.grid.shape, np.float32)
    return dose.relative_uncertainty * dose.values


def _combined(
    like: Doses, medium_gy: NDArray[np.floating], water_gy: NDArray[np.floating], error_gy: NDArray[np.floating],
    made: tuple[str, ...],
) -> Doses:  # fmt: skip
    relative = np.divide(error_gy, medium_gy, out=np.zeros_like(medium_gy), where=medium_gy > 0).astype(np.float32)
    grid = like[0].grid
    engine = like[0].engine
    return (
        Dose(grid, medium_gy.astype(np.float32), "Gy", engine, "dose-to-medium", 1, relative, made),
        Dose(grid, water_gy.astype(np.float32), "Gy", engine, "dose-to-water", 1, None, made),
    )
