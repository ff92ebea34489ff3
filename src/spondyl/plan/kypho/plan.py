"""A needle plan: where the source stands and for how long, and nothing computed but the minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from spondyl.core import DISCLAIMER
from spondyl.physics.kv import PlacedSource
from spondyl.plan.kypho.placement import Placement
from spondyl.plan.kypho.prescription import NeedlePrescription
from spondyl.plan.plan_file import FORMAT_FIELDS

TECHNIQUE = "kypho-iort"
RBE_TOLD = (
    "no relative biological effectiveness (RBE) is applied: doses, limits and EQD2 take a gray of 50 kV photons for "
    "one of megavoltage photons. It does more: for such sources the RBE at clinical doses is estimated to be "
    "considerably above 1 (Brenner et al. 1999, Phys Med Biol 44:323), by how much depends on dose, tissue and "
    "endpoint, and neither the review of the technique nor the protocols' limits give a number"
)
"""What is assumed of kilovoltage photons: without a number for cord or metastases none is multiplied with."""


@dataclass(frozen=True)
class NeedlePlan:
    """What would be done in the operating room.

    Parameters
    ----------
    case, protocol
        Names; the protocol holds the limits.
    prescription
        What was asked.
    placement
        One or two paths with the source at their ends.
    sources
        The same as sources with their minutes.
    minutes_error
        One relative standard error of the minutes, from the photons followed; None where the calibration alone fixes
        them, or too few rounds tell.
    """

    case: str
    protocol: str
    prescription: NeedlePrescription
    placement: Placement
    sources: tuple[PlacedSource, ...]
    technique: str = TECHNIQUE
    minutes_error: float | None = None

    @property
    def minutes(self) -> float:
        return float(sum(s.minutes for s in self.sources))

    def record(self) -> dict[str, Any]:
        """The plan as `plan.json` keeps it; read by `load_plan` like any other, with no fields."""
        asked = self.prescription
        return {
            "disclaimer": DISCLAIMER,
            "format": FORMAT_FIELDS,
            "case": self.case,
            "technique": self.technique,
            "protocol": self.protocol,
            "machine": self.sources[0].source.name,
            "prescription": {"structure": "GTV", "dose_gy": asked.dose_gy, "fractions": 1, "coverage": asked.words},
            "irradiation_minutes": round(self.minutes, 3),
            "irradiation_minutes_relative_standard_error": self.minutes_error,
            "positions": [
                {**path.record(), "minutes": round(placed.minutes, 3), "share_of_time": share}
                for path, placed, share in zip(self.placement.paths, self.sources, self.placement.shares, strict=True)
            ],
            "fields": [],
        }
