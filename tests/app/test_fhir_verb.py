"""`spondyl fhir`: export, import, codes, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spondyl.app.cli import main
from spondyl.io.bundled import bundled_case
from spondyl.io.case_yaml import read_case_yaml

CASE = bundled_case("thoracic_t11")


def _run(*words: object) -> int:
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    return int(str(left.value.code or 0))


def test_out_and_in_again_gives_the_same_facts_and_the_same_bytes(tmp_path: Path) -> None:
    first, again, back = tmp_path / "a.json", tmp_path / "b.json", tmp_path / "case.yaml"
    assert _run("fhir", "export", CASE, "-o", first) == 0
    assert _run("fhir", "import", first, "-o", back) == 0
    assert read_case_yaml(back) == read_case_yaml(CASE / "case.yaml")
    assert _run("fhir", "export", back, "-o", again) == 0
    assert again.read_bytes() == first.read_bytes()


def test_the_day_is_written_where_it_is_given(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    assert _run("fhir", "export", CASE / "case.yaml", "-o", file, "--date", "2026-03-31") == 0
    days = {e["resource"].get("authoredOn") for e in json.loads(file.read_text())["entry"]} - {None}
    assert days == {"2026-03-31"}


def test_import_without_a_file_prints_yaml(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.json"
    assert _run("fhir", "export", CASE, "-o", file) == 0
    assert _run("fhir", "import", file) == 0
    assert "case_id: thoracic_t11" in capsys.readouterr().out


def test_codes_are_code_systems(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("fhir", "codes") == 0
    entries = json.loads(capsys.readouterr().out)["entry"]
    assert {entry["resource"]["resourceType"] for entry in entries} == {"CodeSystem"}
    assert _run("fhir", "codes", "-o", tmp_path / "codes.json") == 0
    assert json.loads((tmp_path / "codes.json").read_text())["entry"] == entries


def test_refused_and_nothing_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"resourceType": "Patient"}')
    out = tmp_path / "case.yaml"
    assert _run("fhir", "import", bad, "-o", out) == 2
    assert "expected a FHIR Bundle" in capsys.readouterr().err
    assert not out.exists()
    out.write_text("level: L3\n")
    assert _run("fhir", "import", bad, "-o", out) == 2
    assert "not written over" in capsys.readouterr().err
    assert out.read_text() == "level: L3\n"
    assert _run("fhir", "export", tmp_path / "none", "-o", tmp_path / "a.json") == 2
    assert _run("fhir", "export", CASE, "-o", tmp_path) == 2
    assert _run("fhir", "export", CASE, "-o", tmp_path / "a.json", "--date", "soon") == 2
