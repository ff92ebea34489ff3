"""Numbers as a report shows them: three significant digits, no more, and never without their unit."""

from __future__ import annotations

import math


def three(value: float | None) -> str:
    """`value` with three significant digits, "unknown" for None, a true minus sign.

    >>> three(32.756), three(0.03), three(-0.0456), three(4321.0), three(0.0)
    ('32.8', '0.0300', '−0.0456', '4320', '0')
    """
    if value is None or not math.isfinite(value):
        return "unknown"
    if value == 0:
        return "0"
    digits = 2 - math.floor(math.log10(abs(value)))
    rounded = round(value, digits)
    if rounded and math.floor(math.log10(abs(rounded))) > 2 - digits:
        digits -= 1
    return f"{rounded:.{max(0, digits)}f}".replace("-", "−")


def plain(value: float | None) -> str:
    """A number someone chose (a limit, a margin, a dose level): as written, at most three significant digits.

    >>> plain(30.0), plain(29.7), plain(0.03), plain(12.345)
    ('30', '29.7', '0.03', '12.3')
    """
    text = three(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def signed(value: float | None) -> str:
    """Like `three` with a plus sign where positive.

    >>> signed(1.234), signed(-0.5)
    ('+1.23', '−0.500')
    """
    text = three(value)
    return f"+{text}" if value is not None and math.isfinite(value) and value > 0 else text


def position(value_mm: float) -> str:
    """A coordinate in mm to one decimal: a place, not a measurement.

    >>> position(-312.04)
    '−312.0'
    """
    return f"{value_mm:.1f}".replace("-", "−")


def seconds(value_s: float) -> str:
    """A duration, in minutes from two minutes on; what is too short to matter is said so.

    >>> seconds(4.256), seconds(150.0), seconds(0.004)
    ('4.26 s', '2.50 min', 'below 0.1 s')
    """
    if value_s < 0.1:
        return "below 0.1 s"
    return f"{three(value_s)} s" if value_s < 120 else f"{three(value_s / 60)} min"
