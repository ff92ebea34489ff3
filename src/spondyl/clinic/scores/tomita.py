"""Tomita's score: three items, 2 to 10; fewer points, longer survival."""

from __future__ import annotations

from spondyl.clinic.facts import Facts
from spondyl.clinic.scores.burden import OrganWords, organs, solitary
from spondyl.clinic.scores.instrument import Instrument, Item
from spondyl.clinic.scores.primary import primary
from spondyl.clinic.scores.score import Band, Score
from spondyl.core.citations import Citation

GROWTH = {"slow": 1, "moderate": 2, "rapid": 4}
ORGANS = OrganWords("none", "treatable", "untreatable")
TOMITA = Instrument(
    "tomita",
    "Tomita score",
    (
        Item("primary tumour", GROWTH, "confirmed_secondary"),
        Item("visceral metastases", {"none": 0, "treatable": 2, "untreatable": 4}, "confirmed_secondary"),
        Item("bone metastases", {"solitary": 1, "multiple": 2}, "confirmed_secondary"),
    ),
    (
        Band(2, 3, "2-3", "long-term local control: wide or marginal excision"),
        Band(4, 5, "4-5", "middle-term local control: marginal or intralesional excision"),
        Band(6, 7, "6-7", "short-term palliation: palliative operation"),
        Band(8, 10, "8-10", "terminal care: supportive, no operation"),
    ),
    Citation("Tomita 2001, Spine 26:298-306", "10.1097/00007632-200102010-00016", "score table"),
    "confirmed_secondary",
    (
        "Growth is defined for breast, thyroid (slow), kidney, uterus (moderate), lung and stomach (rapid); prostate "
        "as slow comes from secondary sources. Any other primary tumour is left undefined.",
        "No visceral metastasis is 0 points, which one review leaves out.",
        "Treatable is taken as resectable or treated with intent to control; brain metastases are not counted.",
        "Strategy of the publication, not this patient's; systemic treatment has changed since.",
    ),
)


def tomita(facts: Facts) -> Score:
    """Score the prognosis; a primary tumour without a published growth leaves 1, 2 or 4 points open.

    >>> from spondyl.clinic.facts import read_facts
    >>> systemic = {"visceral_metastases": 0, "extraspinal_bone_metastases": 0, "other_spinal_metastases": 0}
    >>> facts = {"level": "T8", "histology": "melanoma", "clinical": {"systemic": systemic}}
    >>> score = tomita(read_facts(facts))
    >>> score.low, score.high, score.missing, len(score.undefined)
    (2, 5, (), 1)
    """
    return TOMITA.score(
        {
            "primary tumour": primary(facts, "tomita", GROWTH),
            "visceral metastases": organs(facts, ORGANS),
            "bone metastases": solitary(facts, "solitary", "multiple"),
        }
    )
