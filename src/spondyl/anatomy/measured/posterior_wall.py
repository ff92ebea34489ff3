"""Where the tumour reaches the posterior wall of the vertebral body."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spondyl.anatomy.frame import Frame, Points, voxel_points
from spondyl.anatomy.measured.moved import coverage_at, depth_mm, room_around, voxel_edge_mm
from spondyl.anatomy.measured.values import Known, spanning
from spondyl.anatomy.sectors import Vertebra, canal_edges
from spondyl.anatomy.structure import Structure
from spondyl.core.errors import VolumeError
from spondyl.core.grid import Box
from spondyl.core.image import trilinear

STEP_MM = 0.5
SEARCH_MM = 8.0
"""The wall is sought this far before and behind the canal's front: it is hollow, and bulges where it is pushed out."""


@dataclass(frozen=True)
class PosteriorWall:
    """The wall between the pedicles, seen from behind.

    Parameters
    ----------
    area_cm2
        Of the whole wall.
    contact_cm2
        Of the part whose outermost half voxel of bone is tumour.
    distance_mm
        Least distance of the tumour to that layer, 0 with contact; uncertain by half a voxel of both borders.
    """

    area_cm2: float
    contact_cm2: Known
    distance_mm: Known

    @property
    def touched(self) -> bool | None:
        """Whether there is contact; None where half a voxel decides."""
        if self.contact_cm2.low > 0:
            return True
        return False if self.contact_cm2.high == 0 else None


def posterior_wall(vertebra: Vertebra, canal: Structure, gtv: Structure) -> PosteriorWall:
    """Measure the tumour's contact with the posterior wall.

    The wall is the back of the body as far as the canal is wide. It is sought along the vertebra's own anterior axis
    every 0.5 mm; areas are those seen along that axis.

    Raises
    ------
    VolumeError
        If the body has no wall in front of the canal.
    """
    body, half_voxel = vertebra.parts["vertebral_body"], voxel_edge_mm(gtv.grid) / 2
    layer = _wall_points(body, vertebra.frame, canal) + half_voxel * vertebra.frame.axes[1]
    inside = _depth_at(gtv, layer, half_voxel)
    cell_cm2 = STEP_MM**2 / 100
    contact = spanning(*(cell_cm2 * float((inside >= moved).sum()) for moved in (0.0, half_voxel, -half_voxel)))
    away = -float(inside.max())
    distance = spanning(*(max(0.0, away + moved) for moved in (0.0, 2 * half_voxel, -2 * half_voxel)))
    return PosteriorWall(cell_cm2 * len(layer), contact, distance)


def _wall_points(body: Structure, frame: Frame, canal: Structure) -> Points:
    """(x, y, z) of the wall on a lattice over left and superior."""
    heights = frame.local_mm(voxel_points(body)[0])[:, 2]
    edges = canal_edges(canal, frame, float(heights.min()), float(heights.max()))
    half = edges.half_width_mm
    left = np.arange(edges.middle_mm - half + STEP_MM / 2, edges.middle_mm + half, STEP_MM)
    anterior = np.arange(edges.front_mm - SEARCH_MM, edges.front_mm + SEARCH_MM, STEP_MM)
    superior = np.arange(heights.min() - STEP_MM / 2, heights.max() + STEP_MM, STEP_MM)
    across, up, forward = np.meshgrid(left, superior, anterior, indexing="ij")
    local = np.stack((across, forward, up), axis=-1)
    coverage = coverage_at(body, local @ frame.axes + frame.origin_mm)
    inside = coverage >= 0.5
    first = inside.argmax(axis=-1)
    found = inside.any(axis=-1) & (first > 0)
    if not found.any():
        raise VolumeError(
            f'"{body.name}" has no wall within {SEARCH_MM:g} mm of the front of "{canal.name}"; check both masks'
        )
    at, before = (
        np.take_along_axis(coverage, i[..., None], axis=-1)[..., 0][found] for i in (first, np.maximum(first - 1, 0))
    )
    wall = local[..., 0, :][found]
    wall[:, 1] = anterior[first[found]] - STEP_MM * (at - 0.5) / np.maximum(at - before, 1e-6)
    return wall @ frame.axes + frame.origin_mm


def _depth_at(gtv: Structure, points: Points, room_mm: float) -> Points:
    """How deep inside the tumour each point lies, negative outside."""
    index = gtv.grid.index_of(points)
    box = room_around(gtv, 4 * room_mm)
    low = np.minimum(np.floor(index.min(axis=0)).astype(int) - 1, [s.start for s in box])
    high = np.maximum(np.ceil(index.max(axis=0)).astype(int) + 2, [s.stop for s in box])
    start, stop = np.maximum(low, 0), np.minimum(high, gtv.grid.shape)
    ranges = [slice(int(a), int(b)) for a, b in zip(start, stop, strict=True)]
    whole: Box = (ranges[0], ranges[1], ranges[2])
    return trilinear(depth_mm(gtv, whole), gtv.grid.crop(whole), points)
