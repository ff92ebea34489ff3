"""`spondyl recompute`: the dose of a plan that was handed over, again, and what does not belong refused by name."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "io"))
from recompute_phantom import write_phantom
from rtplan_maker import ISOCENTRE, our_plan

from spondyl.app.cli import main
from spondyl.app.dicom_output import write_dicom
from spondyl.app.recompute_agreement import agreement
from spondyl.app.recompute_plan import plan_of_rtplan
from spondyl.core import Grid
from spondyl.dose import Dose
from spondyl.io import as_stored, open_case, read_rtdose, write_rtdose
from spondyl.plan import plan_dose, save_plan

PROTOCOL = """name: tiny
title: Two limits for a phantom
fractions: [5]
source: invented
goals:
  - {structure: PTV_Eval, metric: D50%, op: ">=", limit: 3.0, unit: Gy, level: mandatory, status: unconfirmed,
     source: invented}
  - {structure: SpinalCord, metric: D0.03cc, op: "<=", limit: 1.0, unit: Gy, level: optimal, status: unconfirmed,
     source: invented}
wishlist: []
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A phantom case, and its plan with plan.dcm, dose.dcm, structures.dcm and plan.json in `out`."""
    made = tmp_path_factory.mktemp("recompute")
    case = open_case(write_phantom(made / "case"))
    plan = our_plan()
    plan = replace(plan, case=case.name, beams=plan.beams[1:], fields=plan.fields[-2:])
    dose = as_stored(plan_dose(plan, case))
    (made / "out").mkdir()
    write_dicom(made / "out", case, case.structures, dose, plan)
    save_plan(made / "out" / "plan.json", plan)
    louder = replace(dose, values=(1.15 * dose.values).astype(np.float32))
    write_rtdose(made / "louder.dcm", louder, case)
    (made / "tiny.yaml").write_text(PROTOCOL)
    return made


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as left:
        main(["recompute", *(str(a) for a in arguments)])
    said = capsys.readouterr()
    return left.value.code, said.out, said.err


def test_the_plan_that_came_back_has_the_planned_dose(folder, tmp_path, capsys):
    """Asked: 0.1 %. No voxel is off by more than 1e-5 of the maximum."""
    out, given = tmp_path / "check", folder / "out"
    code, said, _ = run(
        capsys, folder / "case", "--rtplan", given / "plan.dcm", "--dose", given / "dose.dcm", "--json", "-o", out
    )
    record = json.loads(said)
    assert code == 0
    assert [g["passing_percent"] for g in record["agreement"]["gamma"]] == [100.0, 100.0]
    assert [beam["name"] for beam in record["beams"]] == ["steps", "still"]
    assert record["mu_per_fraction"] == pytest.approx(100 / 3 + 7 + 77.7, abs=1e-4)
    first, second = read_rtdose(given / "dose.dcm"), read_rtdose(out / "dose.dcm")
    np.testing.assert_allclose(second.values, first.values, rtol=0, atol=1e-5 * float(first.values.max()))
    written = pydicom.dcmread(out / "dose.dcm").ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID
    assert written == pydicom.dcmread(given / "plan.dcm").SOPInstanceUID
    assert {p.name for p in out.iterdir()} == {
        "dose.dcm", "dose.nii.gz", "structures.dcm", "dvh.csv", "plan.json", "recompute.json", "report.html",
        "report.json", "provenance.json",
    }  # fmt: skip


def test_a_plan_folder_is_recomputed_against_its_own_dose(folder, tmp_path, capsys):
    code, said, _ = run(
        capsys, folder / "case", "--plan", folder / "out", "--protocol", folder / "tiny.yaml", "-o", tmp_path
    )
    assert code == 0
    assert "100.0 %" in said
    assert "SpinalCord D0.03cc <= 1 Gy" in " ".join(said.split())
    page = (tmp_path / "report.html").read_text()
    assert "Verdicts of both doses" in page
    assert "Targets: recomputed, reference, difference" in page
    assert "(0.00 %)" in page


def test_a_dose_that_is_15_percent_off_is_told(folder, tmp_path, capsys):
    """The whole reference 15 % higher: beyond 3 % and what 2 mm of its gradient give."""
    code, _, err = run(
        capsys,
        folder / "case",
        "--rtplan",
        folder / "out" / "plan.dcm",
        "--dose",
        folder / "louder.dcm",
        "-o",
        tmp_path,
    )
    record = json.loads((tmp_path / "recompute.json").read_text())
    assert code == 1
    assert "of points pass gamma at 3 %/2 mm, expected at least 95 %; exit code 1" in err
    assert "the doses do not agree: " in (tmp_path / "report.html").read_text()
    assert not record["agreement"]["within_tolerance"]
    row = next(r for r in record["agreement"]["metrics"] if r["structure"] == "PTV_Eval" and r["metric"] == "D50%")
    assert row["difference_percent"] == pytest.approx(100 * (1 / 1.15 - 1), abs=0.01)


def test_a_mandatory_limit_that_fails_gives_exit_code_1(folder, tmp_path, capsys):
    (tmp_path / "high.yaml").write_text(PROTOCOL.replace("limit: 3.0", "limit: 30.0"))
    code, _, err = run(
        capsys, folder / "case", "--rtplan", folder / "out" / "plan.dcm", "--protocol", tmp_path / "high.yaml",
        "--engine", "pencil-beam", "-o", tmp_path / "o",
    )  # fmt: skip
    assert code == 1
    assert "1 fails (PTV_Eval D50% >= 30 Gy)" in err


def test_what_the_linac_could_not_deliver_is_said(folder, tmp_path):
    """Jaws at -250 mm: beyond the linac's reach of 200."""
    ds = pydicom.dcmread(folder / "out" / "plan.dcm")
    for point in ds.BeamSequence[1].ControlPointSequence:
        for device in point.get("BeamLimitingDevicePositionSequence", []):
            if device.RTBeamLimitingDeviceType == "ASYMX":
                device.LeafJawPositions = [-250.0, 45.0]
    ds.save_as(tmp_path / "wide.dcm")
    given = plan_of_rtplan(tmp_path / "wide.dcm", open_case(folder / "case"))
    assert any('could not deliver this: beam "still"' in note and "-250" in note for note in given.notes)


def changed(folder, tmp_path, **keywords):
    ds = pydicom.dcmread(folder / "out" / "plan.dcm")
    for keyword, value in keywords.items():
        holder = ds if keyword in ("FrameOfReferenceUID", "FractionGroupSequence") else ds.BeamSequence[0]
        setattr(holder, keyword, value)
    ds.save_as(tmp_path / "changed.dcm")
    return tmp_path / "changed.dcm"


def test_what_does_not_belong_is_refused(folder, tmp_path, capsys):
    plan, case = folder / "out" / "plan.dcm", folder / "case"
    elsewhere = changed(folder, tmp_path, FrameOfReferenceUID="1.2.3")
    refused = {
        "frame of reference is 1.2.3, expected the CT's": (case, "--rtplan", elsewhere),
        "got neither of --rtplan FILE and --plan FILE": (case,),
        "got both of --rtplan FILE and --plan FILE": (case, "--rtplan", plan, "--plan", folder / "out"),
        "expected RTPLAN": (case, "--rtplan", folder / "out" / "dose.dcm"),
        "dose nowhere.dcm not found": (case, "--rtplan", plan, "--dose", "nowhere.dcm"),
        'linac "hd1" is unknown': (case, "--rtplan", plan, "--linac", "hd1"),
        "give --linac hd120-6mv": (case, "--rtplan", plan, "--linac", "m120-6mv"),
    }
    for told, arguments in refused.items():
        code, _, err = run(capsys, *arguments, "-o", tmp_path / "o")
        assert code == 2
        assert told in err.replace("\n", " ")
    assert not (tmp_path / "o").exists()


def test_an_isocentre_beside_the_ct_and_missing_fractions_are_refused(folder, tmp_path, capsys):
    ds = pydicom.dcmread(folder / "out" / "plan.dcm")
    ds.BeamSequence[0].ControlPointSequence[0].IsocenterPosition = [ISOCENTRE[0] + 200, *ISOCENTRE[1:]]
    ds.save_as(tmp_path / "far.dcm")
    code, _, err = run(capsys, folder / "case", "--rtplan", tmp_path / "far.dcm", "-o", tmp_path / "o")
    assert code == 2
    assert 'isocentre of beam "steps" (201.5, -20.2, 103.1 mm) lies outside the CT' in err
    ds = pydicom.dcmread(folder / "out" / "plan.dcm")
    ds.FractionGroupSequence[0].NumberOfFractionsPlanned = None
    ds.save_as(tmp_path / "none.dcm")
    code, _, err = run(capsys, folder / "case", "--rtplan", tmp_path / "none.dcm", "-o", tmp_path / "o")
    assert code == 2
    assert "does not say its number of fractions; give --fractions N" in err


def test_the_difference_is_of_the_references_maximum():
    """A dose 1 % of the maximum higher everywhere is told as +1 %, with no spread."""
    grid = Grid((0.0, 0.0, 0.0), (2.5, 2.5, 2.5), (12, 12, 12))
    values = np.linspace(1.0, 10.0, 12**3, dtype=np.float32).reshape(grid.shape)
    found = agreement(Dose(grid, values), Dose(grid, values + np.float32(0.1)), ())
    assert found.mean_percent == pytest.approx(1.0, abs=1e-4)
    assert found.sd_percent == pytest.approx(0.0, abs=1e-4)
    assert found.within


def test_mu_of_another_calibration_scale_the_dose(folder, tmp_path, capsys):
    """1 cGy at 15 mm depth, 1000 mm to the surface, is 1/1.236 of the beam's own 1 cGy at 100 mm, 900 mm."""
    arguments = (folder / "case", "--rtplan", folder / "out" / "plan.dcm", "--engine", "pencil-beam", "--quiet")
    assert run(capsys, *arguments, "-o", tmp_path / "own")[0] == 0
    assert run(capsys, *arguments, "--calibration", "1000,15", "-o", tmp_path / "dmax")[0] == 0
    own, other = (read_rtdose(tmp_path / name / "dose.dcm").values for name in ("own", "dmax"))
    assert float(own.max() / other.max()) == pytest.approx(1.2357, abs=2e-4)
    assert "at 15 mm depth" in json.loads((tmp_path / "dmax" / "recompute.json").read_text())["calibration"]
    assert not (tmp_path / "dmax" / "plan.json").exists()
    code, _, err = run(capsys, *arguments, "--calibration", "1000", "-o", tmp_path / "x")
    assert (code, "expected SSD,DEPTH in mm" in err) == (2, True)
