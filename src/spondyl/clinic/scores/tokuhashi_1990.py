"""Tokuhashi's original score: six items, 0 to 12."""

from __future__ import annotations

from spondyl.clinic.facts import Facts
from spondyl.clinic.scores.instrument import Instrument, Item
from spondyl.clinic.scores.primary import primary
from spondyl.clinic.scores.score import Band, Score
from spondyl.clinic.scores.tokuhashi import BRAIN_CAVEAT, shared_answers, shared_items
from spondyl.core.citations import Citation

SITES = {
    "lung": 0,
    "stomach": 0,
    "kidney": 1,
    "liver": 1,
    "uterus": 1,
    "others": 1,
    "unidentified": 1,
    "thyroid": 2,
    "prostate": 2,
    "breast": 2,
    "rectum": 2,
}
TOKUHASHI_1990 = Instrument(
    "tokuhashi_1990",
    "Tokuhashi score of 1990",
    (*shared_items("confirmed_in_seed"), Item("primary site", SITES, "conflict")),
    (
        Band(0, 5, "0-5", "mean survival up to 3 months; palliative operation"),
        Band(6, 8, "6-8", "mean survival up to 12 months; the publication assigns no operation"),
        Band(9, 12, "9-12", "mean survival 12 months or more; excisional operation"),
    ),
    Citation("Tokuhashi 1990, Spine 15:1110-1113", "10.1097/00007632-199011010-00005", "score table"),
    "confirmed_in_seed",
    (
        "One digest prints others and unidentified with 2 points; an abstract that gives renal and unknown primaries "
        "the same weight supports the 1 point used here.",
        "Not the revised score of 2005, with which a review has merged it under the name original.",
        BRAIN_CAVEAT,
        "Survival of the published series, not this patient's; systemic treatment has changed since.",
    ),
)


def tokuhashi_1990(facts: Facts) -> Score:
    """Score the prognosis by the table of 1990; more points, longer survival.

    >>> from spondyl.clinic.facts import read_facts
    >>> score = tokuhashi_1990(read_facts({"histology": "breast carcinoma", "clinical": {"kps": 80}}))
    >>> score.low, score.high, score.item("primary site").points
    (4, 12, 2)
    """
    return TOKUHASHI_1990.score({**shared_answers(facts), "primary site": primary(facts, "tokuhashi_1990", SITES)})
