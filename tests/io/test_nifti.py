"""NIfTI: read against SimpleITK, in all 48 axis orders, and refused where the header cannot be believed."""

import gzip
import itertools
import re

import numpy as np
import pytest
import SimpleITK as sitk

from spondyl.core import Grid
from spondyl.core.errors import GridError, ImageError
from spondyl.io import read_nifti, write_nifti

VALUES = np.arange(3 * 4 * 5, dtype=np.int16).reshape(3, 4, 5) - 20
GRID = Grid((-10.0, 20.0, 30.0), (1.0, 2.0, 3.0), (3, 4, 5))


def edited(path, offset: int, data: bytes) -> None:
    raw = bytearray(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
    raw[offset : offset + len(data)] = data
    path.write_bytes(gzip.compress(bytes(raw)) if path.suffix == ".gz" else bytes(raw))


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.int32, np.float32, np.float64])
def test_there_and_back_and_simpleitk(tmp_path, name, kind) -> None:
    values = (VALUES + 20).astype(kind)
    write_nifti(tmp_path / name, values, GRID)
    read = read_nifti(tmp_path / name)
    np.testing.assert_array_equal(read.values, values)
    assert read.values.dtype == kind
    assert read.grid == GRID
    other = sitk.ReadImage(str(tmp_path / name))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(other), values)
    assert other.GetOrigin() == GRID.origin_mm
    assert other.GetSpacing() == GRID.spacing_mm


@pytest.mark.parametrize("order", list(itertools.permutations((0, 1, 2))))
@pytest.mark.parametrize("flips", list(itertools.product((False, True), repeat=3)))
def test_every_axis_order_is_the_same_volume(tmp_path, order, flips) -> None:
    image = sitk.GetImageFromArray(VALUES)
    image.SetOrigin(GRID.origin_mm)
    image.SetSpacing(GRID.spacing_mm)
    image = sitk.PermuteAxes(image, [int(o) for o in order])
    turned = sitk.Flip(image, [bool(f) for f in flips], False)
    sitk.WriteImage(turned, str(tmp_path / "a.nii.gz"))
    read = read_nifti(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(read.values, VALUES)
    assert read.grid.same_space(GRID, 1e-4)
    assert read.right_handed == (np.linalg.det(np.reshape(turned.GetDirection(), (3, 3))) > 0)


def test_same_volume_gives_the_same_file(tmp_path) -> None:
    for name in ("a.nii.gz", "b.nii.gz"):
        write_nifti(tmp_path / name, VALUES, GRID)
    assert (tmp_path / "a.nii.gz").read_bytes() == (tmp_path / "b.nii.gz").read_bytes()


def test_oblique_is_refused(tmp_path) -> None:
    image = sitk.GetImageFromArray(np.zeros((40, 40, 40), np.int16))
    c, s = np.cos(np.radians(5)), np.sin(np.radians(5))
    image.SetDirection([c, -s, 0, s, c, 0, 0, 0, 1])
    sitk.WriteImage(image, str(tmp_path / "a.nii"))
    with pytest.raises(GridError, match=r"oblique: an axis is tilted by 5\.00 degrees"):
        read_nifti(tmp_path / "a.nii")


def spoil_sform(path):
    edited(path, 280, np.array([1.0, 0, 0, 10], "<f4").tobytes())  # the first row was -1 0 0 10


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoil_sform, "mirror each other (left and right would be swapped)"),
        (lambda p: edited(p, 292, np.float32(17).tobytes()), "place voxels up to 7.0 mm apart"),
        (lambda p: edited(p, 252, b"\0\0\0\0"), "neither sform nor qform, so left and right are unknown"),
        (lambda p: edited(p, 70, np.int16(128).tobytes()), "datatype 128"),
        (lambda p: edited(p, 40, np.array([4, 5, 4, 3, 2], "<i2").tobytes()), "expected one 3D volume"),
        (lambda p: edited(p, 42, np.int16(-5).tobytes()), "expected one 3D volume"),
        (
            lambda p: edited(p, 42, np.array([6], "<i2").tobytes()),
            "is truncated: 120 bytes of voxels, its header says 144",
        ),
        (lambda p: edited(p, 42, np.array([4], "<i2").tobytes()), "holds more than the 96 bytes"),
        (
            lambda p: edited(p, 42, np.array([30000, 30000, 30000], "<i2").tobytes()),
            "says it holds 27000000000000 voxels",
        ),
        (lambda p: edited(p, 108, np.float32(np.nan).tobytes()), "voxels start at byte nan"),
        (lambda p: edited(p, 344, b"xxxx"), "not a NIfTI file"),
        (lambda p: p.write_bytes(p.read_bytes()[:-30]), "truncated"),
        (lambda p: p.write_bytes(b"hello"), "not a NIfTI file"),
        (lambda p: p.write_bytes(b""), "not a NIfTI file"),
    ],
)
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_refused(tmp_path, spoil, said, name) -> None:
    path = tmp_path / name
    write_nifti(path, VALUES, GRID)
    spoil(path)
    with pytest.raises(ImageError, match=re.escape(said)):
        read_nifti(path)


def test_zip_bomb_is_not_inflated(tmp_path) -> None:
    """64 MiB of zeros behind a header of 60 voxels: read to the header's end and refused."""
    write_nifti(tmp_path / "a.nii", VALUES, GRID)
    bomb = (tmp_path / "a.nii").read_bytes() + bytes(64 << 20)
    (tmp_path / "b.nii.gz").write_bytes(gzip.compress(bomb, 1))
    with pytest.raises(ImageError, match="holds more than the 120 bytes of voxels that its header says"):
        read_nifti(tmp_path / "b.nii.gz")


def test_missing(tmp_path) -> None:
    with pytest.raises(ImageError, match="not found"):
        read_nifti(tmp_path / "a.nii")
