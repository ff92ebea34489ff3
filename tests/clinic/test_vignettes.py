"""Vignettes: the bundled ones agree, they cover what they should, and the runner finds what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spondyl.clinic.decide import rules
from spondyl.clinic.facts import read_facts
from spondyl.clinic.scores import SCORES
from spondyl.clinic.vignettes import Vignette, VignetteError, run_vignette
from spondyl.core.errors import CaseError
from spondyl.io.vignette_files import bundled_vignettes, read_vignettes

BUNDLED = [vignette for path in bundled_vignettes() for vignette in read_vignettes(path)]


@pytest.mark.parametrize("vignette", BUNDLED, ids=lambda vignette: vignette.name)
def test_a_bundled_vignette_agrees(vignette: Vignette) -> None:
    assert run_vignette(vignette).differences == ()


def test_the_bundled_vignettes_cover_every_score_modality_and_row_of_noms() -> None:
    names = [vignette.name for vignette in BUNDLED]
    assert len(names) >= 30
    assert len(set(names)) == len(names)
    settled = {
        key
        for vignette in BUNDLED
        for key, score in vignette.expect.scores.items()
        if score.total is not None or any(points is not None for points in score.items.values())
    }
    assert settled == {score(read_facts({})).key for score in SCORES}
    asked = {modality for vignette in BUNDLED for modality in vignette.expect.options}
    modalities = {rule.row.modality for rule in rules()} - {"mdt", "scoring", "imrt_vmat"}
    assert modalities <= asked
    rows = {rule for v in BUNDLED for option in v.expect.options.values() for rule in option.for_}
    assert {f"NOMS {number}" for number in range(1, 11)} <= rows


def test_most_rules_that_decide_are_held_by_a_vignette() -> None:
    """188 rules; those that only inform need none."""
    named = {
        rule
        for vignette in BUNDLED
        for option in vignette.expect.options.values()
        for rule in (*option.for_, *option.against)
    }
    deciding = {
        rule.row.id for rule in rules() if rule.effect != "informs" and rule.row.modality not in ("mdt", "scoring")
    }
    assert len(deciding & named) / len(deciding) > 0.85, sorted(deciding - named)


BASE: dict[str, Any] = {
    "name": "T11",
    "source": "constructed",
    "facts": {
        "level": "T11",
        "clinical": {
            "pain": {"present": True, "mechanical": True},
            "lesion": {"bone_lesion_type": "lytic", "bilsky_escc": "3", "posterior_wall_involved": True},
        },
    },
}


def _run(expect: dict[str, Any]) -> list[tuple[str, str, str]]:
    result = run_vignette(Vignette.model_validate({**BASE, "expect": expect}))
    return [(each.where, each.expected, each.got) for each in result.differences]


def test_the_base_agrees_with_what_the_tables_give() -> None:
    """T11 3, mechanical 3, lytic 2; alignment, collapse and sides open: 8 to 18 (Fisher 2010)."""
    scores = {"sins": {"total": None, "low": 8, "high": 18, "items": {"location": 3, "collapse": None}}}
    assert _run({"scores": scores, "options": {"pkp": {"verdict": "contraindicated", "against": ["R077"]}}}) == []


@pytest.mark.parametrize(
    ("expect", "difference"),
    [
        ({"emergency": True}, ("emergency", "yes", "unknown")),
        ({"scores": {"sins": {"total": 9}}}, ("sins.total", "9", "open")),
        ({"scores": {"sins": {"low": 7}}}, ("sins.low", "7", "8")),
        ({"scores": {"sins": {"band": "stable"}}}, ("sins.band", "stable", "open")),
        ({"scores": {"sins": {"items": {"pain": 1}}}}, ("sins.pain", "1", "3")),
        ({"scores": {"sins": {"items": {"pain": None}}}}, ("sins.pain", "open", "3")),
        ({"scores": {"sins": {"missing": []}}}, ("sins.missing", "none", "alignment, collapse, posterolateral")),
        ({"scores": {"sins": {"undefined": ["collapse"]}}}, ("sins.undefined", "collapse", "none")),
        ({"options": {"pkp": {"verdict": "possible"}}}, ("pkp.verdict", "possible", "contraindicated")),
        (
            {"options": {"pkp": {"verdict": ["possible", "needs facts"]}}},
            ("pkp.verdict", "possible or needs facts", "contraindicated"),
        ),
        ({"options": {"pkp": {"silent": ["R077"]}}}, ("pkp.silent", "R077 silent", "R077 speaks")),
        ({"options": {"pkp": {"disagree": True}}}, ("pkp.disagree", "yes", "no")),
    ],
)
def test_what_does_not_hold_is_told(expect: dict[str, Any], difference: tuple[str, str, str]) -> None:
    assert _run(expect) == [difference]


def test_a_rule_on_the_wrong_side_is_told() -> None:
    (difference,) = _run({"options": {"pkp": {"for": ["R077"]}}})
    assert difference[:2] == ("pkp.for", "R077")
    (difference,) = _run({"options": {"pkp": {"against": ["R080"]}}})
    assert difference[:2] == ("pkp.against", "R080")


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ({"scores": {"sin": {"total": 9}}}, '"sin" does not exist; nearest: sins'),
        ({"scores": {"sins": {"items": {"pains": 1}}}}, '"pains" does not exist; nearest: pain'),
        ({"scores": {"sins": {"missing": ["pains"]}}}, '"pains" does not exist'),
        ({"options": {"kyphoplasty": {"verdict": "possible"}}}, '"kyphoplasty" does not exist'),
        ({"options": {"pkp": {"against": ["R070"]}}}, "R070 says nothing of this option"),
    ],
)
def test_what_does_not_exist_is_refused_and_never_agrees(expect: dict[str, Any], said: str) -> None:
    with pytest.raises(VignetteError, match=said.replace("(", r"\(")):
        _run(expect)


def test_refused_facts_name_the_vignette() -> None:
    told = {**BASE, "facts": {"clinical": {"kps": 95}}, "expect": {"emergency": False}}
    with pytest.raises(CaseError, match=r'vignette "T11": clinical\.kps'):
        run_vignette(Vignette.model_validate(told))


ONE = "vignettes:\n- {name: a, source: b, facts: {}, expect: {emergency: unknown}}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no list under `vignettes:`"),
        ("vignettes: []", "no list under `vignettes:`"),
        ("vignettes: [", "not readable YAML"),
        ("- a", "no list under `vignettes:`"),
        (ONE + "more: 1", "more is no key here"),
        ("vignette_format: 2\n" + ONE, "vignette_format is 2"),
        ("vignette_format: one\n" + ONE, "vignette_format is one"),
        (ONE + ONE.splitlines()[1], 'two vignettes are named "a"'),
        ("vignettes: [5]", "vignette 1"),
        ("vignettes: [{name: a, source: b, facts: {}}]", "expect is missing"),
        ("vignettes: [{name: a, facts: {}, expect: {emergency: true}}]", "source is missing"),
        ("vignettes: [{name: a, source: b, facts: {}, expect: {}}]", "expects nothing"),
        ("vignettes: [{name: a, source: b, facts: {}, expect: {emergncy: true}}]", "emergncy is no key"),
        ("vignettes: [{name: a, source: b, facts: {}, expect: {options: {pkp: {verdict: maybe}}}}]", "recommended"),
        ("vignettes: [{name: a, source: b, facts: {}, expect: {options: {pkp: {verdict: []}}}}]", "verdict"),
    ],
)
def test_a_file_that_is_not_one_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text(text)
    with pytest.raises(VignetteError) as caught:
        read_vignettes(file)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.yaml"):
        with pytest.raises(VignetteError, match="cannot be read"):
            read_vignettes(path)


def test_the_page_tells_how_many_there_are_and_its_example_agrees(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "clinical" / "vignettes.md").read_text()
    assert f"\n{len(BUNDLED)} vignettes in" in page
    for path in bundled_vignettes():
        row = next(line for line in page.splitlines() if line.startswith(f"| `{path.name}`"))
        assert row.split("|")[3].strip() == str(len(read_vignettes(path))), path.name
    example = tmp_path / "example.yaml"
    example.write_text(page.split("```yaml\n")[1].split("```")[0])
    assert [run_vignette(each).differences for each in read_vignettes(example)] == [()]
