"""True, false or unknown (Kleene): an unknown fact never counts as false."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Truth:
    """Whether something holds.

    Parameters
    ----------
    value
        True, False, or None where it cannot be told.
    said
        The facts behind it, in words.
    needs
        Paths of the unknown facts that would settle it; empty where it is settled.
    """

    value: bool | None
    said: str = ""
    needs: tuple[str, ...] = ()


def negate(of: Truth) -> Truth:
    """Not: unknown stays unknown."""
    return Truth(None if of.value is None else not of.value, of.said, of.needs)


def all_of(parts: Iterable[Truth]) -> Truth:
    """And: one false part makes it false whatever the others are.

    >>> all_of([Truth(None, needs=("kps",)), Truth(False, "stable")]).value
    False
    """
    parts = tuple(parts)
    return _decided(parts, False) or _open(parts) or Truth(True, _join(parts))


def any_of(parts: Iterable[Truth]) -> Truth:
    """Or: one true part makes it true whatever the others are."""
    parts = tuple(parts)
    return _decided(parts, True) or _open(parts) or Truth(False, _join(parts))


def _decided(parts: tuple[Truth, ...], value: bool) -> Truth | None:
    deciding = tuple(part for part in parts if part.value is value)
    return Truth(value, _join(deciding)) if deciding else None


def _open(parts: tuple[Truth, ...]) -> Truth | None:
    unknown = tuple(part for part in parts if part.value is None)
    if not unknown:
        return None
    return Truth(None, _join(unknown), tuple(dict.fromkeys(path for part in unknown for path in part.needs)))


def _join(parts: tuple[Truth, ...]) -> str:
    return "; ".join(dict.fromkeys(part.said for part in parts if part.said))
