"""A machine's or a source's data as a YAML file: its text, and the closed model that it must fit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from spondyl.core.errors import MachineError, nearest, unreadable
from spondyl.core.faults import expected_text, shown

Model = TypeVar("Model", bound=BaseModel)


def read_text(path: Path, kind: str) -> str:
    """The text of a file; `kind` ("machine file") names it in messages.

    Raises
    ------
    MachineError
        If it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MachineError(f"{kind} {path} cannot be read: {unreadable(error)}; check the path") from error


def parse_yaml(model: type[Model], text: str, what: str, kind: str, see: str) -> Model:
    """A file's text as `model`, which forbids unknown keys.

    Parameters
    ----------
    what
        Names this file in messages.
    kind
        Names such files ("machine file").
    see
        The page that tells the format ("see docs/...").

    Raises
    ------
    MachineError
        If the text is not YAML, a key is missing or unknown, or a value is not what is expected there.
    """
    try:
        facts: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise MachineError(f"{what} is not YAML: {error}") from error
    if not isinstance(facts, dict):
        known = ", ".join(list(model.model_fields)[:3])
        raise MachineError(f"{what} holds {type(facts).__name__}, expected keys such as {known}; {see}")
    try:
        return model.model_validate(facts)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise MachineError(f'{what}: "{place}" {_reason(first, place, model, kind)}; {see}') from error


def _reason(error: Mapping[str, Any], place: str, model: type[BaseModel], kind: str) -> str:
    if error["type"] == "extra_forbidden":
        known = nearest(place.rsplit(".", 1)[-1], model.model_fields) or tuple(model.model_fields)
        return f"is not a key of a {kind}; nearest: {', '.join(known)}"
    if error["type"] == "missing":
        return "is missing, expected a value"
    return f"is {shown(error['input'])}, expected {expected_text(error)}"
