"""Every fact that case.yaml can hold, as FHIR must know it: its path, its shape and the kind of its values."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from spondyl.clinic.facts import Facts

Kind = Literal["yes or no", "whole number", "number", "date", "text", "word"]
Shape = Literal["one", "list", "table"]
SIMPLE: Mapping[type, Kind] = {
    bool: "yes or no",
    int: "whole number",
    float: "number",
    date: "date",
    str: "text",
}


@dataclass(frozen=True)
class FactSchema:
    """One fact.

    Parameters
    ----------
    path
        Where case.yaml has it, for example `clinical.pain.mechanical`; entries of lists and tables have no number.
    meaning
        What it means, for people.
    shape
        One value, a list, or a table by keys.
    kind
        Kind of the values; "text" for entries that are tables themselves.
    words
        The closed vocabulary of a word.
    fields
        Of a list or table whose entries are tables: the fields of an entry.
    """

    path: str
    meaning: str
    shape: Shape = "one"
    kind: Kind = "text"
    words: tuple[str, ...] = ()
    fields: Mapping[str, FactSchema] = field(default_factory=dict[str, "FactSchema"])

    def walk(self) -> Iterator[FactSchema]:
        """This fact and every fact within its entries."""
        yield self
        for inner in self.fields.values():
            yield from inner.walk()


@cache
def fact_schemas() -> Mapping[str, FactSchema]:
    """Every fact by its path, in the order of the template.

    >>> fact_schemas()["clinical.pain.mechanical"].kind
    'yes or no'
    >>> sorted(fact_schemas()["clinical.systemic.visceral"].fields)
    ['disseminated', 'organ', 'resectable']
    """
    return {each.path: each for each in _of_model(Facts, "")}


def _of_model(model: type[BaseModel], prefix: str) -> Iterator[FactSchema]:
    for name, info in model.model_fields.items():
        path = prefix + (info.alias or name)
        if isinstance(info.default, BaseModel):
            yield from _of_model(type(info.default), f"{path}.")
        else:
            yield _of_annotation(path, " ".join((info.description or "").split()), info.annotation)


def _of_annotation(path: str, meaning: str, annotation: Any) -> FactSchema:
    bare = _bare(annotation)
    origin = get_origin(bare)
    if origin is tuple or (isinstance(origin, type) and issubclass(origin, Mapping)):
        entry = _bare(get_args(bare)[0 if origin is tuple else 1])
        shape: Shape = "list" if origin is tuple else "table"
        if isinstance(entry, type) and issubclass(entry, BaseModel):
            fields = {each.path.rsplit(".", 1)[-1]: each for each in _of_model(entry, f"{path}.")}
            return FactSchema(path, meaning, shape, fields=fields)
        kind, words = _kind(entry)
        return FactSchema(path, meaning, shape, kind, words)
    kind, words = _kind(bare)
    return FactSchema(path, meaning, "one", kind, words)


def _bare(annotation: Any) -> Any:
    """An annotation without what only checks it, and without None."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return _bare(next(part for part in get_args(annotation) if part is not type(None)))
    return annotation


def _kind(bare: Any) -> tuple[Kind, tuple[str, ...]]:
    if get_origin(bare) is Literal:
        return "word", tuple(get_args(bare))
    return SIMPLE[bare], ()
