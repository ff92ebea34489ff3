"""A needle plan from the command line, whole, on the bundled T11 with few photons."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from spondyl.anatomy import Structures
from spondyl.core import DISCLAIMER
from spondyl.evaluate import dvh
from spondyl.io import bundled_case, open_case, read_rtdose, read_rtstruct

T11 = str(bundled_case("thoracic_t11"))
DCIODVFY = shutil.which("dciodvfy")
FEW = ("--histories", "50000", "--quiet")
FILES = {
    "structures.dcm", "dose.dcm", "dose.nii.gz", "dose_to_water.dcm", "dose_after_cement.dcm", "dvh.csv",
    "key_numbers.json", "plan.json", "provenance.json",
    "report.html", "report.json", "verdicts.json",
}  # fmt: skip


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "spondyl", *arguments], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("needle") / "t11"
    done = run("plan", T11, "--technique", "kypho-iort", "-o", str(folder), *FEW)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def told(out: Path, name: str) -> Any:
    return json.loads((out / name).read_text())


def test_everything_is_written_and_nothing_half(out: Path) -> None:
    assert {p.name for p in out.iterdir()} == FILES
    assert [p.name for p in out.parent.iterdir() if p.name.startswith(".")] == []


def test_the_path_is_one_that_a_t11_pedicle_offers(out: Path) -> None:
    """Safe zones of pedicles T11 to L5 are 7.2 to 17.8 mm wide (Lien 2007, Eur Spine J 16:1215)."""
    plan = told(out, "plan.json")
    assert [7.0 <= p["passage_mm"] <= 17.8 for p in plan["proposals"]] == [True, True]
    (place,) = plan["positions"]
    assert place["fits"]
    assert 0 <= place["convergence_deg"] <= 45
    assert [p["at_bound"] for p in plan["proposals"]] == ["", ""]
    assert place["other_bone_mm"] >= 2.1
    assert 20 < place["skin_to_entry_mm"] < place["skin_to_pedicle_mm"] < 120
    assert place["wall_mm"] >= 2.1
    assert place["canal_mm"] >= 2.1
    assert (place["entry_mm"][0] < place["tip_mm"][0]) == (place["side"] == "right")


def test_the_minutes_are_those_of_the_calibration(out: Path) -> None:
    """8 Gy at 13 mm of 1.719 Gy/min."""
    assert told(out, "plan.json")["irradiation_minutes"] == pytest.approx(8 / 1.719, abs=1e-3)


def test_bone_shields_the_cord_and_takes_more_than_water_itself(out: Path) -> None:
    """To water the cord gets less than the table says, and the bone of the target more than water in its place."""
    rows = {(r["structure"], r["metric"]): r for r in told(out, "key_numbers.json")}
    cord = rows["SpinalCord", "D0.03cc"]
    assert 0.3 < cord["ratio"] < 0.9
    target = rows["GTV_Tissue", "Dmean"]
    assert target["patient"] > 1.2 * target["patient_to_water"]
    assert all(r["with_cement"] < r["patient"] for (name, _), r in rows.items() if name in ("SpinalCord", "GTV_Tissue"))


def test_the_files_alone_give_the_same_dose_and_the_needle_is_drawn(out: Path) -> None:
    dose = read_rtdose(out / "dose.dcm")
    assert np.array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(out / "dose.nii.gz"))), dose.values)
    structures = Structures(list(read_rtstruct(out / "structures.dcm", dose.grid).values()))
    tip = np.array(told(out, "plan.json")["positions"][0]["tip_mm"])
    k, j, i = np.rint(dose.grid.index_of(tip)).astype(int)
    assert structures["Needle"].full()[k, j, i] > 0.5
    assert dose.values[k, j, i] > 50


def test_the_other_doses_are_files_of_their_own_that_say_what_they_are(out: Path) -> None:
    """Their maxima, sampled on the CT's grid as the product does, are the key numbers', and no two share a series."""
    rows = {(r["structure"], r["metric"]): r for r in told(out, "key_numbers.json")}
    ct = open_case(bundled_case("thoracic_t11")).ct.grid
    structures = Structures(list(read_rtstruct(out / "structures.dcm", ct).values()))
    series = {pydicom.dcmread(out / "dose.dcm").SeriesInstanceUID}
    for name, reading, label in (
        ("dose_to_water", "patient_to_water", "dose to water"),
        ("dose_after_cement", "with_cement", "dose after cement"),
    ):
        file = pydicom.dcmread(out / f"{name}.dcm")
        assert file.SeriesDescription == f"{label}. {DISCLAIMER}"
        assert file.DoseComment.startswith(f"{label}, to-{'water' if reading == 'patient_to_water' else 'medium'}, kv-")
        series.add(file.SeriesInstanceUID)
        cord = dvh(read_rtdose(out / f"{name}.dcm"), structures["SpinalCord"])
        assert cord.max_gy == pytest.approx(rows["SpinalCord", "Dmax"][reading], rel=1e-4)
    assert len(series) == 3


@pytest.mark.skipif(DCIODVFY is None, reason="dciodvfy (Debian's dicom3tools) is not installed")
@pytest.mark.parametrize("name", ["dose", "dose_to_water", "dose_after_cement", "structures"])
def test_dciodvfy_finds_no_error(out: Path, name: str) -> None:
    checked = subprocess.run([str(DCIODVFY), str(out / f"{name}.dcm")], capture_output=True, text=True, check=False)
    assert [line for line in checked.stderr.splitlines() if line.startswith("Error")] == []


def test_its_folder_is_evaluated_and_reported_like_any_other(out: Path) -> None:
    judged = run("evaluate", str(out), "--json")
    assert judged.returncode == 0, judged.stderr
    before = {(v["structure"], v["metric"], v["limit"]): v["value"] for v in told(out, "verdicts.json")["verdicts"]}
    after = {(v["structure"], v["metric"], v["limit"]): v["value"] for v in json.loads(judged.stdout)["verdicts"]}
    assert after == pytest.approx(before, rel=0.01)
    page = (out / "report.html").read_text()
    assert run("report", str(out), "--quiet").returncode == 0
    assert (out / "report.html").read_text().count("<tr") == page.count("<tr")
    assert "its axis as seen from here" in page
    assert "eligibility is not settled" in page


def test_the_needle_s_steel_is_in_the_dose_and_out_after_the_cement(out: Path) -> None:
    assumed = " ".join(told(out, "report.json")["assumptions"])
    assert "the needle is steel, 8 g/cm3, from 10 mm behind the source to the skin" in assumed


def test_the_report_says_what_is_assumed_of_kilovoltage_photons(out: Path) -> None:
    assert "no relative biological effectiveness (RBE) is applied" in " ".join(told(out, "report.json")["assumptions"])
    assert "no relative biological effectiveness (RBE) is applied" in (out / "report.html").read_text()


def test_the_report_says_first_that_the_target_gets_less_than_prescribed(out: Path) -> None:
    (lowest,) = (
        n["patient"] for n in told(out, "key_numbers.json") if (n["structure"], n["metric"]) == ("GTV_Tissue", "D98%")
    )
    assert lowest < 8.0
    assert "of the 8 Gy prescribed: less than prescribed" in " ".join(told(out, "report.json")["warnings"])
