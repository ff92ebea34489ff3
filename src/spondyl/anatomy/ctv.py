"""The bone of the CTV by a consensus table, vertebra by vertebra."""

from __future__ import annotations

import numpy as np

from spondyl.anatomy.bones import Bones
from spondyl.anatomy.consensus import TABLES, decide
from spondyl.anatomy.involvement import Involvement, involvement_of
from spondyl.anatomy.margins import expand
from spondyl.anatomy.sectors import COX, SECTORS
from spondyl.anatomy.structure import Structure, from_coverage
from spondyl.anatomy.volumes import RuleUsed, VolumeSettings
from spondyl.core.citations import Citation, note


def bone_by_table(
    consensus: str, bones: Bones, gtv: Structure, settings: VolumeSettings, assumptions: list[str]
) -> tuple[Structure, tuple[Involvement, ...], tuple[RuleUsed, ...]]:
    """Bone that belongs to the CTV, what the GTV involves, and the rows that applied; says what was assumed."""
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
            rules.append(
                RuleUsed(found.level, row.name, row.adds, Citation(table.source.text, table.source.doi, row.place))
            )
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
        "transverse_process_with_pedicle": settings.transverse_process_with_pedicle,
        "pedicle_adds_body": settings.pedicle_adds_body,
        "rtog_b_both_elements": settings.rtog_b == "both-elements",
    }


def _said(consensus: str, found: Involvement, settings: VolumeSettings) -> list[str]:
    """What the consensus leaves open and was decided here."""
    said: list[str] = []
    where = found.level or "the vertebra"
    if consensus == "isrc-2012" and found.position != "none":
        said.append(
            f"{where}: the tumour lies {found.position.replace('_', ' ')} in the body (it fills "
            f"{100 * found.body_fraction:.0f} % of it, "
            f"{100 * found.left_share:.0f} % of that left of the midline; diffuse from "
            f"{100 * settings.diffuse_fraction:.0f} %, "
            f"lateralised from {100 * settings.lateral_share:.0f} % on one side: thresholds of ours, "
            "the consensus has none)"
        )
    if consensus == "isrc-2012" and found.position.startswith(("lateralised", "diffuse")):
        how = "with" if settings.transverse_process_with_pedicle else "without"
        said.append(f"{where}: pedicle/transverse process was read as the pedicle {how} the transverse process")
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
    wide = expand(
        gtv, "CTV", "target", left_mm=m, right_mm=m, anterior_mm=m, posterior_mm=m, superior_mm=m, inferior_mm=m
    )
    coverage = bone.full()
    for vertebra, found in zip(bones.vertebrae, involvements, strict=True):
        if any(name.startswith("pedicle") for name in found.touched):
            for part in vertebra.parts.values():
                near = np.minimum(part.coverage, wide.full()[part.box])
                coverage[part.box] = np.maximum(coverage[part.box], near)
    made = (*bone.made, f"with the bone within {m:g} mm of the GTV")
    return from_coverage("CTV", "target", bone.grid, coverage, made=made)
