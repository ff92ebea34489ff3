"""Few source positions that stand for many: each field is shared linearly between those around it.

What a voxel sends along a direction depends on the angle against the ray that came to it. That changes smoothly as
the source turns, so energy released by a source between two nodes acts as shares of it sent from both: the shares
keep the mean angle, and only its spread grows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from spondyl.dose.fields import Field

Floats = NDArray[np.float64]
_SAME = 1e-6


@dataclass(frozen=True)
class SourceNode:
    """A source position and the fields that share in it.

    Parameters
    ----------
    azimuth_deg, elevation_deg
        Of its axis; the azimuth of a coplanar beam is its gantry angle.
    isocentre_mm
        (x, y, z) that the axis goes through.
    shares
        (number of the field, share).
    """

    azimuth_deg: float
    elevation_deg: float
    isocentre_mm: Floats
    shares: tuple[tuple[int, float], ...]

    @property
    def axes(self) -> tuple[Floats, Floats, Floats]:
        """Direction of the axis, u and v, as `gantry_axes` has them for a coplanar beam with collimator 0."""
        azimuth, elevation = np.deg2rad([self.azimuth_deg, self.elevation_deg])
        level = np.array([-np.sin(azimuth), np.cos(azimuth), 0.0])
        direction = np.cos(elevation) * level + np.sin(elevation) * np.array([0.0, 0.0, 1.0])
        u = np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
        return direction, u, np.cross(u, direction)


def azimuth_deg(field: Field) -> float:
    """Angle of a field's axis around the patient, 0 to 360: a coplanar beam's gantry angle."""
    x, y, _ = field.direction
    return float(np.rad2deg(np.arctan2(-x, y)) % 360.0)


def source_nodes(fields: Sequence[Field], step_deg: float, step_mm: float) -> tuple[SourceNode, ...]:
    """Nodes for `fields`, in the order of their first field.

    Parameters
    ----------
    step_deg
        Of the lattice of azimuths and elevations; elevations that are all alike are kept.
    step_mm
        Of the lattice of isocentres along each axis; those that are all alike are kept, and so is their mean where
        the step is infinite.
    """
    azimuth = np.array([azimuth_deg(field) for field in fields])
    elevation = np.rad2deg(np.arcsin(np.clip([field.direction[2] for field in fields], -1, 1)))
    isocentres = np.array([field.isocentre_mm for field in fields])
    turn = 360.0 / np.ceil(360.0 / step_deg)
    axes = [_shares(azimuth, turn), _around(elevation, step_deg)]
    axes += [_around(isocentres[:, k], step_mm) for k in range(3)]
    found: dict[tuple[float, ...], list[tuple[int, float]]] = {}
    for number in range(len(fields)):
        for parts in product(*(axis[number] for axis in axes)):
            place = (parts[0][0] % 360.0, *(round(at, 9) for at, _ in parts[1:]))
            found.setdefault(place, []).append((number, float(np.prod([share for _, share in parts]))))
    return tuple(SourceNode(place[0], place[1], np.array(place[2:]), tuple(s)) for place, s in found.items())


def _around(values: Floats, step: float) -> list[list[tuple[float, float]]]:
    if float(np.ptp(values)) < _SAME or not np.isfinite(step):
        return [[(float(values.mean()), 1.0)]] * len(values)
    return _shares(values, step)


def _shares(values: Floats, step: float) -> list[list[tuple[float, float]]]:
    """For each value the lattice points beside it with their linear shares, those of nothing left out."""
    low = np.floor(values / step + _SAME)
    rest = np.where(np.abs(values / step - low) < _SAME, 0.0, values / step - low)
    both = zip(low.tolist(), rest.tolist(), strict=True)
    return [[(at * step, 1 - t), ((at + 1) * step, t)] if t > 0 else [(at * step, 1.0)] for at, t in both]
