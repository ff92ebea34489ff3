"""An assessment as one FHIR R4 bundle of type collection: the same input gives the same bytes."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

from spondyl.clinic.decide import Assessment
from spondyl.clinic.facts import Facts
from spondyl.core import DISCLAIMER
from spondyl.io.fhir.facts_out import fact_observation, known_facts
from spondyl.io.fhir.options_out import emergency_observation, option_resource
from spondyl.io.fhir.people import lesion_condition, patient, primary_condition, software
from spondyl.io.fhir.scores_out import score_observation
from spondyl.io.fhir.validation import validate_bundle
from spondyl.io.fhir.vocabulary import BASE, NOTICES, coding

NOTICE = coding(NOTICES, "research-and-education-only", DISCLAIMER)
"""A tag on the bundle and on every resource."""
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, BASE)


def to_bundle(assessment: Assessment, *, assessed_on: date | None = None) -> dict[str, Any]:
    """Make a bundle of an assessment: patient, conditions, facts, scores, options.

    Parameters
    ----------
    assessment
        What `assess` gave.
    assessed_on
        Day of the assessment, for scores, proposals and findings. Facts carry no day: when they were observed is not
        known.

    Returns
    -------
    dict
        FHIR JSON as Python data, validated. Write it with `bundle_json`.

    Raises
    ------
    FhirError
        If a fact holds what no FHIR value can, or fhir.resources (the extra spondyl[fhir]) is not installed.
    """
    case = _Case(assessment.facts)
    resources = list(_resources(assessment, case, assessed_on))
    bundle = {
        "resourceType": "Bundle",
        "id": case.uuid("bundle"),
        "meta": {"tag": [NOTICE]},
        "type": "collection",
        "entry": [{"fullUrl": case.url(resource["id"]), "resource": resource} for resource in resources],
    }
    validate_bundle(bundle)
    return bundle


def bundle_json(bundle: dict[str, Any]) -> str:
    """The bundle as text, keys in the order in which FHIR lists them here."""
    return json.dumps(bundle, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


class _Case:
    """Identifiers within one bundle, made from the facts alone."""

    def __init__(self, facts: Facts) -> None:
        content = json.dumps(facts.model_dump(by_alias=True), default=str, sort_keys=True)
        self._seed = hashlib.sha256(content.encode()).hexdigest()

    def uuid(self, name: str) -> str:
        return str(uuid.uuid5(NAMESPACE, f"{self._seed}/{name}"))

    def url(self, name: str) -> str:
        return f"urn:uuid:{self.uuid(resource_id(name))}"

    def refer(self, name: str) -> dict[str, str]:
        return {"reference": self.url(name)}


def _resources(assessment: Assessment, case: _Case, day: date | None) -> Iterator[dict[str, Any]]:
    facts, subject = assessment.facts, {"subject": case.refer("patient")}
    made_by = {"device": case.refer("software")}
    effective = {"effectiveDateTime": day.isoformat()} if day else {}
    yield _named("patient", patient(facts))
    yield _named("emergency", {**emergency_observation(assessment), **subject, **effective, **made_by})
    yield _named("software", software())
    conditions = {"lesion": lesion_condition(facts), "primary": primary_condition(facts)}
    about = [case.refer(name) for name, condition in conditions.items() if condition]
    for name, condition in conditions.items():
        if condition:
            yield _named(name, {**condition, **subject})
    for schema, value in known_facts(facts):
        yield _named(f"fact-{schema.path}", {**fact_observation(schema, value), **subject})
    scores = {key: f"score-{key}" for key in assessment.scores}
    for key, score in assessment.scores.items():
        yield _named(scores[key], {**score_observation(score), **subject, **effective, **made_by})
    for modality, option in assessment.options.items():
        resource = option_resource(option)
        if resource["resourceType"] == "ServiceRequest":
            links = {
                **subject,
                **({"authoredOn": day.isoformat()} if day else {}),
                "requester": case.refer("software"),
                "reasonReference": about,
                "supportingInfo": [case.refer(name) for name in scores.values()],
            }
        else:
            links = {
                "patient": case.refer("patient"),
                **({"identifiedDateTime": day.isoformat()} if day else {}),
                "author": case.refer("software"),
            }
        yield _named(f"option-{modality}", {**resource, **links})


def _named(name: str, resource: dict[str, Any]) -> dict[str, Any]:
    """The resource with its id and the notice that spondyl is no medical device, first things first."""
    meta = {**resource.get("meta", {}), "tag": [NOTICE]}
    rest = {key: value for key, value in resource.items() if key not in ("resourceType", "meta")}
    return {"resourceType": resource["resourceType"], "id": resource_id(name), "meta": meta, **rest}


def resource_id(name: str) -> str:
    """A FHIR id: letters, digits, - and . only, 64 at most; a longer name ends in its hash."""
    plain = name.replace("_", "-")
    if len(plain) <= 64:
        return plain
    return f"{plain[:51]}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
