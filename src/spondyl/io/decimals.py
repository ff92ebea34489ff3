"""The numbers of contours from the bytes of their DS elements, in one compiled pass for all of an ROI."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Extent = tuple[float, float, float, float]
"""Lowest, highest and mean z of points, and the largest of all numbers' sizes."""
_TEXT_DIGITS, _EXACT_POWER = 15, 22
"""A decimal of 15 digits and its power of ten up to 22 are exact in double precision, so that one division rounds right
(Clinger 1990, doi:10.1145/93542.93557). A DS has 16 characters at most (PS3.5 6.2)."""


def coordinates(text: NDArray[np.uint8]) -> NDArray[np.float64]:
    r"""The numbers of an undecoded DS, values parted by backslashes.

    >>> coordinates(np.frombuffer(b"-12.5\\3\\1e2 ", dtype=np.uint8)).tolist()
    [-12.5, 3.0, 100.0]

    Raises
    ------
    ValueError
        If one is not a number.
    """
    values = np.empty(len(text) // 2 + 1)
    count = _decimals(text, 0, len(text), values, 0)
    return values[:count] if count >= 0 else one_by_one(text)[0]


def one_by_one(text: NDArray[np.uint8]) -> tuple[NDArray[np.float64], Extent]:
    """Numbers that are not plain decimals, and their `extent`."""
    plain = text.tobytes().decode("ascii").rstrip("\0 ")
    values = np.array([float(v) for v in plain.split("\\")] if plain else [], dtype=np.float64)
    return values, extent(values, 0, len(values))


@njit(cache=True, nogil=True)
def numbers_of(data, contours):
    """Of all contours the numbers, one after another, where each one's end (-1 for one that is not told by plain
    decimals), and their extents (n, 4)."""
    room = 0
    for n in range(len(contours)):
        room += (contours[n, 5] - contours[n, 4]) // 2 + 1
    values, ends, extents = np.empty(room), np.empty(len(contours), dtype=np.int64), np.empty((len(contours), 4))
    done = np.int64(0)
    for n in range(len(contours)):
        ends[n] = _decimals(data, contours[n, 4], contours[n, 5], values, done)
        if ends[n] >= 0:
            extents[n, 0], extents[n, 1], extents[n, 2], extents[n, 3] = extent(values, done, ends[n])
            done = ends[n]
    return values, ends, extents


@njit(cache=True, nogil=True)
def _decimals(text, start, end, values, done):
    """Put numbers parted by backslashes, rounded right, into `values` from `done` on; where they end, or -1 if they are
    not all plain ones that can be."""
    size = end
    while size > start and (text[size - 1] == 32 or text[size - 1] == 0):
        size -= 1
    count = 1 if size > start else 0
    for at in range(start, size):
        count += text[at] == 92
    at = start
    for n in range(done, done + count):
        while at < size and text[at] == 32:
            at += 1
        negative = at < size and text[at] == 45
        if at < size and (text[at] == 45 or text[at] == 43):
            at += 1
        digits, power, whole, pointed, some = 0, 0, 0, False, False
        while at < size and (48 <= text[at] <= 57 or (text[at] == 46 and not pointed)):
            if text[at] == 46:
                pointed = True
            else:
                some = True
                whole = 10 * whole + (text[at] - 48)
                digits += whole > 0
                power -= pointed
                if digits > _TEXT_DIGITS:
                    return -1
            at += 1
        if some and at < size and (text[at] == 69 or text[at] == 101):
            at += 1
            down = at < size and text[at] == 45
            if at < size and (text[at] == 45 or text[at] == 43):
                at += 1
            some, exponent = False, 0
            while at < size and 48 <= text[at] <= 57:
                some, exponent = True, min(1000, 10 * exponent + (text[at] - 48))
                at += 1
            power += -exponent if down else exponent
        while at < size and text[at] == 32:
            at += 1
        if not some or abs(power) > _EXACT_POWER or (at < size and text[at] != 92):
            return -1
        at += 1
        scale = 1.0
        for _ in range(abs(power)):
            scale *= 10.0
        value = whole * scale if power > 0 else whole / scale
        values[n] = -value if negative else value
    return done + count


@njit(cache=True, nogil=True)
def extent(values, start, end):
    """Lowest, highest and mean z of points (x, y, z, x, ...), and the largest of all numbers' sizes, infinite where one
    is not finite or a point is not whole."""
    if end - start < 3 or (end - start) % 3 != 0:
        return 0.0, 0.0, 0.0, np.inf
    low = high = values[start + 2]
    above = farthest = 0.0
    for n in range(start, end):
        if not np.isfinite(values[n]):
            return low, high, low, np.inf
        farthest = max(farthest, abs(values[n]))
        if (n - start) % 3 == 2:
            low, high, above = min(low, values[n]), max(high, values[n]), above + (values[n] - values[start + 2])
    return low, high, values[start + 2] + above / ((end - start) // 3), farthest
