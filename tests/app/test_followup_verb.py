"""`spondyl followup`: a store from nothing to what is due, by its words, and what is refused."""

from __future__ import annotations

import importlib
import io
import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from spondyl.app.cli import main
from spondyl.followup.records import LesionRecord, PatientRecord, TreatmentRecord
from spondyl.io.bundled import bundled_case
from spondyl.io.cohort_csv import write_cohort
from spondyl.io.store import KEY, KEY_FILE, create_store, open_store

COHORT = Path(__file__).parents[1] / "data" / "cohort"
CASE = bundled_case("thoracic_t11")


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPONDYL_USER", "amy")
    for name in (KEY, KEY_FILE):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty store."""
    create_store(str(tmp_path / "trial.db"), "trial", who="amy").close()
    return tmp_path / "trial.db"


def _run(*words: object) -> int:
    with pytest.raises(SystemExit) as left:
        main(["followup", *(str(word) for word in words)])
    return int(str(left.value.code or 0))


def test_a_folder_goes_into_a_new_store_and_comes_out_the_same(tmp_path: Path):
    place = tmp_path / "new.db"
    assert _run("init", place, "--name", "SBRT trial", "--who", "ben") == 0
    assert _run("import", place, COHORT) == 0
    assert _run("export", place, "-o", tmp_path / "out") == 0
    assert all((tmp_path / "out" / path.name).read_bytes() == path.read_bytes() for path in COHORT.glob("*.csv"))
    with open_store(str(place)) as store:
        assert store.name == "SBRT trial"
        assert {line.who for line in store.audit() if line.table == "visits"} == {"amy"}


def test_what_is_there_is_written_over_only_where_that_is_said(place: Path, capsys: pytest.CaptureFixture[str]):
    assert _run("import", place, COHORT) == 0
    assert _run("import", place, COHORT) == 2
    told = capsys.readouterr().err
    assert "has 24 faults; nothing was taken from it" in told
    assert "patients.csv, row 2, column pseudonym: S001 is in the store already; --update writes over it" in told
    assert _run("import", place, COHORT, "--update", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"new": 0, "written_over": 24, "rejected_rows": 0}


def test_a_fault_keeps_everything_out_and_skip_bad_leaves_that_patient_out(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    folder = Path(shutil.copytree(COHORT, tmp_path / "spoilt"))
    deaths = folder / "deaths.csv"
    deaths.write_text(deaths.read_text().replace("S005,2025-09-30", "S005,30.09.2025"))
    assert _run("check", folder, "--json") == 2
    faults = json.loads(capsys.readouterr().out)["faults"]
    assert [(fault["file"], fault["row"], fault["column"]) for fault in faults] == [
        ("deaths.csv", None, None),
        ("deaths.csv", 2, "on"),
    ]
    assert _run("import", place, folder) == 2
    assert "deaths.csv, row 2, column on:" in capsys.readouterr().err
    with open_store(str(place)) as store:
        assert store.pseudonyms() == ()
    assert _run("import", place, folder, "--skip-bad", tmp_path / "rejects.csv") == 1
    with open_store(str(place)) as store:
        assert len(store.pseudonyms()) == 23
        assert "S005" not in store.pseudonyms()
    rejects = (tmp_path / "rejects.csv").read_text().splitlines()
    assert rejects[1].startswith('deaths.csv,2,on,"is ""30.09.2025"", expected a date such as 2024-03-31')


def _due(tmp_path: Path) -> Path:
    """One patient who was treated on 2024-01-10 and never seen since, and one who was not treated."""
    lesion = LesionRecord(lesion_id="A", level="T11")
    treated = TreatmentRecord(
        treatment_id="t", lesion_id="A", kind="sbrt", started_on=date(2024, 1, 8), ended_on=date(2024, 1, 10)
    )
    write_cohort(
        [PatientRecord(pseudonym="P1", lesions=(lesion,), treatments=(treated,)), PatientRecord(pseudonym="P2")],
        tmp_path / "due",
    )
    return tmp_path / "due"


def test_the_schedule_says_who_is_due_and_overdue_of_a_folder_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = _due(tmp_path)
    assert _run("schedule", folder, "--on", "2024-02-20", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["on"], found["overdue"]) == ("2024-02-20", ["P1"])
    (only,) = found["patients"]
    assert (only["treated_on"], only["lesions"]) == ("2024-01-10", ["A"])
    assert [(visit["visit"], visit["due_on"], visit["status"]) for visit in only["visits"]] == [
        ("2 weeks", "2024-01-24", "overdue"),
        ("3 months", "2024-04-10", "coming"),
    ]
    assert _run("schedule", folder, "--on", "2024-02-01", "--overdue") == 0
    shown = capsys.readouterr()
    assert "P1" not in shown.out
    assert "2 patients, 1 treated by 2024-02-01, 1 in follow-up, 0 overdue" in shown.err


def test_a_case_and_its_plan_come_into_the_store(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert _run("add-case", place, "P1", CASE, "--on", "2024-01-05") == 0
    assert _run("add-case", place, "P1", CASE) == 2
    assert 'has a lesion "A" already' in capsys.readouterr().err
    plan = tmp_path / "plan"
    plan.mkdir()
    (plan / "plan.json").write_text(
        json.dumps({"technique": "vmat", "protocol": "p", "prescription": {"dose_gy": 24.0, "fractions": 2}})
    )
    verdict = {
        "structure": "SpinalCord", "metric": "D0.03cc", "op": "<=", "limit": 17.0, "value": None, "unit": "Gy",
        "level": "mandatory", "status": "unknown", "margin": None, "source": "HyTEC",
    }  # fmt: skip
    (plan / "verdicts.json").write_text(json.dumps({"protocol": "hytec-cord", "plan": "x", "verdicts": [verdict]}))
    metrics = [
        {"structure": "GTV", "metric": "D98%", "value": 21.375, "unit": "Gy"},
        {"structure": "Heart", "metric": "Dmean", "value": None, "unit": "Gy"},
    ]
    evaluated = tmp_path / "evaluated.json"
    evaluated.write_text(json.dumps({"protocol": None, "plan": "x", "verdicts": [], "metrics": metrics}))
    assert _run("add-plan", place, "P1", plan, "--evaluated", evaluated) == 0
    assert "Heart Dmean is unknown and was not recorded" in capsys.readouterr().err
    with open_store(str(place)) as store:
        patient = store.patient("P1").patient
    assert patient.lesion("A").level == "T11"
    assert {each.instrument: each.total for each in patient.assessments}["sins"] == 9.0
    assert patient.visits[0].pain_vas == 7.0
    (kept,) = patient.plans
    assert (kept.plan_id, kept.technique, kept.protocol, kept.prescription_gy, kept.fractions) == (
        "plan", "vmat", "hytec-cord", 24.0, 2,
    )  # fmt: skip
    assert kept.value("GTV", "D98%") == 21.375
    assert kept.verdicts[0].status == "unknown"
    assert _run("add-plan", place, "P1") == 2
    assert "give PLAN or --evaluated" in capsys.readouterr().err


def test_the_audit_tells_before_and_after_and_a_removal(place: Path, capsys: pytest.CaptureFixture[str]):
    assert _run("add-case", place, "P1", CASE) == 0
    assert _run("remove", place, "P1", "--who", "ben") == 0
    assert _run("audit", place, "--patient", "P1") == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(" amy lesions insert (pseudonym P1, lesion_id A) level: None -> T11" in line for line in lines)
    assert any(" ben patients delete (pseudonym P1) sex: female -> None" in line for line in lines)
    assert _run("audit", place, "--json") == 0
    assert json.loads(capsys.readouterr().out)[0]["table"] == "cohort"


def test_who_a_pseudonym_is_needs_the_key(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    assert _run("add-case", place, "P1", CASE) == 0
    assert _run("key", tmp_path / "id.key") == 0
    monkeypatch.setenv(KEY_FILE, str(tmp_path / "id.key"))
    monkeypatch.setattr("sys.stdin", io.StringIO("Erika Mustermann\nKH-4711\n"))
    assert _run("identity", place, "P1", "--set") == 0
    assert "Mustermann" not in "".join(capsys.readouterr())
    assert _run("identity", place, "P1") == 0
    assert capsys.readouterr().out == "Erika Mustermann\nKH-4711\n"
    monkeypatch.delenv(KEY_FILE)
    assert _run("identity", place, "P1") == 2
    assert "no key is given" in capsys.readouterr().err
    assert _run("export", place, "-o", tmp_path / "out") == 0
    assert not any("Mustermann" in path.read_text() for path in (tmp_path / "out").iterdir())
    assert _run("identity", place, "P1", "--forget") == 0
    assert _run("identity", place, "P1") == 2


def test_without_the_extra_it_says_which_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    def missing(name: str):
        raise ModuleNotFoundError("No module named 'sqlalchemy'", name="sqlalchemy")

    room = importlib.import_module("spondyl.app.cli.followup_store")
    monkeypatch.setattr(room.importlib, "import_module", missing)
    with pytest.raises(room.StoreError, match=r"needs sqlalchemy.*pip install 'spondyl\[followup\]'"):
        room.stores()
