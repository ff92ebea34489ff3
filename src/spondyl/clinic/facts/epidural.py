"""What each grade of epidural compression means as findings on MR, and which grades known findings leave possible."""

from __future__ import annotations

from collections.abc import Mapping

from spondyl.clinic.facts.base import LEVELS
from spondyl.clinic.facts.lesion import Epidural

FINDINGS = ("tumour_in_epidural_space", "thecal_sac_deformed", "cord_abutted", "cord_compressed", "csf_visible")
GRADES: Mapping[str, tuple[bool | None, ...]] = {
    "0": (False, False, False, False, None),
    "1a": (True, False, False, False, None),
    "1b": (True, True, False, False, None),
    "1c": (True, True, True, False, None),
    "2": (True, True, None, True, True),
    "3": (True, True, None, True, False),
}
"""Bilsky's grades (Bilsky 2010, J Neurosurg Spine 13:324) by finding, in the order of `FINDINGS`; None: either way."""
LAST_WITH_CORD, FIRST_WITHOUT_CORD = "T11", "L3"
"""The cord ends between the middle of T12 and the upper third of L3 in adults (Saifuddin 1998, Spine 23:1452).

Above T12 there is cord; from L3 on there is cauda equina; between them only the images can tell.
"""


def grades_possible(epidural: Epidural) -> tuple[str, ...]:
    """Grades of which no known finding speaks against, from the mildest; none where the findings contradict."""
    known = [getattr(epidural, name) for name in FINDINGS]
    share = epidural.canal_compromise_percent
    if share is not None and share > 0 and known[0] is None:
        known[0] = True
    return tuple(
        grade
        for grade, row in GRADES.items()
        if all(said is None or meant is None or said == meant for said, meant in zip(known, row, strict=True))
    )


def below_conus(epidural: Epidural, levels: tuple[str, ...]) -> bool | None:
    """Whether the lesion lies at the cauda equina: as stated, or by its levels where they leave no doubt."""
    if epidural.at_cauda_equina is not None:
        return epidural.at_cauda_equina
    places = [LEVELS.index(level) for level in levels]
    if places and min(places) >= LEVELS.index(FIRST_WITHOUT_CORD):
        return True
    return False if places and max(places) <= LEVELS.index(LAST_WITH_CORD) else None
