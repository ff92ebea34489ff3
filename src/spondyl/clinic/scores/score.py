"""What an instrument says of a patient: total or grade, items, what is still possible, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from spondyl.core.citations import Citation


@dataclass(frozen=True)
class Band:
    """A range of totals, ends included, and what it meant in its publication."""

    low: int
    high: int
    name: str
    meaning: str


@dataclass(frozen=True)
class Answer:
    """Which options of an item the facts leave possible: one where all is known, every one where nothing is.

    Parameters
    ----------
    options
        Names of the options still possible, never empty.
    needs
        Paths of the unknown facts that would settle it, empty where it is settled.
    undefined
        Why the publication does not say which option holds, where the facts are known and it does not.
    said
        The fact as it was found, for people.
    """

    options: frozenset[str]
    needs: tuple[str, ...] = ()
    undefined: str = ""
    said: str = ""


def known(option: str, said: str = "") -> Answer:
    """The facts settle the item."""
    return Answer(frozenset((option,)), said=said)


def open_to(*options: str, needs: tuple[str, ...], said: str = "") -> Answer:
    """The facts leave `options` possible until one of `needs` is known."""
    return Answer(frozenset(options), needs=needs, said=said)


def undefined(*options: str, why: str, said: str = "") -> Answer:
    """The facts are known, and the publication leaves open which of `options` they are."""
    return Answer(frozenset(options), undefined=why, said=said)


@dataclass(frozen=True)
class ItemScore:
    """One item's points: `points` None while several are possible.

    A `graded` item gives a grade, not points: `low` and `high` are then places in the list of grades.
    """

    name: str
    options: tuple[str, ...]
    low: int
    high: int
    said: str = ""
    needs: tuple[str, ...] = ()
    undefined: str = ""
    source_status: str = "confirmed"
    graded: bool = False

    @property
    def value(self) -> int | str | None:
        """Points, or the grade of a graded item; None where more than one is possible."""
        if not self.graded:
            return self.points
        return self.options[0] if len(self.options) == 1 else None

    @property
    def points(self) -> int | None:
        """The points, None where more than one value is possible."""
        return self.low if self.low == self.high else None


@dataclass(frozen=True)
class Score:
    """One instrument's answer.

    Parameters
    ----------
    key, name
        The instrument's key in data files and its name for people.
    items
        Each item with its points and the fact behind them.
    low, high
        The totals (or the grades) still possible; equal where nothing decisive is missing.
    bands
        The bands still possible, one where nothing decisive is missing.
    citation
        Where table and bands come from.
    status
        How well the table is confirmed: confirmed, confirmed_secondary, confirmed_in_seed.
    caveats
        What must be said beside it.
    """

    key: str
    name: str
    items: tuple[ItemScore, ...]
    low: int | str
    high: int | str
    bands: tuple[Band, ...]
    citation: Citation
    status: str = "confirmed"
    caveats: tuple[str, ...] = ()

    @property
    def total(self) -> int | str | None:
        """The total or grade, None while more than one is possible."""
        return self.low if self.low == self.high else None

    @property
    def band(self) -> Band | None:
        """The band, None while more than one is possible."""
        return self.bands[0] if len(self.bands) == 1 else None

    @property
    def missing(self) -> tuple[str, ...]:
        """Items that wait for an unknown fact."""
        return tuple(item.name for item in self.items if item.needs)

    @property
    def needs(self) -> tuple[str, ...]:
        """Paths of the unknown facts that would narrow it."""
        return tuple(dict.fromkeys(path for item in self.items for path in item.needs))

    @property
    def undefined(self) -> tuple[str, ...]:
        """What the publication leaves open for these very facts."""
        return tuple(f"{item.name}: {item.undefined}" for item in self.items if item.undefined)

    def item(self, name: str) -> ItemScore:
        """The item of that name."""
        return next(item for item in self.items if item.name == name)

    def record(self) -> dict[str, Any]:
        """For data files: `total`, `band`, `low`, `high`, `missing`, `items` and what stands beside them."""
        band = self.band
        return {
            "name": self.name,
            "total": self.total,
            "band": band.name if band else None,
            "meaning": band.meaning if band else None,
            "low": self.low,
            "high": self.high,
            "bands_possible": [band.name for band in self.bands],
            "missing": list(self.missing),
            "needs": list(self.needs),
            "undefined": list(self.undefined),
            "items": {item.name: item.value for item in self.items},
            "answers": {item.name: item.said or " or ".join(item.options) for item in self.items},
            "source": str(self.citation),
            "status": self.status,
            "caveats": list(self.caveats),
        }
