"""Dose of placed sources in the patient, better from round to round: the first is there at once, the last is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.core import Grid, Progress, silent
from spondyl.dose import Dose
from spondyl.dose.kv.compute import compute_kv_dose
from spondyl.dose.kv.setup import KvPointSource, KvSettings
from spondyl.physics import Medium
from spondyl.physics.kv import PlacedSource

Doses = tuple[Dose, Dose]
"""Dose to medium, with its uncertainty, and dose to water, both in Gy, on one grid."""
Transport = Callable[[Medium, PlacedSource, KvSettings], Doses]
"""What computes a placed source in a medium: Gy of its minutes."""


def transported(
    medium: Medium, placed: PlacedSource, settings: KvSettings, *, engine: str, progress: Progress = silent
) -> Doses:
    """The dose of one source in the time it stands there, by an engine."""
    source = KvPointSource(placed.position_mm, placed.source.spectrum)
    per_photon = compute_kv_dose(medium, source, settings, engine=engine, progress=progress)
    factor = placed.anisotropy_on(medium.grid) * placed.emitted_photons
    to_medium, to_water = (_in_gray(dose, dose.values * factor) for dose in per_photon)
    return to_medium, to_water


@dataclass(frozen=True)
class Round:
    """What is known after a round.

    Parameters
    ----------
    number, rounds
        Which of how many.
    doses
        Dose to medium and to water, of all rounds together.
    """

    number: int
    rounds: int
    doses: Doses

    @property
    def is_last(self) -> bool:
        return self.number == self.rounds


def rounds_of(
    medium: Medium,
    sources: Sequence[PlacedSource],
    histories: Sequence[int],
    seed: int,
    transport: Transport,
) -> Iterator[Round]:
    """All `sources` computed with `histories[0]` photons each, then with more of other seeds; rounds are averaged.

    A round counts by its histories. Seeds differ from round to round and source to source.
    """
    done, known = 0, None
    for number, count in enumerate(histories, 1):
        one = _together(
            [
                transport(medium, placed, KvSettings(count, seed + 1000 * number + index))
                for index, placed in enumerate(sources)
            ]
        )
        known = one if known is None else _averaged(known, one, done, count)
        done += count
        yield Round(number, len(histories), known)


def _in_gray(dose: Dose, values: NDArray[np.floating]) -> Dose:
    return Dose(
        dose.grid, values.astype(np.float32), "Gy", dose.engine, dose.kind, 1, dose.relative_uncertainty, dose.made
    )


def _together(each: Sequence[Doses]) -> Doses:
    """Doses of several sources added; their standard errors are independent."""
    if len(each) == 1:
        return each[0]
    values = [np.sum([doses[kind].values for doses in each], axis=0) for kind in (0, 1)]
    error = np.sqrt(np.sum([_absolute(doses[0]) ** 2 for doses in each], axis=0))
    return _combined(each[0], values[0], values[1], error, tuple(step for d in each for step in d[0].made))


def _averaged(known: Doses, more: Doses, done: int, count: int) -> Doses:
    share = count / (done + count)
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
    grid: Grid = like[0].grid
    engine = like[0].engine
    return (
        Dose(grid, medium_gy.astype(np.float32), "Gy", engine, "dose-to-medium", 1, relative, made),
        Dose(grid, water_gy.astype(np.float32), "Gy", engine, "dose-to-water", 1, None, made),
    )
