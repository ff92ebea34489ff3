"""What records refuse, as one line for people: what was expected, without what else the record holds."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from pydantic import ValidationError

from spondyl.core.errors import CohortError
from spondyl.core.faults import expected_text


@contextmanager
def refusing(whose: str) -> Generator[None]:
    """Turn what a record refuses into a message that holds no other value of it.

    Parameters
    ----------
    whose
        Whose record it is: "patient P017".

    Raises
    ------
    CohortError
        If a record of the block is refused.
    """
    try:
        yield
    except ValidationError as error:
        told = dict.fromkeys(_told(dict(fault)) for fault in error.errors(include_url=False, include_input=False))
        raise CohortError(f"{whose}: {'; '.join(told)}") from error


def _told(fault: dict[str, object]) -> str:
    message = str(fault["msg"]).removeprefix("Value error, ")
    if fault["type"] != "value_error":
        message = f"expected {expected_text(fault)}"
    place = ".".join(str(part) for part in fault["loc"]) if isinstance(fault["loc"], tuple) else ""
    return f"{place}: {message}" if place else message
