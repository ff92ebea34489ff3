"""What an instrument says of a patient: total, items, bands still possible, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spondyl.core.citations import Citation


@dataclass(frozen=True)
class Band:
    """A range of totals, ends included, and what it meant in its publication."""

    low: int
    high: int
    name: str
    meaning: str


@dataclass(frozen=True)
class Score:
    """One instrument's answer.

    Parameters
    ----------
    instrument
        Its name.
    items
        Points by item, None where the fact is unknown.
    low, high
        The totals still possible; equal where nothing is missing.
    bands
        The bands still possible, one where nothing decisive is missing.
    citation
        Where table and bands come from.
    caveats
        What must be said beside it.
    """

    instrument: str
    items: Mapping[str, int | None]
    low: int
    high: int
    bands: tuple[Band, ...]
    citation: Citation
    caveats: tuple[str, ...] = ()

    @property
    def total(self) -> int | None:
        """The total, None while items are missing."""
        return self.low if self.low == self.high else None

    @property
    def missing(self) -> tuple[str, ...]:
        """Items whose fact is unknown."""
        return tuple(name for name, points in self.items.items() if points is None)


def summed(
    instrument: str,
    items: Mapping[str, int | None],
    most: Mapping[str, int],
    bands: tuple[Band, ...],
    citation: Citation,
    caveats: tuple[str, ...] = (),
) -> Score:
    """A score that is the sum of its items; an unknown item counts from 0 to the `most` it can give."""
    low = sum(points for points in items.values() if points is not None)
    high = low + sum(most[name] for name, points in items.items() if points is None)
    possible = tuple(band for band in bands if band.low <= high and band.high >= low)
    return Score(instrument, items, low, high, possible, citation, caveats)
