"""`spondyl vignettes`: what it prints and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spondyl.app.cli import main

OURS = """vignettes:
- name: twelve
  source: constructed
  facts: {level: T11, clinical: {pain: {present: true, mechanical: true}}}
  expect: {scores: {sins: {items: {location: 3, pain: %s}}}}
"""


def _run(*words: object) -> int:
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    return int(str(left.value.code or 0))


def _file(folder: Path, pain: int) -> Path:
    file = folder / "ours.yaml"
    file.write_text(OURS % pain)
    return file


def test_all_agree_is_exit_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("vignettes", _file(tmp_path, 3)) == 0
    assert "1 of 1 vignettes agree" in capsys.readouterr().out


def test_one_that_differs_is_exit_1_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("vignettes", _file(tmp_path, 1)) == 1
    told = capsys.readouterr().out
    assert "differs" in told
    assert "sins.pain: 1; got 3" in " ".join(told.split())
    assert "0 of 1 vignettes agree" in told


def test_json_is_data_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = _file(tmp_path, 1)
    assert _run("vignettes", file, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["agree"], told["differ"]) == (0, 1)
    assert told["files"][str(file)][0]["differences"] == [{"where": "sins.pain", "expected": "1", "got": "3"}]


def test_the_bundled_ones_run_without_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("vignettes", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["differ"] == 0
    assert told["agree"] >= 30


def test_a_refused_file_is_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = _file(tmp_path, 3)
    assert _run("vignettes", file, file) == 2
    assert "given twice" in capsys.readouterr().err
    file.write_text(file.read_text().replace("mechanical: true", "mechanical: perhaps"))
    assert _run("vignettes", file) == 2
    assert 'vignette "twelve"' in capsys.readouterr().err
    assert _run("vignettes", tmp_path / "none.yaml") == 2
