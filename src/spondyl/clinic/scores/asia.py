"""ASIA impairment scale: A complete to E normal."""

from __future__ import annotations

from spondyl.clinic.facts import Facts, frankel_possible
from spondyl.clinic.facts.motor import COMPLETE, INCOMPLETE, INTACT
from spondyl.clinic.scores.frankel import narrowed
from spondyl.clinic.scores.instrument import Scale
from spondyl.clinic.scores.score import Score, known
from spondyl.core.citations import Citation

ASIA = Scale(
    "asia",
    "ASIA impairment scale",
    {
        "A": "complete: nothing preserved in S4-S5",
        "B": "sensation only, S4-S5 included",
        "C": "motor incomplete, more than half of the key muscles below 3/5",
        "D": "motor incomplete, at least half of the key muscles 3/5 or more",
        "E": "normal",
    },
    Citation("ISNCSCI, American Spinal Injury Association", place="impairment scale"),
    "confirmed_secondary",
    ("Not computed from muscle powers: the scale needs the full examination of key muscles and S4-S5.",),
)


def asia(facts: Facts) -> Score:
    """The grade as stated; from Frankel's only its group is known: A or B, C or D, E.

    >>> from spondyl.clinic.facts import read_facts
    >>> score = asia(read_facts({"clinical": {"neurology": {"frankel": "C"}}}))
    >>> score.low, score.high
    ('C', 'D')
    """
    stated = facts.clinical.neurology.asia
    if stated is not None:
        return ASIA.score(known(stated, f"ASIA {stated}"))
    frankel = frankel_possible(facts)
    groups = [group for group in (COMPLETE, INCOMPLETE, INTACT) if group & frankel]
    return ASIA.score(narrowed(frozenset[str]().union(*groups), "clinical.neurology.asia"))
