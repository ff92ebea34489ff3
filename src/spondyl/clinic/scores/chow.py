"""Chow's international consensus on the response of bone pain: complete, partial, progression, or neither."""

from __future__ import annotations

from spondyl.clinic.facts import Facts
from spondyl.clinic.scores.instrument import Scale
from spondyl.clinic.scores.score import Answer, Score, known, open_to, undefined
from spondyl.core.citations import Citation

PAIN_STEP = 2.0
OPIOID_STEP_PERCENT = 25.0
COMPLETE, PARTIAL, PROGRESSION, NEITHER = "complete", "partial", "progression", "indeterminate"
CHOW = Scale(
    "chow",
    "Pain response (Chow)",
    {
        COMPLETE: "pain 0 without an increase of opioids",
        PARTIAL: "pain lower by 2 or more without an increase of opioids, or opioids lower by 25 % without more pain",
        NEITHER: "none of the others",
        PROGRESSION: "pain higher by 2 or more at stable opioids, or opioids higher by 25 % at pain stable or 1 higher",
    },
    Citation("Chow 2012, Int J Radiat Oncol Biol Phys 82:1730-1737", "10.1016/j.ijrobp.2011.02.008", "endpoints"),
    "unconfirmed",
    (
        "Not confirmed as a whole: the classes and the step of 2 were found in abstracts, the 25 % rule is recalled.",
        "Pain is the worst pain at the treated site, 0 to 10; opioids are daily oral morphine equivalents.",
        "Stable opioids are taken as unchanged; a smaller change than 25 % with 2 more pain is left undefined.",
    ),
)


def chow(facts: Facts) -> Score:
    """The response from before treatment (`clinical.pain`) to after it (`clinical.follow_up`).

    >>> from spondyl.clinic.facts import read_facts
    >>> before = {"vas_0_10": 7, "opioid_omed_mg_per_day": 60}
    >>> after = {"vas_0_10": 4, "opioid_omed_mg_per_day": 60}
    >>> chow(read_facts({"clinical": {"pain": before, "follow_up": after}})).total
    'partial'
    """
    return CHOW.score(_response(facts))


def _response(facts: Facts) -> Answer:
    pain, later = facts.clinical.pain, facts.clinical.follow_up
    before = 0.0 if pain.present is False else pain.vas_0_10
    values = {
        "clinical.pain.vas_0_10": before,
        "clinical.pain.opioid_omed_mg_per_day": pain.opioid_omed_mg_per_day,
        "clinical.follow_up.vas_0_10": later.vas_0_10,
        "clinical.follow_up.opioid_omed_mg_per_day": later.opioid_omed_mg_per_day,
    }
    needs = tuple(path for path, value in values.items() if value is None)
    after, drug_before, drug_after = later.vas_0_10, pain.opioid_omed_mg_per_day, later.opioid_omed_mg_per_day
    if before is None or after is None or drug_before is None or drug_after is None:
        still = set(CHOW.grades)
        more_drug = drug_before is not None and drug_after is not None and drug_after > drug_before
        if after or more_drug:
            still.discard(COMPLETE)
        return open_to(*still, needs=needs)
    said = f"pain {before:g} to {after:g}, opioids {drug_before:g} to {drug_after:g} mg per day"
    if before == 0:
        still = [grade for grade in CHOW.grades if grade != COMPLETE or (after == 0 and drug_after <= drug_before)]
        return undefined(*still, why="there was no pain before: nothing to respond", said=said)
    return _classify(after, after - before, drug_before, drug_after, said)


def _classify(after: float, pain_change: float, drug_before: float, drug_after: float, said: str) -> Answer:
    more_drug, step = drug_after > drug_before, OPIOID_STEP_PERCENT / 100
    quarter_less = drug_before > 0 and drug_after <= drug_before * (1 - step)
    quarter_more = more_drug and drug_after >= drug_before * (1 + step)
    if after == 0 and not more_drug:
        return known(COMPLETE, said)
    if (pain_change <= -PAIN_STEP and not more_drug) or (quarter_less and pain_change <= 0):
        return known(PARTIAL, said)
    if pain_change >= PAIN_STEP and drug_after == drug_before:
        return known(PROGRESSION, said)
    if quarter_more and 0 <= pain_change <= 1:
        if drug_before == 0:
            return undefined(NEITHER, PROGRESSION, why="25 % of no opioid is not defined", said=said)
        return known(PROGRESSION, said)
    if pain_change >= PAIN_STEP and not quarter_less:
        why = "2 more pain while opioids changed: whether they count as stable is not defined"
        return undefined(NEITHER, PROGRESSION, why=why, said=said)
    return known(NEITHER, said)
