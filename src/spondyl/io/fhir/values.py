"""One value of a fact as FHIR's value[x], and back. Units are checked, never converted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from spondyl.io.fhir.fact_schema import FactSchema
from spondyl.io.fhir.vocabulary import FACT_VALUES, UCUM, FhirError, concept

MOST = 2**31 - 1
"""FHIR's integer has 32 bits (R4, Data Types)."""
UNITS: tuple[tuple[str, str], ...] = (
    (r"_gy$", "Gy"),
    (r"_cm3$", "cm3"),
    (r"_mm$|\.heights_mm\.", "mm"),
    (r"_percent$|\.collapse_percent_vs_mean\.|_percentage_points$", "%"),
    (r"_years$", "a"),
    (r"\.months_|_months_", "mo"),
    (r"\.days_", "d"),
    (r"_mg_per_day$|_mg_dexamethasone_per_day$", "mg/d"),
    (r"_mg_per_dl$", "mg/dL"),
    (r"_g_per_dl$", "g/dL"),
    (r"_iu_per_l$", "[IU]/L"),
    (r"_per_ul$", "/uL"),
    (r"\.vas_0_10$|\.gtv_fraction_of_vertebral_body$", "1"),
)
"""UCUM units by the name of the fact, which carries its unit; the first that fits counts."""
VALUE_OF = {
    "yes or no": "valueBoolean",
    "whole number": "valueInteger",
    "number": "valueQuantity",
    "date": "valueDateTime",
    "text": "valueString",
    "word": "valueCodeableConcept",
}


def unit_of(path: str) -> str:
    """UCUM code of a number's unit.

    >>> unit_of("clinical.laboratory.albumin_g_per_dl")
    'g/dL'
    """
    return next(code for pattern, code in UNITS if re.search(pattern, path))


def value_out(fact: FactSchema, value: Any) -> dict[str, Any]:
    """The one key value[x] and its content.

    Raises
    ------
    FhirError
        If FHIR cannot hold the value: a whole number beyond 32 bits, text with control characters.
    """
    key = VALUE_OF[fact.kind]
    if fact.kind == "number":
        unit = unit_of(fact.path)
        return {key: {"value": value, "unit": unit, "system": UCUM, "code": unit}}
    if fact.kind == "date":
        return {key: value.isoformat()}
    if fact.kind == "word":
        return {key: concept(FACT_VALUES, value)}
    if fact.kind == "text":
        return {key: text_out(value, fact.path)}
    if fact.kind == "whole number" and value > MOST:
        raise FhirError(f"{fact.path} is {value}, and FHIR holds whole numbers up to {MOST}; correct it")
    return {key: value}


def text_out(text: str, path: str) -> str:
    """`text`, if a FHIR string may hold it."""
    if not text or any((ord(c) < 32 and c not in "\t\n\r") or 0xD800 <= ord(c) <= 0xDFFF for c in text):
        raise FhirError(f"{path} is {text!r}, which no FHIR string can hold (empty, or control characters); correct it")
    return text


def value_in(fact: FactSchema, holder: Mapping[str, Any]) -> Any:
    """The value of an Observation or component as case.yaml writes it; None where it is absent.

    Raises
    ------
    FhirError
        If the value is of another kind than the fact, in another unit, or a word of no known system.
    """
    found = [key for key in holder if key.startswith("value")]
    if not found:
        return None
    key = VALUE_OF[fact.kind]
    if found != [key]:
        raise FhirError(f"{fact.path} has {', '.join(found)}, expected {key} ({fact.kind})")
    value = holder[key]
    if fact.kind == "number":
        return _number(fact, value)
    if fact.kind == "date":
        return _date(fact, value)
    if fact.kind == "word":
        return _word(fact, value)
    wanted = {"yes or no": bool, "whole number": int, "text": str}[fact.kind]
    if type(value) is not wanted:
        raise FhirError(f"{fact.path} is {value!r}, expected {fact.kind}")
    return value


def _number(fact: FactSchema, quantity: Mapping[str, Any]) -> float:
    value, unit = quantity.get("value"), unit_of(fact.path)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise FhirError(f"{fact.path} is {value!r}, expected a number in {unit}")
    if quantity.get("comparator"):
        raise FhirError(f"{fact.path} is {quantity['comparator']} {value}, expected one number")
    if (quantity.get("system"), quantity.get("code")) != (UCUM, unit):
        given = quantity.get("code") or quantity.get("unit") or "no unit"
        raise FhirError(f"{fact.path} is in {given}, expected UCUM {unit}; convert it there, spondyl does not")
    return value


def _date(fact: FactSchema, text: Any) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except (TypeError, ValueError) as error:
        raise FhirError(f"{fact.path} is {text!r}, expected a day such as 2026-03-31") from error


def _word(fact: FactSchema, given: Mapping[str, Any]) -> str:
    codes = [each.get("code") for each in given.get("coding", ()) if each.get("system") == FACT_VALUES]
    if len(codes) != 1 or codes[0] not in fact.words:
        said = ", ".join(map(str, codes)) or "no code of that system"
        raise FhirError(f"{fact.path} is {said}, expected one code of {FACT_VALUES}: {', '.join(fact.words)}")
    return str(codes[0])
