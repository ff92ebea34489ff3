"""Tumour in the spinal canal, and how near it comes to cord and thecal sac."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy.involvement import certain_overlap_cm3, expected_overlap_cm3
from spondyl.anatomy.measured.moved import depth_mm, room_around
from spondyl.anatomy.measured.values import Known, spanning
from spondyl.anatomy.measures import least_distance_mm
from spondyl.anatomy.structure import Structure


@dataclass(frozen=True)
class Occupation:
    """Share of the canal's axial area that the tumour takes in the slice where it is greatest.

    Parameters
    ----------
    percent
        0 where no tumour lies in the canal.
    z_mm, slice_index
        Of that slice, from the caudal end of the CT; None where there is none.
    canal_mm2
        Area of the canal there.
    by_slice_percent
        Of every slice of the CT, NaN where there is no canal.
    """

    percent: Known
    z_mm: float | None
    slice_index: int | None
    canal_mm2: float | None
    by_slice_percent: NDArray[np.float64]


@dataclass(frozen=True)
class Distance:
    """Least distance of the tumour to a structure.

    Parameters
    ----------
    between_centres_mm
        Of voxels at least half inside: what `measured.gtv_min_distance_to_..._mm` in case.yaml holds.
    between_borders_mm
        The gap between both borders, 0 where they touch or overlap; about one voxel less.
    """

    between_centres_mm: Known
    between_borders_mm: Known


def epidural_cm3(gtv: Structure, smaller: Structure, larger: Structure, canal: Structure) -> Known:
    """Volume of the tumour inside the canal, with the tumour's border half a voxel further in and out as the range.

    Where both merely share a border, the lower end is 0: partly covered voxels count with the least they must share.
    """
    return spanning(
        expected_overlap_cm3(gtv, canal), certain_overlap_cm3(smaller, canal), expected_overlap_cm3(larger, canal)
    )


def canal_occupation(gtv: Structure, smaller: Structure, larger: Structure, canal: Structure) -> Occupation:
    """Find the axial slice in which the tumour takes most of the canal.

    Slices whose canal is less than half as large as the median slice's are left out: there the contour ends.
    """
    room = canal.full()
    areas = room.sum(axis=(1, 2), dtype=np.float64)
    counted = areas > 0.5 * float(np.median(areas[areas > 0]))
    by_slice = [_percent(tumour, room, areas, counted) for tumour in (gtv, smaller, larger)]
    most = int(np.nanargmax(by_slice[0]))
    grid = canal.grid
    if not by_slice[0][most] > 0:
        return Occupation(spanning(0.0, float(np.nanmax(by_slice[2]))), None, None, None, by_slice[0])
    percent = spanning(*(float(values[most]) for values in by_slice))
    area = float(areas[most]) * grid.spacing_mm[0] * grid.spacing_mm[1]
    return Occupation(percent, float(grid.axis_mm("z")[most]), most, area, by_slice[0])


def _percent(
    tumour: Structure, room: NDArray[np.float32], areas: NDArray[np.float64], counted: NDArray[np.bool_]
) -> NDArray[np.float64]:
    taken = np.zeros(len(areas))
    if tumour.coverage.size:
        taken[tumour.box[0]] = (tumour.coverage * room[tumour.box]).sum(axis=(1, 2), dtype=np.float64)
    return np.divide(100 * taken, areas, out=np.full(len(areas), np.nan), where=counted)


def distance_to(gtv: Structure, soft: Structure) -> Distance | None:
    """Least distance of the tumour to cord or sac, None where one of them fills no voxel by half.

    The gap is sought as the least sum of both distances to the border over all voxels, which on the line that joins
    the nearest points is the gap itself. Its uncertainty is half a voxel of each border.
    """
    centres = least_distance_mm(gtv, soft)
    if centres is None:
        return None
    voxel = max(gtv.grid.spacing_mm)
    box = room_around(gtv, centres + 3 * voxel)
    gap = -float((depth_mm(gtv, box) + depth_mm(soft, box)).max())
    borders = spanning(*(max(0.0, gap + moved) for moved in (0.0, -voxel, voxel)))
    return Distance(spanning(centres, max(0.0, centres - voxel), centres + voxel), borders)
