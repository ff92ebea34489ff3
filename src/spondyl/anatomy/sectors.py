"""The six sectors of a vertebra, as the International Spine Radiosurgery Consortium numbers them.

Cox et al., Int J Radiat Oncol Biol Phys 2012;83:e597-e605, doi:10.1016/j.ijrobp.2012.03.009: 1 vertebral body,
2 left pedicle, 3 left transverse process and lamina, 4 spinous process, 5 right transverse process and lamina,
6 right pedicle.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy.frame import Frame, Points, vertebra_frame, voxel_points
from spondyl.anatomy.structure import Structure, Structures
from spondyl.core.citations import Citation, note
from spondyl.core.errors import VolumeError

COX = Citation(
    "Cox BW et al. Int J Radiat Oncol Biol Phys 2012;83:e597-e605",
    "10.1016/j.ijrobp.2012.03.009",
    "anatomic classification",
)
SECTORS: tuple[str, ...] = (
    "vertebral_body",
    "pedicle_left",
    "transverse_process_lamina_left",
    "spinous_process",
    "transverse_process_lamina_right",
    "pedicle_right",
)
"""In the consortium's order: `SECTORS[0]` is sector 1."""
PARTS: tuple[str, ...] = (
    "vertebral_body",
    "pedicle_left",
    "transverse_process_left",
    "lamina_left",
    "spinous_process",
    "lamina_right",
    "transverse_process_right",
    "pedicle_right",
)
"""Sectors 3 and 5 come apart here, because the consensus names transverse process and lamina separately."""

SPINOUS_DEPTH = 0.5
"""The spinous process starts this many canal depths behind the canal; before it lie the laminae."""
SPINOUS_HALF_WIDTH = 0.4
"""Half its width, in half widths of the canal."""
PEDICLE_REACH = 2.0
"""The pedicle ends this many half widths of the canal beside the canal's axis; further out lies transverse process."""
LAMINA_REACH = 1.0
"""The lamina, which roofs the canal, ends here; further out lies the transverse process with the articular pillar."""


@dataclass(frozen=True)
class CanalEdges:
    """Where a canal's walls lie in its vertebra's frame, in mm: medians over the vertebra's height."""

    front_mm: float
    back_mm: float
    half_width_mm: float
    middle_mm: float
    """Left-right position of the canal's middle."""


@dataclass(frozen=True)
class Vertebra:
    """One vertebra cut into parts.

    Parameters
    ----------
    level
        "L3", or empty where it is not known.
    parts
        Structures by the names of `PARTS`; disjoint, together the bone they were cut from.
    frame
        Its axes.
    given
        Whether the six sectors came with the case (then only 3 and 5 were divided here).
    """

    level: str
    parts: Structures
    frame: Frame
    given: bool

    def sector(self, name: str) -> tuple[Structure, ...]:
        """The parts that make up one of `SECTORS`."""
        if name.startswith("transverse_process_lamina_"):
            side = name.rsplit("_", 1)[1]
            return self.parts[f"transverse_process_{side}"], self.parts[f"lamina_{side}"]
        return (self.parts[name],)


def canal_edges(canal: Structure, frame: Frame, low_mm: float, high_mm: float) -> CanalEdges:
    """Measure a canal's walls between two heights (mm along the frame's superior axis)."""
    local = frame.local_mm(voxel_points(canal)[0])
    local = local[(local[:, 2] >= low_mm) & (local[:, 2] <= high_mm)]
    step = max(canal.grid.spacing_mm)
    bins = np.floor(local[:, 2] / step).astype(int)
    walls = np.array(
        [local[bins == b].min(axis=0).tolist() + local[bins == b].max(axis=0).tolist() for b in np.unique(bins)]
    )
    right, back, _, left, front, _ = np.median(walls, axis=0)
    half_x, half_y = canal.grid.spacing_mm[0] / 2, canal.grid.spacing_mm[1] / 2
    # In front the centre of the foremost voxels, not their edge: on the labels the body then fits best, also where
    # its back wall is hollow.
    return CanalEdges(front, back - half_y, (left - right) / 2 + half_x, (left + right) / 2)


def part_of(local_mm: Points, edges: CanalEdges) -> NDArray[np.int8]:
    """Index into `PARTS` of each point.

    Parameters
    ----------
    local_mm
        (left, anterior, superior) in the vertebra's frame, shape (n, 3).
    edges
        Of its canal.

    Notes
    -----
    In front of the canal lies the body; beside its front half the pedicles, out to `PEDICLE_REACH`; behind it the
    laminae; beside its back half and behind, from `LAMINA_REACH` outwards, the transverse processes with the
    articular pillars, which join them to the pedicles; behind the laminae, in the middle, the spinous process.
    The proportions were chosen on the L2-L4 subregion labels of TPTBox's test CT; `docs/clinical/volumes.md` gives
    the overlap.
    """
    left = local_mm[:, 0] - edges.middle_mm
    anterior = local_mm[:, 1]
    depth = edges.front_mm - edges.back_mm
    is_left = left >= 0
    aside = np.abs(left) / edges.half_width_mm
    front_half = anterior > (edges.front_mm + edges.back_mm) / 2
    part = np.where(is_left, PARTS.index("lamina_left"), PARTS.index("lamina_right"))
    transverse = np.where(is_left, PARTS.index("transverse_process_left"), PARTS.index("transverse_process_right"))
    part = np.where(aside > LAMINA_REACH, transverse, part)
    pedicle = np.where(is_left, PARTS.index("pedicle_left"), PARTS.index("pedicle_right"))
    part = np.where(front_half & (aside <= PEDICLE_REACH), pedicle, part)
    spinous = (anterior < edges.back_mm - SPINOUS_DEPTH * depth) & (
        np.abs(left) < SPINOUS_HALF_WIDTH * edges.half_width_mm
    )
    part = np.where(spinous, PARTS.index("spinous_process"), part)
    return np.where(anterior > edges.front_mm, PARTS.index("vertebral_body"), part).astype(np.int8)


def cut_vertebra(vertebra: Structure, canal: Structure, level: str = "") -> Vertebra:
    """Compute the parts of a vertebra from its mask and the canal.

    Parameters
    ----------
    vertebra
        The whole vertebra.
    canal
        The spinal canal through it.
    level
        For names and messages.

    Raises
    ------
    VolumeError
        If the frame cannot be fitted or the body comes out empty.
    """
    note(COX)
    frame, edges = _fit(vertebra, canal)
    everything = np.arange(vertebra.coverage.size)
    index = np.stack(np.unravel_index(everything, vertebra.coverage.shape), axis=-1)
    part = part_of(frame.local_mm(vertebra.local_grid.point_at(index)), edges).reshape(vertebra.coverage.shape)
    made = f"cut from {vertebra.name} by the canal's walls and axis"
    parts = Structures([_keep(vertebra, part == i, name, made) for i, name in enumerate(PARTS)])
    if parts["vertebral_body"].is_empty:
        raise VolumeError(f'"{vertebra.name}" has no bone in front of its canal; check both masks')
    return Vertebra(level, parts, frame, given=False)


def divide_given(sectors: Structures, canal: Structure, level: str = "") -> Vertebra:
    """Take six given sectors as they are and divide the third and fifth into transverse process and lamina.

    Raises
    ------
    VolumeError
        If one of the six is missing: all are named that are.
    """
    note(COX)
    missing = [name for name in SECTORS if name not in sectors]
    if missing:
        raise VolumeError(
            f"sectors of {level or 'the vertebra'} are incomplete: {', '.join(missing)} missing; give all six or none"
        )
    frame, edges = _fit(sectors["vertebral_body"], canal)
    parts: list[Structure] = []
    for name in PARTS:
        kind, _, side = name.rpartition("_")
        if kind not in ("transverse_process", "lamina"):
            parts.append(sectors[name])
            continue
        whole = sectors[f"transverse_process_lamina_{side}"]
        index = np.stack(np.unravel_index(np.arange(whole.coverage.size), whole.coverage.shape), axis=-1)
        across = frame.local_mm(whole.local_grid.point_at(index))[:, 0] - edges.middle_mm
        lateral = (np.abs(across) > LAMINA_REACH * edges.half_width_mm).reshape(whole.coverage.shape)
        keep = lateral if kind == "transverse_process" else ~lateral
        parts.append(_keep(whole, keep, name, f"{kind.replace('_', ' ')} of given {whole.name}"))
    return Vertebra(level, Structures(parts), frame, given=True)


def _fit(bone: Structure, canal: Structure) -> tuple[Frame, CanalEdges]:
    frame = vertebra_frame(bone, canal)
    heights = frame.local_mm(voxel_points(bone)[0])[:, 2]
    return frame, canal_edges(canal, frame, float(heights.min()), float(heights.max()))


def _keep(bone: Structure, where: NDArray[np.bool_], name: str, made: str) -> Structure:
    coverage = np.where(where, bone.coverage, np.float32(0))
    return replace(bone, name=name, role="bone", coverage=coverage, contours=(), made=(*bone.made, made))
