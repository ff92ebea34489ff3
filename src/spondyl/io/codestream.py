"""What a compressed frame says of its own size, looked at before a decoder believes it.

JPEG 2000: the SIZ marker (ITU-T T.800 A.5.1). JPEG, JPEG lossless and JPEG-LS: the frame header (ITU-T T.81 B.2.2,
T.87 C.2.2). A decoder allocates what these say, which in a damaged file can be many gigabytes.
"""

from __future__ import annotations

_FRAME_HEADERS = frozenset({0xF7, *range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})


def stated_size(frame: bytes) -> tuple[int, int, int] | None:
    """(rows, columns, components) that a compressed frame states, None where it is not a known codestream.

    Tiles of JPEG 2000 that do not begin at the image's corner or number more than 65535 count as unknown.
    """
    if frame[:4] == b"\xff\x4f\xff\x51":
        return _siz(frame)
    if frame[:2] == b"\xff\xd8":
        return _frame_header(frame)
    return None


def _siz(frame: bytes) -> tuple[int, int, int] | None:
    if len(frame) < 42:
        return None
    x, y, x0, y0, tile_x, tile_y, tile_x0, tile_y0 = (int.from_bytes(frame[i : i + 4], "big") for i in range(8, 40, 4))
    if tile_x < 1 or tile_y < 1 or x <= x0 or y <= y0 or tile_x0 > x0 or tile_y0 > y0:
        return None
    tiles = -(-(x - tile_x0) // tile_x) * -(-(y - tile_y0) // tile_y)
    return (y - y0, x - x0, int.from_bytes(frame[40:42], "big")) if tiles <= 0xFFFF else None


def _frame_header(frame: bytes) -> tuple[int, int, int] | None:
    at = 2
    while at + 4 <= len(frame) and frame[at] == 0xFF:
        marker = frame[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _WITHOUT_LENGTH:
            at += 2
        elif marker in _FRAME_HEADERS and at + 10 <= len(frame):
            return (
                int.from_bytes(frame[at + 5 : at + 7], "big"),
                int.from_bytes(frame[at + 7 : at + 9], "big"),
                frame[at + 9],
            )
        else:
            at += 2 + int.from_bytes(frame[at + 2 : at + 4], "big")
    return None
