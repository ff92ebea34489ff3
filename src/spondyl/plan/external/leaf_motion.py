"""What leaves can do between control points: as a penalty for the search, and kept to the letter for delivery."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spondyl.core.errors import PlanError
from spondyl.physics import Linac
from spondyl.plan.external.aperture_variables import Apertures, Variables
from spondyl.plan.external.arcs import ArcPath
from spondyl.plan.external.direct_aperture_kernels import within_reach
from spondyl.plan.matvec import Floats

STIFFNESS = 1.0
"""Cost of a leaf that goes twice as far as it may: the whole objective of a wish that is missed altogether."""
KEPT_BACK = 0.02
"""Share of the way that the search leaves unused, so that delivery need move nothing."""
SLOWEST = 0.5
"""Share of its full speed to which leaves may slow the gantry down: two turns then take about as long as their monitor
units do at the full dose rate. Ours."""
SWEEPS = 20_000


@dataclass(frozen=True)
class LeafMotion:
    """Limits of the leaves' ways, and what is asked of the fluence: MU and roughness.

    Parameters
    ----------
    variables
        What the weights mean.
    most_mm
        How far a tip may go in each segment, shape (segments,): the leaves at full speed (`most_way_mm`).
    low_mm, high_mm
        What each leaf pair may open at each point, shape (arcs, points, pairs).
    open_units
        Monitor units of open fields that give the target its dose on average: the scale of modulation.
    """

    variables: Variables
    most_mm: Floats
    low_mm: Floats
    high_mm: Floats
    open_units: float

    def strain(self, y: Floats) -> tuple[float, Floats]:
        """Squared excess of ways and openings, relative to the way, and its gradient."""
        found = self.variables.apertures(y)
        value, slopes = 0.0, []
        for tips in (found.first, found.second):
            excess = self._excess(tips)
            cost, slope = excess
            value += cost
            slopes.append(slope)
        scale = float(self.most_mm.min())
        below = np.maximum(0.0, self.low_mm - found.first) / scale
        above = np.maximum(0.0, found.second - self.high_mm) / scale
        value += STIFFNESS * float((below**2).sum() + (above**2).sum())
        slopes[0] -= 2 * STIFFNESS * below / scale
        slopes[1] += 2 * STIFFNESS * above / scale
        return value, self.variables.gather(slopes[0], slopes[1], np.zeros_like(found.mu))

    def _excess(self, tips: Floats) -> tuple[float, Floats]:
        most = (1 - KEPT_BACK) * self.most_mm[None, :, None]
        way = np.diff(tips, axis=1)
        over = (np.abs(way) - most) / most
        over = np.maximum(over, 0.0)
        push = 2 * STIFFNESS * over / most * np.sign(way)
        slope = np.zeros_like(tips)
        slope[:, 1:] += push
        slope[:, :-1] -= push
        return STIFFNESS * float((over**2).sum()), slope

    def units(self, y: Floats) -> float:
        """Monitor units of the course."""
        return float(self.variables.apertures(y).mu.sum())

    def smooth_units(self, y: Floats) -> tuple[float, Floats]:
        """The same with its gradient: it is smooth as it is."""
        found = self.variables.apertures(y)
        zeros = np.zeros_like(found.first)
        return float(found.mu.sum()), self.variables.gather(zeros, zeros, np.ones_like(found.mu))

    def roughness(self, y: Floats) -> tuple[float, Floats]:
        """Mean square of the tips' ways relative to the farthest they may go, and its gradient."""
        found = self.variables.apertures(y)
        slopes: list[Floats] = []
        value, count = 0.0, found.first.size
        for tips in (found.first, found.second):
            way = np.diff(tips, axis=1) / self.most_mm[None, :, None]
            value += float((way**2).sum()) / count
            push = 2 * way / self.most_mm[None, :, None] / count
            slope = np.zeros_like(tips)
            slope[:, 1:] += push
            slope[:, :-1] -= push
            slopes.append(slope)
        return value, self.variables.gather(slopes[0], slopes[1], np.zeros_like(found.mu))

    def deliverable(self, apertures: Apertures) -> Apertures:
        """The nearest apertures (nearly) that keep every way and gap.

        Raises
        ------
        PlanError
            If none was found.
        """
        tips = np.stack([apertures.first, apertures.second], axis=-1)
        for arc in tips:
            used = within_reach(arc, (1 - KEPT_BACK / 2) * self.most_mm, self.variables.least_gap_mm, SWEEPS)
            if used > SWEEPS:
                raise PlanError(
                    f"the leaves' ways could not be brought within {self.most_mm.min():g} mm a control point; "
                    "choose a linac with faster leaves"
                )
        return Apertures(tips[..., 0].copy(), tips[..., 1].copy(), apertures.mu)


def most_way_mm(path: ArcPath, linac: Linac) -> Floats:
    """How far a leaf may go in each segment, while the gantry slows down as far as `SLOWEST`; shape (segments,)."""
    return linac.mlc.leaf_speed_mm_per_s * path.turn_deg / (SLOWEST * linac.gantry_speed_deg_per_s)
