"""An instrument's table, checked when it is loaded, and how its points add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spondyl.clinic.scores.score import Answer, Band, ItemScore, Score
from spondyl.core.citations import Citation, note
from spondyl.core.errors import SpondylError

NO_YES = {"no": 0, "yes": 1}
"""Points of an item that is there or not."""


class ScoreError(SpondylError):
    """An instrument was asked with an item or option that its table does not have."""


@dataclass(frozen=True)
class Item:
    """One item of a table: its options and what each gives."""

    name: str
    points: Mapping[str, int]
    status: str = "confirmed"


@dataclass(frozen=True)
class Instrument:
    """A score whose total is the sum of its items.

    Raises
    ------
    ScoreError
        On construction, if a total that the items can reach lies in no band, or in two.
    """

    key: str
    name: str
    items: tuple[Item, ...]
    bands: tuple[Band, ...]
    citation: Citation
    status: str = "confirmed"
    caveats: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for total in _sums([frozenset(item.points.values()) for item in self.items]):
            homes = [band.name for band in self.bands if band.low <= total <= band.high]
            if len(homes) != 1:
                raise ScoreError(f"{self.name}: total {total} lies in {len(homes)} bands ({', '.join(homes)})")

    def score(self, answers: Mapping[str, Answer]) -> Score:
        """Add up the items; an item that is left out is unknown.

        Raises
        ------
        ScoreError
            If an answer names an item or an option that the table does not have.
        """
        note(self.citation)
        strangers = set(answers) - {item.name for item in self.items}
        if strangers:
            raise ScoreError(f"{self.name} has no item {', '.join(sorted(strangers))}")
        scored = tuple(_scored(item, answers.get(item.name)) for item in self.items)
        possible = [
            frozenset(item.points[option] for option in of.options) for item, of in zip(self.items, scored, strict=True)
        ]
        totals = _sums(possible)
        bands = tuple(b for b in self.bands if any(b.low <= total <= b.high for total in totals))
        return Score(
            self.key, self.name, scored, min(totals), max(totals), bands, self.citation, self.status, self.caveats
        )


@dataclass(frozen=True)
class Scale:
    """An instrument that gives one grade out of an ordered list."""

    key: str
    name: str
    grades: Mapping[str, str]
    """Every grade, from the mildest to the worst (or from the worst, as its publication orders it), and its meaning."""
    citation: Citation
    status: str = "confirmed"
    caveats: tuple[str, ...] = ()

    def score(self, answer: Answer) -> Score:
        """The grade, or the range of grades still possible; a scale of numbers gives numbers.

        Raises
        ------
        ScoreError
            If the answer names a grade that the scale does not have.
        """
        note(self.citation)
        item, bands = self.item("grade", answer), self.bands(answer)
        low, high = item.options[0], item.options[-1]
        ends = (int(low), int(high)) if all(grade.isdigit() for grade in self.grades) else (low, high)
        return Score(self.key, self.name, (item,), *ends, bands, self.citation, self.status, self.caveats)

    def bands(self, answer: Answer) -> tuple[Band, ...]:
        """The grades still possible, each a band of its own."""
        order = list(self.grades)
        return tuple(
            Band(place, place, grade, self.grades[grade])
            for place, grade in enumerate(order)
            if grade in answer.options
        )

    def item(self, name: str, answer: Answer) -> ItemScore:
        """The grade as one item of a score.

        Raises
        ------
        ScoreError
            If the answer names a grade that the scale does not have.
        """
        order = list(self.grades)
        strangers = answer.options - set(order)
        if strangers or not answer.options:
            raise ScoreError(f"{self.name} has no grade {', '.join(sorted(strangers)) or '(none was given)'}")
        places = sorted(order.index(option) for option in answer.options)
        options = tuple(order[place] for place in places)
        return ItemScore(
            name, options, places[0], places[-1], answer.said, answer.needs, answer.undefined, self.status, graded=True
        )


def _scored(item: Item, answer: Answer | None) -> ItemScore:
    if answer is None:
        answer = Answer(frozenset(item.points), needs=(item.name,))
    strangers = answer.options - set(item.points)
    if strangers or not answer.options:
        raise ScoreError(f'item "{item.name}" has no option {", ".join(sorted(strangers)) or "(none was given)"}')
    options = tuple(option for option in item.points if option in answer.options)
    points = [item.points[option] for option in options]
    return ItemScore(
        item.name, options, min(points), max(points), answer.said, answer.needs, answer.undefined, item.status
    )


def _sums(choices: list[frozenset[int]]) -> frozenset[int]:
    """Every sum of one number out of each set."""
    sums: frozenset[int] = frozenset((0,))
    for choice in choices:
        sums = frozenset(so_far + points for so_far in sums for points in choice)
    return sums
