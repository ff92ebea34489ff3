"""Frankel's grade of neurological loss: A complete to E normal."""

from __future__ import annotations

from spondyl.clinic.facts import Facts, frankel_possible
from spondyl.clinic.scores.instrument import Scale
from spondyl.clinic.scores.score import Answer, Score, known, open_to
from spondyl.core.citations import Citation

FRANKEL = Scale(
    "frankel",
    "Frankel grade",
    {
        "A": "complete",
        "B": "sensation only",
        "C": "motor power of no use: does not walk",
        "D": "motor power enough to walk",
        "E": "normal",
    },
    Citation("Frankel 1969, Paraplegia 7:179-192", "10.1038/sc.1969.30", "grades"),
)


def frankel(facts: Facts) -> Score:
    """The grade as stated, or the grades that walking, power in the legs and the ASIA grade leave possible.

    >>> from spondyl.clinic.facts import read_facts
    >>> score = frankel(read_facts({"clinical": {"neurology": {"ambulatory": True}}}))
    >>> score.low, score.high
    ('D', 'E')
    """
    stated, possible = facts.clinical.neurology.frankel, frankel_possible(facts)
    if stated is not None:
        return FRANKEL.score(known(stated, f"Frankel {stated}"))
    return FRANKEL.score(narrowed(possible, "clinical.neurology.frankel"))


def narrowed(possible: frozenset[str], path: str) -> Answer:
    """The grades that other facts leave possible."""
    grades = sorted(possible)
    said = "" if len(grades) == 5 else "by walking, power and the other scale"
    return known(grades[0], said) if len(grades) == 1 else open_to(*grades, needs=(path,), said=said)
