"""What became of a cohort: every endpoint, its curve by arm, and the estimates at the times asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from spondyl.followup.endpoints import (
    COMPETING,
    EVENT,
    Answers,
    Observation,
    TimeToEvent,
    ambulation,
    failure_pattern,
    fracture,
    local_control,
    neurology,
    overall_survival,
    pain_flare,
    pain_response,
    progression_free_survival,
    reintervention,
)
from spondyl.followup.records import Cohort
from spondyl.followup.statistics import (
    GroupTest,
    IncidenceCurve,
    SurvivalCurve,
    cumulative_incidence,
    gray,
    kaplan_meier,
    log_rank,
)

Kind = Literal["survival", "incidence"]
ALL = "all"
"""Group of a cohort without arms."""
NO_ARM = "no arm recorded"
WITHOUT = "death without it"
FEW = 5
"""At risk: with fewer, one event moves a curve by more than 20 %; ours, it draws curves pale and marks estimates."""
LATE_DEATHS = "the living leave with their last image, the dead with their death: late deaths are overstated"
NO_SYSTEMIC = "no progression elsewhere is recorded in this cohort: local progression and death only"


@dataclass(frozen=True)
class Group:
    """One curve of a figure.

    Parameters
    ----------
    name
        Arm, or `ALL`.
    times_months : (n,)
        Times.
    events : (n,)
        Codes: 0 censored, 1 the event, 2 competing.
    survival
        Kaplan-Meier, of a survival endpoint.
    incidence, competing
        Cumulative incidence of the event and of what competes, of an endpoint with competing risks.
    """

    name: str
    times_months: NDArray[np.float64]
    events: NDArray[np.int64]
    survival: SurvivalCurve | None = None
    incidence: IncidenceCurve | None = None
    competing: IncidenceCurve | None = None

    @property
    def censored_months(self) -> NDArray[np.float64]:
        """Times that are censored, (m,)."""
        return self.times_months[self.events == 0]

    def at_risk(self, months: float) -> int:
        """Under observation just before a time."""
        return int(np.count_nonzero(self.times_months >= months - 1e-9))

    @property
    def few_from_months(self) -> float:
        """Time after which fewer than `FEW` are at risk; 0 where there never were as many."""
        return float(np.sort(self.times_months)[-FEW]) if len(self.times_months) >= FEW else 0.0


@dataclass(frozen=True)
class Estimate:
    """An estimate at a time, as shares; None where it is not known, with the reason."""

    group: str
    months: float
    n_at_risk: int
    value: float | None
    lower: float | None
    upper: float | None
    reason: str


@dataclass(frozen=True)
class Question:
    """What a figure shows.

    Parameters
    ----------
    key
        Name of its files.
    title
        Of its figure.
    event_word, competing_word
        What the events are, in words: "death"; "" where nothing competes.
    caution
        What must be said beside the figure; "" for nothing.
    """

    key: str
    title: str
    event_word: str
    competing_word: str
    caution: str = ""

    @property
    def kind(self) -> Kind:
        """Survival, or the incidence of one cause among several."""
        return "incidence" if self.competing_word else "survival"


@dataclass(frozen=True)
class Outcome:
    """A time-to-event endpoint, analysed.

    Parameters
    ----------
    asked
        What is shown.
    data
        The endpoint.
    groups
        One a curve; empty where nobody can be told of.
    estimates
        At the times asked.
    test
        Log-rank or Gray's test between arms; None with one arm.
    """

    asked: Question
    data: TimeToEvent
    groups: tuple[Group, ...]
    estimates: tuple[Estimate, ...]
    test: GroupTest | None


@dataclass(frozen=True)
class Outcomes:
    """Everything that became of a cohort."""

    times: tuple[Outcome, ...]
    words: tuple[Answers, ...]

    def outcome(self, key: str) -> Outcome:
        """The time-to-event endpoint of that key."""
        return next(each for each in self.times if each.asked.key == key)

    def answers(self, key: str) -> Answers:
        """The endpoint in words of that key."""
        return next(each for each in self.words if each.definition.key == key)


def outcomes(cohort: Cohort, at_months: Sequence[float], readers: int) -> Outcomes:
    """Derive and analyse every endpoint.

    Parameters
    ----------
    at_months
        When estimates are asked for.
    readers
        Readers that an image needs to count.
    """
    patients = cohort.patients
    arms = arm_names(cohort)
    control = local_control(patients, readers=readers)
    competing = local_control(patients, readers=readers, death_competes=True)
    free = progression_free_survival(patients, readers=readers)
    broken = fracture(patients)
    unseen = "" if any(patient.systemic_progressions for patient in patients) else NO_SYSTEMIC

    def outcome(key: str, title: str, data: TimeToEvent, event: str, competing: str = "", said: str = "") -> Outcome:
        return _outcome(Question(key, title, event, competing, said), data, arms, at_months)

    return Outcomes(
        (
            outcome("overall_survival", "Overall survival", overall_survival(patients), "death"),
            outcome("local_control", "Local control", control, "local progression"),
            outcome(
                "progression_free_survival", "Progression-free survival", free, "progression or death", said=unseen
            ),
            outcome("local_progression", "Local progression", competing, "local progression", WITHOUT, LATE_DEATHS),
            outcome("fracture", "Vertebral compression fracture", broken, "fracture", WITHOUT, LATE_DEATHS),
            outcome("reintervention", "Reintervention", reintervention(patients), "reintervention", WITHOUT),
        ),
        (
            pain_response(patients),
            pain_flare(patients),
            neurology(patients),
            ambulation(patients),
            failure_pattern(patients),
        ),
    )


def arm_names(cohort: Cohort) -> dict[str, str]:
    """The arm of each patient by pseudonym: `ALL` where nobody has one, `NO_ARM` where others do."""
    none = NO_ARM if any(patient.arm is not None for patient in cohort.patients) else ALL
    return {patient.pseudonym: patient.arm or none for patient in cohort.patients}


def _outcome(asked: Question, data: TimeToEvent, arms: dict[str, str], at_months: Sequence[float]) -> Outcome:
    by_arm: dict[str, list[Observation]] = {}
    for each in data.observations:
        by_arm.setdefault(arms[each.subject], []).append(each)
    groups = tuple(_group(name, by_arm[name], asked.kind) for name in sorted(by_arm))
    found = tuple(_estimate(group, float(months)) for group in groups for months in at_months)
    labels = [arms[each.subject] for each in data.observations]
    return Outcome(asked, data, groups, found, _test(data, labels, asked.kind))


def _group(name: str, observed: list[Observation], kind: Kind) -> Group:
    times = np.array([each.time_months for each in observed])
    events = np.array([each.event for each in observed], dtype=np.int64)
    if kind == "survival":
        return Group(name, times, events, kaplan_meier(times, events == EVENT))
    return Group(
        name,
        times,
        events,
        incidence=cumulative_incidence(times, events, EVENT),
        competing=cumulative_incidence(times, events, COMPETING),
    )


def _estimate(group: Group, months: float) -> Estimate:
    if group.survival is not None:
        there = group.survival.at(months)
        return Estimate(group.name, months, there.n_at_risk, there.survival, there.lower, there.upper, there.reason)
    assert group.incidence is not None
    seen = group.incidence.at(months)
    return Estimate(group.name, months, seen.n_at_risk, seen.incidence, seen.lower, seen.upper, seen.reason)


def _test(data: TimeToEvent, labels: list[str], kind: Kind) -> GroupTest | None:
    """Between arms; None where there is one arm."""
    if len(set(labels)) < 2:
        return None
    if kind == "survival":
        return log_rank(data.times_months, data.events == EVENT, labels)
    return gray(data.times_months, data.events, labels, EVENT)
