"""Volume settings as words on the command line: `ap_margin_mm=3`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from spondyl.anatomy import VolumeSettings
from spondyl.core.errors import VolumeError, nearest


def volume_settings(words: Sequence[str]) -> VolumeSettings:
    """Settings from words NAME=VALUE; what is not named keeps its default.

    Raises
    ------
    VolumeError
        If a word has no "=", names no setting, or its value is of the wrong kind or out of range.

    >>> volume_settings(["ap_margin_mm=3", "sacrum_adjacent=none"]).sacrum_adjacent
    ()
    """
    kinds = {field.name: field.type for field in fields(VolumeSettings)}
    given: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            raise VolumeError(f'volume setting "{word}" has no value, expected NAME=VALUE, for example ap_margin_mm=3')
        if name not in kinds:
            near = ", ".join(nearest(name, kinds) or tuple(kinds))
            raise VolumeError(f'volume setting "{name}" is unknown; nearest: {near}')
        given[name] = _value(name, text, str(kinds[name]))
    return replace(VolumeSettings(), **given)


def _value(name: str, text: str, kind: str) -> Any:
    if "tuple" in kind:
        return () if text.casefold() == "none" else tuple(part.strip() for part in text.split(","))
    wanted = bool if kind == "bool" else float if "float" in kind else str
    try:
        return TypeAdapter(wanted).validate_python(text)
    except ValidationError as error:
        expected = {bool: "true or false", float: "a number"}.get(wanted, "text")
        raise VolumeError(f'volume setting {name} is "{text}", expected {expected}; correct it') from error
