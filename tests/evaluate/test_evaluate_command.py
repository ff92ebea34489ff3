"""`spondyl evaluate` on RTSTRUCT and RTDOSE files made for it, whose answers are known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import analytic
import numpy as np
import pytest
import typer
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from spondyl.anatomy import Structure
from spondyl.app.cli import evaluate_verb
from spondyl.core.errors import DoseError, DoseGridError, ProtocolError, SpondylError, StructureError
from spondyl.dose import Dose
from spondyl.io import write_nifti_dose

FRAME = "1.2.826.0.1.3680043.8.498.1"


def _file(sop_class: str, modality: str) -> Dataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = sop_class, f"{FRAME}.{modality == 'RTDOSE':d}"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made = Dataset()
    made.file_meta = meta
    made.SOPClassUID, made.SOPInstanceUID, made.Modality = sop_class, meta.MediaStorageSOPInstanceUID, modality
    made.PatientName, made.PatientID, made.StudyInstanceUID, made.SeriesInstanceUID = (
        "a",
        "a",
        "1.2",
        f"1.2.{modality == 'RTDOSE':d}",
    )
    made.FrameOfReferenceUID = FRAME
    return made


def _item(**values: object) -> Dataset:
    item = Dataset()
    for key, value in values.items():
        setattr(item, key, value)
    return item


def write_rtstruct(path: Path, structures: list[Structure]) -> Path:
    made = _file("1.2.840.10008.5.1.4.1.1.481.3", "RTSTRUCT")
    made.StructureSetLabel = "test"
    made.ReferencedFrameOfReferenceSequence = Sequence([_item(FrameOfReferenceUID=FRAME)])
    made.StructureSetROISequence = Sequence(
        _item(ROINumber=n, ROIName=s.name, ReferencedFrameOfReferenceUID=FRAME, ROIGenerationAlgorithm="MANUAL")
        for n, s in enumerate(structures)
    )
    made.RTROIObservationsSequence = Sequence(
        _item(
            ObservationNumber=n,
            ReferencedROINumber=n,
            RTROIInterpretedType="PTV" if s.role == "target" else "ORGAN",
            ROIInterpreter="",
        )
        for n, s in enumerate(structures)
    )
    made.ROIContourSequence = Sequence()
    for n, s in enumerate(structures):
        drawn = Sequence()
        for contour in s.contours:
            points = np.column_stack((contour.points_mm, np.full(len(contour.points_mm), contour.z_mm)))
            data = [f"{v:.3f}" for v in points.ravel()]
            drawn.append(
                _item(ContourGeometricType="CLOSED_PLANAR", NumberOfContourPoints=len(points), ContourData=data)
            )
        made.ROIContourSequence.append(_item(ReferencedROINumber=n, ContourSequence=drawn))
    made.save_as(path, enforce_file_format=True)
    return path


def write_rtdose(path: Path, dose: Dose) -> Path:
    made = _file("1.2.840.10008.5.1.4.1.1.481.2", "RTDOSE")
    made.NumberOfFrames, made.Rows, made.Columns = dose.grid.shape
    made.ImagePositionPatient = [f"{v:.5f}" for v in dose.grid.origin_mm]
    made.ImageOrientationPatient, made.PixelSpacing = [1, 0, 0, 0, 1, 0], list(dose.grid.spacing_mm[:2])
    made.GridFrameOffsetVector = [dose.grid.spacing_mm[2] * k for k in range(dose.grid.shape[0])]
    made.FrameIncrementPointer = 0x3004000C
    made.BitsAllocated = made.BitsStored = 32
    made.HighBit, made.PixelRepresentation, made.SamplesPerPixel = 31, 0, 1
    made.PhotometricInterpretation, made.DoseUnits, made.DoseType, made.DoseSummationType = (
        "MONOCHROME2",
        "GY",
        "PHYSICAL",
        "PLAN",
    )
    made.DoseGridScaling = "1e-6"
    made.PixelData = np.rint(np.clip(dose.values, 0, None) / 1e-6).astype("<u4").tobytes()
    made["PixelData"].VR = "OW"
    made.save_as(path, enforce_file_format=True)
    return path


app = typer.Typer()
evaluate_verb.register(app)


@app.command("other")
def _other() -> None:
    """So that "evaluate" stays a verb of its own."""


def run(*arguments: object) -> int:
    return app(["evaluate", *map(str, arguments)], standalone_mode=False)


def run_json(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict]:  # type: ignore[type-arg]
    code = run(*arguments, "--json")
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("plan")
    height = 12.0
    structures = [
        analytic.structure(analytic.sphere(12.0), 3.0, "PTV: boost", "target"),
        analytic.structure(analytic.cylinder(4.5, 36.0, "y"), 2.0, "Cord"),
        analytic.structure(analytic.cone(3.0, height, "z"), 1.0, "tip"),
        analytic.structure(analytic.cylinder(float(np.sqrt(100 / np.pi / 6)), 6.0, "y"), 2.0, "small"),  # 0.1 cm3
    ]
    dose = analytic.ramp(1.0, "y")
    return write_rtdose(folder / "d.dcm", dose), write_rtstruct(folder / "s.dcm", structures)


def test_metrics_of_written_files_are_those_of_geometry(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    solids = {
        "PTV: boost": analytic.sphere(12.0), "Cord": analytic.cylinder(4.5, 36.0, "y"),
        "tip": analytic.cone(3.0, 12.0, "y"), "small": analytic.cylinder(float(np.sqrt(100 / np.pi / 6)), 6.0, "y"),
    }  # fmt: skip
    expected: dict[tuple[str, str], float] = {}
    for name, solid in solids.items():
        expected[name, "volume"] = solid.volume_cm3
        expected[name, "D0.03cc"] = 20 + solid.hottest_t_mm(0.03)
        expected[name, "D98%"] = 20 + solid.hottest_t_mm(0.98 * solid.volume_cm3)
        expected[name, "V21Gy"] = 100 * solid.beyond_mm3(1.0) / 1000 / solid.volume_cm3
    asked = [part for name, metric in expected for part in ("--metric", f"{name}:{metric}")]
    code, found = run_json(capsys, "--dose", files[0], "--structures", files[1], *asked)
    assert code == 0
    assert found.keys() == {"protocol", "plan", "verdicts", "metrics"}
    got = {(m["structure"], m["metric"]): m["value"] for m in found["metrics"]}
    for key, value in expected.items():
        tolerance = 0.5 if key[1] == "V21Gy" else 0.1 if key[1].startswith("D") else 0.005 * value
        assert got[key] == pytest.approx(value, abs=tolerance), key


def test_cap_none_ends_at_the_last_contour(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    base = ("--dose", files[0], "--structures", files[1], "--metric", "Cord:volume")
    half, none = (run_json(capsys, *base, "--cap", cap)[1]["metrics"][0]["value"] for cap in ("half-slice", "none"))
    assert half == pytest.approx(np.pi * 4.5**2 * 36 / 1000, rel=0.005)
    assert none == pytest.approx(np.pi * 4.5**2 * 34 / 1000, rel=0.005)


def test_protocol_files_and_exit_code(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--dose", files[0], "--structures", files[1], "--protocol", "hytec-cord", "-o", tmp_path / "out")
    code, found = run_json(capsys, *arguments, "--fractions", 4)
    cord = next(v for v in found["verdicts"] if v["structure"] == "SpinalCord")
    assert code == 1  # 24.5 Gy at its edge, 23 allowed
    assert (cord["status"], cord["limit"]) == ("fail", 23.0)
    assert cord["value"] == pytest.approx(24.5, abs=0.15)
    assert cord["margin"] == pytest.approx(23 - cord["value"])
    assert json.loads((tmp_path / "out" / "verdicts.json").read_text()) == {
        k: v for k, v in found.items() if k != "metrics"
    }
    table = (tmp_path / "out" / "dvh.csv").read_text().splitlines()
    assert table[0] == "structure,dose_gy,volume_cm3,volume_percent"
    assert table[1].startswith("PTV: boost,0.00,")
    assert table[1].endswith(",100")
    assert (tmp_path / "out" / "provenance.json").exists()
    assert run(*arguments, "--fractions", 5, "--quiet") == 0  # 25.3 allowed


def test_an_unknown_mandatory_limit_is_no_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a cord or sac HyTEC's limit for 5 fractions cannot be judged: exit code 1, and which it is on stderr."""
    drawn = [analytic.structure(analytic.sphere(12.0), 3.0, "PTV", "target")]
    dose = write_rtdose(tmp_path / "d.dcm", analytic.ramp(1.0, "y"))
    asked = ("--dose", dose, "--structures", write_rtstruct(tmp_path / "s.dcm", drawn), "--fractions", 5)
    assert run(*asked, "--protocol", "hytec-cord", "--quiet") == 1
    told = "mandatory limits not met: 2 unknown (SpinalCord Dmax <= 25.3 Gy, ThecalSac Dmax <= 25.3 Gy); exit code 1"
    assert told in capsys.readouterr().err
    assert run(*asked, "--metric", "PTV:Dmean", "--quiet") == 0  # nothing is judged


def test_a_structure_without_contours_is_unknown_beside_known_ones(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cord = analytic.structure(analytic.cylinder(4.5, 36.0, "y"), 2.0, "Cord")
    drawn = write_rtstruct(tmp_path / "s.dcm", [cord, replace(cord, name="Heart", contours=())])
    asked = ("--metric", "Heart:Dmean", "--metric", "Cord:Dmean", "--metric", "Heart:volume")
    code = run("--dose", files[0], "--structures", drawn, *asked, "--json")
    told = capsys.readouterr()
    heart, middle, volume = json.loads(told.out)["metrics"]
    assert code == 0
    assert (heart["value"], volume["value"], volume["unit"]) == (None, None, "cm3")
    assert middle["value"] == pytest.approx(20, abs=0.02)
    assert 'note: Heart Dmean unknown: "Heart" has no contours; contour it, or leave it out' in told.err


def test_files_are_written_together_or_not_at_all(
    files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """verdicts.json fails after dvh.csv: what stood in the folder stays as it was, and nothing joins it."""

    def fail(*_: object) -> None:
        raise OSError("no space left")

    (tmp_path / "dvh.csv").write_text("old")
    monkeypatch.setattr(evaluate_verb, "write_verdicts", fail)
    with pytest.raises(OSError, match="no space left"):
        run("--dose", files[0], "--structures", files[1], "--protocol", "hytec-cord", "--fractions", 5, "-o", tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["dvh.csv"]
    assert (tmp_path / "dvh.csv").read_text() == "old"


def test_tables_for_people(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    run("--dose", files[0], "--structures", files[1], "--protocol", "hytec-cord", "--fractions", 5)
    told = capsys.readouterr()
    assert "Research and education, not a medical device." in told.out
    assert "pass" in told.out


def test_nifti_dose(files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ramp = analytic.ramp(1.0, "y")
    write_nifti_dose(tmp_path / "d.nii.gz", Dose(ramp.grid, np.clip(ramp.values, 0, None)))
    asked = ("--structures", files[1], "--metric", "cord:Dmean")
    values = [run_json(capsys, "--dose", dose, *asked)[1]["metrics"][0] for dose in (files[0], tmp_path / "d.nii.gz")]
    assert values[0]["structure"] == "Cord"
    assert values[0]["value"] == pytest.approx(values[1]["value"], abs=1e-4)
    assert values[0]["value"] == pytest.approx(20, abs=0.02)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("--metric", "Cort:Dmean"), StructureError, 'structure "Cort" not found; nearest: Cord'),
        (("--metric", "Cord:Dfoo"), ProtocolError, "expected one like Dmean"),
        (("--metric", "Cord"), StructureError, "expected STRUCTURE:METRIC"),
        (("--protocol", "hytec-cord"), DoseError, "--fractions N"),
        (("--protocol", "sib-sbrt-30in5", "--fractions", "3"), ProtocolError, "--convert-eqd2"),
        (("--cap", "whole"), StructureError, "half-slice or none"),
    ],
)  # fmt: skip
def test_refusals(
    files: tuple[Path, Path], arguments: tuple[str, ...], error: type[SpondylError], message: str
) -> None:
    with pytest.raises(error, match=message):
        run("--dose", files[0], "--structures", files[1], *arguments)


def test_a_dose_that_does_not_cover_the_target_is_refused(files: tuple[Path, Path], tmp_path: Path) -> None:
    whole = analytic.ramp(1.0, "y")
    half = Dose(whole.grid.crop((slice(0, 16), slice(None), slice(None))), whole.values[:16])
    write_rtdose(tmp_path / "half.dcm", half)
    with pytest.raises(DoseGridError, match='target "PTV: boost": the dose grid covers'):
        run("--dose", tmp_path / "half.dcm", "--structures", files[1], "--metric", "PTV: boost:D98%")


def test_an_organ_off_the_dose_grid_is_unknown_beside_known_ones(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = analytic.ramp(1.0, "y")
    away = Dose(replace(whole.grid, origin_mm=(whole.grid.origin_mm[0] + 45, *whole.grid.origin_mm[1:])), whole.values)
    write_rtdose(tmp_path / "away.dcm", away)  # from 4 mm to the left of the solids' middle
    asked = ("--metric", "tip:Dmax", "--metric", "tip:volume", "--metric", "Cord:Dmean")
    code, found = run_json(capsys, "--dose", tmp_path / "away.dcm", "--structures", files[1], *asked)
    tip, volume, cord = found["metrics"]
    assert code == 0
    assert tip["value"] is None
    assert volume["value"] == pytest.approx(np.pi * 9 * 12 / 3000, rel=0.005)
    assert cord["value"] is None  # most of it has no dose


def test_reirradiation_with_a_prior_dose(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sac = analytic.structure(analytic.cylinder(6.0, 30.0, "y"), 2.0, "thecal sac")
    structures = write_rtstruct(tmp_path / "s.dcm", [sac])
    now = analytic.ramp(0.0, "y", middle_gy=12.0)  # in 5: EQD2 12 (2.4 + 2) / 4 = 13.2 Gy
    before = analytic.ramp(0.0, "y", spacing_mm=3.0, middle_gy=30.0)  # in 10: 30 (3 + 2) / 4 = 37.5 Gy
    arguments = (
        "--dose", write_rtdose(tmp_path / "d.dcm", now), "--structures", structures, "--fractions", 5,
        "--protocol", "hytec-reirradiation", "--prior-dose", write_rtdose(tmp_path / "p.dcm", before),
    )  # fmt: skip
    code, found = run_json(capsys, *arguments, "--prior-fractions", 10, "--prior-months", 4)
    assert code == 1  # 4 months, 5 asked
    assert [v["value"] for v in found["verdicts"]] == pytest.approx([50.7, 13.2, 13.2 / 50.7, 4.0], rel=1e-4)
    assert [v["status"] for v in found["verdicts"]] == ["pass", "pass", "pass", "fail"]
    with pytest.raises(DoseError, match="--prior-fractions N"):
        run(*arguments)


def test_nothing_named_is_refused() -> None:
    with pytest.raises(DoseError, match="give --dose FILE"):
        run("--metric", "a:Dmean")
