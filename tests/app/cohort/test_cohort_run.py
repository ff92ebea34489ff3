"""`spondyl cohort evaluate`: every case of a folder here and on a Dask cluster, resumable, a failure not fatal."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pydicom
import pytest

from spondyl.app.cli import main
from spondyl.app.cohort_run import CaseJob, on_this_machine, run_case

EXPORT = Path(__file__).parents[2] / "data" / "tps_export_breast"
ASK = ("--metric", "Heart:Dmean")
HEART_MEAN_GY = 0.646
"""By the planning system's own export, tests/data/tps_export_breast."""
LONG_S = 500
"""Ends a test that hangs; nothing is measured by it."""


def _case(folder: Path, *left_out: str) -> Path:
    """The export's dose, and of its structures the heart alone."""
    folder.mkdir(parents=True)
    shutil.copyfile(EXPORT / "rtdose.dcm", folder / "dose.dcm")
    if "structures.dcm" not in left_out:
        drawn = pydicom.dcmread(EXPORT / "rtss.dcm")
        (number,) = (item.ROINumber for item in drawn.StructureSetROISequence if item.ROIName == "Heart")
        drawn.StructureSetROISequence = [i for i in drawn.StructureSetROISequence if i.ROINumber == number]
        for name in ("ROIContourSequence", "RTROIObservationsSequence"):
            setattr(drawn, name, [i for i in drawn[name].value if i.ReferencedROINumber == number])
        drawn.save_as(folder / "structures.dcm")
    return folder


def _words(folder: Path, out: Path, *more: str) -> list[str]:
    return ["cohort", "evaluate", str(folder), "-o", str(out), *more, "--", *ASK]


def _until(condition: Callable[[], Any], process: subprocess.Popen[str]) -> Any:
    end = time.monotonic() + LONG_S
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    raise AssertionError("nothing happened")


def _rooms(out: Path) -> list[Path]:
    """Hidden folders of cases that are being made; a name is .CASE.HOST-PID.RANDOM."""
    return [path for path in out.glob(".*") if path.is_dir()] if out.is_dir() else []


def _maker(room: Path) -> int:
    return int(room.name.split("-")[-1].split(".")[0])


def _heart_gy(case: Path) -> float:
    (metric,) = json.loads((case / "result.json").read_text())["metrics"]
    return metric["value"]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, subprocess.CompletedProcess[str]]:
    """Three cases, of which one has no structures, and a folder that is none; killed midway and started again."""
    folder, out = tmp_path_factory.mktemp("cohort") / "plans", tmp_path_factory.mktemp("judged") / "out"
    for name, missing in (("anna", ()), ("bert", ("structures.dcm",)), ("carl", ())):
        _case(folder / name, *missing)
    (folder / "notes").mkdir()
    command = [sys.executable, "-m", "spondyl", *_words(folder, out, "--workers", "1", "--json")]
    first = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    _until(lambda: (out / "anna").is_dir() and _rooms(out), first)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    assert not (out / "carl").exists()
    assert not (out / "cohort.json").exists()
    return folder, out, subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONG_S)


def test_a_killed_run_goes_on_where_it_stopped(ran: tuple[Path, Path, subprocess.CompletedProcess[str]]) -> None:
    _, out, again = ran
    record = json.loads(again.stdout)
    assert record == json.loads((out / "cohort.json").read_text())
    assert [(c["case"], c["state"], c["kept"]) for c in record["cases"]] == [
        ("anna", "met", True), ("bert", "failed", False), ("carl", "met", False),
    ]  # fmt: skip
    assert _rooms(out) == []
    for name in ("anna", "carl"):
        assert _heart_gy(out / name) == pytest.approx(HEART_MEAN_GY, abs=0.001)
        assert (out / name / "dvh.csv").is_file()


def test_one_failed_case_is_told_and_the_rest_done(ran: tuple[Path, Path, subprocess.CompletedProcess[str]]) -> None:
    _, out, again = ran
    assert again.returncode == 1
    failed = json.loads((out / "bert.failed.json").read_text())
    assert (failed["exit_code"], (out / "bert").exists()) == (2, False)
    assert "bert holds no structures" in failed["message"]
    assert "note: left out: notes holds no dose.dcm" in again.stderr
    with (out / "cohort.csv").open(newline="") as stream:
        rows = [(row["case"], row["state"], row["structure"]) for row in csv.DictReader(stream)]
    assert rows == [("anna", "met", "Heart"), ("bert", "failed", ""), ("carl", "met", "Heart")]


def test_a_case_runs_again_only_when_its_inputs_change(
    ran: tuple[Path, Path, subprocess.CompletedProcess[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out, _ = ran
    shutil.copytree(out / "anna", tmp_path / "anna")
    job = CaseJob("evaluate", str(folder / "anna"), str(tmp_path / "anna"), ASK, str(Path.cwd()), 1)
    assert run_case(job).kept
    monkeypatch.setattr(subprocess, "run", _killed)
    for other in (replace(job, options=()), replace(job, case=str(folder / "bert")), replace(job, verb="plan")):
        assert run_case(other).failed
    assert (tmp_path / "anna" / "dvh.csv").is_file()  # what was there before a failure is kept
    assert run_case(job).kept


def test_on_a_cluster_a_killed_worker_loses_nothing(tmp_path: Path) -> None:
    """The same command with an address; the process of the worker that holds a case is killed."""
    distributed = pytest.importorskip("distributed")
    folder, out = tmp_path / "plans", tmp_path / "out"
    for name in ("anna", "carl"):
        _case(folder / name)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        pids = {worker.process.pid for worker in cluster.workers.values()}
        command = [
            sys.executable,
            "-m",
            "spondyl",
            *_words(folder, out, "--scheduler", cluster.scheduler_address, "--json"),
        ]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        victim = _maker(_until(lambda: _rooms(out), process)[0])
        assert victim in pids
        os.kill(victim, signal.SIGKILL)
        said, told = process.communicate(timeout=LONG_S)
    assert process.returncode == 0, told
    record = json.loads(said)
    assert [(c["case"], c["state"]) for c in record["cases"]] == [("anna", "met"), ("carl", "met")]
    assert [_heart_gy(out / name) for name in ("anna", "carl")] == [pytest.approx(HEART_MEAN_GY, abs=0.001)] * 2
    assert _rooms(out) == []


def _killed(*_: object, **__: object) -> subprocess.CompletedProcess[str]:
    """A process that the system kills, such as when memory runs out."""
    return subprocess.CompletedProcess((), -9, "", "")


def test_a_process_that_is_killed_is_one_failed_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", _killed)
    (tmp_path / "out").mkdir()
    jobs = [CaseJob("evaluate", str(tmp_path), str(tmp_path / "out" / name), (), ".", 1) for name in "ab"]
    results = sorted(on_this_machine(jobs, 2), key=lambda r: r.case)
    assert [(r.exit_code, r.failed, r.message) for r in results] == [
        (None, True, "its process was ended by signal 9")
    ] * 2
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a.failed.json", "b.failed.json"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("evaluate", "{}", "-o", "{}/out", "--", "--metrik", "Heart:Dmean"),
            "option --metrik is unknown; did you mean --metric",
        ),
        (("evaluate", "{}", "-o", "{}/out", "--", "--dose", "d.dcm"), "--dose after -- is each case's own"),
        (("evaluate", "{}", "-o", "{}/out", "--", "--protocol", "hytec-chord"), "nearest: hytec-cord"),
        (("evaluate", "{}", "-o", "{}/out", "--", "--protocol", "{}/mine.yaml"), "mine.yaml does not exist"),
        (("evaluate", "{}", "-o", "{}/out", "--", "--metric", "Heart:Dmeen"), "Dmeen"),
        (("plan", "{}", "-o", "{}/out", "--", "--technique", "imrd"), 'technique "imrd" is unknown; nearest: imrt'),
        (("plan", "{}", "-o", "{}/out", "--", "--technique", "imrt", "--entry-mm", "1,2,3"), "does not go with"),
        (("plan", "{}", "-o", "{}/out", "--", "--volume-setting", "margin"), "margin"),
        (("evaluate", "{}", "-o", "{}/out"), "holds no folder with dose.dcm or dose.nii.gz"),
        (("plan", "{}/none", "-o", "{}/out"), "is no folder"),
        (("evaluate", "{}/a", "-o", "{}/out"), "it is one case itself: spondyl evaluate"),
        (("plan", "{}", "-o", "{}/out", "--workers", "2", "--scheduler", "tcp://127.0.0.1:1"), "give one"),
    ],
)
def test_what_no_case_could_do_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    if "{}/a" in words:
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "dose.dcm").touch()
    with pytest.raises(SystemExit) as leaving:
        main(["cohort", *(word.replace("{}", str(tmp_path)) for word in words)])
    assert leaving.value.code == 2
    assert said in " ".join(capsys.readouterr().err.split())


def _refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as leaving:
        main(["cohort", *words])
    assert leaving.value.code == 2
    return " ".join(capsys.readouterr().err.split())


def _held(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("plans", "plans is {}/plans, where the cases are"),
        ("link", "link is {}/plans, where the cases are"),
        ("plans/judged", "lies in {}/plans, where the cases are"),
        ("plans/a/judged", "lies in {}/plans, where the cases are"),
        (".", "contains {}/plans, where the cases are"),
        ("linked", "contains {}/linked/b, where the cases are"),
        ("notes", "notes/a is there and holds no cohort-case.json"),
        ("planned", "planned/a is a result of `cohort plan`, expected one of `cohort evaluate`"),
    ],
)
def test_results_replace_nothing_but_results(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, out: str, said: str
) -> None:
    for case in ("plans/a", "linked/b"):
        (tmp_path / case).mkdir(parents=True)
        (tmp_path / case / "dose.dcm").write_text("dear")
    (tmp_path / "plans" / "b").symlink_to(tmp_path / "linked" / "b")
    (tmp_path / "link").symlink_to(tmp_path / "plans")
    for mine in ("notes", "planned"):
        (tmp_path / mine / "a").mkdir(parents=True)
        (tmp_path / mine / "a" / "dear.txt").write_text("dear")
    record = {"made_from": {"verb": "plan"}, "exit_code": 0, "message": ""}
    (tmp_path / "planned" / "a" / "cohort-case.json").write_text(json.dumps(record))
    before = _held(tmp_path)
    monkeypatch.setattr(subprocess, "run", _writes)
    assert said.replace("{}", str(tmp_path)) in _refused(
        capsys, "evaluate", f"{tmp_path}/plans", "-o", f"{tmp_path}/{out}"
    )
    assert _held(tmp_path) == before


def _writes(words: list[str], **_: object) -> subprocess.CompletedProcess[str]:
    """A verb that ends well at once."""
    Path(words[words.index("-o") + 1]).mkdir()
    return subprocess.CompletedProcess((), 0, "{}", "")


def test_a_case_by_itself_replaces_nothing_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a worker of a cluster runs it."""
    monkeypatch.setattr(subprocess, "run", _writes)
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "dose.dcm").touch()
    job = CaseJob("evaluate", str(tmp_path / "case"), str(tmp_path / "case"), (), str(tmp_path), 1)
    result = run_case(job)
    assert (result.exit_code, (tmp_path / "case" / "dose.dcm").is_file()) == (None, True)
    assert "holds no cohort-case.json" in result.message


def test_a_linked_case_keeps_its_name_in_the_cohort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", _writes)
    for folder in ("plans", "elsewhere/b"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "elsewhere" / "b" / "dose.dcm").touch()
    (tmp_path / "plans" / "a").symlink_to(tmp_path / "elsewhere" / "b")
    with pytest.raises(SystemExit) as leaving:
        main(["cohort", "evaluate", f"{tmp_path}/plans", "-o", f"{tmp_path}/out", "--quiet"])
    assert leaving.value.code == 0
    (told,) = json.loads((tmp_path / "out" / "cohort.json").read_text())["cases"]
    assert (told["case"], told["state"]) == ("a", "met")
