"""What is wrong with the words after `spondyl`: what was given, what is expected, where to read on."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError

from spondyl.core.errors import nearest
from spondyl.core.faults import expected_text


def usage_text(error: Any) -> str | None:
    """The message for an error of the command line's parser, None for any other error.

    The parser's classes are known by name: typer carries a copy of click in some versions and not in others.
    """
    if not hasattr(error, "format_message"):
        return None
    context = getattr(error, "ctx", None)
    told = _told(error, context)
    return told if context is None else f"{told}; see {context.command_path} --help"


def _told(error: Any, context: Any) -> str:
    kind, said = type(error).__name__, str(error.format_message()).strip()
    verbs = tuple(getattr(getattr(context, "command", None), "commands", ()))
    unknown = re.match(r"No such command ['\"](.*?)['\"]", said)
    if kind == "NoArgsIsHelpError" or said.startswith("Missing command"):
        return f"{context.command_path} alone does nothing, expected one of {', '.join(verbs)} after it"
    if unknown and verbs:
        return f'verb "{unknown[1]}" is unknown, expected one of {", ".join(verbs)}{_meant(unknown[1], verbs)}'
    if kind == "MissingParameter" and error.param is not None:
        about = str(getattr(error.param, "help", "") or "").rstrip(".")
        return f"{_name(error.param)} is missing" + (f", expected: {about}" if about else ", give it")
    if kind == "NoSuchOption":
        known = [word for p in context.command.params for word in p.opts] if context is not None else []
        return f"option {error.option_name} is unknown{_meant(error.option_name, known)}"
    if isinstance(error.__cause__, ValidationError) and getattr(error, "param", None) is not None:
        fault = error.__cause__.errors()[0]
        return f"{_name(error.param)} is {fault['input']}, expected {_expected(fault)}{_about(error.param)}"
    return said.rstrip(".")


def _expected(fault: Any) -> str:
    """What was expected; typer tells of a day in its own words, formats with signs of percent among them."""
    told = expected_text(fault).removeprefix("Value error, ")
    return "a day that the calendar has, written as 2026-03-31" if "does not match the format" in told else told


def _name(parameter: Any) -> str:
    """ "CASE" for an argument, "-o / --out" for an option."""
    if parameter.param_type_name == "argument":
        return str(parameter.name).upper()
    return " / ".join(parameter.opts)


def _about(parameter: Any) -> str:
    about = str(getattr(parameter, "help", "") or "").rstrip(".")
    return f" ({about})" if about else ""


def _meant(given: str, known: Any) -> str:
    near = nearest(given, known, 1)
    return f"; did you mean {near[0]}?" if near else ""
