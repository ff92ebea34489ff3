"""Findings of the epidural space: tumour in it, cord or cauda equina compressed.

Where the images leave the cord's end open (T12 to L2), both readings must agree before compression is denied.
"""

from __future__ import annotations

from collections.abc import Mapping

from spondyl.clinic.decide.findings.finding import Finding, unknown
from spondyl.clinic.decide.patient import Patient
from spondyl.clinic.decide.truth import Truth
from spondyl.clinic.facts import Epidural, Facts, below_conus, grades_possible
from spondyl.clinic.facts.epidural import GRADES

HIGH_GRADE = frozenset(("2", "3"))
"""ESCC 2 and 3: cord compressed (Bilsky 2010)."""
TOUCHED = frozenset(("1c", "2", "3"))
"""ESCC 1c and more: tumour at the cord, Ryu's grade III and more."""
HALF_CANAL_PERCENT = 50.0
"""At the cauda equina more than half of the canal is grade IV (Ryu 2010; paper 003, Evaluation 3)."""
LESION = "clinical.lesion."
GRADE, SHARE = LESION + "bilsky_escc", LESION + "epidural.canal_compromise_percent"
CAUDA = LESION + "epidural.at_cauda_equina"


def high_grade_compression(patient: Patient) -> Truth:
    """High grade as NOMS has it: ESCC 2 or 3, or more than half of the canal held at the cauda equina.

    An ESCC grade that a reader gave below the conus counts as given.
    """
    found = _compressed(patient.facts, HIGH_GRADE)
    if found.value is not None:
        return found
    grades, share = _grades(patient.facts), _epidural(patient.facts).canal_compromise_percent
    if grades & HIGH_GRADE or (share is not None and share >= HALF_CANAL_PERCENT):
        return found
    return Truth(False, _shown(grades))


def cord_compression(patient: Patient) -> Truth:
    """Cord or cauda equina compressed, as contraindications ask: denied only where nothing leaves it open.

    At the cauda equina the share of the canal decides: above half is compression, exactly half is not defined by
    its source and stays open, and a deformed sac without a stated share stays open too.
    """
    return _compressed(patient.facts, HIGH_GRADE)


def any_cord_compression(patient: Patient) -> Truth:
    """Compression of any type, the words of paper 003 on kyphoplasty: as `cord_compression`, and ESCC 1c as well.

    Our reading: the reason given is epidural tumour pushed back, and from 1c on there is only cord behind it.
    """
    return _compressed(patient.facts, TOUCHED)


def epidural_tumour(patient: Patient) -> Truth:
    """Tumour in the epidural space, ESCC 1a or more."""
    grades = _grades(patient.facts)
    if "0" not in grades or patient.facts.clinical.lesion.epidural.tumour_in_epidural_space:
        return Truth(True, f"epidural tumour, {_shown(grades)}")
    if len(grades) == 1:
        return Truth(False, "no epidural tumour")
    return unknown("epidural tumour", GRADE, LESION + "epidural.tumour_in_epidural_space")


def circumferential_compression(patient: Patient) -> Truth:
    """Tumour around the whole circumference of the sac."""
    around = patient.facts.clinical.lesion.epidural.circumferential
    tumour = epidural_tumour(patient)
    if tumour.value is False:
        return tumour
    if around is None:
        return unknown("circumferential tumour", LESION + "epidural.circumferential")
    return Truth(around, "tumour around the sac" if around else "not around the sac")


def _compressed(facts: Facts, wanted: frozenset[str]) -> Truth:
    epidural, grades = _epidural(facts), _grades(facts)
    share, cauda = epidural.canal_compromise_percent, _at_cauda(facts)
    if epidural.cord_compressed:
        return Truth(True, "cord compressed on MR")
    if "1c" in wanted and epidural.cord_abutted:
        return Truth(True, "tumour touches the cord on MR")
    if grades <= wanted:
        return Truth(True, _shown(grades))
    if cauda and share is not None and share > HALF_CANAL_PERCENT:
        return Truth(True, f"cauda equina, {share:g} % of the canal held")
    cord_free = not grades & wanted
    cauda_free = _nothing_there(facts) or (cord_free and share is not None and share < HALF_CANAL_PERCENT)
    if (cord_free or cauda) and (cauda_free or cauda is False):
        return Truth(False, _shown(grades) + (f", {share:g} % of the canal held" if share and cauda else ""))
    return _open(facts, cord_free, cauda_free)


def _open(facts: Facts, cord_free: bool, cauda_free: bool) -> Truth:
    cauda = _at_cauda(facts)
    needs: list[str] = []
    if not cord_free:
        needs.append(GRADE)
    if not cauda_free and cauda is not False:
        needs += ["level"] if not facts.lesion_levels else []
        needs += [CAUDA] if cauda is None and facts.lesion_levels else []
        needs.append(SHARE)
    return Truth(None, f"{_shown(_grades(facts))}; compression of cord or cauda equina not excluded", tuple(needs))


def _epidural(facts: Facts) -> Epidural:
    return facts.clinical.lesion.epidural


def _grades(facts: Facts) -> frozenset[str]:
    """ESCC grades that the facts leave possible: the one a reader gave, or those that the findings allow."""
    stated = facts.clinical.lesion.bilsky_escc
    possible = (stated,) if stated is not None else grades_possible(_epidural(facts))
    return frozenset(possible or GRADES)


def _nothing_there(facts: Facts) -> bool:
    """Nothing that could compress: no epidural tumour, or a sac that is not deformed."""
    return _grades(facts) <= {"0", "1a"} or _epidural(facts).thecal_sac_deformed is False


def _at_cauda(facts: Facts) -> bool | None:
    """Whether the lesion lies below the conus; a level from L3 on counts so whatever else is stated."""
    levels = (facts.level,) if facts.level else facts.lesion_levels
    by_level = below_conus(Epidural(), levels)
    return True if by_level else below_conus(_epidural(facts), levels)


def _shown(grades: frozenset[str]) -> str:
    ordered = sorted(grades)
    return f"ESCC {ordered[0]}" if len(ordered) == 1 else f"ESCC {ordered[0]} to {ordered[-1]}"


COMPRESSION: Mapping[str, Finding] = {
    "high_grade_compression": high_grade_compression,
    "cord_compression": cord_compression,
    "any_cord_compression": any_cord_compression,
    "epidural_tumour": epidural_tumour,
    "circumferential_compression": circumferential_compression,
}
