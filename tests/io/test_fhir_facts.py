"""Facts through FHIR and back: what travels comes back equal, and a bad bundle is refused with a named error."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from spondyl.clinic.decide import assess
from spondyl.clinic.facts import LEVELS, Facts, read_facts
from spondyl.core.errors import CaseError, SpondylError
from spondyl.io.bundled import bundled_case
from spondyl.io.case_yaml import parse_case_yaml, read_case_yaml
from spondyl.io.case_yaml_write import case_yaml
from spondyl.io.fhir import FhirError, bundle_json, facts_from_bundle, read_bundle, to_bundle
from spondyl.io.fhir.fact_schema import FactSchema, fact_schemas
from spondyl.io.fhir.facts_in import facts_of_observations
from spondyl.io.fhir.facts_out import fact_observation, known_facts
from spondyl.io.fhir.vocabulary import ENTRY, FACTS, LOINC

TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=12).filter(str.strip)
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "yes or no": st.booleans(),
    "whole number": st.integers(0, 5),
    "number": st.one_of(st.floats(0, 1), st.integers(0, 9), st.floats(1e-9, 1e9)),
    "date": st.dates(date(1990, 1, 1), date(2025, 1, 1)),
    "text": TEXT,
}


def _level(path: str) -> bool:
    return path.endswith(("level", "levels")) or path == "measured.heights_mm"


def _scalar(schema: FactSchema) -> st.SearchStrategy[Any]:
    if schema.kind == "word":
        return st.sampled_from(schema.words)
    if schema.kind == "text" and _level(schema.path):
        return st.sampled_from(LEVELS)
    return st.sampled_from(range(0, 101, 10)) if schema.path == "clinical.kps" else SCALARS[schema.kind]


def _value(schema: FactSchema) -> st.SearchStrategy[Any]:
    if schema.shape == "one":
        return _scalar(schema)
    entry: st.SearchStrategy[Any] = _scalar(schema)
    if schema.fields:
        entry = st.fixed_dictionaries({}, optional={name: _value(f) for name, f in schema.fields.items()})
    if schema.shape == "list":
        return st.lists(entry, max_size=3)
    return st.dictionaries(st.sampled_from(LEVELS) if _level(schema.path) else TEXT, entry, max_size=3)


@st.composite
def some_facts(draw: st.DrawFn) -> Facts:
    """A few facts that do not contradict each other, one after the other."""
    data: dict[str, Any] = {}
    facts = read_facts(data)
    for path in draw(st.lists(st.sampled_from(list(fact_schemas())), min_size=1, max_size=8, unique=True)):
        trial = copy.deepcopy(data)
        place = trial
        *tables, key = path.split(".")
        for table in tables:
            place = place.setdefault(table, {})
        place[key] = draw(_value(fact_schemas()[path]))
        try:
            facts, data = read_facts(trial), trial
        except CaseError:
            continue
    assume(data)
    return facts


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(some_facts())
def test_facts_come_back_equal_through_the_bundle(facts: Facts) -> None:
    assert facts_from_bundle(json.loads(bundle_json(to_bundle(assess(facts))))) == facts


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(some_facts())
def test_facts_come_back_equal_through_their_observations(facts: Facts) -> None:
    observations = [fact_observation(schema, value) for schema, value in known_facts(facts)]
    told = facts_of_observations(json.loads(json.dumps(observations)))
    assert read_facts(told | ({"case_id": facts.case_id} if facts.case_id else {})) == facts


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(some_facts())
def test_facts_come_back_equal_through_their_yaml(facts: Facts) -> None:
    assert parse_case_yaml(case_yaml(facts), "case.yaml") == facts


FILLED: dict[str, Any] = {
    "yes or no": True, "whole number": 1, "number": 0.5, "date": date(2024, 2, 29), "text": "a text",
}  # fmt: skip


def _filled(schema: FactSchema) -> Any:
    if schema.kind == "word":
        one: Any = schema.words[0]
    elif schema.kind == "text" and _level(schema.path):
        one = "T8"
    else:
        one = 80 if schema.path == "clinical.kps" else FILLED[schema.kind]
    if schema.shape == "one":
        return one
    entry = {name: _filled(inner) for name, inner in schema.fields.items()} if schema.fields else one
    return [entry, entry] if schema.shape == "list" else {"T8": entry, "T9": entry}


@pytest.mark.parametrize("path", [path for path in fact_schemas() if path != "case_id"])
def test_every_fact_travels(path: str) -> None:
    schema = fact_schemas()[path]
    facts = read_facts(facts_of_observations([fact_observation(schema, _filled(schema))]))
    told = {each.path: value for each, value in known_facts(facts)}
    assert path in told
    assert facts_of_observations([fact_observation(schema, told[path])]) == facts_of_observations(
        [fact_observation(schema, _filled(schema))]
    )


def test_a_known_empty_list_is_not_an_unknown_one() -> None:
    """No organ involved is a fact; so is a course of which nothing else is known."""
    prior = {"courses": [{}, {"levels": []}], "to_this_level": False}
    facts = read_facts({"clinical": {"systemic": {"visceral": []}, "prior_radiotherapy": prior}})
    back = facts_from_bundle(to_bundle(assess(facts)))
    assert back == facts
    assert back.clinical.systemic.visceral == ()
    assert back.clinical.prior_radiotherapy.courses is not None
    assert [course.levels for course in back.clinical.prior_radiotherapy.courses] == [None, ()]


@pytest.mark.parametrize("name", ["thoracic_t11", "lumbar_l3"])
def test_the_bundled_cases_come_back_equal(name: str) -> None:
    facts = read_case_yaml(bundled_case(name) / "case.yaml")
    assert facts_from_bundle(json.loads(bundle_json(to_bundle(assess(facts))))) == facts


def _foreign(*observations: dict[str, Any], **patient: Any) -> dict[str, Any]:
    resources = [{"resourceType": "Patient", "id": "p", **patient}]
    for number, observation in enumerate(observations):
        shared = {"resourceType": "Observation", "id": f"o{number}", "status": "final"}
        resources.append({**shared, "subject": {"reference": "Patient/p"}, **observation})
    entries = [{"fullUrl": f"https://example.org/fhir/{r['resourceType']}/{r['id']}", "resource": r} for r in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _loinc(code: str, **rest: Any) -> dict[str, Any]:
    return {"code": {"coding": [{"system": LOINC, "code": code}]}, **rest}


def _fact(path: str, **rest: Any) -> dict[str, Any]:
    return {"code": {"coding": [{"system": FACTS, "code": path}]}, **rest}


def test_another_system_s_standard_codes_are_read() -> None:
    years = {"value": 63, "unit": "a", "system": "http://unitsofmeasure.org", "code": "a"}
    bundle = _foreign(
        _loinc("89247-1", valueInteger=2),
        _loinc("89243-0", valueInteger=60),
        _loinc("30525-0", valueQuantity=years),
        _loinc("1751-7", valueQuantity={"value": 3.9, "unit": "g/dL"}),
        gender="female",
        name=[{"family": "Nobody"}],
    )
    clinical = facts_from_bundle(bundle).clinical
    assert (clinical.ecog, clinical.kps, clinical.age_years, clinical.sex) == (2, 60, 63, "female")
    assert clinical.laboratory.albumin_g_per_dl is None


def test_what_was_withdrawn_or_is_absent_is_unknown() -> None:
    absent = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "unknown"}]}
    bundle = _foreign(
        _loinc("89247-1", valueInteger=2, status="entered-in-error"), _fact("clinical.kps", dataAbsentReason=absent)
    )
    clinical = facts_from_bundle(bundle).clinical
    assert (clinical.ecog, clinical.kps) == (None, None)


def _entry(place: Any) -> list[dict[str, Any]]:
    return [{"url": ENTRY, "valueInteger" if isinstance(place, int) else "valueString": place}]


UCUM_MM = {"value": 5.0, "unit": "mm", "system": "http://unitsofmeasure.org", "code": "mm"}
BAD: list[tuple[str, dict[str, Any], str]] = [
    ("no bundle", {"resourceType": "Patient"}, "expected a FHIR Bundle, got a resource of type 'Patient'"),
    ("nothing", {}, "expected a FHIR Bundle"),
    ("no type", {"resourceType": "Bundle"}, "not valid FHIR"),
    ("unknown type", {"resourceType": "Bundle", "type": "heap"}, "Bundle.type is 'heap', expected one of"),
    ("no patient", {"resourceType": "Bundle", "type": "collection"}, "0 Patients, expected one"),
    ("unknown resource",
     {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {"resourceType": "Spine"}}]},
     "a type that FHIR R4B does not have"),
    ("R5 element", _foreign(_fact("clinical.kps", valueInteger=80, triggeredBy=[])), "no element of FHIR R4"),
    ("status", _foreign(_fact("clinical.kps", valueInteger=80, status="done")), "is 'done', expected one of"),
    ("unknown fact", _foreign(_fact("clinical.kpz", valueInteger=80)), "nearest: clinical.kps"),
    ("wrong kind", _foreign(_fact("clinical.kps", valueString="80")), "has valueString, expected valueInteger"),
    ("out of range", _foreign(_fact("clinical.kps", valueInteger=85)), "clinical.kps"),
    ("ECOG 6", _foreign(_loinc("89247-1", valueInteger=6)), "clinical.ecog"),
    ("wrong unit", _foreign(_fact("measured.gtv_min_distance_to_cord_mm", valueQuantity={**UCUM_MM, "code": "cm"})),
     "is in cm, expected UCUM mm"),
    ("no unit", _foreign(_fact("measured.gtv_min_distance_to_cord_mm", valueQuantity={"value": 5})), "no unit"),
    ("comparator",
     _foreign(_fact("measured.gtv_min_distance_to_cord_mm", valueQuantity={**UCUM_MM, "comparator": "<"})),
     "expected one number"),
    ("unknown word", _foreign(_fact("clinical.neurology.frankel", valueCodeableConcept={"text": "F"})),
     "expected one code of"),
    ("twice", _foreign(_fact("clinical.kps", valueInteger=80), _loinc("89243-0", valueInteger=70)), "given twice"),
    ("two facts in one",
     _foreign({"code": {"coding": [{"system": LOINC, "code": "89243-0"}, {"system": LOINC, "code": "89247-1"}]}}),
     "give each its own"),
    ("contradiction",
     _foreign(_fact("clinical.neurology.ambulatory", valueBoolean=True),
              _fact("clinical.neurology.lower_limb_power_mrc", valueInteger=0)), "nobody can"),
    ("gender", _foreign(_fact("clinical.sex", valueCodeableConcept={
        "coding": [{"system": "https://spondyl.org/fhir/CodeSystem/fact-values", "code": "male"}]}), gender="female"),
     "gender is female"),
    ("entries lost", _foreign(_fact("clinical.lesion.levels", valueInteger=2, component=[
        {**_fact("clinical.lesion.levels", valueString="T8"), "extension": _entry(0)}])), "says that it has 2 entries"),
    ("entry without place", _foreign(_fact("clinical.lesion.levels", valueInteger=1, component=[
        _fact("clinical.lesion.levels", valueString="T8")])), "does not say which entry"),
    ("key for a list", _foreign(_fact("clinical.lesion.levels", valueInteger=1, component=[
        {**_fact("clinical.lesion.levels", valueString="T8"), "extension": _entry("first")}])),
     "expected a number from 0"),
    ("foreign component", _foreign(_fact("clinical.lesion.levels", valueInteger=1, component=[
        {**_fact("clinical.kps", valueInteger=80), "extension": _entry(0)}])), "is no code of"),
    ("other subject", _foreign(_fact("clinical.kps", valueInteger=80, subject={"reference": "Patient/q"})),
     "not of the bundle's Patient"),
    ("loose reference",
     _foreign(_fact("clinical.kps", valueInteger=80, subject={"reference": "urn:uuid:0d2b3a0e"})),
     "which the bundle does not hold"),
    ("modifier", _foreign(_fact("clinical.kps", valueInteger=80, modifierExtension=[
        {"url": "https://example.org/not", "valueBoolean": True}])), "modifierExtension"),
    ("value and absence", _foreign(_fact("clinical.kps", valueInteger=80, dataAbsentReason={"text": "none"})), "obs-6"),
]  # fmt: skip


@pytest.mark.parametrize(("bundle", "said"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_refused(bundle: dict[str, Any], said: str) -> None:
    with pytest.raises(FhirError) as caught:
        facts_from_bundle(bundle)
    assert said in str(caught.value)


def test_two_patients_are_never_mixed() -> None:
    bundle = _foreign(_fact("clinical.kps", valueInteger=80))
    bundle["entry"].append({"fullUrl": "https://example.org/q", "resource": {"resourceType": "Patient", "id": "q"}})
    with pytest.raises(FhirError, match="2 Patients"):
        facts_from_bundle(bundle)


WHOLE = to_bundle(assess(read_facts({"level": "T8", "clinical": {
    "kps": 80, "pain": {"vas_0_10": 5}, "neurology": {"motor_power_mrc": {"hip flexion": 4}},
    "systemic": {"visceral": [{"organ": "lung", "resectable": False}]},
    "prior_radiotherapy": {"courses": [{"levels": ["T1"], "date": date(2024, 1, 2)}]},
}})))  # fmt: skip
FACT_ENTRIES = {"resourceType": "Bundle", "type": "collection", "entry": [
    entry for entry in WHOLE["entry"] if entry["resource"]["id"].startswith(("patient", "fact-"))
]}  # fmt: skip
JUNK: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just([]), st.just({}),
    st.sampled_from(["Patient", "urn:uuid:x", FACTS, "clinical.kps", "final"]),
    st.dictionaries(st.sampled_from(["code", "value", "coding"]), st.integers(), max_size=2),
)  # fmt: skip


def _places(value: Any) -> list[Callable[[Any], None]]:
    """A setter for every place within the bundle."""
    found: list[Callable[[Any], None]] = []
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        found.append(lambda new, table=value, at=key: table.__setitem__(at, new))
        found.extend(_places(each))
    return found


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_damaged_bundle_raises_nothing_but_a_named_error(data: st.DataObject) -> None:
    bundle = json.loads(json.dumps(FACT_ENTRIES))
    for _ in range(data.draw(st.integers(1, 3))):
        places = _places(bundle)
        places[data.draw(st.integers(0, len(places) - 1))](data.draw(JUNK))
    with contextlib.suppress(SpondylError):
        facts_from_bundle(bundle)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not readable JSON"),
        (b"{", "not readable JSON"),
        (b"[]", "holds a list"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b'{"a": 1, "a": 2}', 'key "a" stands twice'),
        (b"[" * 100_000, "not readable JSON"),
    ],
)
def test_files_that_are_no_bundle(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "bundle.json"
    file.write_bytes(content)
    with pytest.raises(FhirError, match=said):
        read_bundle(file)


def test_a_file_that_is_not_there_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(FhirError, match="cannot be read"):
            read_bundle(path)
