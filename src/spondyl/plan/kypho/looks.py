"""The patient's own dose at places where the source may stand, computed with few photons: the first dose that is shown.

The place that the depth dose in water proposes is looked at first, and told at once as round 0: before its neighbours
are looked at, and before the needle's metal and the structures without it are drawn.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from spondyl.core import trilinear
from spondyl.dose.kv.hybrid import FIRST_ROUND
from spondyl.dose.kv.setup import KvSettings
from spondyl.physics import Medium
from spondyl.physics.kv import PlacedSource
from spondyl.plan.kypho.doses import Round
from spondyl.plan.kypho.placement import Task, Trial, best_placement, placed_sources
from spondyl.plan.kypho.plan import NeedlePlan
from spondyl.plan.kypho.transport import Doses, Transport, together

LOOK_HISTORIES = FIRST_ROUND
"""Photons for each place looked at in the patient."""


class Looks:
    """Doses of single places in the patient, each computed once.

    Parameters
    ----------
    medium
        The patient, without the needle.
    transport, seed
        What computes a dose, and its random numbers.
    """

    def __init__(self, medium: Medium, transport: Transport, seed: int) -> None:
        self._medium, self._transport = medium, transport
        self._asked = KvSettings(LOOK_HISTORIES, seed)
        self._known: dict[tuple[float, ...], Doses] = {}

    def __len__(self) -> int:
        return len(self._known)

    def rate(self, placed: PlacedSource, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Gy/min to medium at points (n, 3)."""
        dose = self._minute(placed)[0]
        return trilinear(dose.values, dose.grid, points_mm)

    def first(self, case: str, protocol: str, job: Task, trial: Trial) -> tuple[NeedlePlan, Round]:
        """The placement that water proposes, as a plan with its dose in the patient: round 0.

        Its key numbers are read at the points at which positions are tried, in the target as it is drawn.
        """
        found = best_placement(job, (trial.placement,), self.rate)
        sources = placed_sources(job.source, trial.placement, found.minutes)
        doses = together([_times(self._minute(placed), placed.minutes) for placed in sources])
        key = {"GTV D98%": found.target_d98_gy}
        for limit in job.limits:
            gray = np.sum([placed.minutes * self.rate(placed, limit.points_mm) for placed in sources], axis=0)
            key[f"{limit.structure} {limit.goal.metric}"] = limit.value(gray)
        return NeedlePlan(case, protocol, job.prescription, trial.placement, sources), Round(0, doses, key, 1.0)

    def _minute(self, placed: PlacedSource) -> Doses:
        """Doses of a minute at a place."""
        if placed.position_mm not in self._known:
            *_, last = self._transport(self._medium, (replace(placed, minutes=1.0),), self._asked)
            self._known[placed.position_mm] = last
        return self._known[placed.position_mm]


def _times(doses: Doses, minutes: float) -> Doses:
    to_medium, to_water = (replace(dose, values=dose.values * np.float32(minutes)) for dose in doses)
    return to_medium, to_water
