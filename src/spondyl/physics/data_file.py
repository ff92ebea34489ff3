"""A machine's or a source's data as a YAML file: found by name or path, read, held to a closed model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from spondyl.core.errors import MachineError, nearest, unreadable
from spondyl.core.faults import expected_text, shown

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Named:
    """A file's text, what messages call it, and the folder it lies in; None where spondyl carries it."""

    text: str
    what: str
    folder: Path | None = None


def names_in(folder: str) -> tuple[str, ...]:
    """What spondyl carries in a folder of its package ("data/machines"): the names of the YAML files there."""
    return tuple(sorted(e.name[: -len(".yaml")] for e in files("spondyl").joinpath(folder).iterdir()
                        if e.name.endswith(".yaml")))  # fmt: skip


def by_name_or_path(name: str, folder: str, thing: str, kind: str) -> Named:
    """The file that spondyl carries as `name` in `folder`, or the one at that path.

    Parameters
    ----------
    thing, kind
        What messages call what is named ("machine") and a file of it ("machine file").

    Raises
    ------
    MachineError
        If it is neither a name that is known nor the path of a YAML file that can be read.
    """
    known = names_in(folder)
    if name in known:
        text = files("spondyl").joinpath(f"{folder}/{name}.yaml").read_text(encoding="utf-8")
        return Named(text, f'{thing} "{name}"')
    path = Path(name)
    if path.suffix.lower() not in (".yaml", ".yml"):
        near = ", ".join(nearest(name, known) or known)
        raise MachineError(f'{thing} "{name}" is unknown; nearest: {near}; or give the path of a {kind} (.yaml)')
    return Named(read_text(path, kind), f"{kind} {path}", path.parent)


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
