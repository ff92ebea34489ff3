"""What a single dose through the needle is prescribed to: a depth in water, the target's far side, or its minimum.

A depth counts from the source's centre. Neither the review of the technique nor the phrase "8 Gy at 13 mm" says from
where; that 8 Gy there are about 33 Gy at 8 mm holds from the centre only (13/8 to the power 2.9 is 4.1), and so do the
dose rates of Sethi et al. (Front Oncol 2018;8:74, doi:10.3389/fonc.2018.00074).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from spondyl.core.errors import PlanError

Kind = Literal["depth", "boundary", "minimum"]
DEFAULT = "8gy-at-13mm"
_NUMBER = r"(\d+(?:\.\d+)?)"
_PATTERN = re.compile(rf"{_NUMBER}gy-(?:at-{_NUMBER}mm|(at-boundary)|(minimum))", re.IGNORECASE)
DOSES_GY, DEPTHS_MM = (0.1, 50.0), (3.0, 40.0)
"""What is taken for no mistake in a unit: single doses, and depths between the applicator's surface and the end of the
depth dose's table."""


@dataclass(frozen=True)
class NeedlePrescription:
    """`dose_gy` at `depth_mm` in water, at the target's boundary farthest from the source, or as its near-minimum.

    `spondyl.plan.kypho.reading` says what the two in the target are.
    """

    kind: Kind
    dose_gy: float
    depth_mm: float | None = None

    @property
    def words(self) -> str:
        """For people.

        >>> parse_prescription("8gy-at-13mm").words
        '8 Gy at 13 mm from the source in water'
        """
        if self.kind == "depth":
            return f"{self.dose_gy:g} Gy at {self.depth_mm:g} mm from the source in water"
        if self.kind == "minimum":
            return f"{self.dose_gy:g} Gy as the target's near-minimum D98%, in the patient"
        return f"{self.dose_gy:g} Gy at the target's distal boundary (median of the farthest 2 %), in the patient"


def parse_prescription(text: str) -> NeedlePrescription:
    """Read "8gy-at-13mm", "8gy-at-8mm", "10gy-at-boundary" or "8gy-minimum", with any dose and depth.

    Raises
    ------
    PlanError
        If it is none of these, or a number is out of range.
    """
    found = _PATTERN.fullmatch(text.strip())
    if found is None:
        raise PlanError(
            f'prescription "{text}" is not understood, expected DOSEgy-at-DEPTHmm, DOSEgy-at-boundary or '
            "DOSEgy-minimum, for example 8gy-at-13mm"
        )
    dose_gy = float(found[1])
    if not DOSES_GY[0] <= dose_gy <= DOSES_GY[1]:
        raise PlanError(f'prescription "{text}": {dose_gy:g} Gy, expected {DOSES_GY[0]:g} to {DOSES_GY[1]:g} Gy')
    if found[2] is None:
        return NeedlePrescription("boundary" if found[3] else "minimum", dose_gy)
    depth_mm = float(found[2])
    if not DEPTHS_MM[0] <= depth_mm <= DEPTHS_MM[1]:
        raise PlanError(
            f'prescription "{text}": depth {depth_mm:g} mm from the source, expected {DEPTHS_MM[0]:g} to '
            f"{DEPTHS_MM[1]:g} mm"
        )
    return NeedlePrescription("depth", dose_gy, depth_mm)
