"""A case.yaml of every fact there is, each with what it means and what it may be, made from the models themselves."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, MultipleOf
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from spondyl.clinic.facts.base import Level
from spondyl.clinic.facts.facts import Facts
from spondyl.clinic.facts.lesion import Power
from spondyl.clinic.facts.measured import ThreeHeights

COLUMN = 48
"""Where the comments begin."""
HEAD = """# Facts of one spinal metastasis. Fill in what is known.
# An empty key is unknown, never "no"; a key may also be taken out.
# "spondyl facts check FILE" says what is missing and what it would tell.
"""
EXAMPLES: Mapping[str, str] = {
    "motor_power_mrc": '{hip_flexion: "4/5", knee_extension: "5/5"}',
    "heights_mm": "{T11: {anterior: 18.1, middle: 14.2, posterior: 21.1}}",
    "collapse_percent_vs_mean": "{T10_T12: {anterior: 21, middle: 39, posterior: 14}}",
}


def facts_template() -> str:
    """The template as YAML; read as it stands, every fact is unknown.

    >>> [line for line in facts_template().splitlines() if "kps:" in line][0].split("#")[1].strip()
    'Karnofsky performance status, 0 to 100 in steps of 10.'
    """
    return HEAD + "\n".join(_lines(Facts, 0)) + "\n"


def _lines(model: type[BaseModel], depth: int) -> Iterator[str]:
    for name, info in model.model_fields.items():
        key = "  " * depth + (info.alias or name) + ":"
        if isinstance(info.default, BaseModel):
            inner = type(info.default)
            yield ""
            yield _row(key, (inner.__doc__ or "").strip().splitlines()[0])
            yield from _lines(inner, depth + 1)
            continue
        yield _row(key, _comment(info))
        rows = _table(info.annotation)
        if rows is not None and rows is not ThreeHeights:
            yield from _example_rows(rows, depth + 1)


def _comment(info: FieldInfo) -> str:
    """What it means, and what it may be where the meaning has not said so."""
    meaning, may_be = _sentence(info.description), allowed(info)
    words = may_be.removeprefix("One of ").split(", ") if may_be.startswith("One of ") else [may_be]
    told = all(word.casefold() in meaning.casefold() for word in words)
    exemplified = "for example" in meaning and may_be.startswith("For example")
    return meaning if told or exemplified else f"{meaning} {may_be}".strip()


def _sentence(text: str | None) -> str:
    line = " ".join((text or "").split())
    return line if not line or line.endswith(".") else line + "."


def _row(key: str, comment: str) -> str:
    return f"{key:<{COLUMN}}# {comment}" if len(key) < COLUMN else f"{key}  # {comment}"


def _example_rows(model: type[BaseModel], depth: int) -> Iterator[str]:
    """One entry of a list of tables, commented out."""
    for place, (name, info) in enumerate(model.model_fields.items()):
        start = "  " * depth + ("# - " if place == 0 else "#   ")
        yield _row(f"{start}{name}:", _comment(info))


def allowed(info: FieldInfo) -> str:
    """What a field may hold, for people: range, words, or an example."""
    if info.validation_alias is None and info.annotation is None:
        return ""
    name = next((n for n, f in _named_fields() if f is info), "")
    if name in EXAMPLES:
        return f"For example {EXAMPLES[name]}"
    return _kind(info.annotation, tuple(info.metadata))


def _named_fields() -> Iterator[tuple[str, FieldInfo]]:
    pending: list[type[BaseModel]] = [Facts]
    while pending:
        model = pending.pop()
        for name, info in model.model_fields.items():
            yield name, info
            if isinstance(info.default, BaseModel):
                pending.append(type(info.default))


def _kind(annotation: Any, metadata: tuple[Any, ...] = ()) -> str:
    if annotation == Level:
        return "C1-C7, T1-T12, L1-L5, S1-S5"
    if annotation == Power:
        return "0 to 5"
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return _kind(next(part for part in get_args(annotation) if part is not type(None)), metadata)
    if origin is Annotated:
        base, *extra = get_args(annotation)
        return _kind(base, (*metadata, *_flat(extra)))
    if origin is Literal:
        return "One of " + ", ".join(f'"{word}"' if word.isdigit() else word for word in get_args(annotation))
    if origin is tuple:
        inner = get_args(annotation)[0]
        rows = _table(annotation)
        return "List of tables:" if rows is not None else f"List: {_kind(inner)}"
    if annotation is bool:
        return "true or false"
    if annotation in (int, float):
        return _range(annotation, metadata)
    if annotation is date:
        return "Date such as 2026-03-31"
    return "Text"


def _flat(extra: list[Any]) -> Iterator[Any]:
    for each in extra:
        yield from each.metadata if isinstance(each, FieldInfo) else (each,)


def _range(kind: type, metadata: tuple[Any, ...]) -> str:
    low = next((m.ge for m in metadata if isinstance(m, Ge)), None)
    above = next((m.gt for m in metadata if isinstance(m, Gt)), None)
    high = next((m.le for m in metadata if isinstance(m, Le)), None)
    step = next((m.multiple_of for m in metadata if isinstance(m, MultipleOf)), None)
    whole = "Whole number" if kind is int else "Number"
    if high is not None:
        return f"{low} to {high}" + (f" in steps of {step}" if step else "")
    if above is not None:
        return f"{whole} above {above}"
    return whole if low is None else f"{whole}, {low} or more"


def _table(annotation: Any) -> type[BaseModel] | None:
    """The model of a list of tables."""
    for part in (annotation, *get_args(annotation)):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
        if part is not annotation and get_args(part):
            found = _table(part)
            if found is not None:
                return found
    return None
