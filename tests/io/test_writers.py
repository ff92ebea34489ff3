"""What goes out: read back equal, the same input gives the same file, and dciodvfy finds no error."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest

from spondyl.anatomy import Case, Contour, Structures, contours_to_structure, from_coverage
from spondyl.clinic import Facts
from spondyl.core import Grid, Image
from spondyl.core.errors import DoseError
from spondyl.core.provenance import DISCLAIMER
from spondyl.dose import Dose
from spondyl.io import (
    read_contours,
    read_ct_series,
    read_rtdose,
    read_rtstruct,
    write_ct_series,
    write_rtdose,
    write_rtstruct,
)

GRID = Grid((-20.0, -16.0, 100.0), (2.0, 2.0, 3.0), (6, 16, 20))
DCIODVFY = shutil.which("dciodvfy")


def case(frame: str = "") -> Case:
    grid = Grid(GRID.origin_mm, GRID.spacing_mm, GRID.shape, frame)
    hu = (np.arange(6 * 16 * 20).reshape(GRID.shape) % 2000 - 1000).astype(np.int16)
    mask = np.zeros(GRID.shape, np.float32)
    mask[1:5, 4:10, 9:13] = 1
    ring = mask.copy()
    ring[1:5, 6:8, 10:12] = 0
    square = np.array([[-10.123456, -10.0], [2.0, -10.0], [2.0, 4.0], [-10.0, 4.0]])
    drawn = contours_to_structure(
        "PTV_Eval", "target", [Contour(103.0, square), Contour(104.5, square), Contour(106.0, square)], grid
    )
    structures = Structures([
        from_coverage("GTV", "target", grid, mask, made=("mask read from x", "grown by 2 mm"), colour="#ff0000"),
        from_coverage("kidney_left", "oar", grid, ring, colour="#808000"), drawn,
        from_coverage("Empty", "other", grid, np.zeros(GRID.shape)),
    ])  # fmt: skip
    return Case("tiny", Facts(), Image(grid, hu), structures)


def dose() -> Dose:
    grid = Grid((-18.0, -14.0, 101.0), (2.5, 2.5, 2.5), (5, 9, 11))
    return Dose(grid, np.random.default_rng(3).uniform(0, 45, grid.shape).astype(np.float32), engine="collapsed-cone")


@pytest.fixture
def out(tmp_path) -> Path:
    write_ct_series(tmp_path / "ct", case())
    write_rtstruct(tmp_path / "structures.dcm", case(), case().structures)
    write_rtdose(tmp_path / "dose.dcm", dose(), case())
    write_rtdose(tmp_path / "dose16.dcm", dose(), case(), bits=16)
    return tmp_path


def test_ct_reads_back_equal(out) -> None:
    read = read_ct_series(out / "ct")
    np.testing.assert_array_equal(read.image.values, case().ct.values)
    assert read.image.grid.same_space(GRID, 1e-6)


@pytest.mark.parametrize(("name", "bits"), [("dose.dcm", 32), ("dose16.dcm", 16)])
def test_dose_reads_back_bit_equal(out, name, bits) -> None:
    """What `write_rtdose` returns is what anyone reads: stored integer times scaling, to the last bit."""
    reported = write_rtdose(out / "again.dcm", dose(), case(), bits=bits)
    read = read_rtdose(out / name)
    np.testing.assert_array_equal(read.values.view(np.uint32), reported.values.view(np.uint32))
    plain = pydicom.dcmread(out / name)
    np.testing.assert_array_equal(
        (plain.pixel_array * float(plain.DoseGridScaling)).astype(np.float32), reported.values
    )
    assert read.grid.same_space(dose().grid, 1e-6)
    assert np.abs(reported.values - dose().values).max() <= (1e-8 + 4e-6 if bits == 32 else 5.1e-4)


def test_everything_belongs_together(out) -> None:
    ct = [pydicom.dcmread(p) for p in sorted((out / "ct").iterdir())]
    structures, plan_dose = pydicom.dcmread(out / "structures.dcm"), pydicom.dcmread(out / "dose.dcm")
    for other in (structures, plan_dose):
        assert other.StudyInstanceUID == ct[0].StudyInstanceUID
        assert other.FrameOfReferenceUID == ct[0].FrameOfReferenceUID
        assert other.PatientID == ct[0].PatientID
    series = structures.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    assert series.SeriesInstanceUID == ct[0].SeriesInstanceUID
    assert [i.ReferencedSOPInstanceUID for i in series.ContourImageSequence] == [d.SOPInstanceUID for d in ct]
    contour = structures.ROIContourSequence[0].ContourSequence[0]  # GTV starts on the second slice
    assert contour.ContourImageSequence[0].ReferencedSOPInstanceUID == ct[1].SOPInstanceUID


def test_structures_read_back(out) -> None:
    """Standard names, roles, colours, how each was made; a mask's volume within its traced outline, contours
    to 1e-5 mm."""
    read = read_rtstruct(out / "structures.dcm", read_ct_series(out / "ct").image.grid)
    assert list(read) == ["GTV", "Kidney_L", "PTV_Eval", "Empty"]
    assert read["Empty"].is_empty
    assert (read["GTV"].role, read["Kidney_L"].role, read["GTV"].colour) == ("target", "oar", "#ff0000")
    assert "grown by 2 mm" in "\n".join(read["GTV"].made)
    assert "in the case: kidney_left" in "\n".join(read["Kidney_L"].made)
    assert read["GTV"].volume_cm3 == pytest.approx(case().structures["GTV"].volume_cm3, rel=0.03)
    written = case().structures["PTV_Eval"]
    assert [c.z_mm for c in read["PTV_Eval"].contours] == [103.0, 104.5, 106.0]
    np.testing.assert_allclose(read["PTV_Eval"].contours[0].points_mm, written.contours[0].points_mm, atol=5e-6)
    assert read["PTV_Eval"].volume_cm3 == pytest.approx(written.volume_cm3, rel=1e-4)


def test_contours_between_slices_name_no_image(out) -> None:
    roi = pydicom.dcmread(out / "structures.dcm").ROIContourSequence[2]
    assert ["ContourImageSequence" in c for c in roi.ContourSequence] == [True, False, True]


def test_own_names_can_be_kept(out) -> None:
    write_rtstruct(out / "own.dcm", case(), case().structures, standard=False)
    assert list(read_contours(out / "own.dcm")) == ["GTV", "kidney_left", "PTV_Eval", "Empty"]


def test_same_input_same_file(out) -> None:
    write_rtstruct(out / "s2.dcm", case(), case().structures)
    assert (out / "s2.dcm").read_bytes() == (out / "structures.dcm").read_bytes()
    write_rtdose(out / "d2.dcm", dose(), case())
    assert (out / "d2.dcm").read_bytes() == (out / "dose.dcm").read_bytes()


def test_disclaimer_in_each_file(out) -> None:
    assert pydicom.dcmread(out / "dose.dcm").DoseComment.startswith(f"{DISCLAIMER} to-medium")
    assert DISCLAIMER in pydicom.dcmread(out / "structures.dcm").StructureSetDescription


def test_dicom_input_keeps_its_identifiers(out) -> None:
    series = read_ct_series(out / "ct")
    from_dicom = Case("x", Facts(), series.image, Structures(), dicom=series.dicom)
    write_rtdose(out / "d.dcm", dose(), from_dicom)
    assert (
        pydicom.dcmread(out / "d.dcm").StudyInstanceUID == pydicom.dcmread(out / "ct" / "ct_000.dcm").StudyInstanceUID
    )
    write_ct_series(out / "ct2", from_dicom)
    assert (
        pydicom.dcmread(out / "ct2/ct_003.dcm").SOPInstanceUID == pydicom.dcmread(out / "ct/ct_003.dcm").SOPInstanceUID
    )


def test_refused_dose_leaves_no_file(tmp_path) -> None:
    per_mu = Dose(dose().grid, dose().values, unit="Gy per MU")
    with pytest.raises(DoseError):
        write_rtdose(tmp_path / "d.dcm", per_mu, case())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(
    DCIODVFY is None, reason="dciodvfy (Debian's dicom3tools) is not installed: conformance is left out"
)
@pytest.mark.parametrize("name", ["ct/ct_000.dcm", "structures.dcm", "dose16.dcm"])
def test_dciodvfy_finds_no_error(out, name) -> None:
    """It aborts on 32-bit pixels, so the dose is checked as its 16-bit copy."""
    done = subprocess.run([str(DCIODVFY), "-new", str(out / name)], capture_output=True, text=True, timeout=60)
    assert [line for line in done.stderr.splitlines() if line.startswith(("Error", "Abort"))] == []
    assert done.returncode == 0
