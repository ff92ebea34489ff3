"""The lengths of a DICOM file's elements, walked before anything is made of them (PS3.5 7.1, 7.5).

Finds truncation and absurd lengths with the name of the element, and inflates a deflated file against a limit.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

from pydicom.datadict import keyword_for_tag

from spondyl.core.errors import DicomError

DEFLATED, _BIG_ENDIAN, _IMPLICIT = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2"
_LONG = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
_UNDEFINED = 0xFFFFFFFF
_MAX_DEPTH = 32
_PIXELS = (0x7FE0, 0x0010)
MAX_ELEMENT_BYTES = 1 << 28
"""Largest element beside the pixel data; the contours of the largest structure sets stay well below."""


def check_lengths(data: bytes, path: Path, most_inflated: int) -> None:
    """See that every element ends inside the file, and that a deflated one inflates to `most_inflated` bytes at most.

    Raises
    ------
    DicomError
        With the element's name, where one is cut off or says an absurd length.
    """
    position, syntax = _walk_meta(data, path)
    if syntax == DEFLATED:
        data, position = _inflated(data[position:], path, most_inflated), 0
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


def _inflated(packed: bytes, path: Path, most: int) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    data = inflater.decompress(packed, most)
    if inflater.unconsumed_tail:
        raise DicomError(
            f"{path} inflates from {len(packed)} bytes to more than {most >> 20} MiB; it is not a "
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
                at = inner._items(value, end, self._tag(at) == _PIXELS, depth + 1)
            elif value + length > end:
                raise self.too_long(at, length)
            elif length > MAX_ELEMENT_BYTES and self._tag(at) != _PIXELS:
                raise DicomError(
                    f"{self.path}: {self._name(at)} has {length} bytes, expected at most {MAX_ELEMENT_BYTES} "
                    "outside the pixel data; "
                    "leave the file out or export it without"
                )
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

    def _name(self, at: int) -> str:
        group, element = self._tag(at)
        return f"{keyword_for_tag((group << 16) | element) or 'private element'} ({group:04x},{element:04x})"

    def too_long(self, at: int, length: int) -> DicomError:
        left = len(self.data) - at
        return DicomError(
            f"{self.path}: {self._name(at)} says it has {length} bytes, the file has {left} left; "
            "it is truncated or damaged, copy it again"
        )
