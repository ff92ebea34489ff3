"""Scattered photons as expected without chance, roughly: a shape that tells where their kerma bends and falls.

Not a dose: Monte Carlo is divided by it, smoothed, and multiplied by it again. What it gets wrong by a factor that
changes slowly from voxel to voxel is without effect.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spondyl.dose.kv.energy_groups import EnergyGroups, Lines, lines_of
from spondyl.dose.kv.energy_quadrature import interpolated
from spondyl.dose.kv.expected_kernels import sweep
from spondyl.dose.kv.primary import even_directions
from spondyl.dose.kv.scatter import World
from spondyl.dose.kv.strands import in_strands
from spondyl.dose.kv.voxels import PER_MM, VoxelGeometry

Volume = NDArray[np.float32]
Floats = NDArray[np.float64]

DIRECTIONS = 80
"""Along which scattered photons spread."""
NEAR_VOXELS = 2.5
"""What collides nearer to the source, in voxel sides, spreads as the unscattered photons do: few directions would draw
a star of it."""


def expected_scatter(
    w: World, groups: EnergyGroups, places_mm: Sequence[Floats], fluences: Sequence[NDArray[np.float32]]
) -> Volume:
    """Kerma of scattered photons to mineral and to water, in a unit of its own, shape (2, nz, ny, nx).

    Parameters
    ----------
    places_mm
        Of the sources.
    fluences
        Of each: its unscattered photons a mm2 by group, shape (groups, nz, ny, nx).
    """
    t, matter = w.tables, w.fine.material
    energy = groups.mean_kev
    total, scattering, absorption = (
        interpolated(t, table, energy).astype(np.float32)
        for table in (t.total, t.incoherent + t.coherent, t.absorption)
    )
    further = [_further(w.fine, place) for place in places_mm]
    mass = np.float32(PER_MM) * w.fine.density
    lines = lines_of(t, groups)

    def scattered(n: int) -> tuple[Floats, Volume]:
        collided = [fluence[n] * mass * scattering[:, n][matter] for fluence in fluences]
        near = [fluence[n] for fluence in fluences]
        return energy[n] * absorption[-2:, n], _spread(w.fine, mass * total[:, n][matter], collided, near, further)

    def fluorescence(line: Lines) -> tuple[Floats, Volume]:
        made = [
            mass * np.sum([f[n] * line.emitted[:, n][matter] for n in range(len(energy))], axis=0) for f in fluences
        ]
        at, taken = (interpolated(t, table, np.array([line.energy_kev]))[:, 0] for table in (t.total, t.absorption))
        near = [fluence[int(np.argmin(np.abs(energy - line.energy_kev)))] for fluence in fluences]
        return line.energy_kev * taken[-2:], _spread(w.fine, mass * at.astype(np.float32)[matter], made, near, further)

    def one(n: int, _: int) -> tuple[Floats, Volume]:
        return scattered(n) if n < len(energy) else fluorescence(lines[n - len(energy)])

    kerma = np.zeros((2, *mass.shape), np.float32)
    for response, fluence in in_strands(one, len(energy) + len(lines)):
        for kind in (0, 1):
            kerma[kind] += np.float32(response[kind]) * fluence
    return kerma


def _spread(
    g: VoxelGeometry, per_mm: Volume, made: Sequence[Volume], near: Sequence[Volume], further: Sequence[Volume]
) -> Volume:
    """Fluence of the photons that each source's rays have `made`: far from it by directions, near it as `near`."""
    total, emitted = np.zeros_like(per_mm), np.zeros_like(per_mm)
    volume = float(np.prod(g.spacing_mm))
    for photons, fall, share in zip(made, near, further, strict=True):
        emitted += share * photons
        total += np.float32(volume * ((1 - share) * photons).sum(dtype=np.float64)) * fall
    for axis in range(3):
        turned = [np.ascontiguousarray(np.moveaxis(a, axis, 0)) for a in (per_mm, emitted, total)]
        for forward, slopes, steps_mm in _directions_along(g, axis):
            sweep(turned[0], turned[1], forward, slopes, steps_mm, np.float32(1 / DIRECTIONS), turned[2])
        total = np.moveaxis(turned[2], 0, axis)
    return total


def _directions_along(g: VoxelGeometry, axis: int) -> list[tuple[bool, NDArray[np.float32], NDArray[np.float32]]]:
    """Directions that cross most planes along an axis (z, y, x), forward and backward: slopes and steps of `sweep`."""
    per_mm = even_directions(DIRECTIONS)[:, ::-1] / g.spacing_mm[::-1]  # voxels along (z, y, x) for each mm
    along = np.argmax(np.abs(per_mm), axis=1) == axis
    found: list[tuple[bool, NDArray[np.float32], NDArray[np.float32]]] = []
    for forward in (True, False):
        chosen = per_mm[along & ((per_mm[:, axis] > 0) == forward)]
        most = np.abs(chosen[:, [axis]])
        slopes = np.delete(chosen, axis, axis=1) / most
        found.append((forward, slopes.astype(np.float32), (1 / most[:, 0]).astype(np.float32)))
    return found


def _further(g: VoxelGeometry, place_mm: Floats) -> Volume:
    """From 0 at half of `NEAR_VOXELS` from a place to 1 at one and a half of it."""
    voxels = np.sqrt(squared_distance(g, place_mm)) / g.spacing_mm.max()
    return np.clip(voxels / NEAR_VOXELS - 0.5, 0, 1).astype(np.float32)


def squared_distance(g: VoxelGeometry, place_mm: Floats) -> Floats:
    """Of all voxel centres from a place, mm2."""
    axes = [g.low_mm[a] + (np.arange(g.density.shape[2 - a]) + 0.5) * g.spacing_mm[a] - place_mm[a] for a in range(3)]
    return axes[2][:, None, None] ** 2 + axes[1][:, None] ** 2 + axes[0] ** 2
