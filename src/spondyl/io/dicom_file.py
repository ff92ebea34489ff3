"""One DICOM file, read so that no length, compression or damage in it can hurt.

Before pydicom sees a file its elements are walked by their lengths, which finds truncation and absurd lengths
with the name of the element, and a deflated file is inflated against a limit.
"""

from __future__ import annotations

import io
import logging
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.datadict import keyword_for_tag
from pydicom.dataset import FileDataset
from pydicom.encaps import generate_frames
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID

from spondyl.core.errors import DicomError, SpondylError
from spondyl.io.codestream import stated_size

CT, RTSTRUCT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.481.3"
RTDOSE, RTPLAN = "1.2.840.10008.5.1.4.1.1.481.2", "1.2.840.10008.5.1.4.1.1.481.5"
KINDS = {CT: "CT", RTSTRUCT: "RTSTRUCT", RTDOSE: "RTDOSE", RTPLAN: "RTPLAN"}

MAX_FILE_BYTES = 1 << 30
MAX_PIXEL_BYTES = 1 << 30
"""Largest file, and largest pixel data of one file, uncompressed."""

_RLE = "1.2.840.10008.1.2.5"
_DEFLATED, _BIG_ENDIAN, _IMPLICIT = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2"
_LONG = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
_UNDEFINED = 0xFFFFFFFF
_MAX_DEPTH = 32


def is_dicom(path: Path) -> bool:
    """Whether the file carries the DICOM prefix (PS3.10)."""
    try:
        with path.open("rb") as stream:
            return stream.read(132)[128:] == b"DICM"
    except OSError:
        return False


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Whatever goes wrong while a file's content is understood is the file's fault, and said so."""
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except SpondylError:
        raise
    except MemoryError as error:
        raise DicomError(f"{path} needs more memory than there is; is it what it claims to be?") from error
    except Exception as error:
        said = (str(error) or type(error).__name__).splitlines()[0]
        raise DicomError(f"{path} is damaged or not standard DICOM ({said[:200]}); export it again") from error


def read_dicom(path: Path, expected: str | None = None, *, pixels: bool = True) -> FileDataset:
    """Read a DICOM file.

    Parameters
    ----------
    expected
        "CT", "RTSTRUCT", "RTDOSE" or "RTPLAN": what the file must be; None takes any.
    pixels
        Whether the pixel data are wanted.

    Raises
    ------
    DicomError
        If it is not DICOM, another kind of object, truncated, damaged, or inflates beyond the limit.
    """
    if not path.is_file():
        raise DicomError(f"{path} not found; expected a DICOM file")
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise DicomError(
            f"{path} has {size / 2**30:.1f} GiB, at most {MAX_FILE_BYTES >> 30} GiB are read; is it what it "
            "claims to be?"
        )
    if not is_dicom(path):
        raise DicomError(
            f"{path} is not a DICOM file (no DICM at byte 128), expected {expected or 'DICOM'}; leave it out "
            "or export it again"
        )
    with refusing(path):
        data = path.read_bytes()
        _check_lengths(data, path)
        dataset = pydicom.dcmread(io.BytesIO(data), stop_before_pixels=not pixels)
        found = str(dataset.get("SOPClassUID", ""))
        if expected is not None and KINDS.get(found) != expected:
            got = KINDS.get(found) or (UID(found).name if found else "an object without SOP class")
            raise DicomError(f"{path} is {got}, expected {expected}; give the right file")
    return dataset


def pixels_of(dataset: FileDataset, path: Path) -> NDArray[Any]:
    """Decoded pixels, shape (frames, rows, columns), of any transfer syntax that is installed.

    Raises
    ------
    DicomError
        If the numbers of rows, columns and frames are absurd or do not fit the pixel data, or the data do not decode.
    """
    with refusing(path):
        frames = int(dataset.get("NumberOfFrames", 1) or 1)
        rows, columns = int(dataset.Rows), int(dataset.Columns)
        bits = int(dataset.BitsAllocated)
        if int(dataset.get("SamplesPerPixel", 1)) != 1 or bits not in (8, 16, 32):
            raise DicomError(
                f"{path} has {bits}-bit pixels of {dataset.get('SamplesPerPixel')} samples, expected one of 8, "
                "16 or 32 bit"
            )
        size = frames * rows * columns * (bits // 8)
        if min(frames, rows, columns) < 1 or size > MAX_PIXEL_BYTES:
            raise DicomError(
                f"{path} says it holds {frames} x {rows} x {columns} pixels of {bits} bit, expected at most "
                f"{MAX_PIXEL_BYTES >> 30} GiB; is it what it claims to be?"
            )
        if "PixelData" not in dataset:
            raise DicomError(f"{path} has no pixel data; export it again")
        if not dataset.file_meta.TransferSyntaxUID.is_compressed or dataset.file_meta.TransferSyntaxUID == _DEFLATED:
            got = len(dataset.PixelData)
            if not size <= got <= size + 1:
                raise DicomError(
                    f"{path} holds {got} bytes of pixels, expected {size}; it is truncated or damaged, copy it again"
                )
        elif dataset.file_meta.TransferSyntaxUID != _RLE:
            _check_frames(dataset, (rows, columns, 1), frames, path)
        values = pixel_array(dataset)
        return values.reshape(frames, rows, columns)


def _check_frames(dataset: FileDataset, expected: tuple[int, int, int], frames: int, path: Path) -> None:
    """See that each compressed frame states the size that the header does, before a decoder allocates it."""
    for frame in generate_frames(dataset.PixelData, number_of_frames=frames):
        found = stated_size(frame)
        if found != expected:
            got = "no readable size" if found is None else f"{found[0]} x {found[1]} pixels of {found[2]} components"
            raise DicomError(
                f"{path}: a compressed frame states {got}, expected {expected[0]} x {expected[1]} of 1; "
                "it is damaged, export it again"
            )


def _check_lengths(data: bytes, path: Path) -> None:
    """Walk the elements; see that each ends inside the file and that a deflated file inflates within the limit."""
    position, syntax = _walk_meta(data, path)
    if syntax == _DEFLATED:
        data, position = _inflated(data[position:], path), 0
    order = "big" if syntax == _BIG_ENDIAN else "little"
    _Walk(data, path, order, syntax == _IMPLICIT).elements(position, len(data), 0)


def _walk_meta(data: bytes, path: Path) -> tuple[int, str]:
    walk = _Walk(data, path, "little", False)
    position, syntax = 132, ""
    while position + 8 <= len(data) and data[position : position + 2] == b"\x02\x00":
        value, length, _ = walk.header(position)
        if length == _UNDEFINED or value + length > len(data):
            raise walk.too_long(position, length)
        if data[position + 2 : position + 4] == b"\x10\x00":
            syntax = data[value : value + length].rstrip(b"\0 ").decode("ascii", "replace")
        position = value + length
    return position, syntax


def _inflated(packed: bytes, path: Path) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    data = inflater.decompress(packed, MAX_FILE_BYTES // 2)
    if inflater.unconsumed_tail:
        raise DicomError(
            f"{path} inflates from {len(packed)} bytes to more than {MAX_FILE_BYTES >> 21} MiB; it is not a "
            "plan's file, leave it out"
        )
    if not inflater.eof:
        raise DicomError(f"{path} is truncated: its deflated data end early; copy it again")
    return data


class _Walk:
    """Element headers of one byte stream."""

    def __init__(self, data: bytes, path: Path, order: str, implicit: bool) -> None:
        self.data, self.path, self.implicit = data, path, implicit
        self.order: Any = order

    def header(self, at: int) -> tuple[int, int, bytes]:
        """Where the value of the element at `at` starts, its length, and its VR."""
        data = self.data
        if at + 8 > len(data):
            raise DicomError(f"{self.path} is truncated: it ends inside an element at byte {at}; copy it again")
        vr = data[at + 4 : at + 6]
        if self.implicit or data[at : at + 2] in (b"\xfe\xff", b"\xff\xfe") or not vr.isalpha():
            return at + 8, int.from_bytes(data[at + 4 : at + 8], self.order), b""
        if vr not in _LONG:
            return at + 8, int.from_bytes(data[at + 6 : at + 8], self.order), vr
        if at + 12 > len(data):
            raise DicomError(f"{self.path} is truncated: it ends inside an element at byte {at}; copy it again")
        return at + 12, int.from_bytes(data[at + 8 : at + 12], self.order), vr

    def elements(self, at: int, end: int, depth: int) -> int:
        """Walk elements from `at` to `end` or to a delimiter; return where they end."""
        if depth > _MAX_DEPTH:
            raise DicomError(f"{self.path} nests sequences deeper than {_MAX_DEPTH}; it is damaged, export it again")
        while at < end:
            if at + 8 > end and not any(self.data[at:end]):
                return end
            value, length, vr = self.header(at)
            if self._tag(at) in ((0xFFFE, 0xE00D), (0xFFFE, 0xE0DD)):
                return value
            if length == _UNDEFINED:
                inner = _Walk(self.data, self.path, self.order, True) if vr == b"UN" else self
                at = inner._items(value, end, self._tag(at) == (0x7FE0, 0x0010), depth + 1)
            elif value + length > end:
                raise self.too_long(at, length)
            else:
                at = value + length
        return at

    def _items(self, at: int, end: int, fragments: bool, depth: int) -> int:
        while at < end:
            value, length, _ = self.header(at)
            tag = self._tag(at)
            if tag == (0xFFFE, 0xE0DD):
                return value
            if tag != (0xFFFE, 0xE000):
                raise DicomError(f"{self.path} is damaged: no item where byte {at} must start one; export it again")
            if length == _UNDEFINED and not fragments:
                at = self.elements(value, end, depth)
            elif length == _UNDEFINED or value + length > end:
                raise self.too_long(at, length)
            else:
                at = value + length
        raise DicomError(f"{self.path} is truncated: a sequence does not end before byte {end}; copy it again")

    def _tag(self, at: int) -> tuple[int, int]:
        return int.from_bytes(self.data[at : at + 2], self.order), int.from_bytes(
            self.data[at + 2 : at + 4], self.order
        )

    def too_long(self, at: int, length: int) -> DicomError:
        group, element = self._tag(at)
        name = keyword_for_tag((group << 16) | element) or "private element"
        left = len(self.data) - at
        return DicomError(
            f"{self.path}: {name} ({group:04x},{element:04x}) says it has {length} bytes, the file has {left} left; "
            "it is truncated or damaged, copy it again"
        )


def text(dataset: Any, keyword: str) -> str:
    """A text element without blanks, empty where absent or empty."""
    value = dataset.get(keyword)
    return "" if value is None else str(value).strip()


def numbers(dataset: Any, keyword: str, count: int, path: Path) -> NDArray[np.float64]:
    """`count` finite numbers of an element, any count above zero with `count` 0.

    Raises
    ------
    DicomError
        If the element is missing, has another count, or holds what is not a finite number.
    """
    value = dataset.get(keyword)
    if value is None or value == "":
        raise DicomError(f"{path} has no {keyword}; expected {count or 'some'} numbers, export it again")
    array = np.atleast_1d(np.asarray(value, dtype=np.float64))
    if (count and array.shape != (count,)) or not np.isfinite(array).all():
        raise DicomError(
            f"{path}: {keyword} is {str(value)[:80]}, expected {count or 'some'} finite numbers; export it again"
        )
    return array
