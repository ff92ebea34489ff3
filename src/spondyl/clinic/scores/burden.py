"""How much disease there is: vertebrae, other bones, organs. Known facts narrow what is not stated outright."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from spondyl.clinic.facts import LEVELS, Facts
from spondyl.clinic.scores.score import Answer, known, open_to, undefined

OTHERS = "clinical.systemic.other_spinal_metastases"
EXTRASPINAL = "clinical.systemic.extraspinal_bone_metastases"
ORGANS = "clinical.systemic.visceral_metastases"
BRAIN = "clinical.systemic.brain_metastases"


@dataclass(frozen=True)
class OrganWords:
    """An instrument's names for no organ, organs that can be removed or controlled, and organs that cannot."""

    none: str
    removable: str
    unremovable: str


def vertebrae_at_least(facts: Facts) -> int:
    """Fewest involved vertebrae that the facts allow: a lesion has at least one."""
    systemic = facts.clinical.systemic
    listed = len(set(systemic.involved_levels or ()))
    here = max(1, len(set(facts.lesion_levels)))
    return max(listed, here + (systemic.other_spinal_metastases or 0), 2 if systemic.diffuse_spinal else 1)


def rows_of(count: int | None, at_least: int, rows: Mapping[str, tuple[int, int]]) -> tuple[str, ...]:
    """Rows, each a range of counts, that hold `count`, or where it is unknown some count from `at_least` on."""
    if count is not None:
        return tuple(row for row, (low, high) in rows.items() if low <= count <= high)
    return tuple(row for row, (_, high) in rows.items() if high >= at_least)


def vertebrae(facts: Facts, rows: Mapping[str, tuple[int, int]]) -> Answer:
    """Number of involved vertebrae as a row of a table."""
    count = facts.involved_vertebrae
    options = rows_of(count, vertebrae_at_least(facts), rows)
    if count is not None:
        return known(options[0], f"{count} involved {_plural(count, 'vertebra', 'vertebrae')}")
    needs = tuple(
        path
        for path, value in (
            ("level", facts.lesion_levels or None),
            (OTHERS, facts.clinical.systemic.other_spinal_metastases),
        )
        if value is None
    )
    return known(options[0], _at_least(facts)) if len(options) == 1 else open_to(*options, needs=needs)


def extraspinal(facts: Facts, rows: Mapping[str, tuple[int, int]]) -> Answer:
    """Number of bone metastases outside the spine as a row of a table."""
    count = facts.clinical.systemic.extraspinal_bone_metastases
    options = rows_of(count, 0, rows)
    if count is None:
        return open_to(*options, needs=(EXTRASPINAL,))
    return known(options[0], f"{count} bone {_plural(count, 'metastasis', 'metastases')} outside the spine")


def organs(facts: Facts, words: OrganWords) -> Answer:
    """Organs with metastases, and whether all of them can be removed (or controlled). The brain is not counted."""
    count, sites = facts.visceral_count, facts.clinical.systemic.visceral
    if count == 0:
        return known(words.none, "no organ with metastases" + _brain(facts))
    removable = [site.resectable for site in sites or ()]
    named = ", ".join(site.organ for site in sites or ())
    said = ("" if count is None else named or f"{count} {_plural(count, 'organ', 'organs')}") + _brain(facts)
    if False in removable:
        return known(words.unremovable, f"{said}: not resectable")
    if count is None:
        return open_to(words.none, words.removable, words.unremovable, needs=(ORGANS,), said=said)
    if sites and None not in removable:
        return known(words.removable, f"{said}: resectable")
    return open_to(words.removable, words.unremovable, needs=("clinical.systemic.visceral",), said=said)


def any_organ(facts: Facts, without: str, with_: str) -> Answer:
    """Whether any organ holds metastases. The brain is not counted."""
    count = facts.visceral_count
    if count is None:
        return open_to(without, with_, needs=(ORGANS,))
    named = ", ".join(site.organ for site in facts.clinical.systemic.visceral or ())
    said = (named or f"{count} {_plural(count, 'organ', 'organs')}") if count else "no organ with metastases"
    return known(with_ if count else without, said + _brain(facts))


def solitary(facts: Facts, alone: str, multiple: str) -> Answer:
    """Whether this is the only bone metastasis, counted over the whole skeleton.

    A lesion over neighbouring vertebrae with nothing beside it is left open: no instrument says whether it counts once.
    """
    systemic, here = facts.clinical.systemic, set(facts.lesion_levels)
    others = systemic.other_spinal_metastases
    if systemic.involved_levels is not None:
        if not here:
            here = set(systemic.involved_levels)
        others = len(set(systemic.involved_levels) - here)
    outside = systemic.extraspinal_bone_metastases
    if outside or others or systemic.diffuse_spinal or not _neighbours(here):
        return known(multiple, _bones(outside, others, here))
    unknown = tuple(
        path for path, value in ((EXTRASPINAL, outside), (OTHERS, others), ("level", here or None)) if value is None
    )
    if unknown:
        return open_to(alone, multiple, needs=unknown)
    if len(here) > 1:
        why = "one lesion over neighbouring vertebrae: the publication does not say whether it is one metastasis"
        return undefined(alone, multiple, why=why, said=_bones(outside, others, here))
    return known(alone, "no other bone metastasis")


def in_order(levels: Iterable[str]) -> list[str]:
    """Levels from cranial to caudal."""
    return sorted(levels, key=LEVELS.index)


def _neighbours(levels: set[str]) -> bool:
    places = sorted(LEVELS.index(level) for level in levels)
    return all(b - a == 1 for a, b in pairwise(places))


def _bones(outside: int | None, others: int | None, here: set[str]) -> str:
    parts = [f"lesion at {', '.join(in_order(here))}"] if here else []
    parts += [f"{others} other in the spine"] if others is not None else []
    parts += [f"{outside} outside the spine"] if outside is not None else []
    return "bone metastases: " + ", ".join(parts or ["diffuse in the spine"])


def _brain(facts: Facts) -> str:
    count = facts.clinical.systemic.brain_metastases
    return f"; {count} in the brain, which the table as read does not count" if count else ""


def _at_least(facts: Facts) -> str:
    return f"at least {vertebrae_at_least(facts)} involved vertebrae"


def _plural(count: int, one: str, many: str) -> str:
    return one if count == 1 else many
