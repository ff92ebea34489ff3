"""A FHIR bundle back to facts: everything that `to_bundle` wrote, and what other systems code the standard way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spondyl.clinic.facts import Facts, read_facts
from spondyl.core.errors import CaseError
from spondyl.io.fhir.facts_in import NOT_MEANT, facts_of_observations
from spondyl.io.fhir.people import said_of_patient
from spondyl.io.fhir.validation import entries, validate_bundle
from spondyl.io.fhir.vocabulary import FhirError

MAX_BYTES = 32 << 20
"""A bundle of one case has well under one megabyte."""


def facts_from_bundle(bundle: Mapping[str, Any]) -> Facts:
    """Read the facts of a bundle's one patient.

    Parameters
    ----------
    bundle
        FHIR JSON as Python data.

    Returns
    -------
    Facts
        Facts in spondyl's own codes, and of other systems' resources the sex of the Patient, and age, ECOG and KPS by
        their LOINC codes. Everything else is passed over: conditions and scores are never turned back into facts.

    Raises
    ------
    FhirError
        If the bundle is not FHIR, holds no or several patients, or facts that cannot be or contradict each other.
    """
    validate_bundle(bundle)
    patients = list(entries(bundle, "Patient"))
    said = said_of_patient(patients)
    observations = [o for o in entries(bundle, "Observation") if o.get("status") not in NOT_MEANT]
    _check_subjects(bundle, patients[0], observations)
    told = facts_of_observations(observations)
    _add_sex(told, said)
    try:
        return read_facts(told, "bundle")
    except CaseError as error:
        raise FhirError(str(error)) from error


def read_bundle(path: Path) -> dict[str, Any]:
    """The JSON of a bundle's file.

    Raises
    ------
    FhirError
        If the file is missing, too large, or not JSON of one object.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise FhirError(f"{path} has {path.stat().st_size} bytes, expected a bundle below {MAX_BYTES}")
        data = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number, object_pairs_hook=_no_repeats)
    except OSError as error:
        raise FhirError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FhirError(f"{path} is not UTF-8 text (byte {error.start}); FHIR JSON is UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise FhirError(f"{path} is not readable JSON: {error}") from error
    if not isinstance(data, dict):
        raise FhirError(f"{path} holds a {type(data).__name__}, expected a FHIR Bundle")
    return data


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no JSON number")


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        twice = next(key for place, (key, _) in enumerate(pairs) if key in [k for k, _ in pairs[:place]])
        raise ValueError(f'key "{twice}" stands twice in one object')
    return table


def _check_subjects(
    bundle: Mapping[str, Any], patient: Mapping[str, Any], observations: list[Mapping[str, Any]]
) -> None:
    """Every Observation is of the bundle's patient: facts of two people are never mixed."""
    urls = [entry.get("fullUrl") for entry in bundle["entry"] if entry.get("resource") is patient]
    own = {*urls, f"Patient/{patient.get('id')}"}
    for observation in observations:
        subject = (observation.get("subject") or {}).get("reference")
        if subject is not None and subject not in own:
            raise FhirError(f"Observation/{observation.get('id')} is of {subject}, not of the bundle's Patient")


def _add_sex(told: dict[str, Any], said: dict[str, Any]) -> None:
    if "case_id" in said:
        told["case_id"] = said["case_id"]
    sex = said.get("clinical", {}).get("sex")
    if sex is None:
        return
    stated = told.setdefault("clinical", {}).setdefault("sex", sex)
    if stated != sex:
        raise FhirError(f"the Patient's gender is {sex} and clinical.sex is {stated}; correct one")
