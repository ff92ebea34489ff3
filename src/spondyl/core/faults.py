"""What pydantic finds wrong with a value, in words: what was expected there and what stands there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_EXPECTED = {
    "bool_parsing": "yes or no",
    "bool_type": "yes or no",
    "dict_type": "a table of keys and values",
    "finite_number": "a finite number",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_attributes_type": "a table of keys and values",
    "model_type": "a table of keys and values",
    "path_type": "a path, as text",
    "string_type": "text",
    "tuple_type": "a list of numbers",
}
_BOUNDS = {
    "greater_than": "above",
    "greater_than_equal": "of at least",
    "less_than": "below",
    "less_than_equal": "of at most",
}


def expected_text(fault: Mapping[str, Any]) -> str:
    """What was expected, for one of ``ValidationError.errors()``; pydantic's own message where none is known here.

    >>> expected_text({"type": "less_than_equal", "ctx": {"le": 11}, "msg": "Input should be ..."})
    'a number of at most 11'
    """
    kind, about = str(fault["type"]), fault.get("ctx", {})
    if kind in _EXPECTED:
        return _EXPECTED[kind]
    if kind in _BOUNDS:
        return f"a number {_BOUNDS[kind]} {next(iter(about.values())):g}"
    if kind == "multiple_of":
        return f"a multiple of {about['multiple_of']:g}"
    if kind == "literal_error":
        return str(about["expected"]).replace("'", "")
    return str(fault["msg"])


def shown(value: Any) -> str:
    """A value as a message shows it: text in quotes, cut at 80 characters.

    >>> shown("far"), shown(-1)
    ('"far"', '-1')
    """
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
