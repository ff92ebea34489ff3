"""Drawing the volumes of a case: from the GTV by a consensus to CTV, PTV and PTV_Eval, and the cord's volumes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from spondyl.anatomy.algebra import union
from spondyl.anatomy.bones import involved_bones
from spondyl.anatomy.case import Case
from spondyl.anatomy.checks import OVERLAP_CM3
from spondyl.anatomy.consensus import CONSENSUSES
from spondyl.anatomy.ctv import bone_by_table
from spondyl.anatomy.involvement import Involvement, certain_overlap_cm3
from spondyl.anatomy.levels import checked_level
from spondyl.anatomy.measures import measured
from spondyl.anatomy.names import find_role, need_role, plain
from spondyl.anatomy.neural import Neural, neural_structures, partial_cord
from spondyl.anatomy.ptv import draw_ptv, draw_ptv_eval
from spondyl.anatomy.sacrum import sacral_ctv
from spondyl.anatomy.sectors import Vertebra
from spondyl.anatomy.structure import Structure, Structures
from spondyl.anatomy.volumes import RuleUsed, Volumes, VolumeSettings
from spondyl.core.citations import collecting
from spondyl.core.errors import VolumeError, nearest
from spondyl.core.progress import Progress, silent

COLOURS = {"GTV": "#e0322d", "CTV": "#f0932b", "PTV": "#c850c0", "PTV_Eval": "#ff6bb5", "SpinalCord": "#1f6fc4",
           "ThecalSac": "#20a39e", "SpinalCanal": "#ffd24d"}  # fmt: skip


def draw_volumes(
    case: Case,
    *,
    consensus: str = "isrc-2012",
    settings: VolumeSettings | None = None,
    gtv: str = "",
    progress: Progress = silent,
) -> Volumes:
    """Draw the target and cord volumes of a case.

    Parameters
    ----------
    case
        With a GTV, the vertebra or its six sectors, the spinal canal, and cord or thecal sac.
    consensus
        "isrc-2012" (Cox et al. 2012), "rtog-0631" or "sacrum-2020" (Dunne et al. 2020, as far as confirmed).
    settings
        Margins and thresholds.
    gtv
        Name of the GTV where the case holds several.
    progress
        Told of each stage.

    Returns
    -------
    Volumes
        With GTV, CTV, PTV, PTV_Eval, SpinalCord, SpinalCord_PRV02, SpinalCord_Partial, SpinalCanal, ThecalSac as far
        as they apply, and the case's other structures under their own names.

    Raises
    ------
    VolumeError, StructureError
        If something needed is missing, ambiguous, empty, or GTV and cord overlap.
    """
    if consensus not in CONSENSUSES:
        near = ", ".join(nearest(consensus, CONSENSUSES)) or ", ".join(CONSENSUSES)
        raise VolumeError(f'consensus "{consensus}" is not known; nearest: {near}')
    with collecting() as used:
        volumes = _draw(case, consensus, settings or VolumeSettings(), gtv, progress)
    return replace(volumes, citations=tuple(used))


def _draw(case: Case, consensus: str, settings: VolumeSettings, gtv_name: str, progress: Progress) -> Volumes:
    level = None if case.facts.level is None else checked_level(case.facts.level)
    given = case.structures
    gtv = find_gtv(given, gtv_name)
    neural = neural_structures(given, level, settings.cord_prv_mm)
    assumptions = [*neural.assumptions]
    _refuse_cord_overlap(gtv, neural)
    progress("Volumes", 0.2)
    bone = _bone(given, gtv, level, consensus, settings)
    assumptions += bone.assumptions
    progress("Volumes", 0.5)
    ctv = replace(
        union(bone.ctv, gtv, "CTV", "target"), made=(*bone.ctv.made, f"with all of {gtv.name}, also outside the bone")
    )
    ptv = draw_ptv(ctv, find_role(given, "external"), settings, assumptions)
    progress("Volumes", 0.7)
    ptv_eval = draw_ptv_eval(ptv, bone.canal, neural, assumptions)
    targets = {"GTV": gtv, "CTV": ctv, "PTV": ptv, "PTV_Eval": ptv_eval}
    partial, said = partial_cord(neural, targets[settings.partial_cord_target], settings.partial_cord_mm)
    assumptions += [
        *said,
        f"SpinalCord_Partial is counted from {settings.partial_cord_target}, the radiosurgery target volume",
    ]
    canal = bone.canal
    canal = replace(canal, name="SpinalCanal", role="canal", made=canal.made or (f"given as {canal.name}",))
    drawn = [gtv, ctv, ptv, ptv_eval, neural.cord, neural.prv, partial, canal, neural.sac]
    structures = _gather(given, [_coloured(s) for s in drawn if s is not None], gtv, assumptions)
    progress("Volumes", 1.0)
    measures = measured(gtv, ptv_eval, canal, bone.vertebrae, neural)
    assumptions += _gtv_lost(measures)
    return Volumes(structures, consensus, bone.involvements, bone.rules, tuple(assumptions), measures, settings)


@dataclass(frozen=True)
class _Bone:
    """Bone of the CTV, the canal to spare, and how both were found."""

    ctv: Structure
    canal: Structure
    vertebrae: tuple[Vertebra, ...]
    involvements: tuple[Involvement, ...]
    rules: tuple[RuleUsed, ...]
    assumptions: tuple[str, ...]


def _bone(given: Structures, gtv: Structure, level: str | None, consensus: str, settings: VolumeSettings) -> _Bone:
    if consensus == "sacrum-2020":
        _refuse_free_vertebra(level)
        sacral = sacral_ctv(given, gtv, settings)
        return _Bone(sacral.bone, sacral.spared, (), (), sacral.rules, sacral.assumptions)
    _refuse_sacrum(level)
    bones = involved_bones(given, gtv, level, touch_cm3=settings.touch_cm3, derive_canal=settings.derive_canal)
    assumptions = list(bones.assumptions)
    ctv, involvements, rules = bone_by_table(consensus, bones, gtv, settings, assumptions)
    return _Bone(ctv, bones.canal, bones.vertebrae, involvements, rules, tuple(assumptions))


def find_gtv(given: Structures, name: str) -> Structure:
    if name:
        gtv = given[name]
    else:
        found = [s for n, s in given.items() if plain(n).startswith(("gtv", "grosstumor", "grosstumour"))]
        if len(found) > 1:
            names = ", ".join(s.name for s in found)
            raise VolumeError(
                f"{len(found)} structures could be the GTV: {names}; name the one to treat (--gtv {found[0].name})"
            )
        gtv = found[0] if found else need_role(given, "gtv", "as the tumour to treat")
    if gtv.is_empty:
        raise VolumeError(f'structure "{gtv.name}" is empty, expected a drawn tumour; draw it')
    return replace(gtv, name="GTV", role="target", made=gtv.made or (f"given as {gtv.name}",))


def _refuse_cord_overlap(gtv: Structure, neural: Neural) -> None:
    if neural.cord is None:
        return
    shared = certain_overlap_cm3(gtv, neural.cord)
    if shared > OVERLAP_CM3:
        raise VolumeError(
            f"GTV and spinal cord overlap by {shared:.3f} cm3, expected at most {OVERLAP_CM3:g}: "
            "epidural tumour displaces the cord; "
            "correct one of the two contours"
        )


def _refuse_sacrum(level: str | None) -> None:
    if level is not None and level.startswith("S"):
        raise VolumeError(
            f"level {level} is sacral and the six sectors are those of a free vertebra; use consensus sacrum-2020"
        )


def _refuse_free_vertebra(level: str | None) -> None:
    if level is not None and not level.startswith("S"):
        raise VolumeError(f"level {level} is not sacral, expected S1 to S5 for consensus sacrum-2020; use isrc-2012")


def _gather(given: Structures, drawn: list[Structure], gtv: Structure, assumptions: list[str]) -> Structures:
    """What was drawn, then the case's other structures; those that were drawn anew or renamed are left out."""
    names = {plain(s.name) for s in drawn}
    taken = {id(s) for role in ("cord", "sac", "canal") if (s := find_role(given, role)) is not None}
    kept: list[Structure] = []
    for name, structure in given.items():
        if id(structure) in taken or (structure.coverage is gtv.coverage):
            continue
        if plain(name) in names:
            assumptions.append(f'the case\'s own "{name}" was replaced by the one drawn here')
            continue
        kept.append(structure)
    return Structures([*drawn, *kept])


def _coloured(structure: Structure) -> Structure:
    return replace(structure, colour=COLOURS.get(structure.name, structure.colour))


def _gtv_lost(measures: dict[str, float]) -> list[str]:
    lost = measures["gtv_outside_ptv_eval_cm3"]
    if lost < 0.005:
        return []
    return [
        f"{lost:.2f} cm3 of the GTV ({measures['gtv_outside_ptv_eval_percent']:.1f} %) lie in the "
        "spinal canal and so outside PTV_Eval"
    ]
