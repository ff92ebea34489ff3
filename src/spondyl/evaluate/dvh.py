"""The dose-volume histogram: how much of a structure gets at least a dose.

The structure is cut into sub-voxel pieces (`spondyl.anatomy.sample_points`), the dose is interpolated at each,
and the pieces are ordered by dose. No coarse bins: up to `EXACT_POINTS` every piece is a node of the curve,
beyond that the pieces are counted in bins of at most `BIN_GY` whose edges hold the exact cumulative volume.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy import Cap, Structure, Structures, sample_points
from spondyl.core.errors import DoseError, DoseGridError, StructureError
from spondyl.dose import Dose
from spondyl.evaluate.interpolation import binned_volume, dose_and_range_at
from spondyl.evaluate.sampled import Sampled, sampled

EXACT_POINTS = 20_000
BIN_GY = 0.01
MIN_BINS = 5_000
COVERED = 1.0 - 1e-6  # a structure with this fraction on the dose grid counts as wholly on it


@dataclass(frozen=True)
class DVH:
    """Cumulative dose-volume histogram of one structure.

    Parameters
    ----------
    structure
        Its name.
    dose_gy
        Nodes of the curve, ascending from the minimum to the maximum dose, shape (n,).
    volume_cm3
        Volume that gets at least `dose_gy`, descending from the volume on the dose grid to 0, shape (n,).
    total_cm3
        Volume of the whole structure.
    mean_gy
        Mean over the part on the dose grid.
    covered_fraction
        Fraction of the structure that lies on the dose grid; below 1, metrics are bounds (see `metrics`).
    edge_gy
        Highest dose in the structure within one dose voxel of the grid's border, where a part lies beyond it: what
        that part is taken to get at most. Infinite where nothing is known of it.

    Raises
    ------
    DoseError
        If the curve is not a cumulative histogram.
    """

    structure: str
    dose_gy: NDArray[np.float64]
    volume_cm3: NDArray[np.float64]
    total_cm3: float
    mean_gy: float
    covered_fraction: float = 1.0
    edge_gy: float = math.inf

    def __post_init__(self) -> None:
        if self.dose_gy.shape != self.volume_cm3.shape or self.dose_gy.ndim != 1:
            raise DoseError(f'DVH of "{self.structure}": dose and volume differ in shape; rebuild it from a dose')
        if bool((np.diff(self.dose_gy) < 0).any()) or bool((np.diff(self.volume_cm3) > 0).any()):
            raise DoseError(f'DVH of "{self.structure}": dose must ascend and volume descend; rebuild it from a dose')

    @property
    def is_whole(self) -> bool:
        """Whether the whole structure lies on the dose grid."""
        return self.covered_fraction >= COVERED

    @property
    def covered_cm3(self) -> float:
        """Volume on the dose grid."""
        return float(self.volume_cm3[0]) if self.volume_cm3.size else 0.0

    @property
    def min_gy(self) -> float:
        """Lowest dose on the dose grid."""
        return float(self.dose_gy[0])

    @property
    def max_gy(self) -> float:
        """Highest dose on the dose grid."""
        return float(self.dose_gy[-1])

    def volume_at_least_cm3(self, dose_gy: float) -> float:
        """Volume on the dose grid that gets at least `dose_gy` (to 1e-5 of it, below what a file stores)."""
        wanted = dose_gy - 1e-5 * abs(dose_gy)
        if wanted <= self.min_gy:
            return self.covered_cm3
        if wanted > self.max_gy:
            return 0.0
        i = int(np.searchsorted(self.dose_gy, wanted, side="left"))
        low, high = float(self.dose_gy[i - 1]), float(self.dose_gy[i])
        share = (wanted - low) / (high - low)
        return float(self.volume_cm3[i - 1] * (1 - share) + self.volume_cm3[i] * share)

    def dose_to_hottest_gy(self, volume_cm3: float) -> float:
        """Lowest dose within the hottest `volume_cm3` on the dose grid, 0 <= volume_cm3 <= covered_cm3."""
        if not 0 <= volume_cm3 <= self.covered_cm3 * (1 + 1e-9):
            raise DoseError(
                f'DVH of "{self.structure}": {volume_cm3:.4g} cm3 asked, expected 0 to {self.covered_cm3:.4g} cm3'
            )
        return float(np.interp(volume_cm3, self.volume_cm3[::-1], self.dose_gy[::-1]))

    def curve(self, step_gy: float = 0.05) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Dose from 0 in steps of `step_gy` to beyond the maximum, and volume in cm3: for drawing and tables."""
        dose = np.arange(int(np.ceil(self.max_gy / step_gy)) + 2, dtype=np.float64) * step_gy
        return dose, np.array([self.volume_at_least_cm3(float(d)) for d in dose])


def dvh(dose: Dose, structure: Structure, *, cap: Cap = "half-slice", spacing_mm: float | None = None) -> DVH:
    """Dose-volume histogram with sub-voxel volumes.

    Parameters
    ----------
    dose
        In Gy, on any grid.
    structure
        In the same patient coordinates.
    cap
        How far a contoured structure reaches beyond its last contour: "half-slice" or "none".
    spacing_mm
        Distance between sample points; by default `sample_points` chooses it by the structure's size.

    Raises
    ------
    StructureError
        If the structure is empty.
    DoseGridError
        If frames of reference differ, if no part of the structure lies on the dose grid, or if part of a
        target does not.
    """
    check_frame(dose, structure)
    samples = _sampled(dose, structure, cap, spacing_mm)
    dose_gy, weight_cm3 = samples.gy, samples.weights_cm3
    if not len(dose_gy) or float(weight_cm3.sum()) <= 0:
        raise StructureError(f'structure "{structure.name}" is empty, expected a volume; contour it or leave it out')
    inside = np.isfinite(dose_gy)
    if bool(inside.all()):
        return from_samples(structure.name, dose_gy, weight_cm3)
    total = float(weight_cm3.sum())
    _check_cover(structure, float(weight_cm3[inside].sum()) / total)
    curve = from_samples(structure.name, dose_gy[inside], weight_cm3[inside], total_cm3=total)
    return curve if curve.is_whole else replace(curve, edge_gy=samples.edge_gy(dose))


def _sampled(dose: Dose, structure: Structure, cap: Cap, spacing_mm: float | None) -> Sampled:
    """Points, doses and volumes: from the contours, finer where it matters, else evenly."""
    if structure.contours and spacing_mm is None and (found := sampled(dose, structure, cap)):
        return found
    points_mm, weight_cm3 = sample_points(structure, spacing_mm, cap)
    gy, _ = dose_and_range_at(dose, points_mm)
    return Sampled(gy, weight_cm3, ((points_mm, np.ones(len(points_mm), dtype=np.bool_)),))


def dvhs(dose: Dose, structures: Structures | Iterable[Structure], *, cap: Cap = "half-slice") -> dict[str, DVH]:
    """DVHs by name of every structure that is not empty and lies at least in part on the dose grid.

    Raises
    ------
    DoseGridError
        If frames of reference differ, or a part of a target lies off the dose grid.
    """
    items = structures.values() if isinstance(structures, Structures) else structures
    wanted = [s for s in items if is_drawn(s) and (s.role == "target" or meets(dose, s))]
    with ThreadPoolExecutor(os.cpu_count()) as threads:  # the compiled parts hold no lock; the longest go first
        longest_first = sorted(wanted, key=lambda s: -sum(len(c.points_mm) for c in s.contours))
        made = {s.name: threads.submit(dvh, dose, s, cap=cap) for s in longest_first}
        return {s.name: made[s.name].result() for s in wanted}


def is_drawn(structure: Structure) -> bool:
    """Whether the structure has contours or coverage."""
    return bool(structure.contours) or not structure.is_empty


def extent_mm(structure: Structure) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower and upper (x, y, z) of a structure that is drawn."""
    if structure.contours:
        every = np.concatenate([c.points_mm for c in structure.contours])
        z_mm = [c.z_mm for c in structure.contours]
        return np.append(every.min(axis=0), min(z_mm)), np.append(every.max(axis=0), max(z_mm))
    return structure.local_grid.bounds_mm()


def overlap_mm(one: Structure, other: Structure) -> float:
    """Length along z that two drawn structures share, negative for the gap between them."""
    (low, high), (other_low, other_high) = extent_mm(one), extent_mm(other)
    return float(min(high[2], other_high[2]) - max(low[2], other_low[2]))


def meets(dose: Dose, structure: Structure) -> bool:
    """Whether the structure's extent and the dose grid have a part in common."""
    low, high = extent_mm(structure)
    dose_low, dose_high = dose.grid.bounds_mm()
    return bool((low <= dose_high).all() and (high >= dose_low).all())


def from_samples(
    name: str,
    dose_gy: NDArray[np.float64],
    weight_cm3: NDArray[np.float64],
    *,
    total_cm3: float | None = None,
) -> DVH:
    """DVH of pieces with a dose and a volume each.

    A piece's dose is that of its middle: half of it gets more. So the volume at the i-th dose is the volume of all
    hotter pieces and half of its own, which makes the curve second-order accurate between the nodes.
    """
    positive = weight_cm3 > 0
    if not bool(positive.all()):
        dose_gy, weight_cm3 = dose_gy[positive], weight_cm3[positive]
    covered = float(weight_cm3.sum())
    total = covered if total_cm3 is None else total_cm3
    mean = float((dose_gy * weight_cm3).sum()) / covered
    nodes, volume = _ordered(dose_gy, weight_cm3) if len(dose_gy) <= EXACT_POINTS else _counted(dose_gy, weight_cm3)
    volume = np.minimum(volume, covered)
    volume[0], volume[-1] = covered, 0.0
    return DVH(name, nodes, volume, total, mean, min(1.0, covered / total))


def _ordered(
    dose_gy: NDArray[np.float64], weight_cm3: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    order = np.argsort(dose_gy)
    dose, weight = dose_gy[order], weight_cm3[order]
    hotter = np.cumsum(weight[::-1])[::-1] - weight / 2
    return np.concatenate((dose[:1], dose, dose[-1:])), np.concatenate(([np.inf], hotter, [0.0]))


def _counted(
    dose_gy: NDArray[np.float64], weight_cm3: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    low, high = float(dose_gy.min()), float(dose_gy.max())
    if high <= low:
        return np.array([low, high]), np.zeros(2)
    count = max(MIN_BINS, int(np.ceil((high - low) / BIN_GY)))
    volume: NDArray[np.float64] = binned_volume(dose_gy, weight_cm3, low, (high - low) / count, count)
    return np.linspace(low, high, count + 1), np.append(np.cumsum(volume[::-1])[::-1], 0.0)


def check_frame(dose: Dose, structure: Structure) -> None:
    """Refuse a structure drawn in another frame of reference than the dose's, where both are known.

    Raises
    ------
    DoseGridError
        If the frames differ.
    """
    mine, theirs = dose.grid.frame_of_reference_uid, structure.grid.frame_of_reference_uid
    if mine and theirs and mine != theirs:
        raise DoseGridError(
            f'dose has frame of reference {mine}, structure "{structure.name}" has {theirs}, '
            "expected the same; register first"
        )


def _check_cover(structure: Structure, covered: float) -> None:
    if covered <= 0:
        raise DoseGridError(
            f'structure "{structure.name}" lies wholly outside the dose grid, expected the dose to cover it; '
            "compute the dose on a larger grid or leave the structure out"
        )
    if structure.role == "target" and covered < COVERED:
        raise DoseGridError(
            f'target "{structure.name}": the dose grid covers {100 * covered:.1f} % of it, expected all of it; '
            "compute the dose on a larger grid"
        )
