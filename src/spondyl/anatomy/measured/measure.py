"""Measuring a case: everything that CT and masks tell about the lesion and its vertebra."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from spondyl.anatomy.bones import involved_bones, no_canal
from spondyl.anatomy.case import Case
from spondyl.anatomy.foramen import foramen
from spondyl.anatomy.frame import box_around
from spondyl.anatomy.levels import checked_level, level_in_name
from spondyl.anatomy.measured.canal import Distance, Occupation, canal_occupation, distance_to, epidural_cm3
from spondyl.anatomy.measured.endplate_fit import endplate_doubts
from spondyl.anatomy.measured.heights import BANDS, BodyHeights, HeightLoss, height_loss, measure_heights
from spondyl.anatomy.measured.kyphosis import kyphosis_deg
from spondyl.anatomy.measured.lesion_density import LesionDensity, lesion_density
from spondyl.anatomy.measured.moved import moved, surface_cm2, voxel_edge_mm
from spondyl.anatomy.measured.neighbours import Neighbours, cut_off, find_neighbours, has_measurable_body
from spondyl.anatomy.measured.posterior_wall import PosteriorWall, posterior_wall
from spondyl.anatomy.measured.shares import TOUCH_CM3, SectorShare, sector_shares
from spondyl.anatomy.measured.values import Known, Unknown, plus_minus, spanning
from spondyl.anatomy.measures import volume_outside_cm3
from spondyl.anatomy.names import find_role, plain
from spondyl.anatomy.sectors import SECTORS, Vertebra, cut_vertebra, divide_given
from spondyl.anatomy.structure import Structure, Structures
from spondyl.anatomy.targets import find_gtv
from spondyl.core.errors import VolumeError
from spondyl.core.progress import Progress, silent

UNLIKE_NEIGHBOURS_PERCENT = 20.0
"""Neighbours whose heights differ by more are told: one of them may itself be fractured (grade 1 begins at 20 to 25 %,
Genant et al., J Bone Miner Res 1993;8:1137-1148, doi:10.1002/jbmr.5650080915)."""


@dataclass(frozen=True)
class Spine:
    """Shape of the lesion's vertebra and its neighbours.

    Parameters
    ----------
    heights
        By level, cranial first; "" for a vertebra whose level is not known.
    loss
        Against the neighbours that are not involved.
    wedge_deg
        Between the endplates of the lesion's vertebra, positive where it is lower in front.
    kyphosis_deg
        Upper endplate of the vertebra above to lower endplate of the one below, positive in kyphosis.
    doubts
        By level: where a mask does not end at what looks like the endplate on the CT.
    """

    heights: Mapping[str, BodyHeights]
    loss: HeightLoss | Unknown
    wedge_deg: Known | Unknown
    kyphosis_deg: Known | Unknown
    doubts: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Tumour:
    """The tumour in bone, canal and beside them. Ranges move the tumour's border by half a voxel."""

    volume_cm3: Known
    sectors: Mapping[str, SectorShare]
    wall: PosteriorWall | Unknown
    epidural_cm3: Known
    occupation: Occupation
    paraspinal_cm3: Known
    cord: Distance | Unknown
    sac: Distance | Unknown
    density: LesionDensity | Unknown


@dataclass(frozen=True)
class Measurements:
    """What was measured on one case.

    Parameters
    ----------
    level
        To which it refers, None where not known.
    vertebra, canal, gtv
        What was measured; `gtv` None where the case has no tumour drawn.
    volumes_cm3
        Of "vertebra" and "vertebral_body".
    notes
        What had to be assumed, or is odd.
    """

    level: str | None
    vertebra: Vertebra
    canal: Structure
    gtv: Structure | None
    spine: Spine
    tumour: Tumour | Unknown
    volumes_cm3: Mapping[str, Known]
    notes: tuple[str, ...]


def measure(case: Case, *, gtv: str = "", derive_canal: bool = False, progress: Progress = silent) -> Measurements:
    """Measure the lesion's vertebra, its neighbours and the tumour.

    Parameters
    ----------
    case
        With the vertebra or its six sectors and the canal; the tumour and neighbours as far as they are there.
    gtv
        Name of the GTV where the case holds several.
    derive_canal
        Compute a missing canal from the vertebra's ring.

    Raises
    ------
    VolumeError, StructureError
        If there is no vertebra or no canal, masks contradict each other, or the level is sacral.
    """
    level = None if case.facts.level is None else checked_level(case.facts.level)
    if level is not None and level.startswith("S"):
        raise VolumeError(f"level {level} is sacral; heights, sectors and canal are measured from C1 to L5")
    notes: list[str] = []
    tumour = find_gtv(case.structures, gtv) if gtv or _has_gtv(case.structures) else None
    vertebra, canal, touched = _bone(case.structures, tumour, level, derive_canal, notes)
    neighbours = find_neighbours(case.structures, canal, level, touched)
    progress("heights", 0.0)
    spine = _spine(vertebra, neighbours, level, notes)
    doubts = {level: said for level, h in spine.heights.items() if (said := endplate_doubts(case.ct, h))}
    spine = replace(spine, doubts=doubts)
    notes += doubts.values()
    progress("heights", 1.0)
    body = vertebra.parts["vertebral_body"]
    volumes = {
        "vertebra": _volume(_whole(vertebra)),
        "vertebral_body": _volume(body),
    }
    found = _tumour(case, tumour, vertebra, canal, neighbours, progress)
    return Measurements(level, vertebra, canal, tumour, spine, found, volumes, tuple(notes))


def _has_gtv(structures: Structures) -> bool:
    return any(plain(name).startswith(("gtv", "grosstumor", "grosstumour")) for name in structures)


def _bone(
    structures: Structures, gtv: Structure | None, level: str | None, derive_canal: bool, notes: list[str]
) -> tuple[Vertebra, Structure, tuple[str, ...]]:
    """The lesion's vertebra, its canal, and every level that the tumour touches."""
    if gtv is not None:
        bones = involved_bones(structures, gtv, level, touch_cm3=TOUCH_CM3, derive_canal=derive_canal)
        notes += bones.assumptions
        own = [v for v in bones.vertebrae if v.level == (level or "")] or list(bones.vertebrae)
        if len(bones.vertebrae) > 1:
            names = ", ".join(v.level or "the vertebra" for v in bones.vertebrae)
            notes.append(f"the GTV touches {names}: measured for {own[0].level or 'the vertebra'} only")
        return own[0], bones.canal, tuple(v.level for v in bones.vertebrae)
    sectors = {name: s for name in SECTORS if (s := find_role(structures, name)) is not None}
    mask = find_role(structures, "vertebra") or next(
        (s for name, s in structures.items() if level is not None and level_in_name(name) == level), None
    )
    canal = find_role(structures, "canal")
    if mask is None and len(sectors) < len(SECTORS):
        raise VolumeError(f"no vertebra found to measure: give vertebra, vertebra_{level or 'L3'} or its six sectors")
    if canal is None:
        if not derive_canal or mask is None:
            raise no_canal("to find the body and its axes")
        canal = foramen(mask)
        notes.append("the spinal canal was computed from the ring of the vertebra")
    if len(sectors) == len(SECTORS):
        given = Structures([replace(s, name=name) for name, s in sectors.items()])
        return divide_given(given, canal, level or ""), canal, ()
    assert mask is not None
    return cut_vertebra(mask, canal, level or ""), canal, ()


def _spine(vertebra: Vertebra, neighbours: Neighbours, level: str | None, notes: list[str]) -> Spine:
    own = _heights(vertebra, level or "")
    if isinstance(own, Unknown):
        return Spine({}, own, own, own)
    sides = {
        side: found if isinstance(found, Unknown) else _heights(found, found.level)
        for side, found in (("above", neighbours.above), ("below", neighbours.below))
    }
    above, below = sides["above"], sides["below"]
    heights = {h.level: h for h in (above, own, below) if isinstance(h, BodyHeights)}
    loss = _loss(own, (above, below), neighbours.involved, notes)
    wedge = kyphosis_deg(own, own, vertebra.frame)
    kyphosis: Known | Unknown
    if isinstance(above, BodyHeights) and isinstance(below, BodyHeights):
        kyphosis = kyphosis_deg(above, below, vertebra.frame)
    else:
        kyphosis = Unknown("; ".join(side.reason for side in (above, below) if isinstance(side, Unknown)))
    return Spine(heights, loss, wedge, kyphosis)


def _heights(vertebra: Vertebra, level: str) -> BodyHeights | Unknown:
    if level and not has_measurable_body(level):
        return Unknown(f"{level} has no body between two endplates")
    if cut := cut_off(vertebra):
        return Unknown(f"{level or 'the vertebra'}: {cut}")
    try:
        return measure_heights(vertebra.parts["vertebral_body"], vertebra.frame, level)
    except VolumeError as error:
        return Unknown(str(error))


def _loss(
    own: BodyHeights, sides: tuple[BodyHeights | Unknown, ...], involved: frozenset[str], notes: list[str]
) -> HeightLoss | Unknown:
    healthy: list[BodyHeights] = []
    reasons: list[str] = []
    for side in sides:
        if isinstance(side, Unknown):
            reasons.append(side.reason)
        elif side.level in involved:
            reasons.append(f"{side.level} is involved by the GTV and no reference")
        else:
            healthy.append(side)
    if not healthy:
        return Unknown(f"no neighbour to compare with: {'; '.join(dict.fromkeys(reasons))}")
    if reasons:
        notes.append(f"height loss is against {healthy[0].level} alone: {'; '.join(reasons)}")
    else:
        notes += _unlike(*healthy)
    return height_loss(own, tuple(healthy))


def _unlike(first: BodyHeights, second: BodyHeights) -> list[str]:
    """Say where two references differ so much that one may itself have collapsed."""
    said: list[str] = []
    for band in BANDS:
        heights = first.height_mm[band].value, second.height_mm[band].value
        if min(heights) < (1 - UNLIKE_NEIGHBOURS_PERCENT / 100) * max(heights):
            said.append(
                f"{band} heights of {first.level} and {second.level} are {heights[0]:.1f} and {heights[1]:.1f} mm: one "
                "of them may itself be fractured, and the loss against their mean is then too small"
            )
    return said


def _tumour(
    case: Case, gtv: Structure | None, vertebra: Vertebra, canal: Structure, neighbours: Neighbours, progress: Progress
) -> Tumour | Unknown:
    if gtv is None:
        return Unknown("there is no GTV; draw it to measure involvement")
    half = voxel_edge_mm(gtv.grid) / 2
    smaller, larger = moved(gtv, (-half, half))
    three = gtv, smaller, larger
    progress("tumour", 0.2)
    try:
        wall: PosteriorWall | Unknown = posterior_wall(vertebra, canal, gtv)
    except VolumeError as error:
        wall = Unknown(str(error))
    progress("tumour", 0.4)
    taken = (canal, *vertebra.parts.values(), *(p for n in neighbours.known for p in n.parts.values()))
    soft = {role: _distance(case.structures, gtv, role) for role in ("cord", "sac")}
    progress("tumour", 0.6)
    healthy = {n.level: n.parts["vertebral_body"] for n in neighbours.known if n.level not in neighbours.involved}
    density = lesion_density(case.ct, vertebra, gtv, healthy)
    progress("tumour", 1.0)
    return Tumour(
        volume_cm3=spanning(*(t.volume_cm3 for t in three)),
        sectors=sector_shares(vertebra, *three),
        wall=wall,
        epidural_cm3=epidural_cm3(*three, canal),
        occupation=canal_occupation(*three, canal),
        paraspinal_cm3=spanning(*(volume_outside_cm3(t, taken) for t in three)),
        cord=soft["cord"],
        sac=soft["sac"],
        density=density,
    )


def _distance(structures: Structures, gtv: Structure, role: str) -> Distance | Unknown:
    soft = find_role(structures, role)
    if soft is None:
        return Unknown(f"no {'spinal cord' if role == 'cord' else 'thecal sac'} is contoured")
    found = distance_to(gtv, soft)
    return Unknown(f'"{soft.name}" or the GTV fills no voxel by half') if found is None else found


def _whole(vertebra: Vertebra) -> Structure:
    """All parts of a vertebra, which are disjoint, as one."""
    parts = [part for part in vertebra.parts.values() if not part.is_empty]
    box = box_around(*parts)
    coverage = np.zeros(parts[0].grid.crop(box).shape, dtype=np.float32)
    for part in parts:
        own = tuple(slice(p.start - b.start, p.stop - b.start) for p, b in zip(part.box, box, strict=True))
        coverage[own] += part.coverage
    return replace(parts[0], name="vertebra", box=box, coverage=coverage, contours=())


def _volume(structure: Structure) -> Known:
    """Volume, and how much half a voxel over the whole border adds or takes."""
    return plus_minus(structure.volume_cm3, surface_cm2(structure) * voxel_edge_mm(structure.grid) / 20)
