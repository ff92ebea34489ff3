"""Findings of the tumour: how it answers to radiation, how it grows, what was done before, how long it leaves."""

from __future__ import annotations

from collections.abc import Mapping

from spondyl.clinic.decide.findings.finding import Finding, unknown
from spondyl.clinic.decide.patient import Patient
from spondyl.clinic.decide.truth import Truth
from spondyl.clinic.scores.primary import radiosensitivity

LIFE = "clinical.life_expectancy_months_estimate"
AGGRESSIVE_MONTHS = 6.0
"""Life expectancy that fits aggressive local treatment. Paper 000 prints no number: this is our reading."""
LONG_MONTHS = 12.0
"""A long life expectancy: what the revised Tokuhashi score expects where it speaks of excision (12 to 15 points)."""


def radiosensitive(patient: Patient) -> Truth:
    """In the list of radiosensitive histologies (rule R118)."""
    return _listed(patient, "radiosensitive")


def radioresistant(patient: Patient) -> Truth:
    """In the list of radioresistant histologies (rule R119)."""
    return _listed(patient, "radioresistant")


def radiosensitivity_not_listed(patient: Patient) -> Truth:
    """On neither list."""
    return _listed(patient, "not listed")


def _listed(patient: Patient, wanted: str) -> Truth:
    answer = radiosensitivity(patient.facts)
    hits = {option == wanted for option in answer.options}
    said = answer.said or "histology unknown"
    if len(hits) == 1:
        return Truth(hits.pop(), f"{said}: {next(iter(answer.options))}" if len(answer.options) == 1 else said)
    return Truth(None, answer.undefined or said, answer.needs)


def primary_poor_prognosis(patient: Patient) -> Truth:
    """Lung or another primary site to which the revised Tokuhashi score gives no point."""
    item = patient.score("tokuhashi_2005").item("primary site")
    if item.low == item.high or item.low > 0:
        return Truth(item.high == 0, item.said)
    return Truth(None, item.undefined or "histology unknown", item.needs)


def prior_radiotherapy_here(patient: Patient) -> Truth:
    """This level was irradiated before."""
    irradiated = patient.facts.irradiated_here
    if irradiated is None:
        return unknown("earlier radiotherapy here", "clinical.prior_radiotherapy.to_this_level")
    return Truth(irradiated, f"this level was {'' if irradiated else 'not '}irradiated before")


def aggressive_local_treatment_fits(patient: Patient) -> Truth:
    """Life expectancy of at least six months, our reading of one that fits aggressive local treatment."""
    return _months(patient, AGGRESSIVE_MONTHS)


def long_life_expectancy(patient: Patient) -> Truth:
    """Life expectancy of at least twelve months."""
    return _months(patient, LONG_MONTHS)


def _months(patient: Patient, least: float) -> Truth:
    months = patient.facts.clinical.life_expectancy_months_estimate
    if months is None:
        return unknown("life expectancy", LIFE)
    return Truth(months >= least, f"life expectancy {months:g} months")


TUMOUR: Mapping[str, Finding] = {
    "radiosensitive": radiosensitive,
    "radioresistant": radioresistant,
    "radiosensitivity_not_listed": radiosensitivity_not_listed,
    "primary_poor_prognosis": primary_poor_prognosis,
    "prior_radiotherapy_here": prior_radiotherapy_here,
    "aggressive_local_treatment_fits": aggressive_local_treatment_fits,
    "long_life_expectancy": long_life_expectancy,
}
