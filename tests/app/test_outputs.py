"""Where output cannot go, every verb says so before it reads anything."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from spondyl.app.cli import main

VERBS = {
    "import": ("import", "missing"),
    "show": ("show", "missing"),
    "volumes": ("volumes", "missing"),
    "plan": ("plan", "missing"),
    "evaluate": ("evaluate", "missing"),
    "report": ("report", "missing"),
    "demo": ("demo", "--case", "lumbar_l3"),
    "phantom": ("phantom", "missing.yaml"),
    "machine fit": ("machine", "fit", "missing"),
}


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[object, str]:
    with pytest.raises(SystemExit) as left:
        main([str(a) for a in arguments])
    return left.value.code, capsys.readouterr().err


def _name(verb: str) -> str:
    return "x.yaml" if verb == "machine fit" else "x"


@pytest.mark.parametrize("verb", VERBS)
def test_below_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str) -> None:
    (tmp_path / "taken").write_text("")
    code, said = run(capsys, *VERBS[verb], "-o", tmp_path / "taken" / _name(verb))
    assert code == 2
    assert f"{tmp_path / 'taken'} is a file, expected a folder; choose another name with -o" in said


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_in_a_folder_that_may_not_be_written_to(tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str) -> None:
    tmp_path.chmod(0o500)
    try:
        code, said = run(capsys, *VERBS[verb], "-o", tmp_path / _name(verb))
    finally:
        tmp_path.chmod(0o700)
    assert code == 2
    assert "may not be written to; choose another folder with -o" in said


@pytest.mark.parametrize(("verb", "name"), [("show", "x.png"), ("report", "x.html"), ("machine fit", "x.yaml")])
def test_a_folder_in_place_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str, name: str) -> None:
    (tmp_path / name).mkdir()
    code, said = run(capsys, *VERBS[verb], "-o", tmp_path / name)
    assert code == 2
    assert f"{tmp_path / name} is a folder, expected the name of a file" in said


def test_an_import_into_a_case_is_refused_before_the_files_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ct").mkdir()
    code, said = run(capsys, "import", tmp_path / "missing", "-o", tmp_path)
    assert code == 2
    assert "already holds ct, expected a new or empty folder" in said


def test_a_stop_leaves_what_was_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while the second file is written: exit code 130, no traceback, nothing half written."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("spondyl.core.provenance.Provenance.write", stop)
    spectrum = Path(__file__).parents[1] / "data" / "mv_reference" / "spectrum_mohan_6mv.csv"
    (tmp_path / "p.yaml").write_text(
        "grid: {min_mm: [-10, -10, 0], max_mm: [10, 10, 20], spacing_mm: [5, 5, 5]}\nbackground: water\n"
        f"beam: {{kind: photon, spectrum_csv: {spectrum}, source_mm: [0, 0, -900], direction: [0, 0, 1], "
        "field_mm: [10, 10]}\nengine: pencil-beam\n"
    )
    out = tmp_path / "out"
    out.mkdir()
    (out / "dose.npz").write_text("old")
    code, said = run(capsys, "phantom", tmp_path / "p.yaml", "-o", out, "--quiet")
    assert code == 130
    assert said.strip() == "stopped; nothing of this run is written, what was there before is kept"
    assert [p.name for p in out.iterdir()] == ["dose.npz"]
    assert (out / "dose.npz").read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "p.yaml"]
