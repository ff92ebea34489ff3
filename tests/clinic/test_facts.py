"""case.yaml's facts: the bundled cases are read whole, everything else is refused with the nearest key."""

import re

import pytest

from spondyl.clinic import LEVELS, Facts, read_facts
from spondyl.core.errors import CaseError
from spondyl.io import bundled_case
from spondyl.io.case_yaml import read_case_yaml, template


@pytest.mark.parametrize(
    ("name", "level", "histology"),
    [
        ("lumbar_l3", "L3", "clear cell renal cell carcinoma"),
        ("thoracic_t11", "T11", "breast carcinoma, ER positive, HER2 negative"),
    ],
)
def test_bundled_cases_are_read_whole(name: str, level: str, histology: str) -> None:
    facts = read_case_yaml(bundled_case(name) / "case.yaml")
    assert (facts.level, facts.histology, facts.prescription) == (level, histology, "sib-sbrt-30in5")
    assert facts.case_id == name
    assert facts.clinical.pain.present is True
    assert facts.clinical.lesion.bilsky_escc == "1b"


def test_collapse_keys_name_their_reference_levels() -> None:
    facts = read_case_yaml(bundled_case("thoracic_t11") / "case.yaml")
    assert facts.measured.collapse_percent_vs_mean is not None
    assert facts.measured.collapse_percent_vs_mean["T10_T12"].middle == 39
    assert facts.measured.heights_mm is not None
    assert facts.measured.heights_mm["T11"].posterior == 21.1


def test_plain_keys_at_the_top() -> None:
    facts = read_facts({"level": "T11", "histology": "melanoma", "prescription": "sib-sbrt-30in5"})
    assert (facts.level, facts.histology, facts.prescription) == ("T11", "melanoma", "sib-sbrt-30in5")


def test_unknown_stays_none() -> None:
    facts = read_facts({"clinical": {"pain": None, "kps": None}})
    assert facts.level is None
    assert facts.clinical.pain.present is None
    assert facts.clinical.lesion.paraspinal_mass is None


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"levle": "L3"}, '"levle" is not a known key; nearest: level'),
        ({"kps": 80}, "nearest: clinical.kps"),
        ({"clinical": {"pain": {"presnt": True}}}, "nearest: clinical.pain.present"),
        ({"measured": {"gtv_volume_cm": 3.0}}, "nearest: measured.gtv_volume_cm3"),
        ({"measured": {"collapse_percent_vs_mean_T10_T13": {"middle": 3}}}, "is not a known key"),
        ({"stated_level": "L3"}, "is not a known key"),
        ({"level": "T13"}, 'level is "T13", expected a vertebral level C1-C7, T1-T12, L1-L5 or S1-S5'),
        ({"level": 3}, "level is 3"),
        ({"level": True}, "level is True"),
        ({"histology": " "}, "expected a text"),
        ({"clinical": {"kps": 85}}, "clinical.kps is 85"),
        ({"clinical": {"ecog": 6}}, "clinical.ecog is 6"),
        ({"clinical": {"age_years": float("nan")}}, "clinical.age_years is nan"),
        ({"clinical": {"pain": {"mechanical": "yes"}}}, "clinical.pain.mechanical is 'yes'"),
        ({"level": "L3", "measured": {"level": "L2"}}, 'level "L3" contradicts measured.level "L2"'),
        ({"level": "L3", "clinical": {"lesion": {"levels": ["L1", "L2"]}}}, 'level "L3" is not among'),
        ({"histology": "melanoma", "clinical": {"primary_histology": "lymphoma"}}, "contradicts"),
    ],
)
def test_refused(data: dict[str, object], said: str) -> None:
    with pytest.raises(CaseError, match=re.escape(said)):
        read_facts(data)


def test_all_faults_at_once() -> None:
    with pytest.raises(CaseError, match=r"T13.*levle|levle.*T13"):
        read_facts({"levle": "L3", "level": "T13"})


def test_there_are_29_levels() -> None:
    """7 cervical, 12 thoracic, 5 lumbar, 5 sacral."""
    assert len(LEVELS) == 29


def test_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Facts().case_id = "x"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("level: L3\nlevel: L4\n", 'key "level" is given twice'),
        ("level: [L3\n", "not readable YAML: line"),
        ("- L3\n", "holds a list"),
        ("a: &x [1]\nb: *x\n", "alias"),
        ("level: !!python/object/apply:os.system ['true']\n", "not readable YAML"),
        ("? [a]\n: 1\n", "a key is a list"),
    ],
)
def test_bad_yaml(tmp_path, text: str, said: str) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(text)
    with pytest.raises(CaseError, match=re.escape(said)):
        read_case_yaml(path)


def test_not_utf8(tmp_path) -> None:
    path = tmp_path / "case.yaml"
    path.write_bytes(b"level: \xff\xfe")
    with pytest.raises(CaseError, match="UTF-8"):
        read_case_yaml(path)


def test_missing_and_empty(tmp_path) -> None:
    with pytest.raises(CaseError, match="not found"):
        read_case_yaml(tmp_path / "case.yaml")
    (tmp_path / "case.yaml").write_text("")
    assert read_case_yaml(tmp_path / "case.yaml") == Facts()


def test_template_is_readable(tmp_path) -> None:
    (tmp_path / "case.yaml").write_text(template("x1", ("a note",)))
    assert read_case_yaml(tmp_path / "case.yaml").case_id == "x1"
