"""Few source positions that stand for many: each field is shared linearly between those around it.

What a voxel sends along a direction depends on the angle against the ray that came to it. That changes smoothly as
the source turns, so energy released by a source between two nodes acts as shares of it sent from both: the shares
keep the mean angle, and only its spread grows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from spondyl.dose.fields import Field

Floats = NDArray[np.float64]
MOST_ALONE = 15
"""More fields than these are merged at nodes."""
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
        (number of the field, or of the nearer node, share).
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

    def source_mm(self, sad_mm: float) -> Floats:
        """Where it stands, (x, y, z)."""
        return self.isocentre_mm - sad_mm * self.axes[0]


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
        Of the lattice of isocentres along each axis, from the lowest to the highest, at most; those that are all alike
        are kept, and so is their mean where the step is infinite.
    """
    places = [(azimuth_deg(f), _elevation_deg(f), *f.isocentre_mm) for f in fields]
    return _lattice(np.array(places), step_deg, step_mm)


def wider_nodes(nodes: Sequence[SourceNode], step_deg: float, step_mm: float) -> tuple[SourceNode, ...]:
    """Nodes for other nodes: where their lattice holds these, fields have the shares that they had in it at once."""
    places = [(node.azimuth_deg, node.elevation_deg, *node.isocentre_mm) for node in nodes]
    return _lattice(np.array(places), step_deg, step_mm)


def own_nodes(fields: Sequence[Field]) -> tuple[SourceNode, ...]:
    """A node where each field is, one for those that are at the same place."""
    found: dict[tuple[float, ...], list[tuple[int, float]]] = {}
    for number, field in enumerate(fields):
        place = (azimuth_deg(field), _elevation_deg(field), *field.isocentre_mm)
        found.setdefault(tuple(np.round(place, 6).tolist()), []).append((number, 1.0))
    return _made(found)


def shares_by_number(nodes: Sequence[SourceNode], count: int) -> list[list[tuple[int, float]]]:
    """For each of what shares in the nodes the numbers of its nodes, with its shares."""
    found: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    for n, node in enumerate(nodes):
        for number, share in node.shares:
            found[number].append((n, share))
    return found


def _elevation_deg(field: Field) -> float:
    return float(np.rad2deg(np.arcsin(np.clip(field.direction[2], -1, 1))))


def _lattice(places: Floats, step_deg: float, step_mm: float) -> tuple[SourceNode, ...]:
    """Nodes for places (azimuth, elevation, isocentre x, y, z), shape (n, 5)."""
    turn = 360.0 / np.ceil(360.0 / step_deg)
    axes = [_shares(places[:, 0], turn), _around(places[:, 1], step_deg)]
    axes += [_between(places[:, 2 + k], step_mm) for k in range(3)]
    found: dict[tuple[float, ...], list[tuple[int, float]]] = {}
    for number in range(len(places)):
        for parts in product(*(axis[number] for axis in axes)):
            place = (parts[0][0] % 360.0, *(round(at, 9) for at, _ in parts[1:]))
            found.setdefault(place, []).append((number, float(np.prod([share for _, share in parts]))))
    return _made(found)


def _made(found: Mapping[tuple[float, ...], list[tuple[int, float]]]) -> tuple[SourceNode, ...]:
    return tuple(SourceNode(place[0], place[1], np.array(place[2:]), tuple(s)) for place, s in found.items())


def _around(values: Floats, step: float) -> list[list[tuple[float, float]]]:
    if float(np.ptp(values)) < _SAME or not np.isfinite(step):
        return [[(float(values.mean()), 1.0)]] * len(values)
    return _shares(values, step)


def _between(values: Floats, step: float) -> list[list[tuple[float, float]]]:
    """As `_around`, on a lattice from the lowest value to the highest, no wider than `step`."""
    low, span = float(values.min()), float(np.ptp(values))
    if span < _SAME or not np.isfinite(step):
        return _around(values, step)
    size = span / np.ceil(span / step)
    return [[(low + at, share) for at, share in parts] for parts in _shares(values - low, size)]


def _shares(values: Floats, step: float) -> list[list[tuple[float, float]]]:
    """For each value the lattice points beside it with their linear shares, those of nothing left out."""
    low = np.floor(values / step + _SAME)
    rest = np.where(np.abs(values / step - low) < _SAME, 0.0, values / step - low)
    both = zip(low.tolist(), rest.tolist(), strict=True)
    return [[(at * step, 1 - t), ((at + 1) * step, t)] if t > 0 else [(at * step, 1.0)] for at, t in both]
