"""Pain response by the international consensus: complete, partial, progression, indeterminate, with analgesics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

from spondyl.core.citations import Citation
from spondyl.followup.endpoints.course import answers_by_lesion, baseline_of, visits_of
from spondyl.followup.endpoints.observation import Answer, Answers, Definition, Unknown, months_between
from spondyl.followup.records import LesionRecord, PatientRecord, VisitRecord

PAIN_POINTS = 2.0
"""Chow 2012: a change of 2 of 10 points counts."""
ANALGESIC_SHARE = 0.25
"""Chow 2012: a change of 25 % of the daily oral morphine equivalent counts."""
RESPONSES = ("complete response", "partial response", "indeterminate", "pain progression")
DUE_MONTHS, WINDOW_MONTHS = 3.0, 1.0
Response = Literal["complete response", "partial response", "indeterminate", "pain progression"]

DEFINITION = Definition(
    "pain_response",
    "Pain response",
    "lesion",
    "Worst pain (0 to 10) and daily oral morphine equivalent against the last visit before treatment. Complete: pain 0 "
    "without more analgesics. Partial: pain lower by 2 points or more without more analgesics, or analgesics lower by "
    "25 % or more without more pain. Progression: pain higher by 2 points or more, or analgesics higher by 25 % or "
    "more with pain not lower and higher by 1 point at most. Everything else is indeterminate.",
    (Citation("Chow 2012, Int J Radiat Oncol Biol Phys 82:1730-1737", "10.1016/j.ijrobp.2011.02.008", "endpoints"),),
    "A lesion without pain before treatment cannot respond and is not evaluable; one whose pain or analgesics are not "
    "recorded, before treatment or at the visit, is unknown. Both are counted apart from the non-responders. A death "
    "before the visit leaves no answer, and is told so.",
    "The visit is the one nearest to 3 months, 1 month either way. Any opioid where there was none is a rise of more "
    "than 25 %. Pain higher by 2 points counts as progression while analgesics are not lower by 25 %, and is "
    "indeterminate where they are: the consensus asks for stable analgesics. Where pain was asked of the patient "
    "and not lesion by lesion, the score counts for each lesion.",
)


def pain_response(
    patients: Iterable[PatientRecord], *, due_months: float = DUE_MONTHS, window_months: float = WINDOW_MONTHS
) -> Answers:
    """Pain response of every treated lesion at the visit nearest to a time.

    Parameters
    ----------
    due_months
        When the response is asked for, from the first day of the index treatment.
    window_months
        How far from it a visit may lie.
    """

    def rule(patient: PatientRecord, lesion: LesionRecord, start: date) -> Answer | Unknown:
        return _lesion(patient, lesion.lesion_id, start, due_months, window_months)

    return answers_by_lesion(DEFINITION, (RESPONSES,), patients, rule)


def response(baseline_vas: float, baseline_morphine_mg: float, vas: float, morphine_mg: float) -> Response:
    """The consensus on two pairs of worst pain (0 to 10) and daily oral morphine equivalent (mg).

    Examples
    --------
    >>> response(6, 40, 0, 40), response(6, 40, 4, 45), response(6, 40, 6, 30), response(6, 40, 7, 50)
    ('complete response', 'indeterminate', 'partial response', 'pain progression')
    """
    more = morphine_mg > baseline_morphine_mg
    if vas == 0 and not more:
        return "complete response"
    if vas <= baseline_vas - PAIN_POINTS and not more:
        return "partial response"
    if _less_by_share(morphine_mg, baseline_morphine_mg):
        return "partial response" if vas <= baseline_vas else "indeterminate"
    if vas >= baseline_vas + PAIN_POINTS:
        return "pain progression"
    if more_by_share(morphine_mg, baseline_morphine_mg) and baseline_vas <= vas <= baseline_vas + 1:
        return "pain progression"
    return "indeterminate"


def more_by_share(morphine_mg: float, baseline_mg: float) -> bool:
    """Whether analgesics rose by 25 % or more; from nothing, any dose did."""
    return morphine_mg > baseline_mg and morphine_mg >= (1 + ANALGESIC_SHARE) * baseline_mg


def _less_by_share(morphine_mg: float, baseline_mg: float) -> bool:
    return morphine_mg < baseline_mg and morphine_mg <= (1 - ANALGESIC_SHARE) * baseline_mg


def painful(visits: Sequence[VisitRecord], start: date) -> VisitRecord | None:
    """The last visit before treatment with a pain score; None where there is none."""
    return baseline_of(visits, start, lambda visit: visit.pain_vas is not None)


def _lesion(
    patient: PatientRecord, lesion_id: str, start: date, due_months: float, window_months: float
) -> Answer | Unknown:
    name, visits = patient.pseudonym, visits_of(patient, lesion_id)
    before = painful(visits, start)
    if before is None or before.pain_vas is None:
        return Unknown(name, lesion_id, "pain before treatment is not recorded")
    if before.pain_vas == 0:
        return Unknown(name, lesion_id, "not evaluable: no pain before treatment")
    visit = nearest_visit(visits, start, due_months, window_months)
    if visit is None or visit.pain_vas is None:
        return Unknown(name, lesion_id, _absent(patient, start, due_months, window_months))
    if before.oral_morphine_mg_per_day is None or visit.oral_morphine_mg_per_day is None:
        return Unknown(name, lesion_id, "analgesics are not recorded before treatment or at the visit")
    first, then = before.oral_morphine_mg_per_day, visit.oral_morphine_mg_per_day
    why = f"pain {before.pain_vas:g} to {visit.pain_vas:g}, morphine {first:g} to {then:g} mg/d on {visit.on}"
    return Answer(name, lesion_id, response(before.pain_vas, first, visit.pain_vas, then), why)


def nearest_visit(
    visits: Sequence[VisitRecord], start: date, due: float = DUE_MONTHS, window: float = WINDOW_MONTHS
) -> VisitRecord | None:
    """The visit with a pain score after `start` that lies nearest to `due` months, `window` months away at most."""
    scored = [
        (abs(months_between(start, visit.on) - due), visit)
        for visit in visits
        if visit.on > start and visit.pain_vas is not None
    ]
    near = [(off, visit) for off, visit in scored if off <= window]
    return min(near, key=lambda each: each[0])[1] if near else None


def _absent(patient: PatientRecord, start: date, due: float, window: float) -> str:
    died = patient.death
    if died is not None and months_between(start, died.on) < due + window:
        return f"no visit {due:g} ± {window:g} months after treatment: death on {died.on}"
    return f"no visit with a pain score {due:g} ± {window:g} months after treatment"
