"""Findings of the vertebra: stability, collapse, walls, alignment."""

from __future__ import annotations

from collections.abc import Mapping

from spondyl.clinic.decide.findings.finding import Finding, unknown, yes_or_no
from spondyl.clinic.decide.findings.neurology import painful
from spondyl.clinic.decide.patient import Patient
from spondyl.clinic.decide.truth import Truth, all_of, any_of, negate

LESION = "clinical.lesion."
UNSTABLE_FROM, POTENTIALLY_FROM = 13, 7
"""Bands of SINS (Fisher 2010): 13 to 18 unstable, 7 to 12 potentially unstable."""
SEVERE_COLLAPSE_PERCENT = 50.0
"""The upper row of SINS; that it makes a fracture severe is our reading."""


def unstable(patient: Patient) -> Truth:
    """Unstable by SINS, 13 or more."""
    return _sins_from(patient, UNSTABLE_FROM)


def potentially_unstable(patient: Patient) -> Truth:
    """Unstable or potentially unstable by SINS, 7 or more."""
    return _sins_from(patient, POTENTIALLY_FROM)


def _sins_from(patient: Patient, limit: int) -> Truth:
    score = patient.score("sins")
    low, high = int(score.low), int(score.high)
    if low >= limit or high < limit:
        shown = f"{low}" if low == high else f"{low} to {high}"
        return Truth(low >= limit, f"SINS {shown}")
    return Truth(None, f"SINS {low} to {high}", score.needs or (LESION + "collapse_percent",))


def posterior_wall(patient: Patient) -> Truth:
    """Posterior wall of the body destroyed or held by tumour, as stated: nothing else is certain enough to imply it."""
    return yes_or_no(patient, LESION + "posterior_wall_involved", "posterior wall involved", "posterior wall free")


def collapsed(patient: Patient) -> Truth:
    """Any loss of height."""
    percent = patient.facts.clinical.lesion.collapse_percent
    if percent is None:
        return unknown("collapse", LESION + "collapse_percent")
    return Truth(percent > 0, f"collapse {percent:g} %")


def severe_fracture(patient: Patient) -> Truth:
    """Displaced, or collapsed by more than half: no paper prints a number, this is our reading."""
    lesion = patient.facts.clinical.lesion
    if lesion.fracture is False:
        return Truth(False, "no fracture")
    percent = lesion.collapse_percent
    half = (
        unknown("collapse", LESION + "collapse_percent")
        if percent is None
        else Truth(percent > SEVERE_COLLAPSE_PERCENT, f"collapse {percent:g} %")
    )
    return any_of(
        (half, yes_or_no(patient, LESION + "fracture_displaced", "displaced fracture", "fracture not displaced"))
    )


def malaligned(patient: Patient) -> Truth:
    """New deformity, subluxation or translation."""
    alignment = patient.facts.clinical.lesion.alignment
    if alignment is None:
        return unknown("alignment", LESION + "alignment")
    return Truth(alignment != "normal", f"alignment: {alignment}")


def mechanical_instability_pain(patient: Patient) -> Truth:
    """Mechanical pain in a spine that SINS calls unstable or potentially unstable."""
    mechanical = yes_or_no(patient, "clinical.pain.mechanical", "mechanical pain", "pain not mechanical")
    return all_of((painful(patient), mechanical, potentially_unstable(patient)))


def confined_to_body(patient: Patient) -> Truth:
    """Tumour in the vertebral body alone."""
    lesion = patient.facts.clinical.lesion
    side = patient.facts.posterolateral
    lateral = (
        unknown("posterolateral involvement", LESION + "posterolateral_involvement")
        if side is None
        else Truth(side != "none", f"posterolateral: {side}")
    )
    beyond = (
        yes_or_no(patient, LESION + "posterior_elements_involved", "posterior elements involved", "arch free"),
        lateral,
        yes_or_no(patient, LESION + "paraspinal_mass", "paraspinal mass", "no paraspinal mass"),
        Truth(True, "epidural tumour") if lesion.epidural.tumour_in_epidural_space else _bone_only(patient),
    )
    return negate(any_of(beyond))


def _bone_only(patient: Patient) -> Truth:
    grade = patient.score("bilsky")
    hits = {band.name != "0" for band in grade.bands}
    if len(hits) == 1:
        return Truth(hits.pop(), f"ESCC {grade.low}")
    return unknown("epidural extent", LESION + "bilsky_escc")


BONE: Mapping[str, Finding] = {
    "unstable": unstable,
    "potentially_unstable": potentially_unstable,
    "posterior_wall": posterior_wall,
    "collapsed": collapsed,
    "severe_fracture": severe_fracture,
    "malaligned": malaligned,
    "mechanical_instability_pain": mechanical_instability_pain,
    "confined_to_body": confined_to_body,
    "always": lambda patient: Truth(True),
}
