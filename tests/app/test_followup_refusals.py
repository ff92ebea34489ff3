"""What the words of `spondyl followup` refuse: nothing is lost, nothing half done, no patient's data in a message."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from spondyl.app.cli import main
from spondyl.io.bundled import bundled_case
from spondyl.io.store import create_store, open_store

COHORT = Path(__file__).parents[1] / "data" / "cohort"
CASE = bundled_case("thoracic_t11")


@pytest.fixture(autouse=True)
def _amy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPONDYL_USER", "amy")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty store."""
    create_store(str(tmp_path / "trial.db"), "trial", who="amy").close()
    return tmp_path / "trial.db"


def _run(*words: object) -> int:
    with pytest.raises(SystemExit) as left:
        main(["followup", *(str(word) for word in words)])
    return int(str(left.value.code or 0))


def _refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """The one line that a refusal prints, with the line ends that the console adds taken out."""
    capsys.readouterr()
    assert _run(*words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    return " ".join(shown.err.split())


def _spoilt(tmp_path: Path) -> Path:
    """The made-up cohort with one patient who died of what is no cause."""
    folder = Path(shutil.copytree(COHORT, tmp_path / "spoilt"))
    deaths = folder / "deaths.csv"
    deaths.write_text(deaths.read_text().replace("S005,2025-09-30,tumour", "S005,2025-09-30,tumor"))
    return folder


@pytest.mark.parametrize(
    "target", ["trial.db", "trial.db-wal", "trial.db-shm", "spoilt/patients.csv", "spoilt/new.csv"]
)
def test_the_rejects_never_take_the_place_of_the_store_or_of_what_is_read(place, tmp_path, capsys, target):
    folder = _spoilt(tmp_path)
    before = {path: path.read_bytes() for path in (place, *folder.iterdir())}
    assert "--skip-bad" in _refused(capsys, "import", place, folder, "--skip-bad", tmp_path / target)
    assert {path: path.read_bytes() for path in (place, *folder.iterdir())} == before
    with open_store(str(place)) as store:
        assert store.pseudonyms() == ()


def test_the_rejects_are_written_over_rejects_alone(place, tmp_path, capsys):
    folder = _spoilt(tmp_path)
    other = tmp_path / "letter.txt"
    other.write_text("file of another kind\n")
    told = _refused(capsys, "import", place, folder, "--skip-bad", other)
    assert "holds no rejects, and is not written over" in told
    assert other.read_text() == "file of another kind\n"
    (tmp_path / "link.csv").symlink_to(place)
    assert "is the store itself" in _refused(capsys, "import", place, folder, "--skip-bad", tmp_path / "link.csv")
    assert _run("import", place, folder, "--skip-bad", tmp_path / "rejects.csv") == 1
    assert _run("import", place, folder, "--update", "--skip-bad", tmp_path / "rejects.csv") == 1


def _evaluated(tmp_path: Path) -> Path:
    """What `spondyl evaluate --json` prints, with one metric."""
    metric = {"structure": "GTV", "metric": "D98%", "value": 21.5, "unit": "Gy"}
    path = tmp_path / "evaluated.json"
    path.write_text(json.dumps({"protocol": "p", "verdicts": [], "metrics": [metric]}))
    return path


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("P 2", CASE), "PSEUDONYM: pseudonym: expected 1 to 64 letters, digits, dots, hyphens or underscores"),
        (("P2", CASE, "--lesion", "a b"), "patient P2: lesion_id: expected 1 to 64 letters, digits"),
        (("P2", CASE, "--on", "2931-01-01"), "patient P2: on: expected a date up to today"),
    ],
)
def test_a_case_that_no_record_can_be_is_refused_in_one_line(place, capsys, words, message):
    told = _refused(capsys, "add-case", place, *words)
    assert message in told
    assert not [word for word in ("input_value", "Traceback", "breast", "Value error") if word in told]
    with open_store(str(place)) as store:
        assert store.pseudonyms() == ()


def test_a_plan_of_another_lesion_or_of_no_name_is_refused_in_one_line(place, tmp_path, capsys):
    evaluated = _evaluated(tmp_path)
    assert _run("add-case", place, "P1", CASE, "--lesion", "S05") == 0
    there = ("add-plan", place, "P1", "--evaluated", evaluated)
    assert 'patient P1 has no lesion "ZZ"; nearest: S05' in _refused(capsys, *there, "--lesion", "ZZ")
    told = _refused(capsys, *there, "--lesion", "S05", "--plan-id", "Meier Hans")
    assert 'plan_id is "Meier Hans", expected 1 to 64 letters' in told
    assert told.endswith("choose another with --plan-id")
    with open_store(str(place)) as store:
        assert store.patient("P1").patient.plans == ()


def test_a_plan_of_the_same_name_is_written_over_only_where_that_is_said(place, tmp_path, capsys):
    evaluated = _evaluated(tmp_path)
    there = ("add-plan", place, "P1", "--evaluated", evaluated)
    assert _run("add-case", place, "P1", CASE) == 0
    assert _run(*there) == 0
    evaluated.write_text(evaluated.read_text().replace("21.5", "19.25"))
    told = _refused(capsys, *there)
    assert 'patient P1 has a plan "evaluated" already; --update writes over it' in told

    def value() -> float | None:
        with open_store(str(place)) as store:
            (plan,) = store.patient("P1").patient.plans
        return plan.value("GTV", "D98%")

    assert value() == 21.5
    assert _run(*there, "--update") == 0
    assert value() == 19.25


def test_a_day_that_no_calendar_has_or_that_no_visit_follows_is_refused(capsys):
    for day in ("2026-02-30", "31.03.2026"):
        told = _refused(capsys, "schedule", COHORT, "--on", day)
        assert f"--on is {day}, expected a day that the calendar has, written as 2026-03-31" in told
        assert "Value error" not in told
    told = _refused(capsys, "schedule", COHORT, "--on", "9999-12-31")
    assert "as of 9999-12-31, expected a day up to 9998-12-31; give an earlier one" in told


def test_pseudonyms_that_differ_in_capitals_alone_are_refused(place, tmp_path, capsys):
    """One patient who comes as two would count twice."""
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, names in ((one, "R01\nr01\n"), (two, "r01\n")):
        folder.mkdir()
        (folder / "patients.csv").write_text(f"pseudonym\n{names}")
    told = _refused(capsys, "check", one)
    assert 'patients.csv, row 3, column pseudonym: is "r01", row 2 has "R01": two pseudonyms may not differ' in told
    assert _run("add-case", place, "R01", CASE) == 0
    for words in (("--update",), ()):
        told = _refused(capsys, "import", place, two, *words)
        assert 'patients.csv, row 2, column pseudonym: is "r01", the store has "R01"' in told
    assert "patient r01 is not R01, and nothing was written" in _refused(capsys, "add-case", place, "r01", CASE)
    with open_store(str(place)) as store:
        assert store.pseudonyms() == ("R01",)


def test_who_writes_is_a_name_in_one_line(place, tmp_path, capsys):
    for who, message in (("amy\n2 forged", "has a line break"), ("", "nobody said who writes"), (" ", "nobody said")):
        assert message in _refused(capsys, "add-case", place, "P1", CASE, "--who", who)
        assert message in _refused(capsys, "init", tmp_path / "new.db", "--name", "n", "--who", who)
    assert not (tmp_path / "new.db").exists()
    with open_store(str(place)) as store:
        assert {line.who for line in store.audit()} == {"amy"}


def test_the_audit_of_a_patient_that_never_was_is_refused_with_the_nearest(place, capsys):
    assert _run("add-case", place, "R001", CASE) == 0
    assert 'no line of patient "R0011"; nearest: R001' in _refused(capsys, "audit", place, "--patient", "R0011")
