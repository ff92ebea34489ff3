"""Facts as Observations: one for each known fact, its code the fact's path, standard codes beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from spondyl.clinic.facts import Facts
from spondyl.io.fhir.fact_schema import FactSchema, fact_schemas
from spondyl.io.fhir.values import text_out, value_out
from spondyl.io.fhir.vocabulary import CATEGORY, ENTRY, FACTS, LOINC, PROFILES, STANDARD, coding, concept

CASE_ID = "case_id"
"""The one fact that travels as the patient's identifier."""
SEX = "clinical.sex"
Position = tuple[int | str, ...]


def known_facts(facts: Facts) -> Iterator[tuple[FactSchema, Any]]:
    """Every known fact with its value; an empty list is a known one."""
    content = facts.model_dump(by_alias=True)
    for path, schema in fact_schemas().items():
        value: Any = content
        for part in path.split("."):
            value = value[part]
        if value is not None and path != CASE_ID:
            yield schema, value


def fact_observation(schema: FactSchema, value: Any) -> dict[str, Any]:
    """One fact without id and subject.

    A list or a table has the number of its entries as its value and one component for each value within.
    """
    profile = PROFILES.get(schema.path)
    resource: dict[str, Any] = {"resourceType": "Observation"}
    if profile:
        resource["meta"] = {"profile": [profile]}
        resource["category"] = [concept(CATEGORY, "survey")]
    resource |= {"status": "final", "code": _code(schema)}
    if schema.shape == "one":
        return resource | value_out(schema, value)
    parts = [_component(*part) for part in _spread(schema, value, ())]
    return resource | {"valueInteger": len(value)} | ({"component": parts} if parts else {})


def _code(schema: FactSchema) -> dict[str, Any]:
    standard = [coding(LOINC, *STANDARD[schema.path])] if schema.path in STANDARD else []
    return {"coding": [*standard, coding(FACTS, schema.path)], "text": schema.meaning or schema.path}


def _component(schema: FactSchema, position: Position, value: dict[str, Any]) -> dict[str, Any]:
    places = [
        {"url": ENTRY, "valueInteger": place}
        if isinstance(place, int)
        else {"url": ENTRY, "valueString": text_out(place, schema.path)}
        for place in position
    ]
    return {"extension": places, "code": concept(FACTS, schema.path), **value}


def _spread(
    schema: FactSchema, value: Any, position: Position
) -> Iterator[tuple[FactSchema, Position, dict[str, Any]]]:
    """Each value within a list or table. What is there and holds nothing is said as a count of 0."""
    if not value and position:
        yield schema, position, {"valueInteger": 0}
    for place, entry in _entries(value):
        at = (*position, place)
        if not schema.fields:
            yield schema, at, value_out(schema, entry)
            continue
        known = [(inner, entry[name]) for name, inner in schema.fields.items() if entry[name] is not None]
        if not known:
            yield schema, at, {"valueInteger": 0}
        for inner, inner_value in known:
            if inner.shape == "one":
                yield inner, at, value_out(inner, inner_value)
            else:
                yield from _spread(inner, inner_value, at)


def _entries(value: Any) -> Iterator[tuple[int | str, Any]]:
    if isinstance(value, Mapping):
        table = cast(Mapping[str, Any], value)
        yield from sorted(table.items())
    else:
        yield from enumerate(cast(Sequence[Any], value))
