"""Findings that the rules of surgery and of cement ask about."""

from __future__ import annotations

from collections.abc import Mapping

from spondyl.clinic.decide.findings.compression import cord_compression, high_grade_compression
from spondyl.clinic.decide.findings.extent import several_vertebrae
from spondyl.clinic.decide.findings.finding import Finding, unknown, yes_or_no
from spondyl.clinic.decide.findings.lesion import LESION, posterior_wall
from spondyl.clinic.decide.findings.neurology import painful
from spondyl.clinic.decide.findings.regions import PLACES
from spondyl.clinic.decide.patient import Patient
from spondyl.clinic.decide.truth import Truth, all_of, any_of, negate

COMORBIDITY = "clinical.comorbidity."
LIFE = "clinical.life_expectancy_months_estimate"
SHORT_MONTHS = 6.0
"""Cement by life expectancy: paper 001 prints below 3 to 6 months; the wider bound."""
MOST_COLLAPSE_PERCENT = 75.0
"""Most collapse for vertebroplasty (paper 002, rule R072)."""


def fit_for_surgery(patient: Patient) -> Truth:
    """Would tolerate an open operation, by the clinician's judgement."""
    path = COMORBIDITY + "tolerates_open_surgery"
    return yes_or_no(patient, path, "tolerates open surgery", "cannot tolerate open surgery")


def surgery_hardly_tolerated(patient: Patient) -> Truth:
    """Many comorbidities, malnutrition or poor immunity, unless the clinician says that surgery is tolerated."""
    fit = fit_for_surgery(patient)
    if fit.value is not None:
        return negate(fit)
    burdens = (
        yes_or_no(patient, COMORBIDITY + "major_comorbidities", "major comorbidities", "no major comorbidities"),
        yes_or_no(patient, COMORBIDITY + "malnutrition", "malnutrition", "no malnutrition"),
        yes_or_no(patient, COMORBIDITY + "immune_status_poor", "poor immune status", "immune status not poor"),
    )
    heavy = any_of(burdens)
    return heavy if heavy.value is not None else Truth(None, fit.said, (*fit.needs, *heavy.needs))


def inoperable(patient: Patient) -> Truth:
    """No surgical candidate: not fit, or no surgeon would operate."""
    path = "clinical.wishes.surgery_possible"
    return any_of(
        (negate(fit_for_surgery(patient)), negate(yes_or_no(patient, path, "surgery possible", "surgery not possible")))
    )


def cement_indicated(patient: Patient) -> Truth:
    """Pain, and a short life expectancy or an open operation that is not tolerated."""
    months = patient.facts.clinical.life_expectancy_months_estimate
    short = (
        unknown("life expectancy", LIFE)
        if months is None
        else Truth(months < SHORT_MONTHS, f"life expectancy {months:g} months")
    )
    return all_of((painful(patient), any_of((short, negate(fit_for_surgery(patient))))))


def cement_unsuitable(patient: Patient) -> Truth:
    """What forbids cement: cord compressed, posterior wall involved, or collapse above 75 %."""
    collapse = patient.facts.clinical.lesion.collapse_percent
    deep = (
        unknown("collapse", LESION + "collapse_percent")
        if collapse is None
        else Truth(collapse > MOST_COLLAPSE_PERCENT, f"collapse {collapse:g} %")
    )
    return any_of((cord_compression(patient), posterior_wall(patient), deep))


def compression_at_one_level(patient: Patient) -> Truth:
    """Cord compressed from the front, at one level."""
    levels = patient.facts.lesion_levels
    one = Truth(len(set(levels)) == 1, ", ".join(levels)) if levels else unknown("level", "level")
    around = patient.facts.clinical.lesion.epidural.circumferential
    front = (
        unknown("circumferential tumour", LESION + "epidural.circumferential")
        if around is None
        else Truth(not around, "tumour around the sac" if around else "not around the sac")
    )
    return all_of((high_grade_compression(patient), one, front))


def combined_approach_needed(patient: Patient) -> Truth:
    """A reason for a combined approach: region, or severe damage of anterior and middle column."""
    damage = yes_or_no(
        patient, LESION + "anterior_middle_column_damage_severe", "severe column damage", "columns not severely damaged"
    )
    return any_of((PLACES["at_cervicothoracic"](patient), PLACES["at_lower_lumbar"](patient), damage))


def wbb_allows_resection(patient: Patient) -> Truth:
    """One vertebra, tumour in layers A to C alone: the paper's figure prints no list, this is our reading.

    Extradural (D) or intradural (E) tumour leaves no margin at the canal. The zones stay the surgeon's to judge.
    """
    layers = patient.facts.clinical.lesion.wbb.layers
    if layers is None:
        within = unknown("Weinstein-Boriani-Biagini layers", LESION + "wbb.layers")
    else:
        within = Truth(bool(layers) and set(layers) <= set("ABC"), f"layers {', '.join(sorted(layers)) or 'none'}")
    return all_of((negate(several_vertebrae(patient)), within))


def operated_here(patient: Patient) -> Truth:
    """This level was operated on before."""
    operated = patient.facts.operated_here
    if operated is None:
        return unknown("earlier operation here", "clinical.prior_surgery.at_this_level")
    return Truth(operated, f"this level was {'' if operated else 'not '}operated on")


SURGERY: Mapping[str, Finding] = {
    "fit_for_surgery": fit_for_surgery,
    "surgery_hardly_tolerated": surgery_hardly_tolerated,
    "inoperable": inoperable,
    "cement_indicated": cement_indicated,
    "cement_unsuitable": cement_unsuitable,
    "compression_at_one_level": compression_at_one_level,
    "combined_approach_needed": combined_approach_needed,
    "wbb_allows_resection": wbb_allows_resection,
    "operated_here": operated_here,
}
