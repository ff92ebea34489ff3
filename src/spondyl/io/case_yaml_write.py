"""Facts written as the case.yaml that reads back to the same facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import yaml
from pydantic import BaseModel

from spondyl.clinic.facts import Facts
from spondyl.core.errors import CaseError
from spondyl.io.case_yaml import parse_case_yaml


def case_yaml(facts: Facts, notes: tuple[str, ...] = ()) -> str:
    """Known facts as YAML; what is unknown stays out.

    Raises
    ------
    CaseError
        If the facts do not read back the same, which text that YAML cannot hold could cause.

    Examples
    --------
    >>> from spondyl.clinic.facts import read_facts
    >>> print(case_yaml(read_facts({"level": "L3", "clinical": {"pain": {"present": False}}})), end="")
    level: L3
    clinical:
      pain: {present: false}
    """
    body = yaml.safe_dump(_known(facts), sort_keys=False, default_flow_style=None, width=110, allow_unicode=True)
    text = "".join(f"# {note}\n" for note in notes) + ("" if body == "{}\n" else body)
    if parse_case_yaml(text, "case.yaml") != facts:
        raise CaseError("these facts do not survive being written as YAML; a text in them holds unusual characters")
    return text


def _known(model: BaseModel) -> dict[str, Any]:
    """What a table holds: unknown facts stay out, and tables of nothing but unknown facts with them."""
    table: dict[str, Any] = {}
    for name, info in type(model).model_fields.items():
        value = getattr(model, name)
        told = _known(value) if isinstance(value, BaseModel) else _plain(value)
        if value is not None and (told or not isinstance(value, BaseModel)):
            table[info.alias or name] = told
    return table


def _plain(value: Any) -> Any:
    """Lists and tables as YAML has them; an empty one is a known fact and stays."""
    if isinstance(value, BaseModel):
        return _known(value)
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in cast(Mapping[str, Any], value).items()}
    if isinstance(value, tuple):
        return [_plain(inner) for inner in cast("tuple[Any, ...]", value)]
    return value
