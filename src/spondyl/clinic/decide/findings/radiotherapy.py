"""Findings that the rules of radiotherapy ask about."""

from __future__ import annotations

from collections.abc import Mapping

from spondyl.clinic.decide.findings.finding import Finding, unknown
from spondyl.clinic.decide.patient import Patient
from spondyl.clinic.decide.truth import Truth

DOSE, FRACTIONS = "clinical.planning.dose_gy", "clinical.planning.fractions"
HIGH_SINGLE_DOSE_GY = 20.0
"""Above it fractures were seen more often with lytic disease (paper 003, rule R144)."""


def high_single_dose(patient: Patient) -> Truth:
    """One fraction of more than 20 Gy is planned."""
    planning = patient.facts.clinical.planning
    if planning.fractions is not None and planning.fractions > 1:
        return Truth(False, f"{planning.fractions} fractions")
    if planning.dose_gy is not None and planning.dose_gy <= HIGH_SINGLE_DOSE_GY:
        return Truth(False, f"{planning.dose_gy:g} Gy")
    if planning.dose_gy is None or planning.fractions is None:
        missing = [path for path, value in ((DOSE, planning.dose_gy), (FRACTIONS, planning.fractions)) if value is None]
        return unknown("planned dose", *missing)
    return Truth(True, f"{planning.dose_gy:g} Gy in one fraction")


RADIOTHERAPY: Mapping[str, Finding] = {"high_single_dose": high_single_dose}
