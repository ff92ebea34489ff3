"""Karnofsky performance status: 0 to 100 in tens. A known ECOG status leaves the range that it stands for."""

from __future__ import annotations

from spondyl.clinic.facts import Facts
from spondyl.clinic.scores.instrument import Scale
from spondyl.clinic.scores.performance import CROSSWALK_STATUS, KPS_OF_ECOG, ecog_of_kps
from spondyl.clinic.scores.score import Answer, Score, known, open_to
from spondyl.core.citations import Citation

KPS = Scale(
    "kps",
    "Karnofsky performance status",
    {str(kps): f"as ECOG {ecog_of_kps(kps)}" for kps in range(0, 101, 10)},
    Citation("Karnofsky 1949; ECOG: Oken 1982, Am J Clin Oncol 5:649; crosswalk: Buccheri 1996, Eur J Cancer 32A:1135"),
    CROSSWALK_STATUS,
    ("From ECOG there is a range, never one KPS; the ranges of the crosswalk are not confirmed.",),
)


def kps(facts: Facts) -> Score:
    """The status as stated, or the range that a stated ECOG status stands for.

    >>> from spondyl.clinic.facts import read_facts
    >>> score = kps(read_facts({"clinical": {"ecog": 1}}))
    >>> score.low, score.high, score.total
    (70, 80, None)
    """
    return KPS.score(_status(facts))


def _status(facts: Facts) -> Answer:
    stated, ecog = facts.clinical.kps, facts.clinical.ecog
    if stated is not None:
        return known(str(stated), f"KPS {stated}")
    if ecog is None:
        return open_to(*KPS.grades, needs=("clinical.kps",))
    low, high = KPS_OF_ECOG[ecog]
    options = tuple(str(kps) for kps in range(low, high + 1, 10))
    said = f"from ECOG {ecog}"
    return known(options[0], said) if len(options) == 1 else open_to(*options, needs=("clinical.kps",), said=said)
