"""The New England Spinal Metastasis Score: three factors, 0 to 3; more points, longer survival."""

from __future__ import annotations

from spondyl.clinic.facts import Facts
from spondyl.clinic.scores.instrument import NO_YES, Instrument, Item
from spondyl.clinic.scores.modified_bauer import modified_bauer
from spondyl.clinic.scores.score import Answer, Band, Score, known, open_to
from spondyl.core.citations import Citation

BAUER_FROM = 3
ALBUMIN_FROM_G_PER_DL = 3.5
NESMS = Instrument(
    "nesms",
    "New England Spinal Metastasis Score",
    (
        Item("modified Bauer 3 or more", NO_YES),
        Item("walks independently", NO_YES),
        Item("albumin 3.5 g/dL or more", NO_YES),
    ),
    tuple(
        Band(total, total, str(total), "higher is better; discriminates 1-year survival (c 0.79)") for total in range(4)
    ),
    Citation("Schoenfeld 2022, Spine J 22:39-48", "10.1016/j.spinee.2021.03.007", "after Ghori 2015"),
    caveats=(
        "Survival rates by total were not found in an opened source, so none is printed.",
        "Walking with an aid is taken as not independent, since the factor reads independent or normal.",
    ),
)


def nesms(facts: Facts) -> Score:
    """Count the favourable factors; the modified Bauer score counts where its whole range lies on one side of 3.

    >>> from spondyl.clinic.facts import read_facts
    >>> clinical = {"laboratory": {"albumin_g_per_dl": 3.5}, "neurology": {"ambulation": "independent"}}
    >>> score = nesms(read_facts({"clinical": clinical}))
    >>> score.low, score.high, score.missing
    (2, 3, ('modified Bauer 3 or more',))
    """
    return NESMS.score(
        {
            "modified Bauer 3 or more": _bauer(facts),
            "walks independently": _walks(facts),
            "albumin 3.5 g/dL or more": _albumin(facts),
        }
    )


def _bauer(facts: Facts) -> Answer:
    score = modified_bauer(facts)
    low, high = int(score.low), int(score.high)
    said = f"modified Bauer {low}" if low == high else f"modified Bauer {low} to {high}"
    if low >= BAUER_FROM or high < BAUER_FROM:
        return known("yes" if low >= BAUER_FROM else "no", said)
    return Answer(frozenset(("no", "yes")), score.needs, "; ".join(score.undefined), said)


def _walks(facts: Facts) -> Answer:
    ambulation = facts.clinical.neurology.ambulation
    if ambulation is not None:
        return known("yes" if ambulation == "independent" else "no", f"walks: {ambulation}")
    if facts.ambulatory is False:
        return known("no", "does not walk")
    said = "walks, with or without aid not said" if facts.ambulatory else ""
    return open_to("no", "yes", needs=("clinical.neurology.ambulation",), said=said)


def _albumin(facts: Facts) -> Answer:
    albumin = facts.clinical.laboratory.albumin_g_per_dl
    if albumin is None:
        return open_to("no", "yes", needs=("clinical.laboratory.albumin_g_per_dl",))
    return known("yes" if albumin >= ALBUMIN_FROM_G_PER_DL else "no", f"albumin {albumin:g} g/dL")
