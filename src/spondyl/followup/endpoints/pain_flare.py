"""Pain flare: worse for some days after treatment, then as before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from spondyl.core.citations import Citation
from spondyl.followup.endpoints.course import answers_by_lesion, visits_of
from spondyl.followup.endpoints.observation import Answer, Answers, Definition, Unknown
from spondyl.followup.endpoints.pain_response import PAIN_POINTS, more_by_share, painful
from spondyl.followup.records import LesionRecord, PatientRecord, VisitRecord

WINDOW_DAYS = 10
"""Chow 2005: daily from the first day to 10 days after the last."""
ENOUGH = 0.5
"""Share of the days in the window with scores that is enough to say no flare: ours."""
CATEGORIES = ("no flare", "flare", "worse, not seen to return")

DEFINITION = Definition(
    "pain_flare",
    "Pain flare",
    "lesion",
    "From the first day of the index treatment to 10 days after its last: worst pain higher by 2 points of 10 or more "
    "without less analgesics, or analgesics (daily oral morphine equivalent) higher by 25 % or more without less pain, "
    "and both back at what they were before treatment later on.",
    (
        Citation("Chow 2005, Radiother Oncol 75:64-69", "10.1016/j.radonc.2004.12.016", "abstract"),
        Citation("Ryu 2015, Radiat Oncol J 33:1", "10.3857/roj.2015.33.1.1", "complications: about 20 %, transient"),
    ),
    "A lesion whose pain and analgesics are not recorded before treatment, or at no visit in the window, is unknown "
    "and is counted as such. So is one without a flare that has scores on fewer than half of the days in the window: "
    "a visit at 2 weeks rules no flare out.",
    "Daily scores are meant; half of them is enough to say that there was no flare.",
)


def pain_flare(patients: Iterable[PatientRecord]) -> Answers:
    """Pain flare of every treated lesion."""
    return answers_by_lesion(DEFINITION, (CATEGORIES,), patients, _rule)


def _rule(patient: PatientRecord, lesion: LesionRecord, start: date) -> Answer | Unknown:
    name, lesion_id = patient.pseudonym, lesion.lesion_id
    index = patient.index_treatment(lesion_id)
    last = index.ended_on if index is not None and index.ended_on is not None else start
    visits = [visit for visit in visits_of(patient, lesion_id) if _scores(visit) is not None]
    before = painful(visits, start)
    scores = _scores(before) if before is not None else None
    if before is None or scores is None:
        return Unknown(name, lesion_id, "pain or analgesics before treatment are not recorded")
    window = [visit for visit in visits if start < visit.on <= last + timedelta(days=WINDOW_DAYS) and visit != before]
    if not window:
        return Unknown(name, lesion_id, f"no visit up to {WINDOW_DAYS} days after treatment")
    worse = next((visit for visit in window if _worse(scores, visit)), None)
    if worse is None:
        days, asked = len({visit.on for visit in window}), (last - start).days + WINDOW_DAYS
        if days < ENOUGH * asked:
            return Unknown(name, lesion_id, f"no flare seen, but scores on few of the {asked} days that count")
        return Answer(name, lesion_id, "no flare", f"scores on {days} of {asked} days")
    calm = next((visit for visit in visits if visit.on > worse.on and _back(scores, visit)), None)
    if calm is None:
        return Answer(name, lesion_id, "worse, not seen to return", f"worse on {worse.on}")
    return Answer(name, lesion_id, "flare", f"worse on {worse.on}, as before on {calm.on}")


def _scores(visit: VisitRecord) -> tuple[float, float] | None:
    if visit.pain_vas is None or visit.oral_morphine_mg_per_day is None:
        return None
    return visit.pain_vas, visit.oral_morphine_mg_per_day


def _worse(before: tuple[float, float], visit: VisitRecord) -> bool:
    scores = _scores(visit)
    if scores is None:
        return False
    (pain, dose), (pain_then, dose_then) = before, scores
    hurts = pain_then >= pain + PAIN_POINTS and dose_then >= dose
    return hurts or (more_by_share(dose_then, dose) and pain_then >= pain)


def _back(before: tuple[float, float], visit: VisitRecord) -> bool:
    scores = _scores(visit)
    return scores is not None and scores[0] <= before[0] and scores[1] <= before[1]
