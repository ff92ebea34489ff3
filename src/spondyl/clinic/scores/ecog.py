"""ECOG performance status: 0 to 5. A known KPS has one ECOG status."""

from __future__ import annotations

from spondyl.clinic.facts import Facts
from spondyl.clinic.scores.instrument import Scale
from spondyl.clinic.scores.performance import CROSSWALK_STATUS, KPS_OF_ECOG, ecog_of_kps
from spondyl.clinic.scores.score import Answer, Score, known, open_to
from spondyl.core.citations import Citation

ECOG = Scale(
    "ecog",
    "ECOG performance status",
    {str(ecog): "as KPS " + "-".join(str(k) for k in dict.fromkeys(ends)) for ecog, ends in KPS_OF_ECOG.items()},
    Citation("Oken 1982, Am J Clin Oncol 5:649; crosswalk: Buccheri 1996, Eur J Cancer 32A:1135"),
    CROSSWALK_STATUS,
    ("A status read from KPS is the crosswalk's, not an observation; KPS 80 is ECOG 1 in both crosswalks found.",),
)


def ecog(facts: Facts) -> Score:
    """The status as stated, or the one that a stated KPS stands for.

    >>> from spondyl.clinic.facts import read_facts
    >>> ecog(read_facts({"clinical": {"kps": 80}})).total
    1
    """
    return ECOG.score(_status(facts))


def _status(facts: Facts) -> Answer:
    stated, kps = facts.clinical.ecog, facts.clinical.kps
    if stated is not None:
        return known(str(stated), f"ECOG {stated}")
    if kps is None:
        return open_to(*ECOG.grades, needs=("clinical.ecog",))
    return known(str(ecog_of_kps(kps)), f"from KPS {kps} by the crosswalk")
