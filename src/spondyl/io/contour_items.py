"""The contours of one ROI as its file holds them, without an object for every element and every number.

A structure set has thousands of contours of hundreds of numbers. pydicom keeps a sequence of known length as bytes
until it is asked for, so those bytes are looked through in one compiled pass; contours stored in another way are taken
from pydicom, with the same outcome.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray
from pydicom.dataelem import RawDataElement

from spondyl.io.decimals import Extent, coordinates, extent, numbers_of, one_by_one

IMAGES, KIND, COUNT, DATA = 0x30060016, 0x30060042, 0x30060046, 0x30060050
"""ContourImageSequence, ContourGeometricType, NumberOfContourPoints, ContourData (PS3.3 C.8.8.6)."""
IMAGE_UID = 0x00081155
_ITEM, _UNDEFINED = 0xFFFEE000, 0xFFFFFFFF


class ContourItem(NamedTuple):
    """One contour: its type, how many points it says it has, its numbers (x, y, z, x, ...), its images' UIDs, and the
    `extent` of its numbers."""

    kind: str
    stated: int | None
    values: NDArray[np.float64]
    images: tuple[str, ...]
    extent: Extent


def contour_items(drawn: Any) -> Iterator[ContourItem]:
    """The contours of an item of ROIContourSequence, in file order; none where there is no item.

    Raises
    ------
    ValueError
        If a number is not one.
    """
    if drawn is None or "ContourSequence" not in drawn:
        return
    raw = drawn.get_item("ContourSequence")
    if isinstance(raw, RawDataElement) and isinstance(raw.value, bytes) and raw.is_little_endian:
        data = np.frombuffer(raw.value, dtype=np.uint8)
        found: Any = _index(data, bool(raw.is_implicit_VR))
        if found[0]:
            yield from _from_bytes(raw.value, data, *found[1:])
            return
    for item in drawn.ContourSequence or ():
        uids = tuple(_text(image, IMAGE_UID) for image in item.get("ContourImageSequence") or ())
        stated, numbers = _text(item, COUNT), _text(item, DATA)
        values = coordinates(np.frombuffer(numbers.encode(), dtype=np.uint8))
        yield ContourItem(
            _text(item, KIND), int(stated) if stated else None, values, uids, extent(values, 0, len(values))
        )


def _from_bytes(
    raw: bytes, data: NDArray[np.uint8], contours: NDArray[np.int64], images: NDArray[np.int64]
) -> Iterator[ContourItem]:
    known: dict[bytes, str] = {}  # types and numbers of points are few, and images are named again and again

    def told(start: int, end: int) -> str:
        value = raw[start:end]
        if (found := known.get(value)) is None:
            found = known[value] = _stripped(value)
        return found

    uids, first, done = [told(start, end) for start, end in images.tolist()], 0, 0
    numbers, ends, extents = numbers_of(data, contours)
    rows = zip(contours.tolist(), ends.tolist(), extents.tolist(), strict=True)
    for (kind, kind_end, count, count_end, start, end, last), stop, (low, high, mean, farthest) in rows:
        stated = told(count, count_end)
        values, reach = numbers[done:stop], (low, high, mean, farthest)
        if stop < 0:
            values, reach = one_by_one(data[start:end])
        yield ContourItem(told(kind, kind_end), int(stated) if stated else None, values, tuple(uids[first:last]), reach)
        first, done = last, max(done, stop)


def _text(item: Any, tag: int) -> str:
    """An element of an item, not validated, empty where it is absent."""
    value = item.get_item(tag).value if tag in item else None
    if value is None:
        return ""
    if isinstance(value, bytes):
        return _stripped(value)
    return str(value).strip() if isinstance(value, str) or not np.iterable(value) else "\\".join(map(str, value))


def _stripped(value: bytes) -> str:
    return value.decode("ascii").strip("\0 ")


@njit(cache=True, nogil=True)
def _header(data, at, end, implicit):
    """Tag, start and length of the value of the element at `at`; a length below 0 for what is not understood."""
    if at + 8 > end:
        return 0, at, -1
    tag = data[at + 1] << 24 | data[at] << 16 | data[at + 3] << 8 | data[at + 2]
    short = np.int64(data[at + 6]) | np.int64(data[at + 7]) << 8
    start, length = at + 8, np.int64(data[at + 4]) | np.int64(data[at + 5]) << 8 | short << 16
    if not implicit and tag != _ITEM:
        a, b = data[at + 4], data[at + 5]
        if a < 65 or a > 90 or b < 65 or b > 90:
            return tag, start, -1
        # OB OD OF OL OV OW, SQ, SV, UC UN UR UT UV have two empty bytes and a length of four
        long = (
            (a == 79 and (b == 66 or b == 68 or b == 70 or b == 76 or b == 86 or b == 87))
            or (a == 83 and (b == 81 or b == 86))
            or (a == 85 and (b == 67 or b == 78 or b == 82 or b == 84 or b == 86))
        )
        length = short
        if long:
            if at + 12 > end:
                return tag, start, -1
            start, length = at + 12, np.int64(0)
            for k in range(4):
                length |= np.int64(data[at + 8 + k]) << (8 * k)
    if length == _UNDEFINED or start + length > end:
        return tag, start, -1
    return tag, start, length


@njit(cache=True, nogil=True)
def _index(data, implicit):
    """Where the contours' elements lie: start and end of type, number of points and data, and how many images' UIDs
    there are up to then; start and end of each of these. The first answer is False for bytes laid out otherwise."""
    contours, count = np.zeros((64, 7), dtype=np.int64), 0
    images, seen = np.zeros((64, 2), dtype=np.int64), 0
    at, size = 0, len(data)
    while at < size:
        tag, at, length = _header(data, at, size, implicit)
        if length < 0 or tag != _ITEM:
            return False, contours, images
        end = at + length
        if count == len(contours):
            contours = _doubled(contours)
        while at < end:
            tag, start, length = _header(data, at, end, implicit)
            if length < 0:
                return False, contours, images
            at = start + length
            for k, wanted in enumerate((KIND, COUNT, DATA)):
                if tag == wanted:
                    contours[count, 2 * k], contours[count, 2 * k + 1] = start, at
            if tag != IMAGES:
                continue
            inner = start
            while inner < at:
                tag, inner, length = _header(data, inner, at, implicit)
                if length < 0 or tag != _ITEM:
                    return False, contours, images
                item_end = inner + length
                while inner < item_end:
                    tag, start, length = _header(data, inner, item_end, implicit)
                    if length < 0:
                        return False, contours, images
                    inner = start + length
                    if tag == IMAGE_UID:
                        if seen == len(images):
                            images = _doubled(images)
                        images[seen, 0], images[seen, 1] = start, inner
                        seen += 1
        contours[count, 6] = seen
        count += 1
    return True, contours[:count], images[:seen]


@njit(cache=True, nogil=True)
def _doubled(rows):
    more = np.zeros((2 * len(rows), rows.shape[1]), dtype=rows.dtype)
    more[: len(rows)] = rows
    return more
