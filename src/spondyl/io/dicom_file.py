"""One DICOM file, read so that no length, compression or damage in it can hurt.

Before pydicom sees a file its elements are walked by their lengths (`spondyl.io.dicom_walk`), and before a decoder
sees a frame its size is looked at (`spondyl.io.codestream`).
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.encaps import generate_frames
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID

from spondyl.core.errors import DicomError, SpondylError
from spondyl.io.codestream import stated_size
from spondyl.io.dicom_walk import DEFLATED, check_lengths

CT, RTSTRUCT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.481.3"
RTDOSE, RTPLAN = "1.2.840.10008.5.1.4.1.1.481.2", "1.2.840.10008.5.1.4.1.1.481.5"
ENHANCED = {
    "1.2.840.10008.5.1.4.1.1.2.1": "an Enhanced CT (all slices in one file)",
    "1.2.840.10008.5.1.4.1.1.2.2": "a Legacy Converted Enhanced CT (all slices in one file)",
}
EXPORT_SINGLE = "export it again as CT images of one slice a file, or as NIfTI (for example with dcm2niix)"
KINDS = {CT: "CT", RTSTRUCT: "RTSTRUCT", RTDOSE: "RTDOSE", RTPLAN: "RTPLAN"}

MAX_FILE_BYTES = 1 << 30
MAX_PIXEL_BYTES = 1 << 30
"""Largest file, and largest pixel data of one file, uncompressed."""

_RLE = "1.2.840.10008.1.2.5"


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
        check_lengths(data, path, MAX_FILE_BYTES // 2)
        dataset = pydicom.dcmread(io.BytesIO(data), stop_before_pixels=not pixels)
        found = str(dataset.get("SOPClassUID", ""))
        if expected is not None and KINDS.get(found) != expected:
            if expected == "CT" and found in ENHANCED:
                raise DicomError(f"{path} is {ENHANCED[found]}, which is not read; {EXPORT_SINGLE}")
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
        if not dataset.file_meta.TransferSyntaxUID.is_compressed or dataset.file_meta.TransferSyntaxUID == DEFLATED:
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
