"""The anatomy of a case that a needle needs: tumour, the vertebra to go into, canal, cord or sac."""

from __future__ import annotations

from dataclasses import dataclass, replace

from spondyl.anatomy.access_approach import approach_to
from spondyl.anatomy.access_space import AccessSpace, access_space
from spondyl.anatomy.bones import Bones, involved_bones
from spondyl.anatomy.case import Case
from spondyl.anatomy.frame import voxel_points
from spondyl.anatomy.involvement import expected_overlap_cm3
from spondyl.anatomy.levels import checked_level
from spondyl.anatomy.names import find_role
from spondyl.anatomy.neural import neural_structures
from spondyl.anatomy.sectors import Vertebra
from spondyl.anatomy.structure import Structure, Structures
from spondyl.anatomy.targets import COLOURS, find_gtv
from spondyl.anatomy.volumes import VolumeSettings
from spondyl.core.errors import VolumeError


@dataclass(frozen=True)
class NeedleAnatomy:
    """What a needle is planned in.

    Parameters
    ----------
    gtv, body
        The target, and the vertebral body that the source stands in.
    space
        That vertebra's room for a needle.
    structures
        GTV, SpinalCord with its margin, ThecalSac, SpinalCanal, then the case's others.
    assumptions
        What was assumed and the report must say.
    """

    gtv: Structure
    body: Structure
    space: AccessSpace
    structures: Structures
    assumptions: tuple[str, ...]

    @property
    def aim_mm(self) -> tuple[float, float, float]:
        """The centre of the part of the target in the body, else of all of it."""
        points, _ = voxel_points(self.gtv)
        inside = points[self.space.at(self.space.body_mm, points) >= 0]
        x, y, z = (inside if len(inside) else points).mean(axis=0)
        return float(x), float(y), float(z)


def needle_anatomy(case: Case, gtv: str = "") -> NeedleAnatomy:
    """Find what a needle needs in a case.

    Parameters
    ----------
    gtv
        Name of the GTV where the case holds several.

    Raises
    ------
    VolumeError, StructureError
        If GTV, vertebra or its sectors, canal, or cord and sac are missing, or the level is sacral.
    """
    level = None if case.facts.level is None else checked_level(case.facts.level)
    if level is not None and level.startswith("S"):
        raise VolumeError(
            f"level {level} is sacral and has no pedicles, expected C3 to L5; a needle is not planned there"
        )
    settings = VolumeSettings()
    target = find_gtv(case.structures, gtv)
    neural = neural_structures(case.structures, level, settings.cord_prv_mm)
    bones = involved_bones(case.structures, target, level, touch_cm3=settings.touch_cm3, derive_canal=False)
    vertebra, said = _vertebra(bones, target, level)
    canal = replace(bones.canal, name="SpinalCanal", role="canal")
    drawn = [s for s in (target, neural.cord, neural.prv, neural.sac, canal) if s is not None]
    return NeedleAnatomy(
        gtv=target,
        body=vertebra.parts["vertebral_body"],
        space=replace(access_space(vertebra, bones.canal), approach=approach_to(case, vertebra)),
        structures=_with_others(case.structures, [_coloured(s) for s in drawn]),
        assumptions=(*neural.assumptions, *bones.assumptions, *said),
    )


def _vertebra(bones: Bones, gtv: Structure, level: str | None) -> tuple[Vertebra, tuple[str, ...]]:
    """The vertebra at the level, else the one with most of the tumour in its body."""
    shares = {v.level: expected_overlap_cm3(gtv, v.parts["vertebral_body"]) for v in bones.vertebrae}
    best = max(bones.vertebrae, key=lambda v: (v.level == level, shares[v.level]))
    others = [v.level or "another vertebra" for v in bones.vertebrae if v is not best]
    if not others:
        return best, ()
    return best, (f"the needle is planned in {best.level}; the GTV also touches {', '.join(others)}",)


def _with_others(given: Structures, drawn: list[Structure]) -> Structures:
    renamed = {id(s.coverage) for s in drawn}
    names = {s.name for s in drawn}
    taken = {s.name for role in ("gtv", "cord", "sac", "canal") if (s := find_role(given, role)) is not None}
    kept = [s for n, s in given.items() if n not in taken and n not in names and id(s.coverage) not in renamed]
    return Structures([*drawn, *kept])


def _coloured(structure: Structure) -> Structure:
    return replace(structure, colour=COLOURS.get(structure.name, structure.colour))
