"""What a measurement gives: a number with its range, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """A measured number and its uncertainty, in the unit that the field holding it names.

    Parameters
    ----------
    value
        What was measured.
    low, high
        How far it can lie off, ``low <= value <= high``.
    """

    value: float
    low: float
    high: float

    @property
    def uncertainty(self) -> float:
        """The larger of the distances to both ends."""
        return max(self.value - self.low, self.high - self.value)


@dataclass(frozen=True)
class Unknown:
    """A quantity that could not be measured, and why."""

    reason: str


def plus_minus(value: float, uncertainty: float) -> Known:
    """A number with the same uncertainty to both sides."""
    return Known(value, value - uncertainty, value + uncertainty)


def spanning(value: float, *others: float) -> Known:
    """A number with the range over repeated measurements."""
    return Known(value, min(value, *others), max(value, *others))
