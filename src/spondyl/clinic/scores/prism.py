"""PRISM, the prognostic index for spine metastases of MD Anderson, by KPS: more points, longer survival."""

from __future__ import annotations

from spondyl.clinic.facts import Facts
from spondyl.clinic.facts.patient import MOST_ORGANS
from spondyl.clinic.scores.burden import BRAIN, ORGANS, solitary
from spondyl.clinic.scores.instrument import Instrument, Item
from spondyl.clinic.scores.score import Answer, Band, Score, known, open_to, undefined
from spondyl.core.citations import Citation

KPS_ABOVE = 60
INTERVAL_ABOVE_MONTHS = 60.0
SYSTEMS = {str(count): -count for count in range(MOST_ORGANS + 2)}
"""Organ systems with metastases beside bone: the organs that facts may count, and the brain."""
STATUS = "confirmed_secondary"
PRISM = Instrument(
    "prism",
    "PRISM",
    (
        Item("female", {"no": 0, "yes": 2}, STATUS),
        Item("KPS above 60", {"60 or less": 0, "70": 1, "80": 2, "90": 3, "100": 4}, STATUS),
        Item("previous operation at the site", {"no": 0, "yes": 2}, STATUS),
        Item("previous radiotherapy at the site", {"no": 0, "yes": -2}, STATUS),
        Item("other organ systems with metastases", SYSTEMS, STATUS),
        Item("only site of metastasis", {"no": 0, "yes": 3}, STATUS),
        Item("more than 5 years from diagnosis to metastasis", {"no": 0, "yes": 3}, STATUS),
    ),
    (
        Band(-MOST_ORGANS - 3, 0, "group 4", "median survival 8.8 months at Mayo, 9.1 in the derivation"),
        Band(1, 3, "group 3", "median survival 23.7 months at Mayo, 22.2 in the derivation"),
        Band(4, 7, "group 2", "median survival 37.0 months at Mayo, 32.4 in the derivation"),
        Band(8, 14, "group 1", "median survival 57.1 months at Mayo"),
    ),
    Citation("Tang 2015, Int J Radiat Oncol Biol Phys", "10.1016/j.ijrobp.2015.04.050", "original index, KPS version"),
    STATUS,
    (
        "The original index. An abstract of the Mayo validation prints other points (operation 1, radiotherapy -1, "
        "performance 0 to 3.5, latency 5 months) and is not mixed in.",
        f"No largest number of organ systems is published; an unknown count is taken as 0 to {MOST_ORGANS}, the most "
        "that facts may hold. Each organ named counts as one system, the brain as another, bone not at all.",
        "Survival of published cohorts after spine stereotactic radiosurgery, not this patient's.",
    ),
)


def prism(facts: Facts) -> Score:
    """Score the prognosis before stereotactic radiosurgery of the spine.

    >>> from spondyl.clinic.facts import read_facts
    >>> systemic = {"visceral_metastases": 1, "brain_metastases": 0}
    >>> score = prism(read_facts({"clinical": {"sex": "female", "kps": 80, "systemic": systemic}}))
    >>> score.item("other organ systems with metastases").points, score.low, score.high
    (-1, 1, 8)
    """
    return PRISM.score(
        {
            "female": _female(facts),
            "KPS above 60": _kps(facts),
            "previous operation at the site": _yes(facts.operated_here, "clinical.prior_surgery.at_this_level"),
            "previous radiotherapy at the site": _yes(
                facts.irradiated_here, "clinical.prior_radiotherapy.to_this_level"
            ),
            "other organ systems with metastases": _systems(facts),
            "only site of metastasis": _only_site(facts),
            "more than 5 years from diagnosis to metastasis": _interval(facts),
        }
    )


def _yes(fact: bool | None, path: str) -> Answer:
    return open_to("no", "yes", needs=(path,)) if fact is None else known("yes" if fact else "no")


def _female(facts: Facts) -> Answer:
    sex = facts.clinical.sex
    if sex is None:
        return open_to("no", "yes", needs=("clinical.sex",))
    if sex == "other":
        return undefined("no", "yes", why="the index knows female and male", said="sex: other")
    return known("yes" if sex == "female" else "no", sex)


def _kps(facts: Facts) -> Answer:
    kps, ecog = facts.clinical.kps, facts.clinical.ecog
    if kps is None:
        said = "" if ecog is None else f"KPS unknown; ECOG {ecog} is not scored in its place"
        return open_to("60 or less", "70", "80", "90", "100", needs=("clinical.kps",), said=said)
    return known("60 or less" if kps <= KPS_ABOVE else str(kps), f"KPS {kps}")


def _systems(facts: Facts) -> Answer:
    """One point less for every organ system: what is not known may be none or any number."""
    count, brain = facts.visceral_count, facts.clinical.systemic.brain_metastases
    fewest = (count or 0) + (1 if brain else 0)
    most = (MOST_ORGANS if count is None else count) + (0 if brain == 0 else 1)
    if fewest == most:
        return known(str(fewest), f"{fewest} beside bone")
    needs = tuple(path for path, value in ((ORGANS, count), (BRAIN, brain)) if value is None)
    return open_to(*(str(n) for n in range(fewest, most + 1)), needs=needs, said=f"at least {fewest}, at most {most}")


def _only_site(facts: Facts) -> Answer:
    """Solitary: no other bone, no organ, no brain."""
    brain = facts.clinical.systemic.brain_metastases
    if facts.visceral_count or brain:
        return known("no", "metastases beside bone")
    bones = solitary(facts, "yes", "no")
    if bones.options == frozenset(("no",)):
        return bones
    unknown = tuple(path for path, value in ((ORGANS, facts.visceral_count), (BRAIN, brain)) if value is None)
    return Answer(
        frozenset(("no", "yes")) if unknown else bones.options, (*unknown, *bones.needs), bones.undefined, bones.said
    )


def _interval(facts: Facts) -> Answer:
    months = facts.clinical.primary.months_diagnosis_to_metastasis
    if months is None:
        return open_to("no", "yes", needs=("clinical.primary.months_diagnosis_to_metastasis",))
    return known("yes" if months > INTERVAL_ABOVE_MONTHS else "no", f"{months:g} months")
