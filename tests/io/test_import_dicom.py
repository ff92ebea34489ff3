"""Import: a mixed folder is sorted, what is left out is named, names stay out, nothing is half written."""

import json

import numpy as np
import pydicom
import pytest
from dicom_maker import ct_slice, rtdose, rtplan, rtstruct, series, square, voxels, write_series
from typer import Typer
from typer.testing import CliRunner

from spondyl.app.cli import import_verb
from spondyl.core.errors import DicomError, OutputError, SpondylError
from spondyl.io import import_dicom, open_case, read_rtplan, write_case

STORED = np.arange(4 * 8 * 10, dtype="<u4").reshape(4, 8, 10)


@pytest.fixture
def export(tmp_path):
    """A CT, its structures, plan and dose, and what does not belong to them."""
    folder = tmp_path / "export"
    write_series(folder / "a", series())
    rtstruct({"GTV": ("GTV", [square(103.0), square(106.0)])}).save_as(folder / "rs.dcm", enforce_file_format=True)
    rtplan().save_as(folder / "rp.dcm", enforce_file_format=True)
    rtdose(STORED).save_as(folder / "rd.dcm", enforce_file_format=True)
    (folder / "notes.txt").write_text("hello")
    (folder / "cut.dcm").write_bytes((folder / "rd.dcm").read_bytes()[:900])
    other = rtdose(STORED)
    other.SOPInstanceUID, other.FrameOfReferenceUID = "1.2.3.70", "9.9"
    other.save_as(folder / "far.dcm", enforce_file_format=True)
    beam = rtdose(STORED)
    beam.SOPInstanceUID, beam.DoseSummationType = "1.2.3.71", "BEAM"
    beam.save_as(folder / "beam.dcm", enforce_file_format=True)
    (folder / "twice.dcm").write_bytes((folder / "rs.dcm").read_bytes())
    scout = ct_slice(voxels()[0], 500.0, 90)
    scout.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    scout.save_as(folder / "scout.dcm", enforce_file_format=True)
    mr = ct_slice(voxels()[0], 500.0, 91)
    mr.SOPClassUID = mr.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    mr.save_as(folder / "mr.dcm", enforce_file_format=True)
    return folder


def test_sorted_and_named(export) -> None:
    report = import_dicom(export)
    assert [p.name for p in report.ct] == [f"s{k:02d}.dcm" for k in range(6)]
    assert report.structures == export / "rs.dcm"
    assert report.plans == (export / "rp.dcm",)
    assert report.doses == (export / "rd.dcm",)
    assert report.rois == {"GTV": 2}
    reasons = {s.file: s.reason for s in report.skipped}
    assert set(reasons) == {"notes.txt", "cut.dcm", "far.dcm", "beam.dcm", "twice.dcm", "scout.dcm", "mr.dcm"}
    assert reasons["notes.txt"] == "not a DICOM file (no DICM at byte 128)"
    assert "truncated" in reasons["cut.dcm"]
    assert reasons["far.dcm"] == "RTDOSE in another frame of reference than the CT"
    assert "the dose of one BEAM" in reasons["beam.dcm"]
    assert reasons["twice.dcm"] == "the same instance as rs.dcm"
    assert reasons["scout.dcm"] == "a localizer, not a slice"
    assert reasons["mr.dcm"].startswith("MR Image Storage")


def test_case_folder_without_names(export, tmp_path) -> None:
    out = tmp_path / "case"
    write_case(import_dicom(export), out)
    assert sorted(p.name for p in out.iterdir()) == ["case.yaml", "ct", "imported", "structures.dcm"]
    case = open_case(out)
    np.testing.assert_array_equal(case.ct.values, voxels())
    assert case.structures["GTV"].volume_cm3 == pytest.approx(0.216, rel=1e-3)  # 6 x 6 mm on 2 slices of 3 mm
    for path in out.rglob("*"):
        if path.is_file():
            assert b"Doe" not in path.read_bytes()
            assert b"4711" not in path.read_bytes()
    ds = pydicom.dcmread(out / "ct" / "0000.dcm")
    assert (ds.PatientIdentityRemoved, ds.StudyInstanceUID, ds.PatientBirthDate) == ("YES", "1.2.3.1", "")
    assert ds.PatientID.startswith("SP-")


def test_identity_can_be_kept(export, tmp_path) -> None:
    write_case(import_dicom(export), tmp_path / "case", keep_identity=True)
    assert pydicom.dcmread(tmp_path / "case" / "ct" / "0000.dcm").PatientName == "Doe^Jane"


def second_series(export, frame="1.2.3.3"):
    slices = series()
    for k, ds in enumerate(slices):
        ds.SeriesInstanceUID, ds.SOPInstanceUID, ds.FrameOfReferenceUID = "1.2.3.22", f"1.2.3.23.{k}", frame
    write_series(export / "b", slices)


def test_the_structures_say_which_ct(export) -> None:
    second_series(export)
    assert import_dicom(export).series_uid == "1.2.3.2"
    (export / "rs.dcm").unlink()
    (export / "twice.dcm").unlink()
    with pytest.raises(
        DicomError,
        match=r"2 CT series that could be meant.*choose with --series: 1.2.3.2 \(6 slices\), 1.2.3.22 \(6 slices\)",
    ):
        import_dicom(export)
    assert import_dicom(export, series="1.2.3.22").series_uid == "1.2.3.22"
    with pytest.raises(DicomError, match=r"no CT series 7\.7"):
        import_dicom(export, series="7.7")


def test_structures_of_another_frame_are_not_taken(export) -> None:
    second_series(export, frame="9.9")
    report = import_dicom(export, series="1.2.3.22")
    assert report.structures is None
    assert report.doses == (export / "far.dcm",)
    assert "no RTSTRUCT in the CT's frame of reference" in report.warnings[0]


def test_two_structure_sets(export) -> None:
    (export / "rp.dcm").unlink()
    ds = rtstruct({"GTV": ("GTV", [square(103.0)])})
    ds.SOPInstanceUID = "1.2.3.44"
    ds.save_as(export / "rs2.dcm", enforce_file_format=True)
    with pytest.raises(DicomError, match=r"2 structure sets could be meant.*rs.dcm \(tiny\), rs2.dcm \(tiny\)"):
        import_dicom(export)
    assert import_dicom(export, structures="rs2.dcm").structures == export / "rs2.dcm"


def test_unusable_series_is_refused_and_nothing_written(export, tmp_path) -> None:
    (export / "a" / "s02.dcm").unlink()
    result = run(["import", str(export), "-o", str(tmp_path / "case")])
    assert isinstance(result.exception, SpondylError)
    assert "misses 1 slice between 103.00 and 109.00 mm" in str(result.exception)
    assert not (tmp_path / "case").exists()


def test_failure_while_writing_leaves_nothing(export, tmp_path) -> None:
    report = import_dicom(export)
    (export / "rs.dcm").write_bytes(b"gone")
    with pytest.raises(SpondylError):
        write_case(report, tmp_path / "case")
    assert [p.name for p in tmp_path.iterdir()] == ["export"]


def test_existing_case_is_not_overwritten(export, tmp_path) -> None:
    write_case(import_dicom(export), tmp_path / "case")
    with pytest.raises(OutputError, match="already holds ct"):
        write_case(import_dicom(export), tmp_path / "case")


def test_empty_and_missing_folders(tmp_path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DicomError, match="holds no CT slice among 0 files"):
        import_dicom(tmp_path / "empty")
    with pytest.raises(DicomError, match="not found"):
        import_dicom(tmp_path / "nowhere")


def run(arguments):
    app = Typer()
    app.callback()(lambda: None)
    import_verb.register(app)
    return CliRunner().invoke(app, arguments)


def test_command_line(export, tmp_path) -> None:
    result = run(["import", str(export), "-o", str(tmp_path / "case"), "--json"])
    assert result.exit_code == 0
    said = json.loads(result.stdout)
    assert said["ct"]["slices"] == 6
    assert {s["file"] for s in said["skipped"]} >= {"notes.txt", "cut.dcm"}
    assert "Doe" not in result.output
    assert json.loads((tmp_path / "case" / "provenance.json").read_text())["settings"]["series"] == "1.2.3.2"
    shown = run(["import", str(export), "-o", str(tmp_path / "case2"), "--quiet"])
    assert "6 slices, 10 x 8 x 6 voxels of 1.5 x 2 x 3 mm" in shown.stdout
    assert "not a medical device" in shown.stdout


def test_plan_facts(export) -> None:
    plan = read_rtplan(export / "rp.dcm")
    assert (plan.fractions, plan.prescription_gy, plan.label) == (5, 30.0, "A1")
    assert [(b.radiation, b.energy_mv, b.gantry_deg, b.mu) for b in plan.beams] == [("PHOTON", 6.0, 180.0, 512.5)]
