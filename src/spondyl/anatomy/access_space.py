"""Where a needle may run in one vertebra: distances to bone, body and canal, and the vertebra's own axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree

from spondyl.anatomy.access_approach import Approach
from spondyl.anatomy.distance import signed_distance_mm
from spondyl.anatomy.frame import Frame, box_around, voxel_points
from spondyl.anatomy.sectors import CanalEdges, Vertebra, canal_edges
from spondyl.anatomy.structure import Structure, from_coverage
from spondyl.anatomy.subvoxel import border_points, refine
from spondyl.core.errors import VolumeError
from spondyl.core.grid import Box, Grid

Side = Literal["right", "left"]
SIDES: tuple[Side, ...] = ("right", "left")
Points = NDArray[np.float64]
ROOM_MM = 12.0
"""The fields reach this far beyond the vertebra; a point farther out is that far outside."""


@dataclass(frozen=True)
class AccessSpace:
    """One vertebra as a needle meets it.

    Parameters
    ----------
    level
        "T11", or empty.
    frame, edges
        The vertebra's axes and its canal's walls in them.
    grid
        Of the fields, the vertebra's surroundings.
    bone_mm, body_mm, canal_mm
        Signed distances, positive inside, shape ``grid.shape``.
    pedicles
        Coverage of each side's pedicle, shape ``grid.shape``.
    border
        Points of the bone's surface.
    approach
        What lies behind the vertebra; None where no CT was looked at.
    """

    level: str
    frame: Frame
    edges: CanalEdges
    grid: Grid
    bone_mm: NDArray[np.float32]
    body_mm: NDArray[np.float32]
    canal_mm: NDArray[np.float32]
    pedicles: Mapping[Side, NDArray[np.float32]]
    border: cKDTree
    approach: Approach | None = None

    def at(self, field: NDArray[np.float32], points_mm: Points) -> Points:
        """A field at points (..., 3) in LPS mm, linear between voxels, that of the rim beyond them."""
        index = np.moveaxis(self.grid.index_of(points_mm), -1, 0)
        return map_coordinates(field, index, order=1, mode="nearest", output=np.float64)

    def wall_mm(self, points_mm: Points) -> Points:
        """Signed distance of points (..., 3) to the bone's surface, positive inside.

        From the surface's own points: between voxel centres a distance field is too low by half a voxel where it is
        highest, which is where a needle runs.
        """
        away, _ = self.border.query(points_mm)
        return np.where(self.at(self.bone_mm, points_mm) >= 0, away, -away)

    def side_of(self, points_mm: Points) -> Side:
        """The patient's side on which the middle of the points (n, 3) lies."""
        across = float(np.mean(self.frame.local_mm(points_mm)[:, 0])) - self.edges.middle_mm
        return "left" if across > 0 else "right"

    @property
    def beside_mm(self) -> tuple[float, float]:
        """Where a path runs beside the front half of the canal: from where to where, along the anterior axis."""
        return (self.edges.front_mm + self.edges.back_mm) / 2, self.edges.front_mm

    def pedicle_part(self, points_mm: Points, side: Side) -> NDArray[np.bool_]:
        """Which points of a path lie beside the front half of the canal; none where it misses the pedicle there."""
        anterior = self.frame.local_mm(points_mm)[:, 1]
        low, high = self.beside_mm
        beside = (anterior >= low) & (anterior <= high)
        through = beside & (self.at(self.pedicles[side], points_mm) >= 0.5)
        return beside if through.any() else np.zeros_like(beside)


def access_space(vertebra: Vertebra, canal: Structure) -> AccessSpace:
    """Measure the space that a needle has in `vertebra`.

    Raises
    ------
    VolumeError
        If body or a pedicle is empty, or the canal does not pass the vertebra.
    """
    filled = [part for part in vertebra.parts.values() if not part.is_empty]
    for name in ("vertebral_body", "pedicle_left", "pedicle_right"):
        if vertebra.parts[name].is_empty:
            raise VolumeError(f"{name} of {vertebra.level or 'the vertebra'} is empty, so no needle path leads there")
    box = _with_room(box_around(*filled), filled[0].grid)
    body = _within(vertebra.parts["vertebral_body"], box)
    whole = np.maximum.reduce([_within(part, box).full() for part in filled])
    bone = from_coverage("bone", "bone", body.grid, whole)
    heights = vertebra.frame.local_mm(voxel_points(body)[0])[:, 2]
    return AccessSpace(
        level=vertebra.level,
        frame=vertebra.frame,
        edges=canal_edges(canal, vertebra.frame, float(heights.min()), float(heights.max())),
        grid=body.grid,
        bone_mm=signed_distance_mm(bone),
        body_mm=signed_distance_mm(body),
        canal_mm=signed_distance_mm(_within(canal, box)),
        border=cKDTree(_surface(bone)),
        pedicles={side: _within(vertebra.parts[f"pedicle_{side}"], box).full() for side in SIDES},
    )


def _surface(structure: Structure) -> Points:
    """Points (x, y, z) of a structure's border, at most 0.7 mm apart, shape (n, 3)."""
    field, edges = refine(structure, (3, 3, 3))
    from_first = np.concatenate((border_points(field), edges))
    first = structure.grid.point_at(field.first)[::-1] - (np.array(field.parts) - 1) / 2 * np.array(field.cell_mm)
    return (first + from_first)[:, ::-1]


def _with_room(box: Box, grid: Grid) -> Box:
    room = [int(np.ceil(ROOM_MM / s)) for s in grid.spacing_mm[::-1]]
    z, y, x = (slice(max(0, s.start - r), min(n, s.stop + r)) for s, r, n in zip(box, room, grid.shape, strict=True))
    return z, y, x


def _within(structure: Structure, box: Box) -> Structure:
    """The structure on the part of its grid that `box` is."""
    coverage = np.ascontiguousarray(structure.full()[box])
    whole = (slice(0, coverage.shape[0]), slice(0, coverage.shape[1]), slice(0, coverage.shape[2]))
    return replace(structure, grid=structure.grid.crop(box), box=whole, coverage=coverage, contours=())
