"""A radiation field: where it comes from and how much fluence each beamlet has.

IEC 61217 fixed gantry geometry for a supine, head-first patient: at gantry 0 the beam travels to posterior
(+y in LPS), at gantry 90 it comes from the patient's left (travels to -x). With collimator and couch at 0 the
beam's-eye axes at the isocentre are u (IEC x_g: towards +x = patient left at gantry 0) and v (IEC y_g: towards
superior, +z).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import DoseError

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Field:
    """One fixed field with a fluence map on beamlets.

    Parameters
    ----------
    name
        Shown in reports.
    source_mm, isocentre_mm
        (x, y, z) in LPS mm.
    u, v
        Unit vectors of the beamlet grid's axes in the isocentre plane, perpendicular to the beam axis.
    u_edges_mm, v_edges_mm
        Ascending beamlet edges in the isocentre plane, lengths nu + 1 and nv + 1.
    fluence
        Shape (nv, nu), float64, in MU for a machine (1 everywhere for an open field of 1 MU), or photon
        fluence in air at the isocentre for a bare beam.
    gantry_deg, collimator_deg, couch_deg
        For the record; the vectors rule.
    """

    name: str
    source_mm: tuple[float, float, float]
    isocentre_mm: tuple[float, float, float]
    u: tuple[float, float, float]
    v: tuple[float, float, float]
    u_edges_mm: NDArray[np.float64]
    v_edges_mm: NDArray[np.float64]
    fluence: NDArray[np.float64]
    gantry_deg: float = 0.0
    collimator_deg: float = 0.0
    couch_deg: float = 0.0

    def __post_init__(self) -> None:
        expected = (len(self.v_edges_mm) - 1, len(self.u_edges_mm) - 1)
        if self.fluence.shape != expected:
            raise DoseError(f'field "{self.name}": fluence must have shape {expected}, got {self.fluence.shape}')
        if not np.isfinite(self.fluence).all() or bool((self.fluence < 0).any()):
            raise DoseError(f'field "{self.name}": fluence must be finite and not negative')
        if bool((np.diff(self.u_edges_mm) <= 0).any()) or bool((np.diff(self.v_edges_mm) <= 0).any()):
            raise DoseError(f'field "{self.name}": beamlet edges must increase')

    @property
    def sad_mm(self) -> float:
        return float(np.linalg.norm(np.subtract(self.isocentre_mm, self.source_mm)))

    @property
    def direction(self) -> Vector:
        """Unit vector of the beam axis, from the source to the isocentre."""
        axis = np.subtract(self.isocentre_mm, self.source_mm)
        return axis / np.linalg.norm(axis)


def gantry_axes(
    gantry_deg: float, collimator_deg: float = 0.0, couch_deg: float = 0.0
) -> tuple[Vector, Vector, Vector]:
    """Beam direction, u and v in LPS for IEC 61217 angles, head-first supine.

    >>> direction, u, v = gantry_axes(90.0)
    >>> direction.round(6).tolist()
    [-1.0, 0.0, 0.0]
    """
    g, c, t = np.deg2rad([gantry_deg, collimator_deg, couch_deg])
    direction = np.array([-np.sin(g), np.cos(g), 0.0])
    u = np.array([np.cos(g), np.sin(g), 0.0])
    v = np.array([0.0, 0.0, 1.0])
    u, v = np.cos(c) * u + np.sin(c) * v, -np.sin(c) * u + np.cos(c) * v
    # A couch turned by t (IEC: counter-clockwise from above) turns the beam by -t about the vertical in the patient.
    turn = np.array([[np.cos(t), 0.0, np.sin(t)], [0.0, 1.0, 0.0], [-np.sin(t), 0.0, np.cos(t)]])
    return turn @ direction, turn @ u, turn @ v


def aimed_field(
    name: str,
    isocentre_mm: tuple[float, float, float],
    sad_mm: float,
    maps: tuple[Vector, Vector, Vector],
    gantry_deg: float,
    collimator_deg: float = 0.0,
    couch_deg: float = 0.0,
) -> Field:
    """A field of the IEC 61217 angles, its source `sad_mm` from the isocentre.

    Parameters
    ----------
    maps
        u edges, v edges (mm, in the isocentre plane) and fluence, shape (nv, nu).
    """
    direction, u, v = gantry_axes(gantry_deg, collimator_deg, couch_deg)
    source = np.asarray(isocentre_mm) - sad_mm * direction
    start, u_axis, v_axis = ((float(a[0]), float(a[1]), float(a[2])) for a in (source, u, v))
    return Field(name, start, isocentre_mm, u_axis, v_axis, *maps, gantry_deg, collimator_deg, couch_deg)
