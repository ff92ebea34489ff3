"""Observations back to facts: those with spondyl's codes, and the standard codes of age and performance status."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from spondyl.core.errors import nearest
from spondyl.io.fhir.fact_schema import FactSchema, fact_schemas
from spondyl.io.fhir.values import value_in
from spondyl.io.fhir.vocabulary import ENTRY, FACT_OF_LOINC, FACTS, LOINC, FhirError

NOT_MEANT = frozenset(("entered-in-error", "cancelled"))
"""Observations of this status never count (R4, ObservationStatus)."""
Position = tuple[int | str, ...]


def facts_of_observations(observations: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Values by path, as case.yaml nests them.

    Raises
    ------
    FhirError
        If a code of spondyl's is unknown, a value is not of its fact's kind or unit, or a fact is given twice with
        different values.
    """
    found: dict[str, Any] = {}
    for observation in observations:
        path = None if observation.get("status") in NOT_MEANT else _path(observation.get("code", {}))
        if path is None:
            continue
        value = _value(fact_schemas()[path], observation)
        if value is None:
            continue
        if path in found and found[path] != value:
            raise FhirError(f"{path} is given twice, as {found[path]!r} and as {value!r}; keep one Observation")
        found[path] = value
    return _nested(found)


def _path(code: Mapping[str, Any]) -> str | None:
    """The fact that an Observation's code names; None where it is of another vocabulary."""
    paths: set[str] = set()
    for each in code.get("coding", ()):
        named = str(each.get("code"))
        if each.get("system") == FACTS:
            _known(named, fact_schemas())
            paths.add(named)
        elif each.get("system") == LOINC and named in FACT_OF_LOINC:
            paths.add(FACT_OF_LOINC[named])
    if len(paths) > 1:
        raise FhirError(f"one Observation is coded as {' and '.join(sorted(paths))}; give each its own")
    return next(iter(paths), None)


def _known(path: str, table: Mapping[str, Any]) -> None:
    if path not in table:
        near = ", ".join(nearest(path, table)) or "none"
        raise FhirError(f'"{path}" is no code of {FACTS}; nearest: {near}. Is the bundle from a later spondyl?')


def _value(schema: FactSchema, observation: Mapping[str, Any]) -> Any:
    if schema.shape == "one":
        return value_in(schema, observation)
    count = observation.get("valueInteger")
    if count is None and not observation.get("component"):
        return None
    filled: Any = {}
    for component in observation.get("component", ()):
        _place(schema, filled, component)
    value = _listed(schema, filled)
    if len(value) != count:
        raise FhirError(f"{schema.path} says that it has {count} entries and holds {len(value)}; restore the missing")
    return value


def _place(schema: FactSchema, filled: dict[Any, Any], component: Mapping[str, Any]) -> None:
    """Put a component's value where its code and its places say."""
    inside = {each.path: each for each in schema.walk()}
    coded = [str(c.get("code")) for c in component.get("code", {}).get("coding", ()) if c.get("system") == FACTS]
    if len(coded) != 1:
        raise FhirError(f"a component of {schema.path} has {len(coded)} codes of {FACTS}, expected one")
    _known(coded[0], inside)
    _put(schema, filled, inside[coded[0]], _position(schema, component), component)


def _put(
    at: FactSchema, value: dict[Any, Any], target: FactSchema, places: Position, component: Mapping[str, Any]
) -> None:
    if not places:
        _check_empty(at, target, component)
        return
    place, *rest = places
    _check_place(at, place)
    if not at.fields:
        _check_end(at, target, rest)
        _set(value, place, value_in(at, component), at.path)
        return
    entry = value.setdefault(place, {})
    if target is at:
        _check_end(at, target, rest)
        _check_empty(at, target, component)
        return
    name = target.path.removeprefix(f"{at.path}.").split(".")[0]
    inner = at.fields[name]
    if inner.shape == "one":
        _check_end(inner, target, rest)
        _set(entry, name, value_in(inner, component), inner.path)
    else:
        _put(inner, entry.setdefault(name, {}), target, tuple(rest), component)


def _check_end(at: FactSchema, target: FactSchema, rest: Iterable[int | str]) -> None:
    if at is not target or tuple(rest):
        raise FhirError(f"a component of {target.path} has more or fewer places than its entry; correct them")


def _check_empty(at: FactSchema, target: FactSchema, component: Mapping[str, Any]) -> None:
    if at is not target or component.get("valueInteger") != 0:
        raise FhirError(f"a component of {target.path} names no entry and is not an empty one (valueInteger 0)")


def _set(table: dict[Any, Any], key: int | str, value: Any, path: str) -> None:
    if value is None:
        return
    if key in table and table[key] != value:
        raise FhirError(f"{path} at {key} is given twice; keep one component")
    table[key] = value


def _position(schema: FactSchema, component: Mapping[str, Any]) -> Position:
    places = [each for each in component.get("extension", ()) if each.get("url") == ENTRY]
    if not places:
        raise FhirError(f"a component of {schema.path} does not say which entry it is of (extension {ENTRY})")
    return tuple(each["valueInteger"] if "valueInteger" in each else str(each.get("valueString")) for each in places)


def _check_place(schema: FactSchema, place: int | str) -> None:
    if (schema.shape == "list") != isinstance(place, int):
        expected = "a number from 0" if schema.shape == "list" else "a key"
        raise FhirError(f"{schema.path} has an entry at {place!r}, expected {expected}")


def _listed(schema: FactSchema, filled: Mapping[Any, Any]) -> Any:
    """Tables by place turned into lists, from the inside out."""
    entries = {
        place: {name: _inner(schema.fields[name], value) for name, value in entry.items()} if schema.fields else entry
        for place, entry in filled.items()
    }
    if schema.shape == "table":
        return entries
    if sorted(entries) != list(range(len(entries))):
        raise FhirError(
            f"{schema.path} has entries at {sorted(entries)}, expected 0 to {len(entries) - 1}, none left out"
        )
    return [entries[place] for place in sorted(entries)]


def _inner(schema: FactSchema, value: Any) -> Any:
    return value if schema.shape == "one" else _listed(schema, value)


def _nested(found: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for path, value in found.items():
        *tables, key = path.split(".")
        table = nested
        for name in tables:
            table = table.setdefault(name, {})
        table[key] = value
    return nested
