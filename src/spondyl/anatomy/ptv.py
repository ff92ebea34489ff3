"""PTV and PTV_Eval: the trial's margins, the skin, the canal."""

from __future__ import annotations

from spondyl.anatomy.algebra import intersection, subtract
from spondyl.anatomy.involvement import certain_overlap_cm3
from spondyl.anatomy.margins import expand
from spondyl.anatomy.neural import MITSUYOSHI, TRIAL_DOI, Neural
from spondyl.anatomy.structure import Structure
from spondyl.anatomy.volumes import VolumeSettings
from spondyl.core.citations import Citation, note
from spondyl.core.errors import VolumeError

SLIVER_CM3 = 1e-3
"""Less than this in common is a border cut through voxels, not an overlap."""


def draw_ptv(ctv: Structure, external: Structure | None, settings: VolumeSettings, assumptions: list[str]) -> Structure:
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


def draw_ptv_eval(ptv: Structure, canal: Structure, neural: Neural, assumptions: list[str]) -> Structure:
    note(Citation(MITSUYOSHI, TRIAL_DOI, "PTV_Eval: PTV without the spinal canal"))
    found = subtract(ptv, canal, "PTV_Eval", "target")
    for soft in (neural.cord, neural.sac):
        if soft is None:
            continue
        shared = certain_overlap_cm3(found, soft)
        if shared > SLIVER_CM3:
            found = subtract(found, soft, "PTV_Eval", "target")
            assumptions.append(
                f"{canal.name} does not hold all of {soft.name}: {shared:.2f} cm3 of it were taken "
                "out of PTV_Eval as well"
            )
    if found.is_empty:
        raise VolumeError("PTV_Eval is empty: the canal covers the whole PTV; check both")
    return found
