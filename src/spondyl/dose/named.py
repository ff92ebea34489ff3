"""An engine by its name, or an error that lists them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from spondyl.core.errors import DoseError, nearest


class Named(Protocol):
    """What has a name."""

    @property
    def name(self) -> str: ...


Kind = TypeVar("Kind", bound=Named)


def engine_named(name: str, engines: Sequence[Kind]) -> Kind:
    """The engine of `engines` that is called `name`.

    Raises
    ------
    DoseError
        If there is none; all are listed, and the nearest is told.
    """
    for engine in engines:
        if engine.name == name:
            return engine
    names = [engine.name for engine in engines]
    near = nearest(name, names)
    hint = f'; did you mean "{near[0]}"?' if near else ""
    raise DoseError(f'engine "{name}" is unknown, expected one of {", ".join(names)}{hint}')
