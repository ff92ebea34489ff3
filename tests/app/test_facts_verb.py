"""`spondyl facts new` and `spondyl facts check`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spondyl.app.cli.main import main
from spondyl.clinic.facts import facts_template
from spondyl.clinic.scores import SCORES
from spondyl.io import bundled_case


def _run(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    return int(left.value.code or 0)


def test_new_writes_the_template_and_writes_over_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "new" / "case.yaml"
    assert _run("facts", "new", "-o", str(path)) == 0
    assert path.read_text() == facts_template()
    path.write_text("level: T8\n")
    assert _run("facts", "new", "-o", str(path)) == 2
    assert "not written over" in capsys.readouterr().err
    assert path.read_text() == "level: T8\n"
    assert _run("facts", "new", "-o", str(tmp_path)) == 2
    assert "is a folder" in capsys.readouterr().err
    assert _run("facts", "new") == 0
    assert capsys.readouterr().out == facts_template()


def test_check_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("facts", "check", str(bundled_case("thoracic_t11")), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["scores"]["sins"]["total"] == 9
    assert told["scores"]["ryu"]["total"] == "II b"
    assert told["scores"]["tomita"]["items"] == {"primary tumour": 1, "visceral metastases": 0, "bone metastases": 2}
    assert set(told["scores"]) == {score.__name__.removesuffix("_of") for score in SCORES}
    missing = {each["fact"]: each for each in told["missing"]}
    assert missing["clinical.laboratory.albumin_g_per_dl"]["narrows"] == ["nesms", "katagiri"]
    assert told["flags"] == []


def test_check_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "facts.yaml"
    path.write_text("level: T8\nhistology: melanoma\nclinical: {kps: 90, ecog: 2}\n")
    assert _run("facts", "check", str(path)) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Missing facts" in said
    assert "undefined: Tomita score" in said
    assert "two or more grades apart" in said


def test_contradictions_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "facts.yaml"
    path.write_text("clinical: {neurology: {ambulatory: true, lower_limb_power_mrc: 0}}\n")
    assert _run("facts", "check", str(path), "--json") == 2
    told = capsys.readouterr()
    assert json.loads(told.out)["readable"] is False
    assert "nobody can: correct one" in told.err
    assert _run("facts", "check", str(tmp_path / "none.yaml")) == 2
