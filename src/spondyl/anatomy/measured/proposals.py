"""Facts proposed from measurements: shown beside what case.yaml says, for a person to confirm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from spondyl.anatomy.measured.values import Known
from spondyl.clinic.facts import Facts

Value = float | str | bool | tuple[str, ...]
Agreement = Literal["agrees", "contradicts", "new", "not measured", "no key"]


@dataclass(frozen=True)
class Proposal:
    """One fact that the images propose.

    Parameters
    ----------
    name
        What it is, in words.
    path
        Its place in case.yaml, keys joined by dots; empty where case.yaml has no key for it.
    value
        None where it could not be measured.
    unit
        "mm", "%", "cm3", "deg", ... or empty.
    low, high
        Range of a number, else None.
    how
        How it was measured, in one sentence.
    reason
        Why there is no value, or what to know about it; may be empty.
    source
        Where the definition comes from.
    present
        What case.yaml says now, None where it says nothing.
    agreement
        Of the proposal with it: a number agrees where it lies within the range, or differs by rounding alone.
    digits
        Decimals that a number is told with.
    """

    name: str
    path: str
    value: Value | None
    unit: str
    low: float | None
    high: float | None
    how: str
    reason: str
    source: str
    present: Value | None
    agreement: Agreement
    digits: int = 0

    @property
    def uncertainty(self) -> float | None:
        """The larger distance from the value to its range's ends."""
        if self.low is None or self.high is None or not isinstance(self.value, (int, float)):
            return None
        return max(self.value - self.low, self.high - self.value, 0.0)


def number(
    facts: Facts, path: str, name: str, known: Known, unit: str, digits: int, how: str, source: str, reason: str = ""
) -> Proposal:
    """Propose a measured number, rounded to `digits` decimals."""
    value, low, high = (round(v, digits) + 0.0 for v in (known.value, known.low, known.high))
    present = value_at(facts, path) if path else None
    agreement: Agreement = "no key" if not path else "new"
    if isinstance(present, (int, float)):
        rounding = 0.5 * 10**-digits + 1e-9
        agreement = "agrees" if known.low - rounding <= present <= known.high + rounding else "contradicts"
    return Proposal(name, path, value, unit, low, high, how, reason, source, present, agreement, digits)


def word(
    facts: Facts, path: str, name: str, value: str | bool | tuple[str, ...], how: str, source: str, reason: str = ""
) -> Proposal:
    """Propose a word, yes or no, or a set of names."""
    present = value_at(facts, path) if path else None
    agreement: Agreement = "no key" if not path else "new"
    if present is not None:
        same = (
            set(present) == set(value) if isinstance(present, tuple) and isinstance(value, tuple) else present == value
        )
        agreement = "agrees" if same else "contradicts"
    return Proposal(name, path, value, "", None, None, how, reason, source, present, agreement)


def unknown(facts: Facts, path: str, name: str, unit: str, how: str, reason: str, source: str) -> Proposal:
    """Tell that something could not be measured, and why."""
    present = value_at(facts, path) if path else None
    return Proposal(name, path, None, unit, None, None, how, reason, source, present, "not measured")


def value_at(facts: Facts, path: str) -> Value | None:
    """What case.yaml holds at `path`, None where it is unknown.

    >>> from spondyl.clinic.facts import read_facts
    >>> facts = read_facts({"measured": {"collapse_percent_vs_mean_T10_T12": {"middle": 39.0}}})
    >>> value_at(facts, "measured.collapse_percent_vs_mean_T10_T12.middle")
    39.0
    """
    at: object = facts
    for key in _model_path(path):
        if at is None:
            return None
        at = cast(Mapping[str, object], at).get(key) if isinstance(at, Mapping) else getattr(at, key)
    if isinstance(at, Sequence) and not isinstance(at, str):
        return tuple(str(item) for item in cast(Sequence[object], at))
    return cast(Value | None, at)


def _model_path(path: str) -> list[str]:
    """Keys as `Facts` holds them: it gathers the heights' losses by their reference levels."""
    head, collapse, rest = path.partition("collapse_percent_vs_mean_")
    if not collapse:
        return path.split(".")
    levels, _, band = rest.partition(".")
    return [*head.rstrip(".").split("."), "collapse_percent_vs_mean", levels, band]
