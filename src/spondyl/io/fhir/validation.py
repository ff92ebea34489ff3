"""What a bundle is checked for: the R4B models of fhir.resources, and what those do not check themselves.

fhir.resources has no models of R4 (4.0.1). R4B (4.3.0) changes medication definitions, evidence, subscriptions and
substances and adds two data types (hl7.org/fhir/R4B/r4b-explanation.html); of the resources used here it changes none.
The models check elements, their types and their cardinality. They leave bindings to codes, references and ids
unchecked, which is done here.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from spondyl.core.faults import expected_text
from spondyl.io.fhir.vocabulary import FhirError

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
"""FHIR's id (R4, Data Types)."""
MOST_FAULTS = 5
CODES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("Observation", "status"): (
        "registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown",
    ),
    ("DetectedIssue", "status"): (
        "registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown",
    ),
}  # fmt: skip
"""Required sets of R4 that the models list in part only (ObservationStatus)."""


def validate_bundle(bundle: Mapping[str, Any]) -> None:
    """Check a bundle against FHIR.

    Raises
    ------
    FhirError
        If it is no bundle, an element is unknown, missing or of the wrong type, a code is not of its required set,
        an id stands twice or is none, or a reference of the form urn:uuid does not resolve.
    """
    if not isinstance(bundle, Mapping) or bundle.get("resourceType") != "Bundle":
        raise FhirError(f"expected a FHIR Bundle, got {_kind(bundle)}; spondyl fhir export writes one")
    nulls = list(_nulls(bundle, "Bundle"))
    if nulls:
        raise FhirError(_told([f"{where} is null; leave out what is not known" for where in nulls]))
    model = _validated(bundle)
    faults = [*_codes(model, "Bundle"), *_identity(bundle), *_loose_references(bundle), *_constraints(bundle)]
    if faults:
        raise FhirError(_told(faults))


def entries(bundle: Mapping[str, Any], *kinds: str) -> Iterator[Mapping[str, Any]]:
    """Resources of these kinds, in the bundle's order."""
    for entry in bundle.get("entry") or ():
        resource = entry.get("resource") or {}
        if resource.get("resourceType") in kinds:
            yield resource


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"a resource of type {cast(Mapping[str, Any], value).get('resourceType', '(none)')!r}"
    return f"a {type(value).__name__}"


def _nulls(value: Any, where: str) -> Iterator[str]:
    """Places that hold null, which FHIR's JSON does not have for what is absent."""
    if isinstance(value, Mapping):
        for key, inner in cast(Mapping[str, Any], value).items():
            yield from _nulls(inner, f"{where}.{key}")
    elif isinstance(value, (list, tuple)):
        for place, inner in enumerate(cast("list[Any]", value)):
            yield from _nulls(inner, f"{where}[{place}]")
    elif value is None:
        yield where


def _validated(bundle: Mapping[str, Any]) -> BaseModel:
    try:
        models = importlib.import_module("fhir.resources.R4B.bundle")
    except ImportError as error:
        raise FhirError(
            "FHIR needs the package fhir.resources, which is not installed; install spondyl[fhir]"
        ) from error
    try:
        return models.Bundle.model_validate(bundle)
    except ValidationError as error:
        found = error.errors(include_url=False)
        raise FhirError(_told([_fault(dict(each)) for each in found])) from error
    except (KeyError, LookupError, ImportError) as error:
        raise FhirError(f"the bundle holds a resource of a type that FHIR R4B does not have: {error}") from error
    except (ValueError, TypeError, AttributeError, AssertionError, ArithmeticError, RecursionError) as error:
        raise FhirError(f"the bundle is not FHIR: {str(error).splitlines()[0] if str(error) else error!r}") from error


def _fault(fault: Mapping[str, Any]) -> str:
    where = ".".join(str(part) for part in fault["loc"]) or "Bundle"
    if fault["type"] == "extra_forbidden":
        return f"{where} is no element of FHIR R4"
    return f"{where}: {expected_text(fault)}"


def _told(faults: list[str]) -> str:
    shown = "; ".join(dict.fromkeys(faults[:MOST_FAULTS]))
    more = len(faults) - MOST_FAULTS
    return f"the bundle is not valid FHIR: {shown}" + (f"; and {more} more faults" if more > 0 else "")


def _codes(model: BaseModel, where: str) -> Iterator[str]:
    """Codes outside a required set: the models list those sets and do not hold codes to them."""
    for name, info in type(model).model_fields.items():
        value = getattr(model, name, None)
        if value is None:
            continue
        for place, each in enumerate(value if isinstance(value, list) else [value]):
            at = f"{where}.{info.alias or name}" + (f"[{place}]" if isinstance(value, list) else "")
            if isinstance(each, BaseModel):
                yield from _codes(each, at)
            allowed = _allowed(type(model).__name__, name, info)
            if allowed and isinstance(each, str) and each not in allowed:
                yield f"{at} is {each!r}, expected one of {', '.join(allowed)}"


def _allowed(kind: str, name: str, info: FieldInfo) -> tuple[str, ...]:
    """The complete required set of a code, empty where there is none or the models list it in part."""
    if (kind, name) in CODES:
        return CODES[kind, name]
    extra = info.json_schema_extra
    listed = extra.get("enum_values") if isinstance(extra, dict) else None
    words = tuple(map(str, listed)) if isinstance(listed, (list, tuple)) else ()
    return () if "+" in words else words


def _identity(bundle: Mapping[str, Any]) -> Iterator[str]:
    """Ids that are none or stand twice for one kind, and full URLs that stand twice."""
    seen: set[str] = set()
    for place, entry in enumerate(bundle.get("entry") or ()):
        resource = entry.get("resource") or {}
        ident = resource.get("id")
        if ident is not None and not ID.fullmatch(str(ident)):
            yield f"entry {place} has the id {ident!r}, expected letters, digits, - and . only, at most 64"
        own = f"{resource.get('resourceType')}/{ident}" if ident is not None else None
        for name in (own, entry.get("fullUrl")):
            if name is not None and name in seen:
                yield f"{name} stands twice"
            seen.add(str(name))


def _loose_references(bundle: Mapping[str, Any]) -> Iterator[str]:
    """References within the bundle that lead nowhere; those to a server are not this bundle's business."""
    known = {entry.get("fullUrl") for entry in bundle.get("entry") or ()}
    for where, reference in _references(bundle.get("entry") or (), "entry"):
        if reference.startswith("urn:") and reference not in known:
            yield f"{where} refers to {reference}, which the bundle does not hold"


def _references(value: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in cast(Mapping[str, Any], value).items():
            if key == "reference" and isinstance(inner, str):
                yield where, inner
            else:
                yield from _references(inner, f"{where}.{key}")
    elif isinstance(value, (list, tuple)):
        for place, inner in enumerate(cast("list[Any]", value)):
            yield from _references(inner, f"{where}[{place}]")


def _constraints(bundle: Mapping[str, Any]) -> Iterator[str]:
    """Rules of the specification that go over several elements (obs-6; modifiers that must be understood)."""
    for resource in entries(bundle, "Observation"):
        for holder in (resource, *(resource.get("component") or ())):
            if "dataAbsentReason" in holder and any(key.startswith("value") for key in holder):
                yield f"Observation/{resource.get('id')} has a value and a reason for having none (obs-6)"
    for entry in bundle.get("entry") or ():
        resource = entry.get("resource") or {}
        if resource.get("modifierExtension"):
            kind = f"{resource.get('resourceType')}/{resource.get('id')}"
            yield f"{kind} has a modifierExtension, which may turn its meaning round and is not understood here"
