"""Which visits are due after treatment, and who is overdue: 2 weeks, 3, 6, 12 months, then every 6 months."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from spondyl.core.errors import CohortError
from spondyl.followup.records import PatientRecord, VisitRecord

Status = Literal["done", "missed", "overdue", "open", "coming", "ended"]
STATUSES: dict[Status, str] = {
    "done": "a visit lies in the window",
    "missed": "the window closed without a visit, and the patient was seen since or follow-up has ended",
    "overdue": "the window closed without a visit, and the patient was not seen since it opened",
    "open": "the window is open and there was no visit yet",
    "coming": "the window has not opened yet",
    "ended": "death or withdrawal came before the window closed",
}


@dataclass(frozen=True)
class Step:
    """One visit of the plan: when it is due after treatment and how far from it a visit still counts, in days."""

    label: str
    months: int
    days: int
    early_days: int
    late_days: int

    def due_on(self, treated: date) -> date:
        """The day it is due."""
        return add_months(treated, self.months) + timedelta(days=self.days)


# The times are the schedule's; the windows are ours: the widest whole weeks, fortnights and months that keep every
# window apart from the next, so that one visit never counts twice.
FIRST = (
    Step("2 weeks", 0, 14, 7, 14),
    Step("3 months", 3, 0, 30, 30),
    Step("6 months", 6, 0, 45, 45),
    Step("12 months", 12, 0, 60, 60),
)
EVERY_MONTHS = 6
LATER_DAYS = 60
LATEST = date(9998, 12, 31)
"""The last day that can be asked for: the next visit and its window must lie in the calendar, which ends with 9999."""


@dataclass(frozen=True)
class DueVisit:
    """One visit that is, was or will be due; `seen_on` is the visit that counts for it, None where there is none."""

    label: str
    due_on: date
    opens_on: date
    closes_on: date
    status: Status
    seen_on: date | None

    def record(self) -> dict[str, Any]:
        """For data files."""
        days = {name: getattr(self, name).isoformat() for name in ("due_on", "opens_on", "closes_on")}
        return {
            "visit": self.label,
            **days,
            "status": self.status,
            "seen_on": self.seen_on and self.seen_on.isoformat(),
        }


@dataclass(frozen=True)
class FollowUp:
    """The visits of one patient after one treatment, or several at once.

    Parameters
    ----------
    lesions
        What was treated.
    treated_on
        Day from which the visits are counted: the last day of the index treatment, the first where that is unknown.
    ended_on, ended_by
        Death or withdrawal, None where neither has come.
    visits
        Every visit due up to the day asked for, and the next one.
    """

    pseudonym: str
    lesions: tuple[str, ...]
    treated_on: date
    ended_on: date | None
    ended_by: Literal["death", "withdrawal"] | None
    visits: tuple[DueVisit, ...]

    @property
    def overdue(self) -> bool:
        """Whether a visit is."""
        return any(visit.status == "overdue" for visit in self.visits)

    def record(self) -> dict[str, Any]:
        """For data files."""
        return {
            "pseudonym": self.pseudonym,
            "lesions": list(self.lesions),
            "treated_on": self.treated_on.isoformat(),
            "ended_on": self.ended_on and self.ended_on.isoformat(),
            "ended_by": self.ended_by,
            "overdue": self.overdue,
            "visits": [visit.record() for visit in self.visits],
        }


def add_months(day: date, months: int) -> date:
    """The same day of the month some months later; the month's last day where it has no such day.

    >>> str(add_months(date(2024, 11, 30), 3))
    '2025-02-28'
    """
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def steps() -> Iterator[Step]:
    """Every visit of the plan, without end."""
    yield from FIRST
    months = FIRST[-1].months
    while True:
        months += EVERY_MONTHS
        yield Step(f"{months} months", months, 0, LATER_DAYS, LATER_DAYS)


def follow_up(patient: PatientRecord, on: date) -> tuple[FollowUp, ...]:
    """What is due for a patient, as it stood on a day: what was recorded for later days is not looked at.

    Lesions whose treatments overlap in time share visits, counted from the last day of all; others have visits of
    their own. A visit for one lesion counts where that one is among them, a visit for the patient everywhere. Empty
    where no treatment was over by then.

    Raises
    ------
    CohortError
        If the day is after `LATEST`.
    """
    if on > LATEST:
        raise CohortError(f"visits are asked for as of {on}, expected a day up to {LATEST}; give an earlier one")
    together: list[tuple[date, list[str]]] = []
    for start, end, lesion_id in _index_treatments(patient):
        if together and start <= together[-1][0]:
            last, lesions = together.pop()
            together.append((max(last, end), [*lesions, lesion_id]))
        else:
            together.append((end, [lesion_id]))
    return tuple(_after(patient, day, tuple(sorted(lesions)), on) for day, lesions in together if day <= on)


def _index_treatments(patient: PatientRecord) -> list[tuple[date, date, str]]:
    """First day, last day (the first where it is unknown) and lesion of each index treatment, in their order."""
    found: list[tuple[date, date, str]] = []
    for lesion in patient.lesions:
        index = patient.index_treatment(lesion.lesion_id)
        if index is not None:
            found.append((index.started_on, index.ended_on or index.started_on, lesion.lesion_id))
    return sorted(found)


def _after(patient: PatientRecord, treated: date, lesions: tuple[str, ...], on: date) -> FollowUp:
    ended_on, ended_by = _end(patient, on)
    seen = [visit.on for visit in patient.visits if treated < visit.on <= on and _speaks_of(visit, lesions)]
    visits: list[DueVisit] = []
    for step in steps():
        due = step.due_on(treated)
        if ended_on is not None and due > ended_on:
            break
        visits.append(_due(step, due, seen, on, ended_on))
        if due > on:
            break
    return FollowUp(patient.pseudonym, lesions, treated, ended_on, ended_by, tuple(visits))


def _speaks_of(visit: VisitRecord, lesions: tuple[str, ...]) -> bool:
    return visit.lesion_id is None or visit.lesion_id in lesions


def _end(patient: PatientRecord, on: date) -> tuple[date | None, Literal["death", "withdrawal"] | None]:
    if patient.withdrawn_on is not None and patient.withdrawn_on <= on:
        return patient.withdrawn_on, "withdrawal"
    if patient.death is not None and patient.death.on <= on:
        return patient.death.on, "death"
    return None, None


def _due(step: Step, due: date, seen: list[date], on: date, ended_on: date | None) -> DueVisit:
    opens, closes = due - timedelta(days=step.early_days), due + timedelta(days=step.late_days)
    inside = [day for day in seen if opens <= day <= closes]
    best = min(inside, key=lambda day: (abs(day - due), day), default=None)
    return DueVisit(step.label, due, opens, closes, _status(opens, closes, best, seen, on, ended_on), best)


def _status(opens: date, closes: date, best: date | None, seen: list[date], on: date, ended_on: date | None) -> Status:
    if best is not None:
        return "done"
    if ended_on is not None:
        return "missed" if closes <= ended_on else "ended"
    if on < opens:
        return "coming"
    if on <= closes:
        return "open"
    return "missed" if any(day > closes for day in seen) else "overdue"
