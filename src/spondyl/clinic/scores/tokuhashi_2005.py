"""Tokuhashi's revised score: six items, 0 to 15."""

from __future__ import annotations

from spondyl.clinic.facts import Facts
from spondyl.clinic.scores.instrument import Instrument, Item
from spondyl.clinic.scores.primary import primary
from spondyl.clinic.scores.score import Band, Score
from spondyl.clinic.scores.tokuhashi import BRAIN_CAVEAT, shared_answers, shared_items
from spondyl.core.citations import Citation

SITES = {
    "lung": 0,
    "osteosarcoma": 0,
    "stomach": 0,
    "bladder": 0,
    "oesophagus": 0,
    "pancreas": 0,
    "liver": 1,
    "gallbladder": 1,
    "unidentified": 1,
    "others": 2,
    "kidney": 3,
    "uterus": 3,
    "rectum": 4,
    "thyroid": 5,
    "breast": 5,
    "prostate": 5,
    "carcinoid": 5,
}
TOKUHASHI_2005 = Instrument(
    "tokuhashi_2005",
    "Tokuhashi score, revised 2005",
    (*shared_items("confirmed_secondary"), Item("primary site", SITES)),
    (
        Band(0, 8, "0-8", "survival below 6 months; conservative or palliative treatment"),
        Band(
            9,
            11,
            "9-11",
            "survival 6 months or more; palliative operation, or excisional where one lesion and no organ is involved",
        ),
        Band(12, 15, "12-15", "survival 12 months or more; excisional operation"),
    ),
    Citation("Tokuhashi 2005, Spine 30:2186-2191", "10.1097/01.brs.0000180401.06919.a5", "score table"),
    "confirmed_secondary",
    (
        "Some reviews print the vertebral item as 3 or more, 1-2, 0; a spine with a metastasis has at least 1.",
        BRAIN_CAVEAT,
        "Survival of the published series, not this patient's; systemic treatment has changed since.",
    ),
)


def tokuhashi_2005(facts: Facts) -> Score:
    """Score the prognosis by the revised table; more points, longer survival.

    >>> from spondyl.clinic.facts import read_facts
    >>> score = tokuhashi_2005(read_facts({"histology": "breast carcinoma", "clinical": {"kps": 80}}))
    >>> score.low, score.high, score.item("primary site").points
    (7, 15, 5)
    """
    return TOKUHASHI_2005.score({**shared_answers(facts), "primary site": primary(facts, "tokuhashi_2005", SITES)})
