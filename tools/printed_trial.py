"""What Mitsuyoshi 2025 (10.1016/j.adro.2025.101760) prints of its outcomes, with the digits that it prints."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Printed:
    """A printed number and its interval, as shares where percentages are printed.

    Parameters
    ----------
    value, lower, upper
        As printed; None where the paper prints none.
    digits
        Decimals that are printed (3 for a percentage with one decimal, told as a share).
    """

    value: float
    lower: float | None = None
    upper: float | None = None
    digits: int = 3

    def agrees(self, value: float | None, lower: float | None = None, upper: float | None = None) -> bool:
        """Whether numbers, rounded to the printed digits, are the printed ones; those left out are not asked."""
        pairs = [(value, self.value), (lower, self.lower), (upper, self.upper)]
        asked = [(found, printed) for found, printed in pairs if found is not None and printed is not None]
        return value is not None and all(round(found, self.digits) == printed for found, printed in asked)


SEGMENTS = 28
SURVIVAL = {12: Printed(0.920, 0.716, 0.979), 24: Printed(0.728, 0.487, 0.869)}
LOCAL_CONTROL = {12: Printed(1.000), 24: Printed(0.950, 0.695, 0.993)}
RECURRENCE_MONTHS = 18.0
FRACTURE = {
    "incidence": {12: Printed(0.036, 0.002, 0.157), 24: Printed(0.156, 0.047, 0.324)},
    "times": (0.9, 17.0, 29.5),
}
"""Cumulative incidence with death competing; shortest, median and longest of the six times in months."""
FOLLOW_UP = {"patient": (4.8, 26.2, 39.1), "segment": (3.9, 24.0, 37.2)}
"""Shortest, median and longest in months."""
