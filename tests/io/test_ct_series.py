"""CT series: a series of known voxels in any orientation and transfer syntax is read exactly, every
irregular one refused."""

import re

import numpy as np
import pytest
from dicom_maker import CT, ct_slice, jpeg_lossless, series, voxels, write_series
from pydicom import dcmwrite
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from spondyl.core.errors import DicomError, ImageError
from spondyl.io import import_dicom, read_ct_series


def test_values_and_place(tmp_path) -> None:
    read = read_ct_series(write_series(tmp_path, series()[::-1]))
    np.testing.assert_array_equal(read.image.values, voxels())
    grid = read.image.grid
    assert grid.origin_mm == (-20.0, -16.0, 100.0)
    assert grid.spacing_mm == (1.5, 2.0, 3.0)
    assert grid.frame_of_reference_uid == "1.2.3.3"
    assert read.dicom["SOPInstanceUIDs"].split("\\") == [f"1.2.3.9.{k}" for k in range(6)]


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLSLossless])
def test_compressed(tmp_path, syntax) -> None:
    slices = series(3, 40, 48)
    for ds in slices:
        ds.compress(syntax, generate_instance_uid=False)
    np.testing.assert_array_equal(read_ct_series(write_series(tmp_path, slices)).image.values, voxels(3, 40, 48))


@pytest.mark.parametrize("syntax", [JPEGLossless, JPEGLosslessSV1])
def test_jpeg_lossless(tmp_path, syntax) -> None:
    """The transfer syntax of most CT archives; pydicom cannot write it, so the test encodes it."""
    slices = series(3, 16, 12)
    for ds in slices:
        pixels = np.frombuffer(ds.PixelData, "<u2").reshape(16, 12)
        ds.PixelData = encapsulate([jpeg_lossless(pixels)])
        ds["PixelData"].is_undefined_length = True
        ds["PixelData"].VR = "OB"
        ds.file_meta.TransferSyntaxUID = syntax
    np.testing.assert_array_equal(read_ct_series(write_series(tmp_path, slices)).image.values, voxels(3, 16, 12))


@pytest.mark.parametrize("syntax", [DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_other_encodings(tmp_path, syntax) -> None:
    slices = series()
    for k, ds in enumerate(slices):
        ds.file_meta.TransferSyntaxUID = syntax
        ds.save_as(tmp_path / f"{k}.dcm", implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=True)
    np.testing.assert_array_equal(read_ct_series(tmp_path).image.values, voxels())


def test_big_endian(tmp_path) -> None:
    for k, ds in enumerate(series()):
        ds.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
        ds.PixelData = np.frombuffer(ds.PixelData, "<u2").astype(">u2").tobytes()
        ds["PixelData"].VR = "OW"
        dcmwrite(tmp_path / f"{k}.dcm", ds, implicit_vr=False, little_endian=False, force_encoding=True)
    np.testing.assert_array_equal(read_ct_series(tmp_path).image.values, voxels())


@pytest.mark.parametrize(
    ("row", "column", "turn"),
    [
        ((-1, 0, 0), (0, -1, 0), lambda v: v[:, ::-1, ::-1]),  # head first prone
        ((-1, 0, 0), (0, 1, 0), lambda v: v[:, :, ::-1]),  # feet first supine
        ((0, 1, 0), (-1, 0, 0), lambda v: v.transpose(0, 2, 1)[:, :, ::-1]),  # decubitus
    ],
)
def test_axial_orientations_become_lps(tmp_path, row, column, turn) -> None:
    slices = [ct_slice(hu, 100.0 + 3.0 * k, k, row, column) for k, hu in enumerate(voxels())]
    image = read_ct_series(write_series(tmp_path, slices)).image
    np.testing.assert_array_equal(image.values, turn(voxels()))
    first = voxels()[2, 0, 0]  # lies at the position the file gives, whatever the orientation
    at = image.grid.index_of((-20.0, -16.0, 106.0)).round().astype(int)
    assert image.values[tuple(at)] == first


def test_coronal_slices(tmp_path) -> None:
    """Rows to the left, columns to inferior; slices step to posterior."""
    slices = [
        ct_slice(hu, 100.0, k, (1, 0, 0), (0, 0, -1), xy=(-20.0, -16.0 + 3.0 * k)) for k, hu in enumerate(voxels())
    ]
    image = read_ct_series(write_series(tmp_path, slices)).image
    np.testing.assert_array_equal(image.values, voxels().transpose(1, 0, 2)[::-1])
    assert image.grid.spacing_mm == (1.5, 3.0, 2.0)
    assert image.grid.origin_mm == (-20.0, -16.0, 100.0 - 2.0 * 7)


def change(index, **values):
    def apply(slices):
        for keyword, value in values.items():
            setattr(slices[index], keyword, value)
        return slices

    return apply


def without(index, keyword):
    def apply(slices):
        delattr(slices[index], keyword)
        return slices

    return apply


def tilted(*, step_along_normal: bool):
    """Slices turned by 10 degrees about x: a tilted image, or what a tilted gantry gives (the table moves along z)."""
    sine, cosine = 0.17364818, 0.98480775
    step = (-3 * sine, 3 * cosine) if step_along_normal else (0.0, 3.0)

    def apply(slices):
        return [
            ct_slice(v, 100 + step[1] * k, k, column=(0, cosine, sine), xy=(-20, -16 + step[0] * k))
            for k, v in enumerate(voxels())
        ]

    return apply


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda s: s[:2] + s[3:], "misses 1 slice between 103.00 and 109.00 mm"),
        (lambda s: s[:1] + s[3:], "misses 2 slices between 100.00 and 109.00 mm"),
        (
            lambda s: [*s, ct_slice(voxels()[2], 106.0, 77)],
            "duplicated slices: s02.dcm and s06.dcm both lie at 106.00 mm",
        ),
        (
            change(5, ImagePositionPatient=[-20, -16, 116.2]),
            "varying slice spacing: 4.200 mm between 112.00 and 116.20 mm",
        ),
        (
            change(3, SeriesInstanceUID="1.2.3.99"),
            "mixes 2 values of series (5 slices of 1.2.3.2, 1 slices of 1.2.3.99)",
        ),
        (change(3, FrameOfReferenceUID="1.2.3.98"), "mixes 2 values of frame of reference"),
        (
            lambda s: [change(k, GantryDetectorTilt=12.0)(s) and s[k] for k in range(6)],
            "gantry tilted by 12 degrees, expected 0",
        ),
        (change(2, GantryDetectorTilt=-8.0), "gantry tilted by -8 degrees"),
        (tilted(step_along_normal=True), "oblique: an axis is tilted by 10.00 degrees"),
        (
            tilted(step_along_normal=False),
            "sheared: its slices shift by 2.57 mm across the stack, as with a tilted gantry",
        ),  # 15 sin 10 cos 10
        (lambda s: [ct_slice(v, 100 + 3.0 * k, k, xy=(-20, -16 + 0.8 * k)) for k, v in enumerate(voxels())], "sheared"),
        (change(3, PixelSpacing=[2.0, 1.6]), "s03.dcm has another orientation or pixel spacing"),
        (change(3, ImagePositionPatient=["1", "2"]), "ImagePositionPatient is"),
        (without(3, "ImagePositionPatient"), "has no ImagePositionPatient"),
        (without(3, "RescaleIntercept"), "has no RescaleIntercept, so its numbers are not HU"),
        (without(3, "RescaleSlope"), "has no RescaleSlope"),
        (change(3, RescaleSlope=0), "RescaleSlope 0"),
        (change(3, RescaleType="OD"), "RescaleType OD, expected HU"),
        (change(3, Rows=9), "mixes 2 values of matrix size (5 slices of 8 x 10, 1 slices of 9 x 10)"),
        (change(3, ImageOrientationPatient=[1, 0, 0, 1, 0, 0]), "not two perpendicular unit vectors"),
        (without(0, "FrameOfReferenceUID"), "frame of reference"),
        (without(3, "PixelData"), "has no pixel data"),
        (change(3, SamplesPerPixel=3), "pixels of 3 samples"),
        (lambda s: s[:1], "has 1 slices, expected at least 2"),
        (lambda s: [], "has 0 slices, expected at least 2"),
        (change(3, NumberOfFrames=2), "bytes of pixels"),
    ],
)
def test_refused(tmp_path, spoil, said) -> None:
    folder = write_series(tmp_path / "ct", spoil(series()))
    with pytest.raises(DicomError, match=re.escape(said)):
        read_ct_series(folder)


@pytest.mark.parametrize(
    ("sop_class", "said"),
    [
        (
            "1.2.840.10008.5.1.4.1.1.2.1",
            "is an Enhanced CT (all slices in one file), which is not read; export it again",
        ),
        (
            "1.2.840.10008.5.1.4.1.1.2.2",
            "is a Legacy Converted Enhanced CT (all slices in one file), which is not read;",
        ),
        (CT, "holds 6 slices in one file, expected one; export it again as CT images of one slice a file, or as NIfTI"),
    ],
)
def test_a_scan_in_one_file_is_named_and_refused(tmp_path, sop_class, said) -> None:
    whole = series()[0]
    whole.SOPClassUID = whole.file_meta.MediaStorageSOPClassUID = sop_class
    whole.NumberOfFrames, whole.PixelData = 6, b"".join(ds.PixelData for ds in series())
    folder = write_series(tmp_path / "ct", [whole])
    with pytest.raises(DicomError, match=re.escape(said)):
        read_ct_series(folder)
    if sop_class != CT:
        with pytest.raises(DicomError, match=re.escape(said.removeprefix("is "))):
            import_dicom(folder)


def test_same_uid_at_two_places(tmp_path) -> None:
    slices = series()
    slices[4].SOPInstanceUID = slices[3].SOPInstanceUID
    with pytest.raises(DicomError, match="twice at different positions"):
        read_ct_series(write_series(tmp_path, slices))


@pytest.mark.parametrize(
    ("intercept", "said"), [(-6000, "holds values from -59"), (40000, "to 4"), (0, "subtract 1024")]
)
def test_hu_out_of_range(tmp_path, intercept, said) -> None:
    slices = series()
    for ds in slices:
        ds.RescaleIntercept = intercept
        if intercept == 0:  # tissue of a raw CT lies near 1000
            ds.PixelData = np.full((8, 10), 1060, "<u2").tobytes()
    with pytest.raises(ImageError, match=said):
        read_ct_series(write_series(tmp_path, slices))


def test_padding_becomes_air(tmp_path) -> None:
    slices = series()
    for ds in slices:
        ds.PixelRepresentation, ds.BitsStored, ds.HighBit, ds.PixelPaddingValue = 1, 16, 15, -32000
        ds.RescaleIntercept = 0
        values = np.frombuffer(ds.PixelData, "<u2").astype("<i2") - 1024
        values[:3] = -32000
        ds.PixelData = values.tobytes()
        ds["PixelPaddingValue"].VR = "SS"
    read = read_ct_series(write_series(tmp_path, slices))
    assert (read.image.values[:, 0, :3] == -1024).all()
    np.testing.assert_array_equal(read.image.values[:, 1:], voxels()[:, 1:])
    assert "18 padded voxels" in read.warnings[0]


def test_silent_padding_is_clipped_and_said(tmp_path) -> None:
    slices = series()
    for ds in slices:
        ds.PixelRepresentation, ds.BitsStored, ds.HighBit, ds.RescaleIntercept = 1, 16, 15, 0
        values = np.frombuffer(ds.PixelData, "<u2").astype("<i2") - 1024
        values[0] = -2000
        ds.PixelData = values.tobytes()
    read = read_ct_series(write_series(tmp_path, slices))
    assert read.image.values.min() == -1024
    assert "6 voxels below -1024 HU (lowest -2000)" in read.warnings[0]


def test_junk_in_the_folder(tmp_path) -> None:
    write_series(tmp_path, series())
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(DicomError, match=r"notes.txt is not a DICOM file"):
        read_ct_series(tmp_path)


def test_missing_folder(tmp_path) -> None:
    with pytest.raises(DicomError, match="not found"):
        read_ct_series(tmp_path / "nowhere")
