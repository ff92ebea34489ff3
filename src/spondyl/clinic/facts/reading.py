"""From the keys and values of a case.yaml to facts, every fault said at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from spondyl.clinic.facts.facts import Facts
from spondyl.core.errors import CaseError, nearest

EXPECTED: Mapping[str, str] = {
    "bool_type": "expected true or false",
    "float_type": "expected a number",
    "int_type": "expected a whole number",
    "string_type": "expected a text",
    "tuple_type": "expected a list, such as [T8, T9]",
    "model_type": "expected keys and values below it",
    "mapping_type": "expected keys and values below it",
    "dict_type": "expected keys and values below it",
}
"""What a value should have been, by pydantic's name of the fault."""


def read_facts(data: Mapping[str, Any], source: str = "case.yaml") -> Facts:
    """Validate the content of a case.yaml.

    Parameters
    ----------
    data
        Keys and values as YAML gives them.
    source
        The file, for messages.

    Raises
    ------
    CaseError
        If a key is unknown (the nearest known ones are named), a value is not of its kind or range, or two
        values contradict each other. All faults are in the one message.

    Examples
    --------
    >>> read_facts({"measured": {"level": "L3"}}).level
    'L3'
    >>> read_facts({"levle": "L3"})
    Traceback (most recent call last):
    spondyl.core.errors.CaseError: case.yaml: "levle" is not a known key; nearest: level
    """
    try:
        return Facts.model_validate(_without_none(data))
    except ValidationError as error:
        faults = [_say(dict(fault)) for fault in error.errors(include_url=False)]
    except RecursionError:
        faults = ["the tables are nested too deeply; a case.yaml has at most five levels"]
    raise CaseError(f"{source}: " + "; ".join(dict.fromkeys(faults)))


def _without_none(value: Any) -> Any:
    """`value` without keys that hold nothing: an empty key in YAML means unknown."""
    if not isinstance(value, Mapping):
        return value
    table = cast(Mapping[Any, Any], value)
    return {key: _without_none(inner) for key, inner in table.items() if inner is not None}


def _say(fault: Mapping[str, Any]) -> str:
    where = [str(part) for part in fault["loc"]]
    path = ".".join(where)
    if fault["type"] == "extra_forbidden":
        return f'"{path}" is not a known key; nearest: {", ".join(_nearest_keys(where))}'
    got = fault["input"]
    simple = isinstance(got, (str, int, float, bool, date, type(None)))
    if fault["type"] == "value_error":
        message = str(fault["msg"]).removeprefix("Value error, ")
        return f'{path} is "{got}", {message}' if path and simple else f"{path}: {message}" if path else message
    shown = repr(got) if simple else "a table" if isinstance(got, Mapping) else "a list"
    return f"{path} is {shown}: {_expected(fault)}"


def _expected(fault: Mapping[str, Any]) -> str:
    """What should stand there, in the words of a file and not of Python."""
    words = EXPECTED.get(fault["type"])
    return words or f"{str(fault['msg'])[:1].lower()}{str(fault['msg'])[1:]}"


def _nearest_keys(where: list[str]) -> tuple[str, ...]:
    """Known keys most like the last of `where`: first those of the same table, then anywhere in the file."""
    *table, key = where
    siblings = dict(keys(_model_at(table), depth=1))
    found = nearest(key, siblings)
    if found:
        return tuple(".".join([*table, name]) for name in found)
    everywhere = {path.rsplit(".", 1)[-1]: path for path, _ in keys(Facts)}
    return tuple(everywhere[name] for name in nearest(key, everywhere)) or tuple(siblings)


def _model_at(table: list[str]) -> type[BaseModel]:
    found = dict(keys(Facts)).get(".".join(table))
    return found if found is not None else Facts


def keys(model: type[BaseModel], prefix: str = "", depth: int = 9) -> Iterator[tuple[str, type[BaseModel] | None]]:
    """Every key path below `model`, with the model that it holds if it is a table."""
    for name, info in model.model_fields.items():
        path = prefix + (info.alias or name)
        inner = type(info.default) if isinstance(info.default, BaseModel) else None
        yield path, inner
        if inner is not None and depth > 1:
            yield from keys(inner, f"{path}.", depth - 1)
