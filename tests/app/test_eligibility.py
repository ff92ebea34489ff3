"""Whether a needle may be planned: what the rules forbid is refused, an override is printed, unknown facts are told."""

from __future__ import annotations

from typing import Any

import pytest

from spondyl.app.eligibility import eligibility
from spondyl.clinic.facts import Facts, read_facts
from spondyl.core.errors import PlanError

LESION = {
    "bone_lesion_type": "lytic", "alignment": "normal", "collapse_percent": 30, "posterolateral_involvement": "none",
    "posterior_elements_involved": False, "fracture_recent": False,
    "epidural": {
        "tumour_in_epidural_space": False, "thecal_sac_deformed": False, "cord_abutted": False,
        "cord_compressed": False, "at_cauda_equina": False,
    },
}  # fmt: skip


def facts(*, wall: bool | None = False, centre: bool | None = True) -> Facts:
    """A painful, unstable T12 in a patient with a year to live; posterior wall and centre as given."""
    lesion: dict[str, Any] = {**LESION, **({} if wall is None else {"posterior_wall_involved": wall})}
    clinical = {
        "pain": {"present": True, "mechanical": True},
        "life_expectancy_months_estimate": 12,
        "lesion": lesion,
        "systemic": {
            "visceral_metastases": 0, "brain_metastases": 0, "extraspinal_bone_metastases": 1,
            "other_spinal_metastases": 0, "disseminated_or_uncontrollable": False, "diffuse_spinal": False,
        },
        **({} if centre is None else {"centre": {"kypho_iort": centre}}),
    }  # fmt: skip
    return read_facts({"level": "T12", "clinical": clinical})


def test_a_breached_posterior_wall_is_refused_with_its_rule() -> None:
    with pytest.raises(PlanError, match=r"kypho-iort is contraindicated.*\[R079\].*--override REASON"):
        eligibility(facts(wall=True), "kypho-iort")


def test_an_override_is_the_first_warning() -> None:
    found = eligibility(facts(wall=True), "kypho-iort", "palliation, tumour board of today")
    assert found.verdict == "contraindicated"
    first, second = found.warnings()
    assert first == "planned although it is contraindicated, by the user's reason: palliation, tumour board of today"
    assert second.startswith("the rules say contraindicated: ")
    assert "[R079]" in second


def test_unknown_facts_are_named_and_do_not_stop_the_plan() -> None:
    found = eligibility(facts(wall=None), "kypho-iort")
    assert found.verdict == "needs facts"
    assert "clinical.lesion.posterior_wall_involved" in found.warnings()[0]


def test_a_centre_that_cannot_is_told() -> None:
    found = eligibility(facts(centre=False), "kypho-iort")
    assert found.verdict == "advised against"
    assert "[R182]" in found.warnings()[0]


def test_where_nothing_speaks_against_it_nothing_is_said() -> None:
    assert eligibility(facts(), "kypho-iort").warnings() == ()


def test_an_override_of_nothing_is_refused() -> None:
    with pytest.raises(PlanError, match="is not contraindicated here"):
        eligibility(facts(), "kypho-iort", "just in case")
