"""What facts refuse, what they flag, and that nothing else than a named error ever comes out of them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spondyl.clinic.facts import Facts, facts_template, keys, read_facts
from spondyl.clinic.flags import flags
from spondyl.clinic.missing import missing_facts, unknown_facts
from spondyl.clinic.scores import SCORES
from spondyl.core.errors import CaseError
from spondyl.io.case_yaml import read_case_yaml

TO_COME = (date.today() + timedelta(days=2)).isoformat()


@pytest.mark.parametrize(
    ("clinical", "said"),
    [
        ({"kps": 95}, "clinical.kps is 95"),
        ({"kps": "eighty"}, "clinical.kps is 'eighty': expected a whole number"),
        ({"age_years": "62"}, "clinical.age_years is '62': expected a number"),
        ({"pain": {"present": "maybe"}}, "clinical.pain.present is 'maybe': expected true or false"),
        ({"lesion": {"levels": "T8"}}, "clinical.lesion.levels is 'T8': expected a list, such as [T8, T9]"),
        ({"pain": [1, 2]}, "clinical.pain is a list: expected keys and values below it"),
        ({"neurology": {"motor_power_mrc": 5}}, "motor_power_mrc is 5: expected keys and values below it"),
        ({"primary_histology": {"breast": True}}, "clinical.primary_histology is a table: expected a text"),
        ({"ecog": 6}, "clinical.ecog is 6"),
        ({"lesion": {"levels": ["T13"]}}, "T13"),
        ({"lesion": {"collapse_percent": 120}}, "clinical.lesion.collapse_percent is 120"),
        ({"prior_radiotherapy": {"courses": [{"date": TO_COME}]}}, "expected a date up to today"),
        ({"prior_surgery": {"operations": [{"date": "last May"}]}}, "expected a date such as"),
        ({"systemic": {"visceral_metastases": 0, "visceral": [{"organ": "liver"}]}}, "names 1 (liver)"),
        ({"systemic": {"involved_levels": []}}, "this lesion's vertebra is one"),
        ({"systemic": {"involved_levels": ["T3"]}, "lesion": {"levels": ["T8"]}}, "this lesion is at T8"),
        ({"systemic": {"other_spinal_metastases": 29}}, "clinical.systemic.other_spinal_metastases is 29"),
        ({"systemic": {"visceral_metastases": 21}}, "clinical.systemic.visceral_metastases is 21"),
        ({"neurology": {"ambulatory": True, "lower_limb_power_mrc": "0/5"}}, "walks (ambulatory) with a power of 0/5"),
        ({"neurology": {"frankel": "B", "ambulation": "independent"}}, "frankel B means that they cannot"),
        ({"neurology": {"asia": "A", "frankel": "E"}}, "asia A contradicts frankel E"),
        ({"neurology": {"asia": "B", "ambulatory": True}}, "asia B contradicts the patient walks"),
        ({"neurology": {"ryu_neurological_grade": "c", "lower_limb_power_mrc": 3}}, "power of 4/5 or more"),
        ({"lesion": {"epidural": {"cord_abutted": True, "thecal_sac_deformed": False}}}, "cord_abutted is true"),
        ({"lesion": {"epidural": {"canal_compromise_percent": 5, "tumour_in_epidural_space": False}}}, "is 5"),
        ({"lesion": {"epidural": {"canal_compromise_percent": 60, "thecal_sac_deformed": False}}}, "is 60"),
        (
            {"lesion": {"bilsky_escc": "1a", "levels": ["T8"], "epidural": {"thecal_sac_deformed": True}}},
            "1a contradicts",
        ),
        ({"lesion": {"bilsky_escc": "2", "levels": ["T8"], "epidural": {"csf_visible": False}}}, "2 contradicts"),
        ({"lesion": {"levels": ["T8"], "epidural": {"at_cauda_equina": True}}}, "T8 lies at the cord"),
        ({"systemic": {"diffuse_spinal": True, "involved_levels": ["T8"]}}, "one vertebra is involved"),
        (
            {"primary_histology": "castration-resistant prostate cancer", "primary": {"hormone_dependent": True}},
            "says the opposite",
        ),
    ],
)
def test_refused(clinical: dict[str, Any], said: str) -> None:
    with pytest.raises(CaseError, match=re.escape(said)):
        read_facts({"clinical": clinical})


def test_a_later_format_is_refused_by_name() -> None:
    with pytest.raises(CaseError, match="from a later spondyl; update spondyl"):
        read_facts({"case_format": 2})
    with pytest.raises(CaseError, match="expected a format from 1 to 1"):
        read_facts({"case_format": 0})


@pytest.mark.parametrize(("written", "grade"), [(0, "0"), (2, "2"), (3, "3"), ("1A", "1a"), ("2", "2")])
def test_a_grade_may_stand_without_quotes(written: Any, grade: str) -> None:
    assert read_facts({"clinical": {"lesion": {"bilsky_escc": written}}}).clinical.lesion.bilsky_escc == grade


@pytest.mark.parametrize("written", [1, 4, True, 2.5, "1"])
def test_no_other_number_is_a_grade(written: Any) -> None:
    with pytest.raises(CaseError, match=re.escape("clinical.lesion.bilsky_escc is")):
        read_facts({"clinical": {"lesion": {"bilsky_escc": written}}})


def test_words_count_in_any_case() -> None:
    lesion = {"bone_lesion_type": "Osteolytic", "posterolateral_involvement": "Bilateral"}
    facts = read_facts({"clinical": {"sex": "Female", "lesion": lesion}})
    assert facts.clinical.sex == "female"
    assert facts.clinical.lesion.bone_lesion_type == "lytic"
    assert facts.clinical.lesion.posterolateral_involvement == "bilateral"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"clinical": {"kps": 90, "ecog": 2}}, "two or more grades apart"),
        ({"histology": "squamous cell carcinoma"}, "scores take it as unknown"),
        ({"histology": "ovarian carcinoma", "clinical": {"sex": "male"}}, "clinical.sex is male"),
        ({"clinical": {"lesion": {"collapse_percent": 30, "fracture": False}}}, "collapse without fracture"),
        ({"clinical": {"lesion": {"collapse_percent": 50}}}, "exactly 50"),
        ({"level": "L4", "clinical": {"lesion": {"bilsky_escc": "3"}}}, "there is none at L4"),
        ({"level": "L4", "clinical": {"lesion": {"epidural": {"at_cauda_equina": False}}}}, "the cord has ended"),
        ({"clinical": {"neurology": {"frankel": "D", "lower_limb_power_mrc": 5}}}, "every power is 5/5"),
        ({"clinical": {"age_years": 12}}, "made for adults"),
        ({"clinical": {"laboratory": {"albumin_g_per_dl": 28}}}, "is 28: is it in g/L"),
        ({"clinical": {"laboratory": {"calcium_mg_per_dl": 2.4}}}, "is 2.4: is it in mmol/L"),
        ({"clinical": {"laboratory": {"platelets_per_ul": 250}}}, "is 250: is it in thousands"),
        ({"clinical": {"lesion": {"bilsky_escc": "0"}}, "measured": {"gtv_epidural_volume_cm3": 0.4}}, "check both"),
    ],
)
def test_flagged_and_not_refused(data: dict[str, Any], said: str) -> None:
    assert any(said in flag for flag in flags(read_facts(data)))


def test_one_grade_apart_is_common_and_not_flagged() -> None:
    assert flags(read_facts({"clinical": {"kps": 70, "ecog": 2}})) == ()


def test_the_template_names_every_fact_and_says_nothing(tmp_path: Path) -> None:
    """Every key of the models stands in it, empty; read back, everything is unknown."""
    path = tmp_path / "case.yaml"
    path.write_text(facts_template())
    assert read_case_yaml(path) == Facts()
    told = yaml.safe_load(facts_template())
    for name, table in keys(Facts):
        place: Any = told
        for part in name.split("."):
            assert part in place, name
            place = place[part]
        assert table is not None or place is None
    assert all("#" in line for line in facts_template().splitlines() if line.strip().endswith(":"))
    lines = {line.split(":")[0].strip(): line for line in facts_template().splitlines()}
    assert lines["ecog"].endswith("# ECOG performance status, 0 to 5.")
    assert '"0", 1a, 1b, 1c, "2", "3"' in lines["bilsky_escc"]
    assert "true or false" in lines["mechanical"]


def test_what_is_missing_and_what_it_settles() -> None:
    """Location apart, SINS waits for pain alone here; NESMS for albumin among others."""
    lesion = {
        "bone_lesion_type": "lytic",
        "alignment": "normal",
        "collapse_percent": 30,
        "posterolateral_involvement": "none",
    }
    facts = read_facts({"level": "T8", "clinical": {"pain": {"present": True}, "lesion": lesion}})
    by_path = {each.path: each for each in missing_facts(facts)}
    assert by_path["clinical.pain.mechanical"].settles == ("sins",)
    assert "nesms" in by_path["clinical.laboratory.albumin_g_per_dl"].narrows
    assert "level" not in by_path
    assert "clinical.kps" in unknown_facts(facts)
    assert not {"level", "clinical.pain.present"} & set(unknown_facts(facts))


def test_every_need_of_every_score_is_a_key() -> None:
    known = {path for path, _ in keys(Facts)}
    for score in SCORES:
        assert set(score(Facts()).needs) <= known


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-10, 200), st.integers(), st.floats(), st.text(max_size=8), st.dates(),
    st.sampled_from(["T8", "L4", "E", "A", "1b", "3", "normal", "incontinent", "rapid", "breast", "4/5", "0/5"]),
)  # fmt: skip
PATHS = sorted(path for path, table in keys(Facts) if table is None)


def _place(data: dict[str, Any], path: str, value: Any) -> None:
    *tables, key = path.split(".")
    for table in tables:
        inner = data.setdefault(table, {})
        if not isinstance(inner, dict):
            return
        data = inner
    data[key] = value


@settings(max_examples=300, deadline=None)
@example({"clinical.systemic.involved_levels": []})
@example({"clinical.systemic.extraspinal_bone_metastases": 10**9})
@example({"clinical.lesion.levels": [], "clinical.lesion.wbb.zones": []})
@given(st.dictionaries(st.sampled_from(PATHS), st.one_of(VALUES, st.lists(VALUES, max_size=3)), max_size=12))
def test_fuzzed_facts_raise_nothing_but_a_case_error(paths: dict[str, Any]) -> None:
    """And what is accepted can be scored, flagged and checked."""
    data: dict[str, Any] = {}
    for path, value in paths.items():
        _place(data, path, value)
    try:
        facts = read_facts(data)
    except CaseError:
        return
    for score in SCORES:
        found = score(facts)
        assert found.bands
        assert found.record()["missing"] == list(found.missing)
    flags(facts)
    missing_facts(facts)


@settings(max_examples=150, deadline=None)
@given(st.recursive(VALUES, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(
    st.one_of(st.sampled_from(["clinical", "measured", "level", "lesion", "kps", "visceral"]), st.text(max_size=4)),
    inner, max_size=4)), max_leaves=20))  # fmt: skip
def test_fuzzed_trees_raise_nothing_but_a_case_error(tree: Any) -> None:
    if not isinstance(tree, dict):
        tree = {"clinical": tree}
    try:
        read_facts(tree)
    except CaseError:
        return


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_fuzzed_files_raise_nothing_but_a_case_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "case.yaml"
    path.write_bytes(content)
    try:
        read_case_yaml(path)
    except CaseError:
        return


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_histology_known_or_not(text: str) -> None:
    try:
        facts = read_facts({"histology": text})
    except CaseError:
        return
    flags(facts)
