"""Where the treated vertebra lies: the level to treat, or every level of the lesion where none is singled out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from spondyl.clinic.decide.findings.finding import Finding, unknown
from spondyl.clinic.decide.patient import Patient
from spondyl.clinic.decide.truth import Truth
from spondyl.clinic.facts import LEVELS


def _between(first: str, last: str) -> frozenset[str]:
    return frozenset(LEVELS[LEVELS.index(first) : LEVELS.index(last) + 1])


REGIONS: Mapping[str, frozenset[str]] = {
    "at_cervical": _between("C1", "C7"),
    "at_upper_cervical": _between("C1", "C2"),
    "at_subaxial": _between("C3", "C6"),
    "at_cervicothoracic": _between("C7", "T2"),
    "at_thoracic": _between("T1", "T12"),
    "at_mid_or_low_thoracic": _between("T5", "T12"),
    "at_thoracic_or_lumbar": _between("T1", "L5"),
    "at_l2_l3": _between("L2", "L3"),
    "at_lower_lumbar": _between("L4", "L5"),
    "posterior_alone_region": _between("C1", "C6") | _between("T3", "L3"),
}
"""The junction is SINS's, C7 to T2 (Fisher 2010). Subaxial without C7, middle and lower thoracic as T5 to T12, lower
lumbar as L4 and L5 and upper lumbar as L1 to L3 are our readings: the papers print no levels."""


def in_region(patient: Patient, region: frozenset[str]) -> Truth:
    """Whether the treated vertebra lies in the region; unknown where the levels lie on both sides of its border."""
    facts = patient.facts
    levels = (facts.level,) if facts.level else facts.lesion_levels
    if not levels:
        return unknown("level", "level")
    hits = {level in region for level in levels}
    shown = ", ".join(levels)
    return Truth(hits.pop(), shown) if len(hits) == 1 else Truth(None, f"{shown}: which is treated?", ("level",))


PLACES: Mapping[str, Finding] = {name: partial(in_region, region=region) for name, region in REGIONS.items()}
