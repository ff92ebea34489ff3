"""Performance, Frankel, ASIA, pain response and WBB: every grade, every crossing, every combination."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from facts_paths import facts_of

from spondyl.clinic.scores import asia, chow, ecog, frankel, kps, wbb

N = "clinical.neurology."
ECOG_OF = {0: 5, 10: 4, 20: 4, 30: 3, 40: 3, 50: 2, 60: 2, 70: 1, 80: 1, 90: 0, 100: 0}


@pytest.mark.parametrize(("value", "status"), ECOG_OF.items())
def test_each_kps_has_one_ecog(value: int, status: int) -> None:
    """KPS 80 is ECOG 1 in both published crosswalks."""
    facts = facts_of({"clinical.kps": value})
    assert (kps(facts).total, ecog(facts).total) == (value, status)


@pytest.mark.parametrize("status", range(6))
def test_each_ecog_has_a_range_of_kps(status: int) -> None:
    facts = facts_of({"clinical.ecog": status})
    inside = [value for value, of in ECOG_OF.items() if of == status]
    score = kps(facts)
    assert (score.low, score.high, ecog(facts).total) == (min(inside), max(inside), status)
    assert score.total == (0 if status == 5 else None)


def test_stated_status_stands_although_the_crosswalk_differs() -> None:
    facts = facts_of({"clinical.kps": 60, "clinical.ecog": 1})
    assert (kps(facts).total, ecog(facts).total) == (60, 1)


def test_nothing_known_leaves_all() -> None:
    facts = facts_of({})
    assert [(s(facts).low, s(facts).high) for s in (kps, ecog, frankel, asia)] == [
        (0, 100),
        (0, 5),
        ("A", "E"),
        ("A", "E"),
    ]


@pytest.mark.parametrize("grade", "ABCDE")
def test_stated_grades(grade: str) -> None:
    assert frankel(facts_of({N + "frankel": grade})).total == grade
    assert asia(facts_of({N + "asia": grade})).total == grade


@pytest.mark.parametrize(
    ("facts", "grades"),
    [
        ({N + "ambulatory": True}, "DE"),
        ({N + "ambulatory": False}, "ABCE"),
        ({N + "lower_limb_power_mrc": 2}, "CD"),
        ({N + "lower_limb_power_mrc": 4}, "CDE"),
        ({N + "lower_limb_power_mrc": 2, N + "ambulatory": False}, "C"),
        ({N + "asia": "D"}, "CD"),
        ({N + "asia": "A"}, "AB"),
        ({N + "asia": "E"}, "E"),
    ],
)
def test_frankel_from_other_facts(facts: dict[str, Any], grades: str) -> None:
    assert "".join(band.name for band in frankel(facts_of(facts)).bands) == grades


BEFORE, AFTER = "clinical.pain.", "clinical.follow_up."


def response(before: int, after: int, drug: int, later: int) -> set[str]:
    """Chow 2012 as the digest gives it; what it leaves open is more than one answer."""
    change, quarter = after - before, 0.25 * drug
    if after == 0 and later <= drug:
        return {"complete"}
    if (change <= -2 and later <= drug) or (drug > 0 and later <= drug - quarter and change <= 0):
        return {"partial"}
    if change >= 2:
        if later == drug:
            return {"progression"}
        return {"indeterminate"} if drug > 0 and later <= drug - quarter else {"indeterminate", "progression"}
    if later > drug and later >= drug + quarter and 0 <= change <= 1:
        return {"progression"} if drug else {"indeterminate", "progression"}
    return {"indeterminate"}


def test_pain_response_over_the_whole_grid() -> None:
    seen = set()
    for before, after, drug, later in product(range(1, 11), range(11), (0, 40), (0, 20, 30, 31, 40, 41, 49, 50, 80)):
        paths = {
            BEFORE + "vas_0_10": before,
            AFTER + "vas_0_10": after,
            BEFORE + "opioid_omed_mg_per_day": drug,
            AFTER + "opioid_omed_mg_per_day": later,
        }
        score = chow(facts_of(paths))
        assert {band.name for band in score.bands} == response(before, after, drug, later), paths
        assert bool(score.undefined) == (score.total is None)
        seen.add(score.total)
    assert seen == {"complete", "partial", "progression", "indeterminate", None}


def test_no_pain_before_has_nothing_to_respond() -> None:
    paths = {BEFORE + "present": False, AFTER + "vas_0_10": 3}
    paths |= {BEFORE + "opioid_omed_mg_per_day": 0, AFTER + "opioid_omed_mg_per_day": 0}
    score = chow(facts_of(paths))
    assert "no pain before" in score.undefined[0]
    assert score.status == "unconfirmed"


def test_extent_is_a_description() -> None:
    score = wbb(facts_of({"clinical.lesion.wbb.zones": [12, 1, 4], "clinical.lesion.wbb.layers": ["D", "A"]}))
    assert score.total == "zones 1, 4, 12; layers A, D"
    assert [band.meaning for band in score.bands] == ["extraosseous soft tissue", "extraosseous, extradural"]
    assert wbb(facts_of({})).missing == ("zones", "layers")
