"""`spondyl assess`: what a person reads, what a program reads, and what is left in the output folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

import spondyl
from spondyl.app.board import VERDICTS, board_html, sorted_options
from spondyl.app.cli.main import main
from spondyl.clinic import read_facts
from spondyl.clinic.evidence import evidence_for
from spondyl.io import bundled_case


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as leaving:
        main([*arguments])
    return int(leaving.value.code or 0)


def case_of(tmp_path: Path, **clinical: object) -> Path:
    path = tmp_path / "case.yaml"
    path.write_text(yaml.safe_dump({"level": "T8", "histology": "melanoma", "clinical": clinical}))
    return path


def test_the_terminal_says_scores_options_and_the_disclaimer(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("assess", str(bundled_case("thoracic_t11"))) == 0
    said = capsys.readouterr().out
    assert "indeterminate" in said
    assert "conventional radiotherapy" in said
    assert "not a medical device" in " ".join(said.split())


@pytest.mark.parametrize("options", [(), ("--explain", "pkp"), ("--quiet",)])
def test_an_emergency_stands_on_the_first_line(
    options: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = case_of(tmp_path, neurology={"deficit_progression": "rapid"}, lesion={"bilsky_escc": "3"})
    assert run("assess", str(path), *options) == 0
    assert capsys.readouterr().out.startswith("EMERGENCY")


def test_one_option_as_data_comes_with_the_emergency_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = case_of(tmp_path, neurology={"deficit_progression": "rapid"}, lesion={"bilsky_escc": "3"})
    assert run("assess", str(path), "--explain", "pkp", "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert list(record) == ["emergency", "disclaimer", "pkp"]
    assert record["emergency"]["value"] is True


def test_what_looks_wrong_is_said_with_the_assessment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = case_of(tmp_path, laboratory={"albumin_g_per_dl": 28}, kps=90, ecog=3)
    assert run("assess", str(path)) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "is it in g/L" in said
    assert "two or more grades apart" in said
    assert run("assess", str(path), "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["flags"]) == 2


def test_an_emergency_not_excluded_is_said_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("assess", str(case_of(tmp_path))) == 0
    assert capsys.readouterr().out.startswith("emergency not excluded")


def test_json_has_scores_and_options_with_their_evidence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("assess", str(bundled_case("lumbar_l3")), "--json") == 0
    record = json.loads(capsys.readouterr().out)
    sins = record["scores"]["sins"]
    assert (sins["total"], sins["band"], sins["low"], sins["high"], sins["missing"]) == (6, "stable", 6, 6, [])
    assert sins["items"]["location"] == 2
    option = record["options"]["kypho_iort"]
    assert option["verdict"] in VERDICTS
    assert option["evidence"] == [outcome.id for outcome in evidence_for("kypho_iort")]
    assert {"rule", "for", "text", "source"} <= set(record["options"]["vertebral_stent"]["reasons"][0])


def test_explain_walks_through_the_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("assess", str(bundled_case("lumbar_l3")), "--explain", "vertebral_stent") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "R087" in said
    assert "002 (" in said


def test_explain_names_the_nearest_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("assess", str(bundled_case("lumbar_l3")), "--explain", "kypho_irot") == 2
    assert "nearest: kypho_iort" in " ".join(capsys.readouterr().err.split())


def test_the_folder_holds_sheet_data_and_provenance(tmp_path: Path) -> None:
    out = tmp_path / "board"
    assert run("assess", str(bundled_case("thoracic_t11")), "-o", str(out), "--quiet") == 0
    assert {path.name for path in out.iterdir()} == {"board.html", "assessment.json", "provenance.json"}
    assert "research and education" in (out / "board.html").read_text().casefold()


def test_pdf_without_a_folder_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("assess", str(bundled_case("thoracic_t11")), "--pdf") == 2
    assert "name it with -o" in " ".join(capsys.readouterr().err.split())


def test_the_sheet_is_one_printed_page() -> None:
    weasyprint = pytest.importorskip("weasyprint")
    for name in ("lumbar_l3", "thoracic_t11"):
        facts = spondyl.open_case(bundled_case(name)).facts
        html = board_html(spondyl.assess(facts), name)
        assert len(weasyprint.HTML(string=html).render().pages) == 1


def test_the_sheet_escapes_what_a_case_says() -> None:
    facts = read_facts({"histology": "<script>alert(1)</script>"})
    assert "<script>" not in board_html(spondyl.assess(facts), "<b>case</b>")


def test_options_are_sorted_by_verdict() -> None:
    made = spondyl.assess(spondyl.open_case(bundled_case("thoracic_t11")).facts)
    places = [VERDICTS.index(option.verdict) for option in sorted_options(made)]
    assert places == sorted(places)
