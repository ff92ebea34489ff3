"""Case folders: the bundled ones open with the volumes they state; each way of being wrong is refused by name."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from dicom_maker import rtstruct, series, square, voxels, write_series

from spondyl.core import Grid
from spondyl.core.errors import CaseError, DicomError, GridError, ImageError, SpondylError, StructureError
from spondyl.io import bundled_case, open_case, write_nifti
from spondyl.io.nifti import read_nifti

GRID = Grid((-20.0, -30.0, 100.0), (2.0, 2.0, 3.0), (6, 16, 20))


def block(x: slice, y: slice = slice(4, 10), z: slice = slice(1, 5)) -> np.ndarray:
    mask = np.zeros(GRID.shape, np.uint8)
    mask[z, y, x] = 1
    return mask


MASKS = {
    "BODY": ("external", block(slice(1, 19), slice(1, 15), slice(0, 6))), "GTV": ("target", block(slice(9, 12))),
    "spinal_cord": ("oar", block(slice(9, 12), slice(11, 13))), "kidney_left": ("oar", block(slice(15, 18))),
    "kidney_right": ("oar", block(slice(2, 5))),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path) -> Path:
    """A case of five blocks on a CT of air and water."""
    ct = np.full(GRID.shape, -1000, np.int16)
    ct[:, 1:15, 1:19] = 0
    write_nifti(tmp_path / "ct.nii.gz", ct, GRID)
    for name, (_, mask) in MASKS.items():
        write_nifti(tmp_path / "structures" / f"{name}.nii.gz", mask, GRID)
    listed = {
        n: {"file": f"structures/{n}.nii.gz", "role": role, "colour": "#102030"} for n, (role, _) in MASKS.items()
    }
    (tmp_path / "structures.json").write_text(json.dumps(listed))
    (tmp_path / "case.yaml").write_text("level: L3\n")
    return tmp_path


def put(folder: Path, name: str, mask: np.ndarray, grid: Grid = GRID) -> None:
    write_nifti(folder / "structures" / f"{name}.nii.gz", mask, grid)


def relist(folder: Path, **changes) -> None:
    listed = json.loads((folder / "structures.json").read_text())
    listed["GTV"].update(changes)
    (folder / "structures.json").write_text(json.dumps(listed))


@pytest.mark.parametrize(("name", "gtv_cm3", "count"), [("lumbar_l3", 10.99, 26), ("thoracic_t11", 9.90, 23)])
def test_bundled_cases(name, gtv_cm3, count) -> None:
    """Volumes as the cases' README states them."""
    case = open_case(bundled_case(name))
    assert case.structures["GTV"].volume_cm3 == pytest.approx(gtv_cm3, abs=0.01)
    assert len(case.structures) == count
    stated = json.loads((bundled_case(name) / "structures.json").read_text())
    for structure in case.structures.values():
        assert structure.volume_cm3 == pytest.approx(stated[structure.name]["volume_cm3"], abs=0.006)
        assert structure.role == stated[structure.name]["role"]
    assert case.warnings == ()
    assert case.name == name


def test_opens(folder) -> None:
    case = open_case(folder)
    assert case.facts.level == "L3"
    assert case.structures["GTV"].volume_cm3 == pytest.approx(3 * 6 * 4 * 0.012)  # voxels of 2 x 2 x 3 mm
    assert case.structures["GTV"].colour == "#102030"
    assert case.structures["GTV"].made == ("mask read from structures/GTV.nii.gz",)


def test_fractions_are_coverage(folder) -> None:
    put(folder, "GTV", block(slice(9, 12)) * np.float32(0.25))
    assert open_case(folder).structures["GTV"].volume_cm3 == pytest.approx(0.25 * 72 * 0.012)


def test_other_axis_order_of_the_same_grid(folder) -> None:
    """A mask stored in RAS (x and y turned, still right-handed) is the same mask."""
    import SimpleITK as sitk

    path = str(folder / "structures" / "GTV.nii.gz")
    sitk.WriteImage(sitk.Flip(sitk.ReadImage(path), [True, True, False], False), path)
    np.testing.assert_array_equal(open_case(folder).structures["GTV"].full(), MASKS["GTV"][1])


def rewrite_affine(path: Path, row: int, values: list[float]) -> None:
    """Put another sform row into a NIfTI file, and take its qform away."""
    import gzip

    raw = bytearray(gzip.decompress(path.read_bytes()))
    raw[280 + 16 * row : 296 + 16 * row] = np.array(values, "<f4").tobytes()
    raw[252:254] = b"\0\0"
    path.write_bytes(gzip.compress(bytes(raw)))


def test_mask_with_mirrored_affine(folder) -> None:
    """The first affine row -2 0 0 20 becomes 2 0 0 20, and mirrored in place: 2 0 0 -18."""
    rewrite_affine(folder / "structures/GTV.nii.gz", 0, [2, 0, 0, 20])
    with pytest.raises(
        GridError, match=r'mask of "GTV" .* is not on the CT.s grid.*its affine looks flipped or shifted'
    ):
        open_case(folder)
    rewrite_affine(folder / "structures/GTV.nii.gz", 0, [2, 0, 0, -18])
    with pytest.raises(
        GridError, match=r'mask of "GTV" .* has a mirrored affine: its axes are left-handed, the CT.s right-handed'
    ):
        open_case(folder)


def test_everything_mirrored_is_found_by_the_kidneys(folder) -> None:
    for path in [folder / "ct.nii.gz", *(folder / "structures").glob("*.nii.gz")]:
        rewrite_affine(path, 0, [2, 0, 0, -18])
    with pytest.raises(
        StructureError, match=r'"kidney_left" lies at x = -1\d mm, to the patient.s right of "kidney_right"'
    ):
        open_case(folder)


def test_liver_and_spleen_decide_where_no_pair_does(folder) -> None:
    listed = json.loads((folder / "structures.json").read_text())
    listed["liver"], listed["spleen"] = listed.pop("kidney_left"), listed.pop("kidney_right")
    (folder / "structures.json").write_text(json.dumps(listed))
    with pytest.raises(StructureError, match=r'"spleen" lies to the patient.s right of "liver"'):
        open_case(folder)


@pytest.mark.parametrize(
    ("spoil", "kind", "said"),
    [
        (lambda f: put(f, "GTV", block(slice(0, 0))), StructureError, 'target "GTV" is empty'),
        (
            lambda f: put(f, "GTV", block(slice(9, 12), slice(6, 13))),
            StructureError,
            'target "GTV" and "spinal_cord" overlap by 0.29 cm3',
        ),
        (
            lambda f: put(f, "GTV", block(slice(9, 12), slice(15, 16))),
            StructureError,
            'target "GTV" lies outside "BODY"',
        ),
        (lambda f: put(f, "GTV", block(slice(9, 12)) * 2), ImageError, "holds values from 0 to 2, expected 0 and 1"),
        (lambda f: put(f, "GTV", block(slice(9, 12)) * np.float32(np.nan)), ImageError, "not finite, expected 0 to 1"),
        (
            lambda f: put(
                f, "GTV", np.zeros((6, 16, 19), np.uint8), Grid(GRID.origin_mm, GRID.spacing_mm, (6, 16, 19))
            ),
            GridError,
            "another image",
        ),
        (
            lambda f: put(f, "GTV", np.zeros((60, 60, 60), np.uint8), Grid((0, 0, 0), (1, 1, 1), (60, 60, 60))),
            ImageError,
            "216000 voxels",
        ),
        (
            lambda f: put(f, "GTV", MASKS["GTV"][1], Grid((-20, -30, 103), (2, 2, 3), GRID.shape)),
            GridError,
            "is not on the CT's grid",
        ),
        (lambda f: relist(f, file="structures/gtv2.nii.gz"), CaseError, 'gtv2.nii.gz not found, the mask of "GTV"'),
        (lambda f: relist(f, file="../other/GTV.nii.gz"), CaseError, "expected a file inside the case folder"),
        (lambda f: relist(f, role="tumour"), CaseError, 'role "tumour", expected one of external, target'),
        (lambda f: relist(f, colour="red"), CaseError, 'expected "#rrggbb"'),
        (lambda f: relist(f, rolle="target"), CaseError, '"GTV.rolle" is not a known key; nearest: role'),
        (lambda f: relist(f, file=3), CaseError, 'has no "file"'),
        (lambda f: (f / "structures.json").write_text("{"), CaseError, "not readable JSON"),
        (lambda f: (f / "structures.json").write_text("[]"), CaseError, "holds a list"),
        (
            lambda f: (f / "structures.json").write_text('{"a": {"file": "x"}, "a": {"file": "x"}}'),
            CaseError,
            '"a" is there twice',
        ),
        (lambda f: (f / "structures.json").unlink(), CaseError, "structures.json not found"),
        (lambda f: (f / "case.yaml").unlink(), CaseError, "case.yaml not found"),
        (lambda f: (f / "case.yaml").write_text("levl: L3"), CaseError, '"levl" is not a known key; nearest: level'),
        (lambda f: (f / "ct.nii.gz").unlink(), CaseError, "has no CT; expected ct/ with a DICOM series, or ct.nii.gz"),
        (lambda f: (f / "ct").mkdir(), CaseError, "holds its CT twice"),
        (lambda f: (f / "structures.dcm").write_text(""), CaseError, "holds its structures twice"),
        (
            lambda f: write_nifti(f / "ct.nii.gz", np.full(GRID.shape, np.nan, np.float32), GRID),
            ImageError,
            "not finite numbers, expected HU",
        ),
        (
            lambda f: write_nifti(f / "ct.nii.gz", np.full(GRID.shape, 40000, np.int32), GRID),
            ImageError,
            "values from 40000 to 40000",
        ),
        (
            lambda f: write_nifti(f / "ct.nii.gz", np.full(GRID.shape, 1030, np.int16), GRID),
            ImageError,
            "subtract 1024",
        ),
        (
            lambda f: write_nifti(f / "ct.nii.gz", np.array([-2000, -1024] * 960, np.int16).reshape(GRID.shape), GRID),
            ImageError,
            "its rescale intercept was applied twice",
        ),
        (
            lambda f: write_nifti(f / "ct.nii.gz", np.full(GRID.shape, -9000, np.int16), GRID),
            ImageError,
            "expected HU between",
        ),
    ],
)
def test_refused(folder, spoil, kind, said) -> None:
    spoil(folder)
    with pytest.raises(kind, match=re.escape(said)):
        open_case(folder)


def test_oddities_are_warnings(folder) -> None:
    shutil.copy(folder / "structures/GTV.nii.gz", folder / "structures/extra.nii.gz")
    relist(folder, volume_cm3=2.0)
    assert open_case(folder).warnings == (
        '"GTV": structures.json says 2.0 cm3, its mask holds 0.86 cm3',
        "structures/extra.nii.gz is not in structures.json and was not read",
    )


def test_no_structures(folder) -> None:
    shutil.rmtree(folder / "structures")
    (folder / "structures.json").unlink()
    assert len(open_case(folder).structures) == 0


@pytest.mark.parametrize("path", ["nowhere", "case.yaml"])
def test_not_a_folder(folder, path) -> None:
    with pytest.raises(CaseError, match="not found; expected a folder"):
        open_case(folder / path)


def test_unknown_cap(folder) -> None:
    with pytest.raises(CaseError, match='cap is "full"'):
        open_case(folder, cap="full")  # type: ignore[arg-type]


@pytest.fixture
def dicom_case(tmp_path) -> Path:
    write_series(tmp_path / "ct", series())
    contours = [square(103.0 + 3.0 * k) for k in range(3)]
    rtstruct({"GTV": ("GTV", contours), "Points": ("MARKER", [])}).save_as(
        tmp_path / "structures.dcm", enforce_file_format=True
    )
    (tmp_path / "case.yaml").write_text("level: L3\n")
    return tmp_path


def test_dicom_case(dicom_case) -> None:
    """A square of 6 x 6 mm on 3 slices of 3 mm holds 0.324 cm3; without caps 0.216."""
    case = open_case(dicom_case)
    np.testing.assert_array_equal(case.ct.values, voxels())
    assert case.structures["GTV"].volume_cm3 == pytest.approx(0.324, rel=1e-3)
    assert open_case(dicom_case, cap="none").structures["GTV"].volume_cm3 == pytest.approx(0.216, rel=1e-3)
    assert case.warnings == ('"Points" has no contours',)


def test_masks_on_a_dicom_ct(dicom_case) -> None:
    """A CT without NIfTI axes to compare with: the masks must agree among themselves."""
    (dicom_case / "structures.dcm").unlink()
    grid = Grid((-20.0, -16.0, 100.0), (1.5, 2.0, 3.0), (6, 8, 10))
    mask = np.zeros(grid.shape, np.uint8)
    mask[1:5, 2:6, 2:5] = 1
    for name in ("GTV", "other"):
        write_nifti(dicom_case / "structures" / f"{name}.nii.gz", mask, grid)
    listed = {"GTV": {"file": "structures/GTV.nii.gz"}, "other": {"file": "structures/other.nii.gz"}}
    (dicom_case / "structures.json").write_text(json.dumps(listed))
    assert open_case(dicom_case).structures["GTV"].volume_cm3 == pytest.approx(4 * 4 * 3 * 0.009)
    rewrite_affine(dicom_case / "structures/other.nii.gz", 0, [1.5, 0, 0, 20 - 1.5 * 9])
    with pytest.raises(GridError, match=r'"other" .*mirrored affine: its axes are left-handed, those of mask of "GTV"'):
        open_case(dicom_case)


def test_structures_of_another_frame(dicom_case) -> None:
    rtstruct({"GTV": ("GTV", [square(103.0)])}, frame="9.9").save_as(
        dicom_case / "structures.dcm", enforce_file_format=True
    )
    with pytest.raises(DicomError, match=r"is 9.9, expected the CT.s 1.2.3.3; register it first"):
        open_case(dicom_case)


def test_prone_patient_is_said(dicom_case) -> None:
    slices = series()
    for ds in slices:
        ds.PatientPosition = "HFP"
    write_series(dicom_case / "ct", slices)
    assert "position HFP" in open_case(dicom_case).warnings[0]


def test_left_handed_ct_is_read(folder) -> None:
    """Both CT and masks stored mirrored (LAS) with their voxels turned: the same case."""
    import SimpleITK as sitk

    for path in [folder / "ct.nii.gz", *(folder / "structures").glob("*.nii.gz")]:
        sitk.WriteImage(sitk.Flip(sitk.ReadImage(str(path)), [True, False, False], False), str(path))
    assert not read_nifti(folder / "ct.nii.gz").right_handed
    np.testing.assert_array_equal(open_case(folder).structures["kidney_left"].full(), MASKS["kidney_left"][1])


def test_every_refusal_is_ours(folder) -> None:
    for path in [*folder.rglob("*.gz"), folder / "structures.json"]:
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])
        with pytest.raises(SpondylError):
            open_case(folder)
        path.write_bytes(data)


def test_target_beyond_the_image(dicom_case) -> None:
    rtstruct({"GTV": ("GTV", [square(103.0, 200.0, 206.0)])}).save_as(
        dicom_case / "structures.dcm", enforce_file_format=True
    )
    with pytest.raises(StructureError, match=r'"GTV" reaches from \[200.0, 200.0, 103.0\].*beyond the image'):
        open_case(dicom_case)
