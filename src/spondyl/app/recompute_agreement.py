"""How well a recomputed dose agrees with the planning system's: gamma, dose differences, metrics side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from spondyl.anatomy import Structure
from spondyl.core.errors import DoseGridError
from spondyl.dose import Dose
from spondyl.evaluate import DVH, Gamma, dose_at, gamma, metric

CRITERIA = ((2.0, 2.0), (3.0, 2.0))
"""Dose in percent of the reference's maximum, and distance in mm."""
TOLERANCE_PERCENT = 95.0
TOLERANCE_SOURCE = "AAPM TG-218: Miften 2018, Med Phys 45:e53, doi:10.1002/mp.12810"
"""At least so many points above 10 % of the maximum pass 3 %/2 mm, global: the tolerance limit of a measured plan,
taken here for a computed one."""
HIGH_SHARE = 0.5
"""Voxels above this share of the reference's maximum tell the difference of dose: what lies in the beams."""
TARGET_METRICS, OTHER_METRICS = ("D98%", "D50%", "D2%"), ("Dmean", "D0.03cc")


@dataclass(frozen=True)
class SideBySide:
    """A metric of both doses; None where a dose grid does not tell."""

    structure: str
    role: str
    metric: str
    unit: str
    recomputed: float | None
    reference: float | None

    @property
    def difference_percent(self) -> float | None:
        """Of the reference's value."""
        if self.recomputed is None or not self.reference:
            return None
        return 100.0 * (self.recomputed - self.reference) / self.reference

    def record(self) -> dict[str, Any]:
        """For recompute.json."""
        return {**vars(self), "difference_percent": self.difference_percent}


@dataclass(frozen=True)
class Agreement:
    """A recomputed dose held against the reference's.

    Parameters
    ----------
    gammas
        By `CRITERIA`, of the reference's points.
    mean_percent, sd_percent
        Difference of dose, recomputed less reference, in percent of the reference's maximum, over its voxels above
        `HIGH_SHARE` of that: mean and standard deviation.
    voxels
        Number of those.
    max_gy
        Highest dose, recomputed and reference.
    rows
        Metrics of the structures that both doses reach.
    """

    gammas: tuple[Gamma, ...]
    mean_percent: float
    sd_percent: float
    voxels: int
    max_gy: tuple[float, float]
    rows: tuple[SideBySide, ...]

    @property
    def within(self) -> bool:
        """Whether the widest criterion passes as many points as `TOLERANCE_PERCENT` asks."""
        return self.gammas[-1].passing_percent >= TOLERANCE_PERCENT

    def record(self) -> dict[str, Any]:
        """For recompute.json."""
        return {
            "gamma": [
                {
                    "criteria": g.criteria,
                    "passing_percent": round(g.passing_percent, 3),
                    "points": g.points,
                    "points_outside": g.outside,
                }
                for g in self.gammas
            ],
            "tolerance_percent": TOLERANCE_PERCENT,
            "tolerance_source": TOLERANCE_SOURCE,
            "within_tolerance": self.within,
            "difference_percent_of_maximum": {
                "mean": round(self.mean_percent, 4),
                "sd": round(self.sd_percent, 4),
                "voxels": self.voxels,
                "above_share_of_maximum": HIGH_SHARE,
            },
            "max_gy": {"recomputed": self.max_gy[0], "reference": self.max_gy[1]},
            "metrics": [row.record() for row in self.rows],
        }


def agreement(
    reference: Dose,
    recomputed: Dose,
    rows: tuple[SideBySide, ...],
    criteria: tuple[tuple[float, float], ...] = CRITERIA,
) -> Agreement:
    """Hold `recomputed` against `reference`, both total doses in Gy.

    Raises
    ------
    DoseGridError
        If the grids have nothing in common where the reference has dose.
    """
    gammas = tuple(gamma(reference, recomputed, percent, mm) for percent, mm in criteria)
    top = float(reference.values.max())
    where = np.argwhere(reference.values > HIGH_SHARE * top)
    ours = dose_at(recomputed, reference.grid.point_at(where))
    theirs = reference.values[tuple(where.T)].astype(np.float64)
    known = np.isfinite(ours)
    if not bool(known.any()):
        raise DoseGridError("the recomputed dose does not reach the reference's high dose; check that they belong")
    off = 100.0 * (ours[known] - theirs[known]) / top
    highest = float(recomputed.values.max()), top
    return Agreement(gammas, float(off.mean()), float(off.std()), int(known.sum()), highest, rows)


def side_by_side(
    structures: Mapping[str, Structure], recomputed: Mapping[str, DVH], reference: Mapping[str, DVH]
) -> tuple[SideBySide, ...]:
    """Metrics of every structure that has a DVH in both doses, targets first."""
    both = [s for name, s in structures.items() if name in recomputed and name in reference]
    rows: list[SideBySide] = []
    for structure in sorted(both, key=lambda s: (s.role != "target", s.name)):
        for asked in TARGET_METRICS if structure.role == "target" else OTHER_METRICS:
            ours, theirs = (metric(curves[structure.name], asked) for curves in (recomputed, reference))
            rows.append(SideBySide(structure.name, structure.role, ours.metric, ours.unit, ours.value, theirs.value))
    return tuple(rows)
