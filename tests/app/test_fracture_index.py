"""The plan's fracture score: volumes as drawn, SINS from the facts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from spondyl.app.plan_indices import _fracture
from spondyl.clinic.facts import read_facts
from spondyl.io import bundled_case
from spondyl.io.case_yaml import read_case_yaml

DRAWN = {"gtv_volume_cm3": 10.99, "gtv_epidural_volume_cm3": 0.47}


def _index(measures: dict[str, float], facts: Any) -> Any:
    (index,) = _fracture(SimpleNamespace(measures=measures), facts)  # type: ignore[arg-type]
    return index


@pytest.mark.parametrize(
    ("name", "total", "said"),
    [("lumbar_l3", 3, "SINS 6"), ("thoracic_t11", 2, "SINS 9")],
)
def test_bundled_cases_have_a_settled_score(name: str, total: int, said: str) -> None:
    """L3: epidural, lumbar, above 10 cm3, SINS 6. T11: epidural, SINS 9; 9.9 cm3 and not lumbar."""
    drawn = DRAWN if name == "lumbar_l3" else {"gtv_volume_cm3": 9.9, "gtv_epidural_volume_cm3": 0.24}
    index = _index(drawn, read_case_yaml(bundled_case(name) / "case.yaml"))
    assert index.value == total
    assert said in index.remark
    assert "not known" not in index.remark


def test_without_facts_of_stability_a_range_is_told() -> None:
    index = _index(DRAWN, read_facts({"level": "L3"}))
    assert index.value is None
    assert "3 to 4 of 4" in index.remark
    assert "SINS 2 to 17; SINS above 6: not known" in index.remark


def test_a_range_of_sins_on_one_side_of_6_counts() -> None:
    """Junctional, mechanical pain, lytic: 8 to 18 whatever the rest is."""
    facts = {"level": "T11", "clinical": {"pain": {"mechanical": True}, "lesion": {"bone_lesion_type": "lytic"}}}
    index = _index({"gtv_volume_cm3": 5.0, "gtv_epidural_volume_cm3": 0.0}, read_facts(facts))
    assert index.value == 1
    assert "SINS 8 to 18" in index.remark
