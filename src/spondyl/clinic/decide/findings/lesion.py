"""Findings of the lesion and the nerves that many rules ask about."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from spondyl.clinic.decide.patient import Patient
from spondyl.clinic.decide.truth import Truth, all_of, negate
from spondyl.clinic.facts import lower_limb_powers
from spondyl.clinic.scores import Score

Finding = Callable[[Patient], Truth]
UNSTABLE_FROM, POTENTIALLY_FROM = 13, 7
"""Bands of SINS (Fisher 2010): 13 to 18 unstable, 7 to 12 potentially unstable."""


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
    return Truth(None, f"SINS {low} to {high}", score.needs or ("clinical.lesion.collapse_percent",))


def grades(score: Score, wanted: frozenset[str], name: str) -> Truth:
    """Whether the grade is one of `wanted`; unknown where only some possible grades are."""
    hits = {band.name in wanted for band in score.bands}
    if len(hits) == 1:
        shown = f"{score.low}" if score.total is not None else f"{score.low} to {score.high}"
        return Truth(hits.pop(), f"{name} {shown}")
    return Truth(None, f"{name} {score.low} to {score.high}", score.needs or ("clinical.lesion.bilsky_escc",))


def cord_compression(patient: Patient) -> Truth:
    """Cord compressed on MR: ESCC 2 or 3, or stated so; below the conus more than half of the canal held."""
    epidural = patient.facts.clinical.lesion.epidural
    if epidural.cord_compressed:
        return Truth(True, "cord compressed on MR")
    share = epidural.canal_compromise_percent
    if epidural.at_cauda_equina and share is not None and share > 50:
        return Truth(True, f"cauda equina, {share:g} % of the canal compromised")
    return grades(patient.score("bilsky"), frozenset(("2", "3")), "ESCC")


def high_grade_compression(patient: Patient) -> Truth:
    """NOMS: high-grade epidural compression, ESCC 2 or 3."""
    return cord_compression(patient)


def epidural_tumour(patient: Patient) -> Truth:
    """Tumour in the epidural space, ESCC 1a or more."""
    stated = patient.facts.clinical.lesion.epidural.tumour_in_epidural_space
    if stated is not None:
        return Truth(stated, "epidural tumour" if stated else "no epidural tumour")
    return negate(grades(patient.score("bilsky"), frozenset(("0",)), "ESCC"))


def painful(patient: Patient) -> Truth:
    """Pain at the lesion."""
    pain = patient.facts.clinical.pain
    if pain.present is not None:
        return Truth(pain.present, "pain" if pain.present else "no pain")
    if pain.mechanical or pain.vas_0_10 or pain.severe or pain.refractory or pain.radicular:
        return Truth(True, "pain")
    return Truth(None, "pain unknown", ("clinical.pain.present",))


def rapid_deficit(patient: Patient) -> Truth:
    """Motor deficit that is getting worse rapidly."""
    neurology = patient.facts.clinical.neurology
    if neurology.deficit_progression is not None:
        rapid = neurology.deficit_progression == "rapid"
        return Truth(rapid, f"deficit progression: {neurology.deficit_progression}")
    if neurology.frankel == "E" or neurology.ryu_neurological_grade in ("a", "b"):
        return Truth(False, "no motor deficit")
    powers = lower_limb_powers(patient.facts)
    if powers and min(powers) == 5 and neurology.sphincter == "normal":
        return Truth(False, "no motor deficit")
    return Truth(None, "speed of deficit unknown", ("clinical.neurology.deficit_progression",))


def emergency(patient: Patient) -> Truth:
    """Rapidly progressing deficit, or a compressed cord with a deficit whose speed nobody stated."""
    rapid = rapid_deficit(patient)
    if rapid.value:
        return Truth(True, f"EMERGENCY: {rapid.said}; surgical and radiotherapy opinion today")
    if rapid.value is False:
        return rapid
    deficit = overt_deficit(patient)
    if all_of((deficit, cord_compression(patient))).value:
        return Truth(True, f"EMERGENCY until the contrary is known: {deficit.said}, cord compressed, speed unknown")
    return rapid


def overt_deficit(patient: Patient) -> Truth:
    """Ryu's neurological grade d or e: not functional, or paralysed or incontinent."""
    neurology = patient.facts.clinical.neurology
    if neurology.sphincter == "incontinent":
        return Truth(True, "incontinent")
    if neurology.frankel in ("A", "B", "C"):
        return Truth(True, f"Frankel {neurology.frankel}")
    powers = lower_limb_powers(patient.facts)
    if powers and min(powers) <= 3:
        return Truth(True, f"power {min(powers)}/5 in the legs")
    if neurology.ryu_neurological_grade is not None:
        grade = neurology.ryu_neurological_grade
        return Truth(grade in ("d", "e"), f"neurological grade {grade}")
    if neurology.frankel in ("D", "E"):
        return Truth(False, f"Frankel {neurology.frankel}")
    if powers and neurology.sphincter is not None:
        return Truth(False, f"power {min(powers)}/5 in the legs")
    return Truth(
        None, "neurological state unknown", ("clinical.neurology.ryu_neurological_grade", "clinical.neurology.frankel")
    )


LESION: Mapping[str, Finding] = {
    "unstable": unstable,
    "potentially_unstable": potentially_unstable,
    "cord_compression": cord_compression,
    "high_grade_compression": high_grade_compression,
    "epidural_tumour": epidural_tumour,
    "painful": painful,
    "rapid_deficit": rapid_deficit,
    "overt_deficit": overt_deficit,
    "emergency": emergency,
    "always": lambda patient: Truth(True),
}
