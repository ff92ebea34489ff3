"""What an endpoint gives: times with an event code, or answers, and whom nothing is known of."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from spondyl.core.citations import Citation, note

DAYS_PER_MONTH = 365.25 / 12
"""30.4375: every time in months is days over this."""
CENSORED, EVENT, COMPETING = 0, 1, 2
Unit = Literal["patient", "lesion"]


def months_between(first: date, last: date) -> float:
    """Time in months of 30.4375 days.

    >>> round(months_between(date(2022, 1, 1), date(2023, 1, 1)), 3)
    11.992
    """
    return (last - first).days / DAYS_PER_MONTH


@dataclass(frozen=True)
class Definition:
    """An endpoint in words.

    Parameters
    ----------
    key
        In data files: "local_control".
    title
        In tables and figures.
    unit
        What is counted: "patient" or "lesion".
    text
        The rule.
    sources
        Where the rule comes from.
    missing
        What happens to what is not known.
    ours
        What of the rule no source settles, and how it was settled here; empty where nothing.
    """

    key: str
    title: str
    unit: Unit
    text: str
    sources: tuple[Citation, ...]
    missing: str
    ours: str = ""

    def cite(self) -> None:
        """Record the sources where a `collecting` block is open."""
        for source in self.sources:
            note(source)


@dataclass(frozen=True)
class Observation:
    """One patient's or lesion's time to an event, or to the last day without it.

    Parameters
    ----------
    subject
        Pseudonym of the patient: the cluster where several lesions of one patient are analysed.
    lesion_id
        None where the endpoint speaks of the patient.
    time_months
        From time zero, in months of 30.4375 days; 0 or more.
    event
        0 censored, 1 the event, 2 a competing event.
    why
        What ended the time, in words.
    """

    subject: str
    lesion_id: str | None
    time_months: float
    event: int
    why: str


@dataclass(frozen=True)
class Unknown:
    """A patient or lesion of which the endpoint cannot be told, and why."""

    subject: str
    lesion_id: str | None
    why: str


@dataclass(frozen=True)
class TimeToEvent:
    """An endpoint of a cohort in time."""

    definition: Definition
    observations: tuple[Observation, ...]
    unknown: tuple[Unknown, ...]

    @property
    def times_months(self) -> NDArray[np.float64]:
        """Times, shape (n,)."""
        return np.array([each.time_months for each in self.observations], dtype=np.float64)

    @property
    def events(self) -> NDArray[np.int64]:
        """Event codes, shape (n,)."""
        return np.array([each.event for each in self.observations], dtype=np.int64)

    def count(self, event: int) -> int:
        """How many observations end with `event`."""
        return sum(each.event == event for each in self.observations)


@dataclass(frozen=True)
class Answer:
    """What became of one patient or lesion, in a word of the endpoint."""

    subject: str
    lesion_id: str | None
    category: str
    why: str


@dataclass(frozen=True)
class Answers:
    """An endpoint of a cohort in words.

    Parameters
    ----------
    bases
        Words that are shares of one another: each group's percentages add up to 100. Every word stands in one group.
    """

    definition: Definition
    bases: tuple[tuple[str, ...], ...]
    answers: tuple[Answer, ...]
    unknown: tuple[Unknown, ...]

    def counts(self) -> dict[str, int]:
        """How many have each category, those that nobody has included."""
        counted = Counter(each.category for each in self.answers)
        return {category: counted[category] for base in self.bases for category in base}
