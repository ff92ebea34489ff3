"""Pain over time: each painful lesion's scores, and its change at the response's visit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spondyl.app.trial.outcomes import Outcomes
from spondyl.followup.endpoints import lesion_start, months_between, nearest_visit, visits_of
from spondyl.followup.records import Cohort


@dataclass(frozen=True)
class Trajectory:
    """Worst pain of one lesion (or of its patient, where pain was not asked by lesion).

    Parameters
    ----------
    months, scores
        Visits from the baseline on; the baseline stands at month 0.
    change
        Score at the response's visit less that at baseline; None where there is no such visit.
    response
        Word of the consensus, "unknown" where it cannot be told.
    """

    patient: str
    lesion_id: str
    months: tuple[float, ...]
    scores: tuple[float, ...]
    change: float | None
    response: str


@dataclass(frozen=True)
class Pain:
    """Painful lesions, and how many are not among them and why."""

    trajectories: tuple[Trajectory, ...]
    painless: int
    unscored: int


def pain_of(cohort: Cohort, outcomes: Outcomes) -> Pain:
    """Trajectories of the lesions with pain before treatment."""
    words = {(each.subject, each.lesion_id): each.category for each in outcomes.answers("pain_response").answers}
    found: list[Trajectory] = []
    painless = unscored = 0
    for patient, lesion in cohort.lesions():
        start = lesion_start(patient, lesion.lesion_id)
        if start is None:
            continue
        scored = [each for each in visits_of(patient, lesion.lesion_id) if each.pain_vas is not None]
        before = [each for each in scored if each.on <= start]
        if not before:
            unscored += 1
        elif not before[-1].pain_vas:
            painless += 1
        else:
            base = float(before[-1].pain_vas)
            after = [each for each in scored if each.on > start]
            visit = nearest_visit(after, start)
            found.append(
                Trajectory(
                    patient.pseudonym,
                    lesion.lesion_id,
                    (0.0, *(months_between(start, each.on) for each in after)),
                    (base, *(float(each.pain_vas or 0) for each in after)),
                    None if visit is None or visit.pain_vas is None else visit.pain_vas - base,
                    words.get((patient.pseudonym, lesion.lesion_id), "unknown"),
                )
            )
    return Pain(tuple(found), painless, unscored)


def quartiles(trajectories: Sequence[Trajectory], due: float, window: float) -> tuple[int, float, float, float] | None:
    """How many have a score near a time, their median and quartiles; None where nobody has.

    The score nearest to `due` counts, at most `window` months away, as `pain_response` takes it.
    """
    scores: list[float] = []
    for each in trajectories:
        near = [(abs(month - due), score) for month, score in zip(each.months, each.scores, strict=True)]
        near = [(off, score) for off, score in near if off <= window]
        if near:
            scores.append(min(near)[1])
    if not scores:
        return None
    low, middle, high = np.percentile(scores, (25, 50, 75))
    return len(scores), float(middle), float(low), float(high)
