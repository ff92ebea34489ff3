"""Spinal Instability Neoplastic Score: six items, 0 to 18."""

from __future__ import annotations

from spondyl.clinic.facts import Facts
from spondyl.clinic.scores.instrument import Instrument, Item
from spondyl.clinic.scores.score import Answer, Band, Score, known, open_to, undefined
from spondyl.core.citations import Citation

LOCATION = {
    "junctional": ("C1", "C2", "C7", "T1", "T2", "T11", "T12", "L1", "L5", "S1"),
    "mobile": ("C3", "C4", "C5", "C6", "L2", "L3", "L4"),
    "semirigid": ("T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10"),
    "rigid": ("S2", "S3", "S4", "S5"),
}
"""Levels by how the spine moves there: junctions are occiput-C2, C7-T2, T11-L1 and L5-S1."""

SINS = Instrument(
    "sins",
    "Spinal Instability Neoplastic Score",
    (
        Item("location", {"junctional": 3, "mobile": 2, "semirigid": 1, "rigid": 0}),
        Item("pain", {"mechanical": 3, "occasional, not mechanical": 1, "pain-free": 0}),
        Item("bone_lesion", {"lytic": 2, "mixed": 1, "blastic": 0}),
        Item("alignment", {"subluxation or translation": 4, "de novo deformity": 2, "normal": 0}),
        Item(
            "collapse",
            {
                "more than 50 %": 3,
                "less than 50 %": 2,
                "no collapse, more than 50 % of the body": 1,
                "none of these": 0,
            },
        ),
        Item("posterolateral", {"bilateral": 3, "unilateral": 1, "none": 0}),
    ),
    (
        Band(0, 6, "stable", "stable"),
        Band(7, 12, "indeterminate", "potentially unstable: surgical consultation warranted"),
        Band(13, 18, "unstable", "unstable: surgical consultation warranted"),
    ),
    Citation("Fisher 2010, Spine 35:E1221-E1229", "10.1097/BRS.0b013e3181e16ae2", "SINS table"),
    caveats=("A collapse of exactly 50 % is not defined by the publication.",),
)


def sins(facts: Facts) -> Score:
    """Score the lesion's stability.

    >>> from spondyl.clinic.facts import read_facts
    >>> score = sins(read_facts({"level": "T11", "clinical": {"pain": {"present": False}}}))
    >>> score.low, score.high, score.total, score.item("location").points
    (3, 15, None, 3)
    """
    return SINS.score(
        {
            "location": _location(facts),
            "pain": _pain(facts),
            "bone_lesion": _named(facts.clinical.lesion.bone_lesion_type, "bone_lesion_type", "lytic mixed blastic"),
            "alignment": _alignment(facts),
            "collapse": _collapse(facts),
            "posterolateral": _named(facts.posterolateral, "posterolateral_involvement", "bilateral unilateral none"),
        }
    )


def _location(facts: Facts) -> Answer:
    """The most mobile of the lesion's levels counts, since the worst of them decides."""
    levels = facts.clinical.lesion.levels or ((facts.level,) if facts.level else ())
    if not levels:
        return open_to(*LOCATION, needs=("level",))
    for kind, members in LOCATION.items():
        hit = [level for level in levels if level in members]
        if hit:
            return known(kind, f"{', '.join(hit)} ({kind})")
    raise AssertionError(levels)


def _pain(facts: Facts) -> Answer:
    pain = facts.clinical.pain
    if pain.felt is False:
        return known("pain-free", "no pain")
    if pain.mechanical:
        return known("mechanical", "mechanical pain")
    if pain.mechanical is False and pain.felt:
        return known("occasional, not mechanical", "pain, not mechanical")
    if pain.mechanical is False:
        return open_to("occasional, not mechanical", "pain-free", needs=("clinical.pain.present",))
    if pain.felt:
        return open_to("mechanical", "occasional, not mechanical", needs=("clinical.pain.mechanical",))
    return open_to(
        "mechanical",
        "occasional, not mechanical",
        "pain-free",
        needs=("clinical.pain.present", "clinical.pain.mechanical"),
    )


def _named(value: str | None, key: str, options: str) -> Answer:
    return known(value, value) if value is not None else open_to(*options.split(), needs=(f"clinical.lesion.{key}",))


def _alignment(facts: Facts) -> Answer:
    found = facts.clinical.lesion.alignment
    if found is not None:
        return known(found, found)
    return open_to("subluxation or translation", "de novo deformity", "normal", needs=("clinical.lesion.alignment",))


def _collapse(facts: Facts) -> Answer:
    """More than half, less than half, or none with more or less than half of the body involved."""
    collapse = facts.clinical.lesion.collapse_percent
    share = facts.clinical.lesion.body_involvement_percent
    more, less = "more than 50 %", "less than 50 %"
    much, none = "no collapse, more than 50 % of the body", "none of these"
    if collapse is None:
        return open_to(more, less, much, none, needs=("clinical.lesion.collapse_percent",))
    said = f"collapse {collapse:g} %"
    if collapse == 50:
        return undefined(more, less, why="a collapse of exactly 50 % is in neither row", said=said)
    if collapse > 0:
        return known(more if collapse > 50 else less, said)
    if share is None:
        return open_to(much, none, needs=("clinical.lesion.body_involvement_percent",), said=said)
    said = f"no collapse, {share:g} % of the body involved"
    return known(much if share > 50 else none, said)
