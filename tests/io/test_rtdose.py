"""RTDOSE in and out: known integers come back as known Gy, at known places; what cannot be judged is refused."""

import re
from pathlib import Path

import numpy as np
import pytest
from dicom_maker import FRAME, rtdose
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless

from spondyl.core import Grid
from spondyl.core.errors import DicomError, DoseError, DoseGridError
from spondyl.dose import Dose
from spondyl.io import as_stored, read_nifti, read_rtdose, write_nifti_dose
from spondyl.io.rtdose_write import scaling_gy, stored_dose

EXPORT = Path(__file__).parents[1] / "data" / "tps_export_breast"
STORED = np.arange(4 * 8 * 10, dtype="<u4").reshape(4, 8, 10) * 100


def save(ds, tmp_path) -> Path:
    ds.save_as(tmp_path / "dose.dcm", enforce_file_format=True)
    return tmp_path / "dose.dcm"


@pytest.mark.parametrize("kind", ["<u2", "<u4"])
def test_values_and_place(tmp_path, kind) -> None:
    dose = read_rtdose(save(rtdose(STORED.astype(kind)), tmp_path), frame_of_reference_uid=FRAME)
    np.testing.assert_array_equal(dose.values, (STORED * 1e-3).astype(np.float32))
    assert dose.grid == Grid((-20.0, -30.0, 100.0), (1.5, 2.0, 3.0), (4, 8, 10), FRAME)
    assert (dose.unit, dose.fractions) == ("Gy", None)


def test_absolute_offsets(tmp_path) -> None:
    """First offset equal to the position's z: absolute coordinates (PS3.3 C.8.8.3.2)."""
    assert read_rtdose(save(rtdose(STORED, offsets=[100, 103, 106, 109]), tmp_path)).grid.origin_mm[2] == 100.0


def test_falling_offsets_are_turned(tmp_path) -> None:
    dose = read_rtdose(save(rtdose(STORED, offsets=[0, -3, -6, -9]), tmp_path))
    assert dose.grid.origin_mm[2] == 91.0
    np.testing.assert_array_equal(dose.values[0], (STORED[3] * 1e-3).astype(np.float32))


def test_feet_first_frames_step_down(tmp_path) -> None:
    """Rows to the right, columns to posterior: the normal points to inferior and relative offsets follow it."""
    dose = read_rtdose(save(rtdose(STORED, axes=(-1, 0, 0, 0, 1, 0)), tmp_path))
    assert dose.grid.origin_mm == (-20.0 - 1.5 * 9, -30.0, 91.0)
    np.testing.assert_array_equal(dose.values, (STORED[::-1, :, ::-1] * 1e-3).astype(np.float32))


def test_compressed(tmp_path) -> None:
    ds = rtdose(STORED.astype("<u2"))
    ds.compress(RLELossless, generate_instance_uid=False)
    np.testing.assert_array_equal(read_rtdose(save(ds, tmp_path)).values, (STORED * 1e-3).astype(np.float32))
    ds = rtdose(STORED)
    ds.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    np.testing.assert_array_equal(read_rtdose(save(ds, tmp_path)).values, (STORED * 1e-3).astype(np.float32))


@pytest.mark.parametrize(
    ("values", "kind", "said"),
    [
        ({"DoseUnits": "RELATIVE"}, DoseError, "dose units RELATIVE, expected GY"),
        ({"DoseType": "ERROR"}, DoseError, "dose type ERROR"),
        ({"DoseSummationType": "BEAM"}, DoseError, "the dose of one BEAM, expected PLAN"),
        ({"DoseSummationType": "FRACTION"}, DoseError, "the dose of one FRACTION"),
        ({"DoseGridScaling": "0"}, DoseError, "DoseGridScaling 0"),
        ({"DoseGridScaling": "1"}, DoseError, "up to 31900 Gy"),
        ({"GridFrameOffsetVector": [0, 3, 6]}, DoseGridError, "3 frame offsets for 4 frames"),
        ({"GridFrameOffsetVector": [0, 3, 6, 10]}, DoseGridError, "frames 3 to 4 mm apart"),
        ({"GridFrameOffsetVector": [0, 0, 0, 0]}, DoseGridError, "apart, expected one spacing"),
        ({"GridFrameOffsetVector": [50, 53, 56, 59]}, DoseGridError, "first frame offset is 50"),
        ({"ImageOrientationPatient": [1, 0, 0, 0, 0.98480775, 0.17364818]}, DoseGridError, "tilted by 10.00 degrees"),
        ({"PixelSpacing": [0, 1]}, DoseGridError, "do not make a grid"),
        ({"NumberOfFrames": 3}, DicomError, "bytes of pixels, expected 960"),
        ({"Rows": 60000, "Columns": 60000}, DicomError, "expected at most 1 GiB"),
    ],
)
def test_refused(tmp_path, values, kind, said) -> None:
    ds = rtdose(STORED)
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    with pytest.raises(kind, match=re.escape(said)):
        read_rtdose(save(ds, tmp_path))


def test_a_course_of_20_gy_in_cgy_is_refused(tmp_path) -> None:
    with pytest.raises(DoseError, match="up to 2000 Gy, and more than 1000 Gy in"):
        read_rtdose(save(rtdose(np.full_like(STORED, 2000), scaling=1), tmp_path))


def test_beside_a_source_in_tissue_a_tenth_of_a_cm3_may_get_more(tmp_path) -> None:
    hot = np.full_like(STORED, 50)
    hot[1, 2, 2:7] = 5000
    assert read_rtdose(save(rtdose(hot, scaling=1), tmp_path)).values.max() == 5000


def test_one_plane_is_refused(tmp_path) -> None:
    with pytest.raises(DoseGridError, match="1 dose plane"):
        read_rtdose(save(rtdose(STORED[:1]), tmp_path))


def test_other_frame_of_reference(tmp_path) -> None:
    with pytest.raises(DoseGridError, match=r"frame of reference is 1.2.3.3, expected the CT's 9.9; register first"):
        read_rtdose(save(rtdose(STORED), tmp_path), frame_of_reference_uid="9.9")


def test_other_object(tmp_path) -> None:
    with pytest.raises(DicomError, match="is RTSTRUCT, expected RTDOSE"):
        read_rtdose(EXPORT / "rtss.dcm")


def test_planning_system_export() -> None:
    """dicompyler-core's test data: 98 frames of 129 x 194, scaling 1.4e-5, maximum 1048626 stored."""
    dose = read_rtdose(EXPORT / "rtdose.dcm")
    assert dose.grid.shape == (98, 129, 194)
    assert dose.grid.spacing_mm == (2.5, 2.5, 3.0)
    assert float(dose.values.max()) == pytest.approx(14.680764, abs=1e-6)


def random_dose(highest: float, seed: int = 1) -> Dose:
    grid = Grid((-10.0, -20.0, 30.0), (2.5, 2.5, 2.5), (5, 6, 7))
    values = np.random.default_rng(seed).uniform(0, highest, grid.shape).astype(np.float32)
    return Dose(grid, values, engine="collapsed-cone")


@pytest.mark.parametrize("bits", [16, 32])
@pytest.mark.parametrize("highest", [1e-3, 0.7, 13.0, 45.0, 85.9, 429.0])
def test_storing_twice_changes_nothing(bits, highest) -> None:
    once = as_stored(random_dose(highest), bits)
    np.testing.assert_array_equal(as_stored(once, bits).values, once.values)
    step = float(stored_dose(once, bits)[1])
    assert np.abs(once.values - random_dose(highest).values).max() <= 0.5 * step + 4e-8 * highest
    assert once.values.max() / step <= 2**bits - 1


def test_scaling_is_the_smallest_round_step() -> None:
    assert (scaling_gy(45.0, 32), scaling_gy(42.0, 32), scaling_gy(45.0, 16), scaling_gy(0.0, 32)) == (
        "2e-8",
        "1e-8",
        "1e-3",
        "1e-12",
    )


def test_other_units_are_refused() -> None:
    dose = random_dose(1.0)
    with pytest.raises(DoseError, match='unit "Gy per MU", expected "Gy"'):
        stored_dose(Dose(dose.grid, dose.values, unit="Gy per MU"))
    with pytest.raises(DoseError, match="none below 0"):
        stored_dose(Dose(dose.grid, -dose.values))


def test_nifti_dose_is_untouched(tmp_path) -> None:
    dose = random_dose(40.0)
    write_nifti_dose(tmp_path / "dose.nii.gz", dose)
    read = read_nifti(tmp_path / "dose.nii.gz")
    np.testing.assert_array_equal(read.values, dose.values)
    assert read.grid.same_space(dose.grid)
