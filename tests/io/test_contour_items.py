"""Contours from bytes: the same however a file stores its sequences, and numbers rounded as Python rounds them."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicom_maker import item, rtstruct, square
from hypothesis import given
from hypothesis import strategies as st
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from spondyl.io import read_contours
from spondyl.io.contour_items import contour_items
from spondyl.io.decimals import coordinates

COUNT = 200  # more than the index first has room for


def drawn(images: int = 1):
    ds = rtstruct(
        {"GTV": ("GTV", [square(1.5 * k, high=round(-8.25 + 0.01 * k, 2)) for k in range(COUNT)]), "x": ("ORGAN", [])}
    )
    for k, contour in enumerate(ds.ROIContourSequence[0].ContourSequence):
        contour.ContourImageSequence = [
            item(ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.2", ReferencedSOPInstanceUID=f"1.2.{k}.{n}")
            for n in range(images)
        ]
    return ds


def undefined(ds):
    """The same, with every sequence and item of undefined length."""
    for roi in ds.ROIContourSequence:
        roi.is_undefined_length_sequence_item = True
        for contour in roi.get("ContourSequence", []):
            contour.is_undefined_length_sequence_item = True
            contour["ContourImageSequence"].is_undefined_length = True
        if "ContourSequence" in roi:
            roi["ContourSequence"].is_undefined_length = True
    ds["ROIContourSequence"].is_undefined_length = True
    return ds


def inner_undefined(ds):
    """The same, with only the innermost sequences of undefined length."""
    for contour in ds.ROIContourSequence[0].ContourSequence:
        contour["ContourImageSequence"].is_undefined_length = True
    return ds


@pytest.mark.parametrize("stored", [lambda ds: ds, inner_undefined, undefined], ids=["known", "inner", "undefined"])
@pytest.mark.parametrize(
    "syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian]
)
def test_however_they_are_stored(tmp_path: Path, syntax, stored) -> None:
    ds = stored(drawn(2))
    ds.file_meta.TransferSyntaxUID = syntax
    pydicom.dcmwrite(tmp_path / "s.dcm", ds, enforce_file_format=True)
    roi = read_contours(tmp_path / "s.dcm")["GTV"]
    assert [c.z_mm for c in roi.contours] == [1.5 * k for k in range(COUNT)]
    assert [c.points_mm[2, 0] for c in roi.contours] == [round(-8.25 + 0.01 * k, 2) for k in range(COUNT)]
    assert roi.images == {f"1.2.{k}.{n}" for k in range(COUNT) for n in range(2)}
    assert roi.left_out == ()


def test_known_lengths_are_read_from_bytes(tmp_path: Path) -> None:
    """The quick way is taken where it can be: pydicom never makes the sequence."""
    pydicom.dcmwrite(tmp_path / "s.dcm", drawn(), enforce_file_format=True)
    roi = pydicom.dcmread(tmp_path / "s.dcm").ROIContourSequence[0]
    found = list(contour_items(roi))
    assert [(c.kind, c.stated, len(c.values)) for c in found] == [("CLOSED_PLANAR", 4, 12)] * COUNT
    assert isinstance(roi.get_item("ContourSequence").value, bytes)


def read(text: str) -> list[float]:
    return coordinates(np.frombuffer(text.encode(), dtype=np.uint8)).tolist()


@given(st.lists(st.floats(-1e5, 1e5), min_size=1), st.sampled_from(["{:.5f}", "{:.2f}", "{:.10g}", "{!r}", "{:+.9e}"]))
def test_numbers_are_rounded_as_python_rounds_them(numbers: list[float], written: str) -> None:
    texts = [written.format(v) for v in numbers]
    assert read("\\".join(texts)) == [float(t) for t in texts]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", []),
        (" 1 \\ -2.50\\+.5\\7.\\0", [1.0, -2.5, 0.5, 7.0, 0.0]),
        ("1E2\\1e-3 \0", [100.0, 0.001]),
        ("123456789.123456789\\1e300", [123456789.123456789, 1e300]),
    ],
)
def test_ways_to_write_a_number(text: str, numbers: list[float]) -> None:
    assert read(text) == numbers


@pytest.mark.parametrize("text", ["1\\\\2", "1\\x", "1\\", "--1", "1.2.3", ".", "e5", "1 2"])
def test_what_is_not_a_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="could not convert"):
        read(text)
