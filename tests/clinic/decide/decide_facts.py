"""Facts from dotted paths, and any facts at all, for every test of the decisions."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types as at
import hypothesis.strategies as st
from pydantic import BaseModel

from spondyl.clinic.facts import LEVELS, Facts, read_facts
from spondyl.core.errors import CaseError

Paths = Mapping[str, Any]
TOP = ("level", "histology")
HISTOLOGIES = ("breast", "renal cell carcinoma", "NSCLC", "melanoma", "colon", "lung", "ewing sarcoma", "xyz")
LEVEL_LISTS = st.lists(st.sampled_from(LEVELS), min_size=1, max_size=4, unique=True)
BY_HAND = {
    "level": st.sampled_from(LEVELS),
    "histology": st.sampled_from(HISTOLOGIES),
    "lesion.levels": LEVEL_LISTS,
    "systemic.involved_levels": LEVEL_LISTS,
    "prior_radiotherapy.courses": st.lists(st.fixed_dictionaries({"levels": LEVEL_LISTS}), max_size=2),
    "prior_surgery.operations": st.lists(st.fixed_dictionaries({"levels": LEVEL_LISTS}), max_size=2),
    "systemic.visceral": st.lists(
        st.fixed_dictionaries({"organ": st.sampled_from(("liver", "lung"))}, optional={"resectable": st.booleans()}),
        max_size=2,
    ),
    "lesion.wbb.layers": st.lists(st.sampled_from("ABCDE"), max_size=3, unique=True),
    "lesion.alignment": st.sampled_from(("normal", "de novo deformity", "subluxation or translation")),
    "neurology.sphincter": st.sampled_from(("normal", "disturbed", "incontinent")),
    "neurology.ambulation": st.sampled_from(("independent", "with aid", "not ambulatory")),
    "neurology.deficit_progression": st.sampled_from(("none", "slow", "rapid")),
    "neurology.lower_limb_power_mrc": st.integers(0, 5),
    "neurology.upper_limb_power_mrc": st.integers(0, 5),
}


def facts_from(paths: Paths) -> Facts:
    """Facts from `{"level": "T8", "pain.present": True}`: all but level and histology stand below `clinical`."""
    data: dict[str, Any] = {}
    for path, value in paths.items():
        *tables, key = path.split(".") if path in TOP else ("clinical", *path.split("."))
        place = data
        for table in tables:
            place = place.setdefault(table, {})
        place[key] = value
    return read_facts(data)


def facts_or_none(paths: Paths) -> Facts | None:
    """Facts, None where they contradict each other and are refused."""
    try:
        return facts_from(paths)
    except CaseError:
        return None


def _strategies(model: type[BaseModel], prefix: str = "") -> dict[str, st.SearchStrategy[Any]]:
    found: dict[str, st.SearchStrategy[Any]] = {}
    for name, info in model.model_fields.items():
        path = prefix + name
        if isinstance(info.default, BaseModel):
            found |= _strategies(type(info.default), f"{path}.")
        elif path in BY_HAND:
            found[path] = BY_HAND[path]
        else:
            made = _of(info.annotation, list(info.metadata))
            if made is not None:
                found[path] = made
    return found


def _of(annotation: Any, metadata: list[Any]) -> st.SearchStrategy[Any] | None:
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return _of(next(part for part in get_args(annotation) if part is not type(None)), metadata)
    if origin is Annotated:
        base, *extra = get_args(annotation)
        return _of(base, [*metadata, *(m for each in extra for m in getattr(each, "metadata", [each]))])
    if origin is Literal:
        return st.sampled_from(get_args(annotation))
    if annotation is bool:
        return st.booleans()
    if annotation in (int, float):
        low: Any = next((m.ge for m in metadata if isinstance(m, at.Ge)), 1)
        high: Any = next((m.le for m in metadata if isinstance(m, at.Le)), 120)
        step: Any = next((m.multiple_of for m in metadata if isinstance(m, at.MultipleOf)), 1)
        return st.integers(low // step, high // step).map(lambda n: annotation(n * step))
    return None


ANY = {
    **{path: BY_HAND[path] for path in TOP},
    **_strategies(type(Facts.model_fields["clinical"].default)),
}
"""A strategy for every fact that is no free text, by its path below `clinical`."""


NOTHING: Paths = types.MappingProxyType({})


def any_paths(most: int = 25, fixed: Paths = NOTHING) -> st.SearchStrategy[dict[str, Any]]:
    """Some facts at random beside the fixed ones; they may contradict each other."""
    free = sorted(set(ANY) - set(fixed))
    chosen = st.lists(st.sampled_from(free), max_size=most, unique=True)
    return chosen.flatmap(lambda names: st.fixed_dictionaries({name: ANY[name] for name in names})).map(
        lambda drawn: {**drawn, **fixed}
    )
