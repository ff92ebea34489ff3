"""What a needle meets between the skin and its vertebra: other bone, metal, lung and organs, the skin."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, binary_erosion, distance_transform_edt, map_coordinates

from spondyl.anatomy.case import Case
from spondyl.anatomy.frame import box_around
from spondyl.anatomy.names import find_role
from spondyl.anatomy.sectors import Vertebra
from spondyl.anatomy.structure import Structure
from spondyl.core.grid import Box, Grid

BONE_HU = 250.0
"""From here a voxel behind the spine is taken for bone: muscle stays below 100 HU, cortex lies above 300. Ours."""
METAL_HU = 3000.0
"""From here a CT of 12 bits is about to saturate, as in `spondyl.physics.kv.ct_materials`."""
AIR_HU = -400.0
"""Below here a voxel in the body is taken for lung or gas: fat stays above -130 HU, lung lies below -500. Ours."""
SKIN_MM = 6.0
"""Voxels this near to the skin share the room's air. Ours: two voxels of the coarsest CT that is planned on."""
REACH_MM = 110.0
"""To both sides of the vertebra and behind it, half of it up and down: as far as a needle of 45 degrees comes."""
OWN_MM = 2.0
"""Bright voxels this near to the vertebra's mask are its own border."""
STEP_MM = 1.0
NOTHING_MM = 1000.0
"""The distance told where there is no such thing."""

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Approach:
    """The surroundings of a vertebra, as a needle from behind meets them.

    Parameters
    ----------
    grid
        Of the fields, that of the CT about and behind the vertebra.
    bone_mm
        Distance of each voxel's centre to the surface of other bone, shape ``grid.shape``; `NOTHING_MM` without any.
    metal_mm
        The same to metal, in the vertebra or without.
    organ_mm
        The same to organs at risk that are drawn, cord and sac not among them, and to lung and gas that the CT shows.
    body
        Which voxels lie in the external contour; None where none was given.
    """

    grid: Grid
    bone_mm: NDArray[np.float32]
    metal_mm: NDArray[np.float32]
    organ_mm: NDArray[np.float32]
    body: NDArray[np.bool_] | None

    def bone_at(self, points_mm: Points) -> Points:
        """Distance of points (..., 3) to the surface of other bone."""
        return self._at(self.bone_mm, points_mm)

    def metal_at(self, points_mm: Points) -> Points:
        """Distance of points (..., 3) to the surface of metal."""
        return self._at(self.metal_mm, points_mm)

    def organ_at(self, points_mm: Points) -> Points:
        """Distance of points (..., 3) to the surface of lung, gas or an organ."""
        return self._at(self.organ_mm, points_mm)

    def to_skin_mm(self, entry_mm: Points, direction: Points) -> float | None:
        """How far behind a point (3,) the skin is, along a unit vector (3,); None where it is not known."""
        if self.body is None:
            return None
        away = np.arange(0.0, 2 * REACH_MM, STEP_MM)
        points = entry_mm - away[:, None] * direction
        low, high = self.grid.bounds_mm()
        within = ((points >= low) & (points <= high)).all(axis=1)
        out = within & (self._at(self.body.astype(np.float32), points) < 0.5)
        return float(away[out.argmax()]) if out.any() else None

    def with_metal(self, mask: NDArray[np.bool_], grid: Grid) -> Approach:
        """The approach with more metal: a mask on the CT's `grid`."""
        box = _box(grid, self.grid.bounds_mm())
        return replace(self, metal_mm=np.minimum(self.metal_mm, _away_mm(mask[box], self.grid)))

    def _at(self, field: NDArray[np.float32], points_mm: Points) -> Points:
        index = np.moveaxis(self.grid.index_of(points_mm), -1, 0)
        return map_coordinates(field, index, order=1, mode="nearest", output=np.float64)


def approach_to(case: Case, vertebra: Vertebra) -> Approach:
    """The surroundings of `vertebra` in the case's CT."""
    filled = [part for part in vertebra.parts.values() if not part.is_empty]
    low, high = filled[0].grid.crop(box_around(*filled)).bounds_mm()
    reach = np.array([REACH_MM, 0.0, REACH_MM / 2])
    box = _box(case.ct.grid, (low - reach, high + reach + [0.0, REACH_MM, 0.0]))
    grid = case.ct.grid.crop(box)
    hu = np.asarray(case.ct.values[box])
    own = np.logical_or.reduce([_mask(part)[box] for part in filled])
    own = binary_dilation(own, np.ones(2 * _voxels(OWN_MM, grid) + 1, bool))
    external = next(iter(case.structures.with_role("external")), None)
    body = None if external is None else _mask(external)[box]
    bone = (hu >= BONE_HU) & ~own
    if body is not None:
        bone &= body
    organs = _organs(case, box) & ~own
    if body is not None:
        organs |= (hu < AIR_HU) & ~own & binary_erosion(body, np.ones(2 * _voxels(SKIN_MM, grid) + 1, bool))
    return Approach(grid, _away_mm(bone, grid), _away_mm(hu >= METAL_HU, grid), _away_mm(organs, grid), body)


def _organs(case: Case, box: Box) -> NDArray[np.bool_]:
    """Where an organ at risk is drawn; the canal stands for cord and sac."""
    neural = {s.name for role in ("cord", "sac") if (s := find_role(case.structures, role)) is not None}
    found = np.zeros(case.ct.grid.crop(box).shape, bool)
    for organ in case.structures.with_role("oar"):
        if organ.name not in neural and not organ.is_empty:
            found |= _mask(organ)[box]
    return found


def _voxels(length_mm: float, grid: Grid) -> NDArray[np.int_]:
    """Voxels in a length along (z, y, x), one at least."""
    return np.maximum(1, np.rint(length_mm / np.asarray(grid.spacing_mm[::-1]))).astype(int)


def _away_mm(mask: NDArray[np.bool_], grid: Grid) -> NDArray[np.float32]:
    """Distance to the surface of a mask, taken half a voxel before its centres; `NOTHING_MM` without any."""
    if not mask.any():
        return np.full(mask.shape, NOTHING_MM, np.float32)
    away = np.asarray(distance_transform_edt(~mask, sampling=grid.spacing_mm[::-1]))
    return (away - min(grid.spacing_mm) / 2).astype(np.float32)


def _mask(structure: Structure) -> NDArray[np.bool_]:
    return structure.full() >= 0.5


def _box(grid: Grid, bounds_mm: tuple[Points, Points]) -> Box:
    first = np.clip(np.rint(grid.index_of(bounds_mm[0]) + 0.5), 0, np.array(grid.shape)).astype(int)
    last = np.clip(np.rint(grid.index_of(bounds_mm[1]) + 0.5), 0, np.array(grid.shape)).astype(int)
    z, y, x = (slice(int(a), max(int(b), int(a) + 1)) for a, b in zip(first, last, strict=True))
    return z, y, x
