"""Damaged files: whatever is cut off, flipped or lied about, the answer is one of our refusals or a usable object."""

import contextlib
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from dicom_maker import jpeg_lossless, rtdose, rtplan, rtstruct, series, square
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.encaps import generate_frames
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEG2000Lossless, JPEGLSLossless, RLELossless

from spondyl.core import Grid
from spondyl.core.errors import DicomError, SpondylError
from spondyl.io import read_nifti, read_rtdose, read_rtplan, read_rtstruct, write_nifti
from spondyl.io.codestream import stated_size
from spondyl.io.ct_series import read_slice
from spondyl.io.dicom_file import pixels_of, read_dicom

GRID = Grid((-20.0, -20.0, 100.0), (2.0, 2.0, 3.0), (4, 12, 12), "1.2.3.3")


def made(folder: Path) -> dict[str, bytes]:
    dose = rtdose(np.arange(480, dtype="<u2").reshape(4, 10, 12))
    rle = rtdose(np.arange(480, dtype="<u2").reshape(4, 10, 12))
    rle.compress(RLELossless, generate_instance_uid=False)
    deflated = rtdose(np.arange(480, dtype="<u4").reshape(4, 10, 12))
    deflated.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    objects = {
        "dose": dose, "rle": rle, "deflated": deflated, "plan": rtplan(), "ct": series(1)[0],
        "struct": rtstruct({"GTV": ("GTV", [square(100.0), square(103.0)]), "x": ("ORGAN", [])}),
    }  # fmt: skip
    files: dict[str, bytes] = {}
    for name, ds in objects.items():
        ds.save_as(folder / name, enforce_file_format=True)
        files[name] = (folder / name).read_bytes()
    write_nifti(folder / "n.nii", np.arange(48, dtype=np.int16).reshape(3, 4, 4), Grid((0, 0, 0), (1, 1, 1), (3, 4, 4)))
    files["nifti"] = (folder / "n.nii").read_bytes()
    return files


def read_ct(path: Path) -> None:
    read_slice(path)
    pixels_of(read_dicom(path, "CT"), path)


READERS = {
    "dose": read_rtdose, "rle": read_rtdose, "deflated": read_rtdose, "plan": read_rtplan, "ct": read_ct,
    "struct": lambda path: read_rtstruct(path, GRID), "nifti": read_nifti,
}  # fmt: skip


class Files(tuple[Path, dict[str, bytes]]):
    """Folder and contents, short in hypothesis's reports."""

    def __repr__(self) -> str:
        return f"Files({self[0]})"


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Files:
    folder = tmp_path_factory.mktemp("damage")
    return Files((folder, made(folder)))


def only_refusals(folder: Path, kind: str, data: bytes) -> None:
    path = folder / "damaged"
    path.write_bytes(data)
    with contextlib.suppress(SpondylError):
        READERS[kind](path)


@pytest.mark.parametrize("kind", sorted(READERS))
def test_whole_files_are_read(files, kind) -> None:
    folder, whole = files
    (folder / "whole").write_bytes(whole[kind])
    READERS[kind](folder / "whole")


@pytest.mark.parametrize("kind", sorted(READERS))
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.floats(0, 0.99))
def test_truncated_pixels_and_headers_are_refused(files, kind, at) -> None:
    """Cut anywhere but in the last byte, which may be padding; a structure set or plan cut exactly between
    two elements is a smaller but whole file."""
    folder, whole = files
    data = whole[kind][: int(at * len(whole[kind]))]
    if kind in ("struct", "plan"):
        only_refusals(folder, kind, data)
        return
    (folder / "cut").write_bytes(data)
    with pytest.raises(SpondylError):
        READERS[kind](folder / "cut")


@pytest.mark.parametrize("kind", sorted(READERS))
@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(where=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 7)), min_size=1, max_size=4))
def test_flipped_bits_raise_only_refusals(files, kind, where) -> None:
    folder, whole = files
    data = bytearray(whole[kind])
    for at, bit in where:
        data[132 + int(at * (len(data) - 132))] ^= 1 << bit
    only_refusals(folder, kind, bytes(data))


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(junk=st.binary(max_size=400))
def test_junk_behind_a_dicom_prefix(files, junk) -> None:
    for kind in ("dose", "struct", "plan", "ct"):
        only_refusals(files[0], kind, bytes(128) + b"DICM" + junk)


def test_gigabyte_tag(files, tmp_path) -> None:
    """A private element that says it has 4 GB in a file of a few hundred bytes is named before anything is
    allocated."""
    tag = struct.pack("<HH2sHI", 0x0009, 0x1001, b"OB", 0, 0xFFFFFFF0)
    (tmp_path / "d").write_bytes(files[1]["plan"] + tag + b"abc")
    with pytest.raises(
        DicomError, match=r"private element \(0009,1001\) says it has 4294967280 bytes, the file has 15 left"
    ):
        read_rtplan(tmp_path / "d")


def test_huge_element_that_is_really_there(files, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("spondyl.io.dicom_walk.MAX_ELEMENT_BYTES", 1 << 20)
    tag = struct.pack("<HH2sHI", 0x0009, 0x1001, b"OB", 0, 2 << 20)
    (tmp_path / "d").write_bytes(files[1]["plan"] + tag + bytes(2 << 20))
    with pytest.raises(DicomError, match=r"private element \(0009,1001\) has 2097152 bytes, expected at most 1048576"):
        read_rtplan(tmp_path / "d")


def test_deflate_bomb(files, tmp_path, monkeypatch) -> None:
    """16 MiB of zeros in 16 KiB, against a limit of 8 MiB."""
    monkeypatch.setattr("spondyl.io.dicom_file.MAX_FILE_BYTES", 16 << 20)
    deflated = files[1]["deflated"]
    header = deflated[: 132 + 12 + struct.unpack("<I", deflated[140:144])[0]]
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    (tmp_path / "bomb").write_bytes(header + packer.compress(bytes(16 << 20)) + packer.flush())
    with pytest.raises(DicomError, match=r"inflates from \d+ bytes to more than 8 MiB"):
        read_rtdose(tmp_path / "bomb")


def test_file_too_large(files, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("spondyl.io.dicom_file.MAX_FILE_BYTES", 500)
    (tmp_path / "d").write_bytes(files[1]["dose"])
    with pytest.raises(DicomError, match="at most"):
        read_rtdose(tmp_path / "d")


def test_deep_nesting(files, tmp_path) -> None:
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    sequence = struct.pack("<HH2sHI", 0x300A, 0x0070, b"SQ", 0, 0xFFFFFFFF)
    (tmp_path / "d").write_bytes(files[1]["plan"] + (sequence + item) * 2000)
    with pytest.raises(DicomError, match="nests sequences deeper than 32"):
        read_rtplan(tmp_path / "d")


def test_compressed_pixels_that_lie_about_their_size(tmp_path) -> None:
    ds = rtdose(np.arange(480, dtype="<u2").reshape(4, 10, 12))
    ds.compress(RLELossless, generate_instance_uid=False)
    ds.Rows, ds.Columns = 9000, 9000
    ds.save_as(tmp_path / "d", enforce_file_format=True)
    with pytest.raises(DicomError):
        read_rtdose(tmp_path / "d")


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (10, "states 40 x 304 pixels of 1 components"),  # 256 columns more
        (8, "no readable size"),  # 2^24 columns more: more tiles than there can be
        (40, "states 40 x 48 pixels of 257 components"),
        (27, "no readable size"),  # tiles of no width
    ],
)
def test_jpeg_2000_that_states_an_absurd_size(tmp_path, at, said) -> None:
    """OpenJPEG would take gigabytes and a minute. Xsiz stands at byte 8, the tiles' width at 24, components at 40."""
    ds = series(1, 40, 48)[0]
    ds.compress(JPEG2000Lossless, generate_instance_uid=False)
    data = bytearray(ds.PixelData)
    start = data.index(b"\xff\x4f\xff\x51")
    if at == 27:
        data[start + 24 : start + 28] = bytes(4)
    else:
        data[start + at] = 1
    ds.PixelData = bytes(data)
    ds.save_as(tmp_path / "d", enforce_file_format=True)
    with pytest.raises(DicomError, match=said):
        read_ct(tmp_path / "d")


@pytest.mark.parametrize("syntax", [JPEGLSLossless, JPEG2000Lossless])
def test_stated_size(syntax) -> None:
    ds = series(1, 40, 48)[0]
    ds.compress(syntax, generate_instance_uid=False)
    frame = next(generate_frames(ds.PixelData, number_of_frames=1))
    assert stated_size(frame) == (40, 48, 1)
    assert stated_size(frame[:8]) is None
    assert stated_size(b"") is None


def test_stated_size_of_jpeg_lossless() -> None:
    frame = jpeg_lossless(np.zeros((7, 9), np.uint16))
    assert stated_size(frame) == (7, 9, 1)
    assert stated_size(b"\xff\xd8\xff\xff\xd0" + frame[2:]) == (7, 9, 1)  # fill byte and a marker without length
