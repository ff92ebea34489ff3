"""How long a linac takes for a beam, and whether it can deliver it at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spondyl.core.errors import PlanError
from spondyl.dose import LeafAperture
from spondyl.physics import Linac, load_linac
from spondyl.plan.external.beams import Beam, ControlPoint, turn_deg
from spondyl.plan.external.leaf_limits import check_aperture, check_moving_gaps

DOSE_RATE, GANTRY, LEAVES = "dose rate", "gantry", "leaves"
_ROUNDING = 1e-6


@dataclass(frozen=True)
class DeliveryTime:
    """Beam time by segment.

    Parameters
    ----------
    segments_s
        Seconds of each segment, between neighbouring control points.
    binds
        What each segment waits for: "dose rate", "gantry" or "leaves".
    """

    segments_s: tuple[float, ...]
    binds: tuple[str, ...]

    @property
    def total_s(self) -> float:
        return float(sum(self.segments_s))

    @property
    def share_by_bind(self) -> dict[str, float]:
        """Share of the time that each limit binds, largest first."""
        seconds = dict.fromkeys(self.binds, 0.0)
        for bind, second in zip(self.binds, self.segments_s, strict=True):
            seconds[bind] += second
        total = self.total_s or 1.0
        return {bind: s / total for bind, s in sorted(seconds.items(), key=lambda item: -item[1])}


def delivery_time_s(beam: Beam, linac: Linac) -> DeliveryTime:
    """Least beam time: each segment takes as long as its slowest part at full speed.

    Speeding up and slowing down, jaws, collimator and couch are left out, and so is what lies between beams.
    """
    seconds: list[float] = []
    binds: list[str] = []
    for start, end in beam.segments:
        parts = {
            DOSE_RATE: (end.mu - start.mu) * 60.0 / linac.dose_rate_mu_per_min,
            GANTRY: abs(turn_deg(start.gantry_deg, end.gantry_deg)) / linac.gantry_speed_deg_per_s,
            LEAVES: _farthest(start, end)[0] / linac.mlc.leaf_speed_mm_per_s,
        }
        slowest = max(parts, key=lambda part: parts[part])
        seconds.append(parts[slowest])
        binds.append(slowest)
    return DeliveryTime(tuple(seconds), tuple(binds))


def check_deliverable(beam: Beam, linac: Linac) -> None:
    """Refuse a beam that the linac cannot deliver.

    Raises
    ------
    PlanError
        With the first control point and the limit it breaks: a jaw or leaf out of reach, a bank's span, leaves that
        collide or pass each other's neighbours, a gap too small for moving leaves, or motion so long for its MU that
        the dose rate would fall below the lowest.
    """
    for number, point in enumerate(beam.points, 1):
        if isinstance(point.aperture, LeafAperture):
            check_aperture(point.aperture, linac, f'beam "{beam.name}", control point {number}')
    time = delivery_time_s(beam, linac)
    for number, (start, end) in enumerate(beam.segments, 1):
        given = end.mu - start.mu
        if not given > 0:
            continue
        what = f'beam "{beam.name}", control points {number} to {number + 1}'
        check_moving_gaps(start.aperture, end.aperture, linac, what)
        seconds, bind = time.segments_s[number - 1], time.binds[number - 1]
        least = linac.least_dose_rate_mu_per_min * seconds / 60.0
        if given < least * (1 - _ROUNDING):
            raise PlanError(
                f"{what}: {given:.3g} MU while the {_motion(start, end, bind)} take {seconds:.2f} s would be "
                f"{given / seconds * 60:.2g} MU/min, expected {linac.least_dose_rate_mu_per_min:g} or more on "
                f'linac "{linac.name}"; give the segment {least:.2g} MU, none, or less motion'
            )


def check_beams(beams: tuple[Beam, ...]) -> None:
    """`check_deliverable` of each beam with leaves, by the linac that it names; circles and slits have no such limits.

    Raises
    ------
    PlanError, MachineError
        With the first limit that is broken, or if a linac is unknown.
    """
    for beam in beams:
        if any(isinstance(point.aperture, LeafAperture) for point in beam.points):
            check_deliverable(beam, load_linac(beam.linac))


def _motion(start: ControlPoint, end: ControlPoint, bind: str) -> str:
    if bind == LEAVES:
        way, pair = _farthest(start, end)
        return f"leaves (pair {pair + 1} goes {way:.1f} mm)"
    return f"gantry's {abs(turn_deg(start.gantry_deg, end.gantry_deg)):g} degrees"


def _farthest(start: ControlPoint, end: ControlPoint) -> tuple[float, int]:
    """The longest way of a leaf in mm, and the number of its pair."""
    first, last = start.aperture, end.aperture
    if not isinstance(first, LeafAperture) or not isinstance(last, LeafAperture):
        return 0.0, 0
    way = np.abs(last.leaves_mm - first.leaves_mm).max(axis=1)
    pair = int(way.argmax())
    return float(way[pair]), pair
