"""Drawing the volumes of a case: from the GTV by a consensus to CTV, PTV and PTV_Eval, and the cord's volumes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spondyl.anatomy.algebra import intersection, subtract, union
from spondyl.anatomy.bones import Bones, involved_bones
from spondyl.anatomy.case import Case
from spondyl.anatomy.checks import OVERLAP_CM3
from spondyl.anatomy.consensus import CONSENSUSES, TABLES, decide
from spondyl.anatomy.involvement import Involvement, certain_overlap_cm3, involvement_of
from spondyl.anatomy.levels import checked_level
from spondyl.anatomy.margins import expand
from spondyl.anatomy.measures import measured
from spondyl.anatomy.names import find_role, need_role, plain
from spondyl.anatomy.neural import MITSUYOSHI, TRIAL_DOI, Neural, neural_structures, partial_cord
from spondyl.anatomy.sacrum import sacral_ctv
from spondyl.anatomy.sectors import COX, SECTORS, Vertebra
from spondyl.anatomy.structure import Structure, Structures, from_coverage
from spondyl.anatomy.volumes import RuleUsed, Volumes, VolumeSettings
from spondyl.core.citations import Citation, collecting, note
from spondyl.core.errors import VolumeError, nearest
from spondyl.core.progress import Progress, silent

SLIVER_CM3 = 1e-3
"""Less than this in common is a border cut through voxels, not an overlap."""
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
    gtv = _gtv(given, gtv_name)
    neural = neural_structures(given, level, settings.cord_prv_mm)
    assumptions = [*neural.assumptions]
    _refuse_cord_overlap(gtv, neural)
    progress("Volumes", 0.2)
    if consensus == "sacrum-2020":
        _refuse_free_vertebra(level)
        sacral = sacral_ctv(given, gtv, settings)
        ctv_bone, canal, involvements, rules = sacral.bone, sacral.spared, (), sacral.rules
        assumptions += sacral.assumptions
        vertebrae: tuple[Vertebra, ...] = ()
    else:
        _refuse_sacrum(level)
        bones = involved_bones(given, gtv, level, touch_cm3=settings.touch_cm3, derive_canal=settings.derive_canal)
        assumptions += bones.assumptions
        vertebrae, canal = bones.vertebrae, bones.canal
        ctv_bone, involvements, rules = _by_table(consensus, bones, gtv, settings, assumptions)
    progress("Volumes", 0.5)
    ctv = replace(union(ctv_bone, gtv, "CTV", "target"), made=(*ctv_bone.made, f"with all of {gtv.name}, also outside the bone"))
    ptv = _ptv(ctv, find_role(given, "external"), settings, assumptions)
    progress("Volumes", 0.7)
    ptv_eval = _ptv_eval(ptv, canal, neural, assumptions)
    targets = {"GTV": gtv, "CTV": ctv, "PTV": ptv, "PTV_Eval": ptv_eval}
    partial, said = partial_cord(neural, targets[settings.partial_cord_target], settings.partial_cord_mm)
    assumptions += [*said, f"SpinalCord_Partial is counted from {settings.partial_cord_target}, the radiosurgery target volume"]
    canal = replace(canal, name="SpinalCanal", role="canal", made=canal.made or (f"given as {canal.name}",))
    drawn = [gtv, ctv, ptv, ptv_eval, neural.cord, neural.prv, partial, canal, neural.sac]
    structures = _gather(given, [_coloured(s) for s in drawn if s is not None], gtv, assumptions)
    progress("Volumes", 1.0)
    measures = measured(gtv, ptv_eval, canal, vertebrae, neural)
    assumptions += _gtv_lost(measures)
    return Volumes(structures, consensus, involvements, rules, tuple(assumptions), measures, settings)


def _gtv(given: Structures, name: str) -> Structure:
    if name:
        gtv = given[name]
    else:
        found = [s for n, s in given.items() if plain(n).startswith(("gtv", "grosstumor", "grosstumour"))]
        if len(found) > 1:
            names = ", ".join(s.name for s in found)
            raise VolumeError(f"{len(found)} structures could be the GTV: {names}; name the one to treat (--gtv {found[0].name})")
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
            f"GTV and spinal cord overlap by {shared:.3f} cm3, expected at most {OVERLAP_CM3:g}: epidural tumour displaces the cord; "
            "correct one of the two contours"
        )


def _refuse_sacrum(level: str | None) -> None:
    if level is not None and level.startswith("S"):
        raise VolumeError(f"level {level} is sacral and the six sectors are those of a free vertebra; use consensus sacrum-2020")


def _refuse_free_vertebra(level: str | None) -> None:
    if level is not None and not level.startswith("S"):
        raise VolumeError(f"level {level} is not sacral, expected S1 to S5 for consensus sacrum-2020; use isrc-2012")


def _by_table(
    consensus: str, bones: Bones, gtv: Structure, settings: VolumeSettings, assumptions: list[str]
) -> tuple[Structure, tuple[Involvement, ...], tuple[RuleUsed, ...]]:
    table = TABLES[consensus]
    options = [name for name, on in _options(settings).items() if on]
    involvements: list[Involvement] = []
    rules: list[RuleUsed] = []
    coverage = np.zeros(gtv.grid.shape, dtype=np.float32)
    made: list[str] = []
    for vertebra in bones.vertebrae:
        found = involvement_of(
            gtv,
            vertebra,
            touch_cm3=settings.touch_cm3,
            diffuse_fraction=settings.diffuse_fraction,
            lateral_share=settings.lateral_share,
        )
        decision = decide(table, found.touched, found.position, options)
        involvements.append(found)
        for row in decision.rows:
            rules.append(RuleUsed(found.level, row.name, row.adds, Citation(table.source.text, table.source.doi, row.place)))
        for part in decision.parts:
            structure = vertebra.parts[part]
            coverage[structure.box] = np.maximum(coverage[structure.box], structure.coverage)
        rows = "; ".join(row.name for row in decision.rows)
        made.append(f"{found.level or 'vertebra'}: {', '.join(decision.parts)} by {consensus} ({rows})")
        assumptions += _said(consensus, found, settings)
        assumptions += _ring(found, decision.parts)
    bone = from_coverage("CTV", "target", gtv.grid, coverage, made=tuple(made))
    if consensus == "rtog-0631" and settings.rtog_b == "margin":
        bone = _generous(bone, gtv, bones, involvements, settings)
    return bone, tuple(involvements), tuple(rules)


def _options(settings: VolumeSettings) -> dict[str, bool]:
    return {
        "pedicle_adds_body": settings.pedicle_adds_body,
        "rtog_b_both_elements": settings.rtog_b == "both-elements",
    }


def _said(consensus: str, found: Involvement, settings: VolumeSettings) -> list[str]:
    """What the consensus leaves open and was decided here."""
    said: list[str] = []
    where = found.level or "the vertebra"
    if consensus == "isrc-2012" and found.position != "none":
        said.append(
            f"{where}: the tumour lies {found.position.replace('_', ' ')} in the body (it fills {100 * found.body_fraction:.0f} % of it, "
            f"{100 * found.left_share:.0f} % of that left of the midline; diffuse from {100 * settings.diffuse_fraction:.0f} %, "
            f"lateralised from {100 * settings.lateral_share:.0f} % on one side: thresholds of ours, the consensus has none)"
        )
    pedicle = any(name.startswith("pedicle") for name in found.touched)
    if consensus == "isrc-2012" and pedicle and "vertebral_body" not in found.touched:
        added = "was added" if settings.pedicle_adds_body else "was not added"
        said.append(f"{where}: a pedicle without the body: the body, which the consensus leaves open, {added}")
    if consensus == "rtog-0631" and pedicle:
        said.append(f"{where}: body and pedicles count as extensive: {settings.rtog_b} of the figure's two ways")
    return said


def _ring(found: Involvement, parts: tuple[str, ...]) -> list[str]:
    """A CTV all round the canal where the tumour is not all round."""
    closed = {"vertebral_body", "pedicle_left", "pedicle_right", "lamina_left", "lamina_right"} <= set(parts)
    if not closed or len(found.touched) == len(SECTORS):
        return []
    note(Citation(COX.text, COX.doi, "circumferential CTV"))
    return [
        f"{found.level or 'the vertebra'}: the CTV encircles the canal although the GTV touches only "
        f"{', '.join(found.touched)}; the consensus keeps that for tumour all round: consider editing it"
    ]


def _generous(
    bone: Structure, gtv: Structure, bones: Bones, involvements: list[Involvement], settings: VolumeSettings
) -> Structure:
    """RTOG 0631's dotted line: the GTV with a margin, as far as there is bone, where a pedicle is involved."""
    m = settings.rtog_b_margin_mm or 0.0
    wide = expand(gtv, "CTV", "target", left_mm=m, right_mm=m, anterior_mm=m, posterior_mm=m, superior_mm=m, inferior_mm=m)
    coverage = bone.full()
    for vertebra, found in zip(bones.vertebrae, involvements, strict=True):
        if any(name.startswith("pedicle") for name in found.touched):
            for part in vertebra.parts.values():
                near = np.minimum(part.coverage, wide.full()[part.box])
                coverage[part.box] = np.maximum(coverage[part.box], near)
    made = (*bone.made, f"with the bone within {m:g} mm of the GTV")
    return from_coverage("CTV", "target", bone.grid, coverage, made=made)


def _ptv(ctv: Structure, external: Structure | None, settings: VolumeSettings, assumptions: list[str]) -> Structure:
    note(Citation(MITSUYOSHI, TRIAL_DOI, "PTV: CTV + 2 mm laterally, 5 mm superior-inferiorly"))
    assumptions.append(
        f"antero-posterior margin of the PTV: {settings.ap_margin_mm:g} mm; the trial gives none, this is an assumption"
    )
    ptv = expand(
        ctv,
        "PTV",
        "target",
        left_mm=settings.lateral_margin_mm,
        right_mm=settings.lateral_margin_mm,
        anterior_mm=settings.ap_margin_mm,
        posterior_mm=settings.ap_margin_mm,
        superior_mm=settings.sup_inf_margin_mm,
        inferior_mm=settings.sup_inf_margin_mm,
    )
    if "cut at the edge of the grid" in ptv.made[-1]:
        assumptions.append("the PTV reaches the end of the CT and is cut off there: the scan is too short")
    if not settings.clip_to_body or external is None:
        return ptv
    inside = intersection(ptv, external, "PTV", "target")
    lost = ptv.volume_cm3 - inside.volume_cm3
    if lost < 0.01:
        return ptv
    assumptions.append(f"the PTV ends at the skin ({external.name}): {lost:.2f} cm3 of it lay outside")
    return inside


def _ptv_eval(ptv: Structure, canal: Structure, neural: Neural, assumptions: list[str]) -> Structure:
    note(Citation(MITSUYOSHI, TRIAL_DOI, "PTV_Eval: PTV without the spinal canal"))
    found = subtract(ptv, canal, "PTV_Eval", "target")
    for soft in (neural.cord, neural.sac):
        if soft is None:
            continue
        shared = certain_overlap_cm3(found, soft)
        if shared > SLIVER_CM3:
            found = subtract(found, soft, "PTV_Eval", "target")
            assumptions.append(f"{canal.name} does not hold all of {soft.name}: {shared:.2f} cm3 of it were taken out of PTV_Eval as well")
    if found.is_empty:
        raise VolumeError("PTV_Eval is empty: the canal covers the whole PTV; check both")
    return found


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
    return [f"{lost:.2f} cm3 of the GTV ({measures['gtv_outside_ptv_eval_percent']:.1f} %) lie in the spinal canal and so outside PTV_Eval"]
