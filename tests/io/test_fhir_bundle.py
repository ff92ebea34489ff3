"""An assessment as a FHIR bundle: what it holds, what it never holds, and that it is valid and stable."""

from __future__ import annotations

import builtins
import json
import sys
from datetime import date
from typing import Any

import pytest

from spondyl.clinic.decide import assess
from spondyl.clinic.facts import read_facts
from spondyl.core import DISCLAIMER
from spondyl.io.bundled import bundled_case
from spondyl.io.case_yaml import read_case_yaml
from spondyl.io.fhir import FhirError, bundle_json, code_systems, to_bundle, validate_bundle
from spondyl.io.fhir.bundle import resource_id
from spondyl.io.fhir.fact_schema import fact_schemas
from spondyl.io.fhir.values import unit_of
from spondyl.io.fhir.vocabulary import BASE, FACTS, LOINC, OPTION, SCORES, VERDICT

R4 = {
    "Patient": {"identifier", "gender"},
    "Device": {"deviceName", "version", "note"},
    "Condition": {"clinicalStatus", "code", "bodySite", "subject", "note"},
    "Observation": {
        "status", "category", "code", "subject", "effectiveDateTime", "valueQuantity", "valueCodeableConcept",
        "valueString", "valueBoolean", "valueInteger", "valueRange", "valueDateTime", "dataAbsentReason",
        "interpretation", "note", "method", "device", "component",
    },
    "ServiceRequest": {
        "extension", "status", "intent", "code", "subject", "authoredOn", "requester", "reasonReference",
        "supportingInfo", "note",
    },
    "DetectedIssue": {
        "extension", "status", "code", "patient", "identifiedDateTime", "author", "evidence", "detail",
    },
}  # fmt: skip
"""Elements that R4 (4.0.1) has, of the resources that are written: hl7.org/fhir/R4, one page each."""


@pytest.fixture(scope="module")
def thoracic() -> dict[str, Any]:
    facts = read_case_yaml(bundled_case("thoracic_t11") / "case.yaml")
    return to_bundle(assess(facts), assessed_on=date(2026, 3, 31))


def _of(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind]


def _coded(bundle: dict[str, Any], system: str, code: str) -> dict[str, Any]:
    found = [
        o
        for o in _of(bundle, "Observation")
        if any(c.get("system") == system and c["code"] == code for c in o["code"].get("coding", ()))
    ]
    assert len(found) == 1, (system, code, len(found))
    return found[0]


def test_nothing_is_set_that_r4_lacks(thoracic: dict[str, Any]) -> None:
    for entry in thoracic["entry"]:
        resource = entry["resource"]
        beyond = set(resource) - R4[resource["resourceType"]] - {"resourceType", "id", "meta"}
        assert not beyond, (resource["resourceType"], beyond)


def test_the_patient_has_a_pseudonym_and_no_identity(thoracic: dict[str, Any]) -> None:
    (patient,) = _of(thoracic, "Patient")
    assert set(patient) == {"resourceType", "id", "meta", "identifier", "gender"}
    assert patient["identifier"] == [{"system": f"{BASE}/identifier/case", "value": "thoracic_t11"}]
    assert patient["gender"] == "female"
    assert patient["meta"]["security"][0]["code"] == "HTEST"


def test_performance_status_is_mcode(thoracic: dict[str, Any]) -> None:
    """Codes and profiles: HL7/fhir-mCODE-ig, SD_PerformanceStatus.fsh; the case states ECOG 1 and KPS 70."""
    mcode = "http://hl7.org/fhir/us/mcode/StructureDefinition/"
    for code, profile, value in (
        ("89247-1", "mcode-ecog-performance-status", 1),
        ("89243-0", "mcode-karnofsky-performance-status", 70),
    ):
        status = _coded(thoracic, LOINC, code)
        assert status["meta"]["profile"] == [mcode + profile]
        assert status["valueInteger"] == value
        assert status["category"][0]["coding"][0]["code"] == "survey"
        assert not set(status) & {"bodySite", "specimen", "device", "hasMember", "component", "interpretation"}
        assert status["subject"]["reference"] == thoracic["entry"][0]["fullUrl"]


def test_a_settled_score_has_its_total_items_and_band(thoracic: dict[str, Any]) -> None:
    """T11 3, mechanical 3, mixed 1, normal 0, 39 % 2, none 0 (Fisher 2010): 9, potentially unstable."""
    sins = _coded(thoracic, SCORES, "sins")
    assert (sins["status"], sins["valueInteger"]) == ("final", 9)
    assert [c["valueInteger"] for c in sins["component"]] == [3, 3, 1, 0, 2, 0]
    assert sins["interpretation"][0]["coding"][0]["code"] == "sins:indeterminate"
    assert sins["method"]["text"].startswith("Fisher 2010")
    assert sins["effectiveDateTime"] == "2026-03-31"


def test_a_score_with_a_missing_fact_is_a_range_and_says_what_is_missing() -> None:
    facts = read_facts({"level": "T11", "clinical": {"pain": {"present": False}}})
    sins = _coded(to_bundle(assess(facts)), SCORES, "sins")
    assert sins["status"] == "preliminary"
    assert sins["valueRange"] == {"low": {"value": 3}, "high": {"value": 15}}
    by_item = {c["code"]["coding"][0]["code"]: c for c in sins["component"]}
    assert by_item["sins:location"]["valueInteger"] == 3
    missing = by_item["sins:collapse"]["dataAbsentReason"]
    assert missing["coding"][0]["code"] == "unknown"
    assert "clinical.lesion.collapse_percent" in missing["text"]
    assert "interpretation" not in sins


def test_a_score_of_nothing_is_absent_and_an_undefined_edge_says_so() -> None:
    nothing = to_bundle(assess(read_facts({})))
    assert _coded(nothing, SCORES, "sins")["dataAbsentReason"]["coding"][0]["code"] == "unknown"
    half = to_bundle(assess(read_facts({"clinical": {"lesion": {"collapse_percent": 50}}})))
    texts = [
        c["dataAbsentReason"]["text"] for c in _coded(half, SCORES, "sins")["component"] if "dataAbsentReason" in c
    ]
    assert any("exactly 50 % is in neither row" in text for text in texts)


def test_what_may_be_chosen_is_a_draft_proposal_and_nothing_else_is_a_request() -> None:
    """Cord compressed, posterior wall involved: kyphoplasty must not appear as a request (papers 001, 002, 003)."""
    clinical = {"pain": {"present": True}, "lesion": {"bilsky_escc": "3", "posterior_wall_involved": True}}
    made = assess(read_facts({"level": "T8", "histology": "renal cell carcinoma", "clinical": clinical}))
    bundle = to_bundle(made)
    requests, findings = _of(bundle, "ServiceRequest"), _of(bundle, "DetectedIssue")
    assert {(r["status"], r["intent"]) for r in requests} == {("draft", "proposal")}
    asked = {r["code"]["coding"][0]["code"] for r in requests}
    told = {
        next(e for e in f["extension"] if e["url"] == OPTION)["valueCodeableConcept"]["coding"][0]["code"]: f
        for f in findings
    }
    assert asked | set(told) == set(made.options)
    assert not asked & set(told)
    assert asked == {n for n, o in made.options.items() if o.verdict in ("recommended", "possible")}
    pkp = told["pkp"]
    assert pkp["code"]["coding"][0]["code"] == "contraindicated"
    assert {"R077", "R079", "R081"} <= {e["code"][0]["coding"][0]["code"] for e in pkp["evidence"]}
    assert "R081" in pkp["detail"]
    assert "stricter than paper 002, which sets the verdict (X64)" in pkp["detail"]
    assert all("priority" not in r and "doNotPerform" not in r for r in requests)


def test_every_reason_has_its_rule_side_and_source(thoracic: dict[str, Any]) -> None:
    for resource in (*_of(thoracic, "ServiceRequest"), *_of(thoracic, "DetectedIssue")):
        verdicts = [e for e in resource["extension"] if e["url"] == VERDICT]
        reasons = [e for e in resource["extension"] if e["url"].endswith("/reason")]
        assert len(verdicts) == 1
        assert reasons
        for reason in reasons:
            parts = {e["url"] for e in reason["extension"]}
            assert {"rule", "side", "effect", "text", "source"} <= parts


def test_emergency_is_said_right_after_the_patient() -> None:
    bundle = to_bundle(assess(read_facts({"clinical": {"neurology": {"deficit_progression": "rapid"}}})))
    first, second = (entry["resource"] for entry in bundle["entry"][:2])
    assert first["resourceType"] == "Patient"
    assert second["code"]["coding"][0]["code"] == "emergency"
    assert second["valueBoolean"] is True
    unknown = to_bundle(assess(read_facts({})))["entry"][1]["resource"]
    assert "valueBoolean" not in unknown
    assert unknown["dataAbsentReason"]["coding"][0]["code"] == "unknown"


def test_every_resource_carries_the_notice(thoracic: dict[str, Any]) -> None:
    for resource in (thoracic, *(entry["resource"] for entry in thoracic["entry"])):
        assert [tag["display"] for tag in resource["meta"]["tag"]] == [DISCLAIMER]
    for kind in ("ServiceRequest", "DetectedIssue", "Condition", "Device"):
        assert all(DISCLAIMER in json.dumps(resource) for resource in _of(thoracic, kind))


def test_the_same_input_gives_the_same_bytes_and_other_input_other_identifiers(thoracic: dict[str, Any]) -> None:
    facts = read_case_yaml(bundled_case("thoracic_t11") / "case.yaml")
    again = to_bundle(assess(facts), assessed_on=date(2026, 3, 31))
    assert bundle_json(again) == bundle_json(thoracic)
    other = to_bundle(assess(facts.model_copy(update={"case_id": "other"})))
    assert not {e["fullUrl"] for e in other["entry"]} & {e["fullUrl"] for e in thoracic["entry"]}


def test_every_reference_resolves_and_no_id_stands_twice(thoracic: dict[str, Any]) -> None:
    urls = [entry["fullUrl"] for entry in thoracic["entry"]]
    ids = [entry["resource"]["id"] for entry in thoracic["entry"]]
    assert len(set(urls)) == len(urls)
    assert len(set(ids)) == len(ids)
    text = json.dumps(thoracic)
    assert text.count('"reference": "urn:uuid:') > 100
    for piece in text.split('"reference": "')[1:]:
        assert piece.split('"')[0] in urls


def test_ids_stay_apart_and_within_64_characters_for_every_fact() -> None:
    ids = [resource_id(f"fact-{path}") for path in fact_schemas()]
    assert len(set(ids)) == len(ids)
    assert max(map(len, ids)) <= 64


def test_every_number_has_a_unit() -> None:
    numbers = [f.path for schema in fact_schemas().values() for f in schema.walk() if f.kind == "number"]
    assert len(numbers) > 30
    assert {unit_of(path) for path in numbers} == {
        "Gy", "cm3", "mm", "%", "a", "mo", "d", "mg/d", "mg/dL", "g/dL", "[IU]/L", "/uL", "1",
    }  # fmt: skip


def test_every_local_code_that_is_written_is_in_a_code_system(thoracic: dict[str, Any]) -> None:
    systems = {each["url"]: {c["code"] for c in each["concept"]} for each in code_systems()}

    def codings(value: Any) -> Any:
        if isinstance(value, dict):
            if str(value.get("system", "")).startswith(f"{BASE}/CodeSystem/"):
                yield value["system"], value["code"]
            for inner in value.values():
                yield from codings(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from codings(inner)

    used = set(codings(thoracic))
    assert len(used) > 200
    frameworks = ("NOMS ", "Ryu ", "SINS ", "Tomita ", "Tokuhashi ", "Approach ", "Fehlings ", "open_surgery")
    unknown = {
        (system, code)
        for system, code in used
        if code not in systems[system] and not (system.endswith("/rules") and code.startswith(frameworks))
    }
    assert not unknown


def test_code_systems_are_valid_and_facts_have_their_paths() -> None:
    entries = [{"fullUrl": each["url"], "resource": each} for each in code_systems()]
    validate_bundle({"resourceType": "Bundle", "type": "collection", "entry": entries})
    facts = next(each for each in code_systems() if each["url"] == FACTS)
    codes = [each["code"] for each in facts["concept"]]
    assert len(set(codes)) == len(codes)
    assert {"clinical.kps", "clinical.systemic.visceral.organ"} <= set(codes)


def test_a_haemangioma_is_not_called_a_metastasis() -> None:
    bundle = to_bundle(assess(read_facts({"clinical": {"lesion": {"benign_haemangioma": True}}})))
    (condition,) = _of(bundle, "Condition")
    assert "coding" not in condition["code"]


def test_text_that_fhir_cannot_hold_is_named() -> None:
    facts = read_facts({"clinical": {"neurology": {"sensory": "numb\x07"}}})
    with pytest.raises(FhirError, match=r"clinical\.neurology\.sensory is .* no FHIR string can hold"):
        to_bundle(assess(facts))


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("fhir.resources.R4B")]:
        monkeypatch.delitem(sys.modules, name)
    real = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("fhir"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    monkeypatch.setattr("importlib.import_module", lambda name: refuse(name))
    with pytest.raises(FhirError, match=r"install spondyl\[fhir\]"):
        validate_bundle({"resourceType": "Bundle", "type": "collection"})
