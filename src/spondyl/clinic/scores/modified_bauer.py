"""The modified Bauer score: four favourable factors, 0 to 4; more points, longer survival."""

from __future__ import annotations

from spondyl.clinic.facts import Facts
from spondyl.clinic.scores.burden import any_organ, solitary
from spondyl.clinic.scores.instrument import NO_YES, Instrument, Item
from spondyl.clinic.scores.primary import primary
from spondyl.clinic.scores.score import Answer, Band, Score
from spondyl.core.citations import Citation

MODIFIED_BAUER = Instrument(
    "modified_bauer",
    "Modified Bauer score",
    (
        Item("no visceral metastases", NO_YES),
        Item("no lung cancer", NO_YES),
        Item("primary breast, kidney, lymphoma or multiple myeloma", NO_YES),
        Item("one solitary skeletal metastasis", NO_YES),
    ),
    (
        Band(0, 1, "0-1", "supportive care, no operation"),
        Band(2, 2, "2", "short-term palliation, dorsal operation"),
        Band(3, 4, "3-4", "middle-term local control, ventral and dorsal operation"),
    ),
    Citation("Leithner 2008, Eur Spine J 17:1488-1495", "10.1007/s00586-008-0763-1", "modified score"),
    caveats=(
        "Brain metastases are not counted as visceral.",
        "Strategy of the publication, not this patient's; systemic treatment has changed since.",
    ),
)


def modified_bauer(facts: Facts) -> Score:
    """Count the favourable factors.

    >>> from spondyl.clinic.facts import read_facts
    >>> systemic = {"visceral_metastases": 1}
    >>> score = modified_bauer(read_facts({"histology": "melanoma", "clinical": {"systemic": systemic}}))
    >>> score.low, score.high, score.missing
    (1, 2, ('one solitary skeletal metastasis',))
    """
    place = primary(facts, "modified_bauer", ("lung", "favourable", "other"))
    return MODIFIED_BAUER.score(
        {
            "no visceral metastases": any_organ(facts, "yes", "no"),
            "no lung cancer": _whether(place, {"favourable", "other"}),
            "primary breast, kidney, lymphoma or multiple myeloma": _whether(place, {"favourable"}),
            "one solitary skeletal metastasis": solitary(facts, "yes", "no"),
        }
    )


def _whether(place: Answer, favourable: set[str]) -> Answer:
    """One factor out of the three places that a primary tumour can have."""
    options = frozenset("yes" if option in favourable else "no" for option in place.options)
    settled = len(options) == 1
    return Answer(options, () if settled else place.needs, "" if settled else place.undefined, place.said)
