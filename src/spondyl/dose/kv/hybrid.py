"""Primary photons by rays and scattered photons by Monte Carlo: kilovoltage dose that sharpens while one looks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spondyl.core import Progress, cite, silent
from spondyl.core.errors import DoseError
from spondyl.dose.kv.hybrid_setup import Beam, beams_of, unscattered, world_of
from spondyl.dose.kv.scatter import World, scattered
from spondyl.dose.kv.scatter_sums import BatchMeans, ScatterSums
from spondyl.dose.kv.score import judged_uncertainty, judged_voxels
from spondyl.dose.kv.setup import KvPointSource, KvResult, KvSettings
from spondyl.dose.kv.sources import KvSources
from spondyl.dose.kv.strands import STRANDS, in_strands
from spondyl.dose.kv.surroundings import Surroundings
from spondyl.physics import Medium

DEFAULT_HISTORIES = 650_000
TARGET_HISTORIES = 200_000_000
"""The most, where a target is given and no number of histories."""
FIRST_ROUND, ROUND = 30_000, 300_000
"""Histories of the first round, which shows soon, and of those that follow."""
FIRST_STRANDS = 8
"""Batches of the first round: fewer, for each is smoothed."""
_BATCH_BYTES = 800_000_000


def hybrid_dose(medium: Medium, source: KvPointSource, settings: KvSettings, progress: Progress = silent) -> KvResult:
    """The last result of `kv_hybrid` for one source; interrupted, the last complete one.

    Raises
    ------
    KeyboardInterrupt
        If interrupted before there is a result.
    """
    last, interrupted = None, False
    try:
        for last in kv_hybrid(medium, KvSources((source,)), settings):
            progress("photons", min(1.0, last.histories / _most(settings)))
    except KeyboardInterrupt:
        if last is None:
            raise
        interrupted = True
    if last is None:
        raise DoseError("kv-hybrid made no round, expected one at least; report this")
    if interrupted:
        made = (*last.made, f"interrupted: the last complete result, {last.histories} histories, is kept")
        return replace(last, made=made, interrupted=True)
    progress("photons", 1.0)
    return last


@dataclass(frozen=True)
class Rays:
    """What `kv_hybrid` computes before the first scattered photon, the same whatever the histories and the seed.

    Parameters
    ----------
    world, beams
        What photons fly through, and the sources.
    primary
        Dose of unscattered photons to medium and to water, Gy per emitted photon, shape (2, nz, ny, nx).
    empty
        Sums without a history.
    """

    world: World
    beams: list[Beam]
    primary: NDArray[np.float32]
    empty: ScatterSums


def traced(medium: Medium, sources: KvSources, surroundings: Surroundings | None = None) -> Rays:
    """The unscattered photons of `sources`, and where those that scatter are expected."""
    world = world_of(medium, surroundings)
    beams, groups = beams_of(world, sources)
    return Rays(world, beams, *unscattered(world, beams, groups))


@cite("Amanatides and Woo 1987, Eurographics (steps from voxel to voxel)", "10.2312/egtp.19871000")
def kv_hybrid(
    medium: Medium,
    sources: KvSources,
    settings: KvSettings,
    *,
    surroundings: Surroundings | None = None,
    region: NDArray[np.bool_] | None = None,
    rays: Rays | None = None,
) -> Iterator[KvResult]:
    """Dose of kilovoltage sources, again and again with smaller errors.

    Parameters
    ----------
    medium
        What is scored; every source lies in it.
    sources
        Where, how strong, and into which directions.
    settings
        Histories of scattered photons (`DEFAULT_HISTORIES` without a target), seed, and the target uncertainty at which
        to stop.
    surroundings
        Coarser medium around, in which photons fly unscored; vacuum by default.
    region
        Voxels whose mean relative standard error the target is about; those 3 to 20 mm from the first source by
        default.
    rays
        What `traced` gave for the same medium, sources and surroundings, if it is known already.

    Yields
    ------
    KvResult
        Dose to medium and dose to water with the standard error, on the medium's grid, of all rounds so far. The same
        seed and settings give the same numbers on any number of threads.

    Raises
    ------
    DoseError
        If the device is not the CPU.
    """
    if settings.device != "cpu":
        raise DoseError(f'kv-hybrid runs on device "cpu", got "{settings.device}"; choose kv-monte-carlo for a GPU')
    known = rays or traced(medium, sources, surroundings)
    world, primary, sums = known.world, known.primary, ScatterSums(known.empty.expected, known.empty.bias)
    judged = judged_voxels(medium, sources.sources[0].position_mm) if region is None else region
    strands = int(np.clip(_BATCH_BYTES // (60 * primary[0].size), 2, STRANDS))
    for number, histories in enumerate(_rounds(_most(settings), strands)):
        batches = strands if number else min(strands, FIRST_STRANDS)
        _play(world, known.beams, sums, settings.seed, histories, batches)
        result = _result(world, primary, sums, settings.seed, judged)
        yield result
        target = settings.target_uncertainty
        if target is not None and judged_uncertainty(result.relative_uncertainty, judged) <= target:
            return


def done_after(settings: KvSettings, rounds: int) -> float:
    """Share of the most histories that so many rounds of `kv_hybrid` have followed; a target may end it earlier."""
    return min(1.0, (FIRST_ROUND + (rounds - 1) * ROUND) / _most(settings))


def _most(settings: KvSettings) -> int:
    if settings.histories is not None:
        return settings.histories
    return DEFAULT_HISTORIES if settings.target_uncertainty is None else TARGET_HISTORIES


def _rounds(most: int, strands: int) -> Iterator[int]:
    """Histories of each round, two a batch at least."""
    left, size = max(most, 2 * strands), FIRST_ROUND
    while left > 0:
        now = left if left < size + 2 * strands else size
        yield now
        left, size = left - now, ROUND


def _play(world: World, beams: list[Beam], sums: ScatterSums, seed: int, histories: int, strands: int) -> None:
    """One round: a batch a strand, added in their order whatever thread was first."""
    counts = [histories // strands + (strand < histories % strands) for strand in range(strands)]
    first = sums.batches

    def batch(strand: int, _: int) -> BatchMeans:
        each: list[NDArray[np.float32]] = []
        for place, beam in enumerate(beams):
            own = counts[strand] // len(beams) + (place < counts[strand] % len(beams))
            number = (first + strand) * len(beams) + place
            each.append(scattered(world, beam.emission, beam.draw, seed, number, max(own, 1), beam.share))
        return sums.prepared(each[0] if len(each) == 1 else np.sum(each, axis=0))

    for count, means in zip(counts, in_strands(batch, strands), strict=True):
        sums.take(means, count)


def _result(
    world: World, primary: NDArray[np.float32], sums: ScatterSums, seed: int, judged: NDArray[np.bool_]
) -> KvResult:
    to_medium, to_water, error = sums.result()
    matter = world.fine.density > 0
    medium, water = (
        np.where(matter, p.astype(np.float64) + s, 0.0) for p, s in zip(primary, (to_medium, to_water), strict=True)
    )
    scored = matter & (to_medium > 0)  # elsewhere scatter is unknown, however exact the rays are
    relative = np.divide(error, medium, out=matter.astype(np.float64), where=scored & (medium > 0))
    made = (
        f"unscattered photons by rays; {sums.histories} histories of scattered photons in {sums.batches} batches, "
        f"seed {seed}",
        f"mean relative standard error where judged {judged_uncertainty(relative, judged):.3g}",
    )
    return KvResult(medium, water, relative, sums.histories, made)
