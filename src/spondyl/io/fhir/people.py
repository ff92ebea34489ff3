"""The patient by pseudonym, the software, and the two conditions that everything else is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from spondyl.clinic.facts import Facts
from spondyl.core import DISCLAIMER
from spondyl.io.fhir.values import text_out
from spondyl.io.fhir.vocabulary import ACT_REASON, CLINICAL_STATUS, ICD_10, PSEUDONYM, FhirError, coding, concept

BONE = ("C79.5", "Secondary malignant neoplasm of bone and bone marrow")
"""WHO's ICD-10."""
MALIGNANT = "primary malignant neoplasm"


def patient(facts: Facts) -> dict[str, Any]:
    """Pseudonym and sex: no name, no day of birth, no address."""
    resource: dict[str, Any] = {"resourceType": "Patient"}
    if facts.synthetic_clinical_data or facts.invented:
        resource["meta"] = {"security": [coding(ACT_REASON, "HTEST", "test health data")]}
    if facts.case_id is not None:
        resource["identifier"] = [{"system": PSEUDONYM, "value": text_out(facts.case_id, "case_id")}]
    return resource | {"gender": facts.clinical.sex or "unknown"}


def software() -> dict[str, Any]:
    """Spondyl as the author of scores and proposals."""
    return {
        "resourceType": "Device",
        "deviceName": [{"name": "spondyl", "type": "user-friendly-name"}],
        "version": [{"value": version("spondyl")}],
        "note": [{"text": DISCLAIMER}],
    }


def lesion_condition(facts: Facts) -> dict[str, Any]:
    """The spinal metastasis, or what the facts say it is instead."""
    resource: dict[str, Any] = {
        "resourceType": "Condition",
        "clinicalStatus": concept(CLINICAL_STATUS, "active"),
    }
    if facts.clinical.lesion.benign_haemangioma:
        resource["code"] = {"text": "benign vertebral haemangioma"}
    else:
        resource["code"] = concept(ICD_10, *BONE, text="spinal metastasis")
    if facts.lesion_levels:
        resource["bodySite"] = [{"text": f"vertebra {level}"} for level in facts.lesion_levels]
    return resource | {"note": [{"text": DISCLAIMER}]}


def primary_condition(facts: Facts) -> dict[str, Any] | None:
    """The primary cancer in the words of the facts; None where its histology is not known."""
    if facts.histology is None:
        return None
    return {
        "resourceType": "Condition",
        "code": {"text": f"{MALIGNANT}: {text_out(facts.histology, 'histology')}"},
        "note": [{"text": DISCLAIMER}],
    }


def said_of_patient(patients: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Pseudonym and sex from the one Patient of a bundle, as case.yaml nests them.

    Raises
    ------
    FhirError
        If there is no Patient, more than one, or two pseudonyms.
    """
    found = list(patients)
    if len(found) != 1:
        raise FhirError(f"the bundle has {len(found)} Patients, expected one: a case is one patient")
    names = [each.get("value") for each in found[0].get("identifier", ()) if each.get("system") == PSEUDONYM]
    if len(names) > 1:
        raise FhirError(f"the Patient has {len(names)} identifiers of {PSEUDONYM}, expected one")
    gender = found[0].get("gender", "unknown")
    sex = {} if gender == "unknown" else {"clinical": {"sex": gender}}
    return {**({"case_id": names[0]} if names else {}), **sex}
