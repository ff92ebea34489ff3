"""What Tokuhashi's scores of 1990 and 2005 share: five of six items. Primary sites and bands are each one's own."""

from __future__ import annotations

from collections.abc import Mapping

from spondyl.clinic.facts import Facts, frankel_possible
from spondyl.clinic.facts.motor import COMPLETE, INCOMPLETE, INTACT
from spondyl.clinic.scores.burden import OrganWords, extraspinal, organs, vertebrae
from spondyl.clinic.scores.instrument import Item
from spondyl.clinic.scores.performance import kps_row
from spondyl.clinic.scores.score import Answer, known, open_to

KPS_ROWS = {"poor (KPS 10-40)": (10, 40), "moderate (KPS 50-70)": (50, 70), "good (KPS 80-100)": (80, 100)}
EXTRASPINAL_ROWS = {"3 or more": (3, 10**6), "1 or 2": (1, 2), "none": (0, 0)}
VERTEBRA_ROWS = {"3 or more": (3, 10**6), "2": (2, 2), "1": (1, 1)}
ORGANS = OrganWords("none", "removable", "unremovable")
PALSY = {"complete (Frankel A, B)": COMPLETE, "incomplete (Frankel C, D)": INCOMPLETE, "none (Frankel E)": INTACT}
BRAIN_CAVEAT = "Brain metastases are not counted among the organs: the table as read names major internal organs only."


def shared_items(status: str) -> tuple[Item, ...]:
    """General condition, bones, vertebrae, organs, palsy: 0 to 2 points each."""
    return (
        Item("general condition", dict(zip(KPS_ROWS, (0, 1, 2), strict=True)), status),
        Item("extraspinal bone metastases", dict(zip(EXTRASPINAL_ROWS, (0, 1, 2), strict=True)), status),
        Item("vertebral metastases", dict(zip(VERTEBRA_ROWS, (0, 1, 2), strict=True)), status),
        Item("major organs", {"unremovable": 0, "removable": 1, "none": 2}, status),
        Item("palsy", dict(zip(PALSY, (0, 1, 2), strict=True)), status),
    )


def shared_answers(facts: Facts) -> Mapping[str, Answer]:
    """Answers to the shared items."""
    return {
        "general condition": kps_row(facts, KPS_ROWS),
        "extraspinal bone metastases": extraspinal(facts, EXTRASPINAL_ROWS),
        "vertebral metastases": vertebrae(facts, VERTEBRA_ROWS),
        "major organs": organs(facts, ORGANS),
        "palsy": _palsy(facts),
    }


def _palsy(facts: Facts) -> Answer:
    grades = frankel_possible(facts)
    options = tuple(row for row, group in PALSY.items() if grades & group)
    neurology = facts.clinical.neurology
    if len(options) == 1:
        stated = {"Frankel": neurology.frankel, "ASIA": neurology.asia}
        said = next((f"{scale} {grade}" for scale, grade in stated.items() if grade), "")
        return known(options[0], said or f"by walking and power: Frankel {' or '.join(sorted(grades))}")
    return open_to(*options, needs=("clinical.neurology.frankel",))
