"""Katagiri's revised score for skeletal metastasis: six items, 0 to 10; fewer points, longer survival."""

from __future__ import annotations

from spondyl.clinic.facts import Facts
from spondyl.clinic.histology import read_histology
from spondyl.clinic.scores.burden import BRAIN, ORGANS, solitary
from spondyl.clinic.scores.instrument import NO_YES, Instrument, Item
from spondyl.clinic.scores.primary import primary
from spondyl.clinic.scores.score import Answer, Band, Score, known, open_to, undefined
from spondyl.core.citations import Citation

STATUS = "confirmed_secondary"
GROWTH = {"slow": 0, "moderate": 2, "rapid": 3}
KATAGIRI = Instrument(
    "katagiri",
    "Katagiri score, revised 2014",
    (
        Item("primary tumour", GROWTH, STATUS),
        Item("visceral or cerebral metastases", {"none": 0, "nodular": 1, "disseminated": 2}, STATUS),
        Item("laboratory", {"normal": 0, "abnormal": 1, "critical": 2}, STATUS),
        Item("ECOG 3 or 4", NO_YES, STATUS),
        Item("previous chemotherapy", NO_YES, STATUS),
        Item("multiple skeletal metastases", NO_YES, STATUS),
    ),
    (
        Band(0, 3, "0-3", "survival 91 % at 1 year, 78 % at 2 years"),
        Band(4, 6, "4-6", "survival 49 % at 1 year"),
        Band(7, 10, "7-10", "survival 27 % at 6 months, 6 % at 1 year"),
    ),
    Citation("Katagiri 2014, Cancer Med 3:1359-1367", "10.1002/cam4.292", "score table"),
    STATUS,
    (
        "Breast and prostate count by whether they still depend on hormones, lung by whether a molecularly targeted "
        "drug is given; naming the organ does not settle it.",
        "The rate of the middle band comes from a secondary source.",
        "Survival of the published cohort, not this patient's.",
    ),
)
CRP_FROM_MG_PER_DL = 0.4
LDH_FROM_IU_PER_L = 250.0
ALBUMIN_BELOW_G_PER_DL = 3.7
PLATELETS_BELOW_PER_UL = 100_000.0
CALCIUM_FROM_MG_PER_DL = 10.3
BILIRUBIN_FROM_MG_PER_DL = 1.4
LABORATORY = "clinical.laboratory."


def katagiri(facts: Facts) -> Score:
    """Score the prognosis.

    >>> from spondyl.clinic.facts import read_facts
    >>> clinical = {"laboratory": {"calcium_mg_per_dl": 10.3}, "ecog": 1, "systemic": {"previous_chemotherapy": True}}
    >>> score = katagiri(read_facts({"histology": "melanoma", "clinical": clinical}))
    >>> score.low, score.high, score.item("laboratory").points
    (6, 9, 2)
    """
    return KATAGIRI.score(
        {
            "primary tumour": _growth(facts),
            "visceral or cerebral metastases": _spread(facts),
            "laboratory": _laboratory(facts),
            "ECOG 3 or 4": _ecog(facts),
            "previous chemotherapy": _chemotherapy(facts),
            "multiple skeletal metastases": solitary(facts, "no", "yes"),
        }
    )


def _growth(facts: Facts) -> Answer:
    place = primary(facts, "katagiri", (*GROWTH, "hormone", "targeted"))
    stated = facts.clinical.primary
    if place.options == frozenset(("hormone",)):
        dependent = stated.hormone_dependent
        reading = read_histology(facts.histology or "")
        dependent = reading.hormone_dependent if dependent is None else dependent
        positive = ", hormone receptors positive" if reading.receptor_positive else ""
        return _split(dependent, "slow", "moderate", "hormone_dependent", place.said + positive, "depends on hormones")
    if place.options == frozenset(("targeted",)):
        return _split(
            stated.molecularly_targeted, "moderate", "rapid", "molecularly_targeted", place.said, "molecularly targeted"
        )
    if not place.options <= set(GROWTH):
        return open_to(*GROWTH, needs=place.needs, said=place.said)
    return place


def _split(fact: bool | None, yes: str, no: str, key: str, said: str, what: str) -> Answer:
    if fact is None:
        return open_to(yes, no, needs=(f"clinical.primary.{key}",), said=f"{said}; {what}: not known")
    return known(yes if fact else no, f"{said}; {what}: {'yes' if fact else 'no'}")


def _spread(facts: Facts) -> Answer:
    """No organ and no brain; nodules; or pleural, peritoneal or leptomeningeal dissemination."""
    systemic, count = facts.clinical.systemic, facts.visceral_count
    sites, brain = systemic.visceral or (), systemic.brain_metastases
    if any(site.disseminated for site in sites):
        named = ", ".join(site.organ for site in sites if site.disseminated)
        return known("disseminated", f"{named}: disseminated")
    if count == 0 and brain is not None:
        return known("nodular" if brain else "none", f"no organ, {brain} in the brain")
    if count and sites and all(site.disseminated is False for site in sites):
        return known("nodular", "organs: " + ", ".join(site.organ for site in sites))
    if count == 0:
        return open_to("none", "nodular", needs=(BRAIN,), said="no organ; brain not known")
    if count:
        return open_to("nodular", "disseminated", needs=("clinical.systemic.visceral",), said="disseminated: not known")
    if brain:
        return open_to("nodular", "disseminated", needs=(ORGANS,), said=f"{brain} in the brain")
    return open_to("none", "nodular", "disseminated", needs=(ORGANS, BRAIN) if brain is None else (ORGANS,))


def _laboratory(facts: Facts) -> Answer:
    """Critical goes before abnormal; both tiers have analytes of their own."""
    blood = facts.clinical.laboratory
    critical = {
        "platelets_per_ul": _past(blood.platelets_per_ul, below=PLATELETS_BELOW_PER_UL),
        "calcium_mg_per_dl": _past(blood.calcium_mg_per_dl, start=CALCIUM_FROM_MG_PER_DL),
        "bilirubin_mg_per_dl": _past(blood.bilirubin_mg_per_dl, start=BILIRUBIN_FROM_MG_PER_DL),
    }
    abnormal = {
        "crp_mg_per_dl": _past(blood.crp_mg_per_dl, start=CRP_FROM_MG_PER_DL),
        "ldh_iu_per_l": _past(blood.ldh_iu_per_l, start=LDH_FROM_IU_PER_L),
        "albumin_g_per_dl": _past(blood.albumin_g_per_dl, below=ALBUMIN_BELOW_G_PER_DL),
    }
    if any(critical.values()):
        return known("critical", ", ".join(name for name, past in critical.items() if past))
    options = {"critical"} if None in critical.values() else set[str]()
    if any(abnormal.values()):
        options.add("abnormal")
        unknown = [name for name, past in critical.items() if past is None]
    else:
        options |= {"normal", "abnormal"} if None in abnormal.values() else {"normal"}
        unknown = [name for name, past in {**critical, **abnormal}.items() if past is None]
    said = ", ".join(name for name, past in abnormal.items() if past)
    if len(options) == 1:
        return known(options.pop(), said or "every value within its limit")
    return open_to(*options, needs=tuple(LABORATORY + name for name in unknown), said=said)


def _past(value: float | None, start: float | None = None, below: float | None = None) -> bool | None:
    if value is None:
        return None
    return (start is not None and value >= start) or (below is not None and value < below)


def _ecog(facts: Facts) -> Answer:
    ecog = facts.clinical.ecog
    if ecog is None:
        return open_to("no", "yes", needs=("clinical.ecog",))
    if ecog == 5:
        return undefined("no", "yes", why="ECOG 5 is in neither row", said="ECOG 5")
    return known("yes" if ecog >= 3 else "no", f"ECOG {ecog}")


def _chemotherapy(facts: Facts) -> Answer:
    systemic = facts.clinical.systemic
    if systemic.previous_chemotherapy is None:
        return open_to("no", "yes", needs=("clinical.systemic.previous_chemotherapy",))
    said = "previous chemotherapy" if systemic.previous_chemotherapy else "no previous chemotherapy"
    return known("yes" if systemic.previous_chemotherapy else "no", said)
