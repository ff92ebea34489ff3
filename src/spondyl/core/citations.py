"""What a function computed cites itself: a report prints the sources of what actually ran."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, order=True)
class Citation:
    """A source and the place in it: `text` as author, year, journal; `doi` without the resolver."""

    text: str
    doi: str = ""
    place: str = ""

    def __str__(self) -> str:
        where = f", {self.place}" if self.place else ""
        doi = f". doi:{self.doi}" if self.doi else ""
        return f"{self.text}{where}{doi}"


_collected: ContextVar[dict[Citation, None] | None] = ContextVar("_collected", default=None)


def note(citation: Citation) -> None:
    """Record that `citation` was used, where a `collecting` block is open."""
    collected = _collected.get()
    if collected is not None:
        collected[citation] = None


def cite(text: str, doi: str = "", place: str = "") -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorate a function with its source; each call inside `collecting` records it once."""
    citation = Citation(text, doi, place)

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def cited(*args: P.args, **kwargs: P.kwargs) -> R:
            note(citation)
            return function(*args, **kwargs)

        return cited

    return decorate


@contextmanager
def collecting() -> Generator[dict[Citation, None]]:
    """Collect the citations of everything that runs inside, in order of first use.

    >>> with collecting() as used:
    ...     note(Citation("Paddick 2000"))
    >>> [str(c) for c in used]
    ['Paddick 2000']
    """
    outer = _collected.get()
    used: dict[Citation, None] = {}
    token = _collected.set(used)
    try:
        yield used
    finally:
        _collected.reset(token)
        if outer is not None:
            outer.update(used)
