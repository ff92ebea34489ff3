"""Permanent names: the URLs of spondyl's own codes, and the standard codes of the facts that have one.

The URLs identify, they do not resolve: https://spondyl.org is the project's namespace, not a live site. A code is
never reused for another meaning. docs/reference/fhir.md lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spondyl.core.errors import SpondylError

BASE = "https://spondyl.org/fhir"
FACTS = f"{BASE}/CodeSystem/facts"
FACT_VALUES = f"{BASE}/CodeSystem/fact-values"
SCORES = f"{BASE}/CodeSystem/scores"
SCORE_ITEMS = f"{BASE}/CodeSystem/score-items"
SCORE_GRADES = f"{BASE}/CodeSystem/score-grades"
SCORE_BANDS = f"{BASE}/CodeSystem/score-bands"
OPTIONS = f"{BASE}/CodeSystem/options"
VERDICTS = f"{BASE}/CodeSystem/verdicts"
RULES = f"{BASE}/CodeSystem/rules"
NOTICES = f"{BASE}/CodeSystem/notices"
PSEUDONYM = f"{BASE}/identifier/case"
ENTRY = f"{BASE}/StructureDefinition/entry"
"""Extension of a component: its place in a list (a number) or a table (a key), outermost first."""
SAID = f"{BASE}/StructureDefinition/said"
"""Extension of a component: the fact behind the points, in words."""
OPTION = f"{BASE}/StructureDefinition/option"
VERDICT = f"{BASE}/StructureDefinition/verdict"
REASON = f"{BASE}/StructureDefinition/reason"

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
ICD_10 = "http://hl7.org/fhir/sid/icd-10"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
CLINICAL_STATUS = "http://terminology.hl7.org/CodeSystem/condition-clinical"
ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
MCODE = "http://hl7.org/fhir/us/mcode/StructureDefinition"

STANDARD: Mapping[str, tuple[str, str]] = {
    "clinical.ecog": ("89247-1", "ECOG Performance Status score"),
    "clinical.kps": ("89243-0", "Karnofsky Performance Status score"),
    "clinical.age_years": ("30525-0", "Age"),
}
"""LOINC codes of facts: performance status by mCODE STU4 (HL7/fhir-mCODE-ig, SD_PerformanceStatus.fsh), age as other
HL7 guides code it (HL7/fhir-mdi-ig)."""
PROFILES: Mapping[str, str] = {
    "clinical.ecog": f"{MCODE}/mcode-ecog-performance-status",
    "clinical.kps": f"{MCODE}/mcode-karnofsky-performance-status",
}
FACT_OF_LOINC: Mapping[str, str] = {code: path for path, (code, _) in STANDARD.items()}


class FhirError(SpondylError):
    """A FHIR bundle cannot be read or written as it is."""


def coding(system: str, code: str, display: str = "") -> dict[str, Any]:
    """One Coding."""
    return {"system": system, "code": code, **({"display": display} if display else {})}


def concept(system: str, code: str, display: str = "", text: str = "") -> dict[str, Any]:
    """One CodeableConcept with one Coding."""
    return {"coding": [coding(system, code, display)], **({"text": text} if text else {})}


def absent(reason: str = "unknown", text: str = "") -> dict[str, Any]:
    """A dataAbsentReason."""
    return concept(ABSENT, reason, text=text)
