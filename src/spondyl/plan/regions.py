"""Where the optimiser looks: sample points of targets and critical structures, a fall-off shell, the organs.

Targets, cord, canal and sac are sampled inside their voxels, as their DVH is; organs and the tissue around the
target at voxel centres of the dose grid, thinned by a fixed lattice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy import Structure, Structures, sample_points, signed_distance_mm, union
from spondyl.core import Grid, Image, trilinear
from spondyl.core.errors import PlanError
from spondyl.plan.matvec import Floats
from spondyl.plan.points import PointSet

FALLOFF, ORGANS = "Falloff", "Organs"
"""Names of the regions that every case has: tissue around the targets, and all organs at risk together."""
POINTS_PER_STRUCTURE = 4_000
FINEST_MM, COARSEST_MM = 1.0, 2.5
HOT_SPOT_MM, HOT_SPOT_WITHIN_MM, HOT_SPOT_THINNING = 0.7, 12.0, 20
"""Structures with a near-maximum limit are sampled so finely within that distance of a target, one point in twenty
beyond: 0.03 cm3 then holds some ninety points."""
ORGAN_POINTS = 150
NEAR_MM, FAR_MM = 10.0, 30.0
THINNING = (6, 29, 197)
"""One voxel in so many is used up to `NEAR_MM`, up to `FAR_MM`, and beyond."""
HALVING_MM = 8.0
"""Distance in which the allowed dose outside the targets halves; steeper than any plan gets, so that the wish always
pulls."""
FLOOR = 0.15
"""The allowed dose never falls below this share of the prescription."""
FINE_ROLES = ("target", "canal", "prv")
CORD_NAMES = ("cord", "thecal", "cauda", "canal")


@dataclass(frozen=True)
class Reach:
    """The slab, in mm along z, within which rows are computed."""

    low_mm: float
    high_mm: float


def point_sets(
    structures: Structures,
    wanted: tuple[str, ...],
    hot_spots: set[str],
    targets: tuple[str, ...],
    grid: Grid,
    reach: Reach,
    rx_gy: float,
) -> list[PointSet]:
    """Points of every `wanted` structure, of the fall-off shell and of the organs.

    Parameters
    ----------
    wanted
        Structures that a goal names.
    hot_spots
        Those of them with a limit on a small absolute volume.
    targets
        Those whose surroundings are to be spared.
    reach
        Beyond it doses are taken as zero.

    Raises
    ------
    PlanError
        If a target is empty or reaches beyond the slab.
    """
    joined = structures[targets[0]]
    for name in targets[1:]:
        joined = union(joined, structures[name], "targets", "target")
    distance_mm = -signed_distance_mm(joined, grid)
    near = Image(grid, distance_mm)
    made = (_fine(structures[name], reach, near if name in hot_spots else None) for name in wanted)
    sets = [points for points in made if points is not None]
    for name in targets:
        if name not in {s.name for s in sets}:
            raise PlanError(f'target "{name}" has no points on the dose grid, expected a volume; check the structures')
    sets.append(_falloff(structures, distance_mm, grid, reach, rx_gy))
    organs = _organs(structures, {*wanted, *targets}, grid, reach)
    return [*sets, organs] if organs is not None else sets


def is_serial(structure: Structure) -> bool:
    """Whether this is cord, sac, canal or a margin of one: limited by its own goals, not among the organs."""
    return structure.role in FINE_ROLES or any(part in structure.name.casefold() for part in CORD_NAMES)


def _fine(structure: Structure, reach: Reach, near: Image | None) -> PointSet | None:
    """Sub-voxel points; those beyond the reach are dropped and count as volume without dose."""
    volume = structure.volume_cm3
    spacing = float(np.clip(10.0 * (volume / POINTS_PER_STRUCTURE) ** (1.0 / 3.0), FINEST_MM, COARSEST_MM))
    points, weights_cm3 = sample_points(structure, HOT_SPOT_MM if near else spacing)
    total = float(weights_cm3.sum())
    inside = (points[:, 2] >= reach.low_mm) & (points[:, 2] <= reach.high_mm)
    if total <= 0 or not inside.any():
        return None
    points, weights = points[inside], weights_cm3[inside] / total
    if near is not None:
        points, weights = _thin(points, weights, trilinear(near.values, near.grid, points) > HOT_SPOT_WITHIN_MM)
    return PointSet(structure.name, points, weights, total)


def _thin(points: Floats, weights: Floats, far: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Every so many of the `far` points, with their total weight; all others."""
    kept = np.flatnonzero(far)[::HOT_SPOT_THINNING]
    if not len(kept):
        return points, weights
    scaled = weights.copy()
    scaled[kept] *= weights[far].sum() / weights[kept].sum()
    chosen = np.sort(np.concatenate([np.flatnonzero(~far), kept]))
    return points[chosen], scaled[chosen]


def _falloff(structures: Structures, distance: NDArray[np.float32], grid: Grid, reach: Reach, rx_gy: float) -> PointSet:
    """Voxels of the body outside the targets, each with the dose it may have by its distance."""
    body = _body(structures, grid)
    z = np.broadcast_to(grid.axis_mm("z")[:, None, None], grid.shape)
    outside = (distance > 0.5 * min(grid.spacing_mm)) & body & (z >= reach.low_mm) & (z <= reach.high_mm)
    lattice = _lattice(grid)
    chosen: list[NDArray[np.int64]] = []
    weights: list[NDArray[np.float64]] = []
    for band, thin in zip(
        (distance <= NEAR_MM, (distance > NEAR_MM) & (distance <= FAR_MM), distance > FAR_MM), THINNING, strict=True
    ):
        found = np.argwhere(outside & band & (lattice % thin == 0))
        chosen.append(found)
        weights.append(np.full(len(found), float(thin)))
    index, weight = np.concatenate(chosen), np.concatenate(weights)
    far = distance[index[:, 0], index[:, 1], index[:, 2]].astype(np.float64)
    allowed = rx_gy * np.maximum(FLOOR, 0.5 ** (far / HALVING_MM))
    volume = float(weight.sum()) * grid.voxel_volume_cm3
    return PointSet(FALLOFF, grid.point_at(index), weight / weight.sum(), volume, allowed)


def _organs(structures: Structures, named: set[str], grid: Grid, reach: Reach) -> PointSet | None:
    """Voxels of all organs at risk, each organ with the same total weight: the mean of their mean doses."""
    points: list[NDArray[np.float64]] = []
    weights: list[NDArray[np.float64]] = []
    volume = 0.0
    organs = [s for s in structures.with_role("oar") if s.name not in named and not is_serial(s) and not s.is_empty]
    for organ in organs:
        low, high = reach.low_mm, reach.high_mm
        z = organ.local_grid.axis_mm("z")
        within = organ.coverage[(z >= low) & (z <= high)]
        share = float(within.sum(dtype=np.float64)) / float(organ.coverage.sum(dtype=np.float64))
        index = np.argwhere(organ.coverage >= 0.5)
        where = organ.local_grid.point_at(index)
        where = where[(where[:, 2] >= low) & (where[:, 2] <= high)]
        where = where[:: max(1, len(where) // ORGAN_POINTS)]
        if share <= 0 or not len(where):
            continue
        voxel = np.clip(np.rint(grid.index_of(where)).astype(np.int64), 0, np.asarray(grid.shape) - 1)
        points.append(grid.point_at(voxel))
        weights.append(np.full(len(voxel), share / len(voxel) / len(organs)))
        volume += organ.volume_cm3
    if not points:
        return None
    return PointSet(ORGANS, np.concatenate(points), np.concatenate(weights), volume)


def _body(structures: Structures, grid: Grid) -> NDArray[np.bool_]:
    external = structures.with_role("external")
    if not external:
        return np.ones(grid.shape, dtype=np.bool_)
    return _coverage_at(external[0], grid) >= 0.5


def _coverage_at(structure: Structure, grid: Grid) -> NDArray[np.float32]:
    """Coverage of the structure's voxel in which each voxel centre of `grid` lies."""
    full = structure.full()
    axes: list[NDArray[np.int64]] = []
    for axis in "zyx":
        i = "xyz".index(axis)
        at = np.rint((grid.axis_mm(axis) - structure.grid.origin_mm[i]) / structure.grid.spacing_mm[i])
        axes.append(np.clip(at.astype(np.int64), 0, structure.grid.shape[2 - i] - 1))
    return full[np.ix_(*axes)]


def _lattice(grid: Grid) -> NDArray[np.int64]:
    """A number per voxel that spreads its residues evenly in space."""
    z, y, x = np.ogrid[: grid.shape[0], : grid.shape[1], : grid.shape[2]]
    return x + 5 * y + 17 * z
