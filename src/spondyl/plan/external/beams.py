"""A beam as a linac delivers it: control points, between which everything moves linearly with the monitor units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from spondyl.core.errors import PlanError
from spondyl.dose import Aperture

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class ControlPoint:
    """Where the machine stands at one moment of a beam.

    Parameters
    ----------
    gantry_deg, collimator_deg, couch_deg
        IEC 61217.
    aperture
        What the collimator leaves open.
    mu
        Monitor units given until here, per fraction.
    table_mm
        How far couch and patient have moved, LPS: the machine's isocentre lies at the beam's minus this in the patient.
    """

    gantry_deg: float
    collimator_deg: float
    couch_deg: float
    aperture: Aperture
    mu: float
    table_mm: Triple = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Beam:
    """Control points of one beam.

    Parameters
    ----------
    name
        Shown in reports.
    linac
        Name or path for `load_linac`.
    isocentre_mm
        (x, y, z) in LPS.
    points
        Two or more, the first with 0 MU; the gantry goes the shorter way from one to the next.

    Raises
    ------
    PlanError
        If there are fewer than two points, MU do not start at 0 or fall, or nothing is delivered.
    """

    name: str
    linac: str
    isocentre_mm: Triple
    points: tuple[ControlPoint, ...]

    def __post_init__(self) -> None:
        what = f'beam "{self.name}"'
        if len(self.points) < 2:
            raise PlanError(f"{what} has {len(self.points)} control points, expected 2 or more; add them")
        given = np.array([point.mu for point in self.points])
        if not np.isfinite(given).all() or given[0] != 0:
            raise PlanError(
                f"{what} starts with {given[0]:g} MU, expected 0 and finite numbers; count MU from its start"
            )
        falls = np.flatnonzero(np.diff(given) < 0)
        if falls.size:
            k = int(falls[0])
            raise PlanError(
                f"{what}: control point {k + 2} has {given[k + 1]:g} MU after {given[k]:g}, expected cumulative MU; "
                "give the sum until each point"
            )
        if given[-1] <= 0:
            raise PlanError(f"{what} delivers 0 MU, expected more; give it monitor units or leave it out")

    @property
    def mu(self) -> float:
        """Monitor units a fraction."""
        return self.points[-1].mu

    @property
    def segments(self) -> tuple[tuple[ControlPoint, ControlPoint], ...]:
        """Neighbouring control points."""
        return tuple(pairwise(self.points))

    @property
    def is_arc(self) -> bool:
        """Whether the gantry turns while the beam is on."""
        return any(b.mu > a.mu and turn_deg(a.gantry_deg, b.gantry_deg) != 0 for a, b in self.segments)

    def scaled(self, factor: float) -> Beam:
        """The same beam with all monitor units times `factor`."""
        return replace(self, points=tuple(replace(point, mu=point.mu * factor) for point in self.points))


def turn_deg(start_deg: float, end_deg: float) -> float:
    """The shorter turn from one angle to another, in (-180, 180].

    >>> turn_deg(358.0, 2.0), turn_deg(10.0, 350.0)
    (4.0, -20.0)
    """
    return 180.0 - (start_deg - end_deg + 180.0) % 360.0
