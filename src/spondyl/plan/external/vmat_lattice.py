"""The beamlets that two arcs share: one lattice a sector, its rows under leaves of one arc, its columns of the other.

The arcs' collimators stand at right angles, so a square cell lies under one leaf pair of each arc.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from spondyl.core.errors import PlanError
from spondyl.dose import Field, gantry_axes
from spondyl.physics import Linac
from spondyl.plan.imrt import MARGIN_MM, Arrangement

CELL_MM = 2.5
"""Side of a beamlet: a leaf of the high-definition collimator; wider leaves hold several rows."""
TURN_DEG = 90.0
"""From the first arc's collimator angle to the second's."""

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Lattice:
    """Beamlets by sector and arc.

    Parameters
    ----------
    arrangement
        One field a sector, seen with the first arc's collimator.
    collimator_deg
        Of both arcs.
    lanes
        int32, shape (arcs, sectors, lanes, cells): the column of each cell, along leaf travel within a lane, -1 where
        there is none. Lanes ascend along the arc's v, cells along its u.
    pair
        Leaf pair over each lane, counted from `first_pair`, shape (arcs, lanes).
    first_pair
        Lowest leaf pair that is used, shape (arcs,).
    origin_mm
        Lower edge of the first cell along u, shape (arcs,).
    open_mm
        Lower and upper edge along u of what each lane may open, shape (arcs, sectors, lanes, 2); NaN where it has no
        cell.
    """

    arrangement: Arrangement
    collimator_deg: tuple[float, float]
    lanes: NDArray[np.int32]
    pair: Integers
    first_pair: Integers
    origin_mm: Floats
    open_mm: Floats

    @property
    def columns(self) -> int:
        return int(self.lanes.max()) + 1

    @property
    def pairs(self) -> int:
        """Leaf pairs in use, of the arc that has more."""
        return int(self.pair.max()) + 1


def sector_fields(
    points_mm: Floats,
    isocentre_mm: tuple[float, float, float],
    angles_deg: Floats,
    collimator_deg: float,
    sad_mm: float,
) -> Arrangement:
    """One field a sector on a common lattice that holds the target's projections and a margin.

    What may be open has no gap along a row or a column, so that every opening of a leaf pair lies on beamlets.
    """
    seen = [project(points_mm, isocentre_mm, angle, collimator_deg, sad_mm) for angle in angles_deg]
    u_edges, v_edges = (_edges([s[axis] for s in seen]) for axis in (0, 1))
    fields: list[Field] = []
    masks: list[Bools] = []
    for angle, (u, v) in zip(angles_deg, seen, strict=True):
        mask = _without_gaps(binary_dilation(np.histogram2d(v, u, (v_edges, u_edges))[0] > 0, _disc(MARGIN_MM)))
        direction, u_axis, v_axis = gantry_axes(float(angle), collimator_deg)
        source = np.asarray(isocentre_mm) - sad_mm * direction
        fields.append(
            Field(
                f"sector {angle:05.1f}",
                _triple(source),
                isocentre_mm,
                _triple(u_axis),
                _triple(v_axis),
                u_edges,
                v_edges,
                mask.astype(np.float64),
                float(angle),
                collimator_deg,
            )
        )
        masks.append(mask)
    return Arrangement(tuple(fields), tuple(masks))


def lattice_of(arrangement: Arrangement, linac: Linac) -> Lattice:
    """Number the cells and lay the leaves of both arcs over them.

    Raises
    ------
    PlanError
        If the leaves do not reach so far, across them or along their travel.
    """
    first = arrangement.fields[0]
    u_edges, v_edges = first.u_edges_mm, first.v_edges_mm
    masks = np.stack(arrangement.open)
    column = np.where(masks, np.cumsum(masks.ravel()).reshape(masks.shape) - 1, -1)
    # The second arc's u is the first one's v, its v the first one's u turned round.
    turned = np.swapaxes(column, 1, 2)[:, ::-1, :]
    side = max(column.shape[1:])
    lanes = np.full((2, len(masks), side, side), -1, np.int32)
    pair = np.zeros((2, side), np.int64)
    first_pair = np.zeros(2, np.int64)
    for arc, (numbers, across) in enumerate(((column, v_edges), (turned, -u_edges[::-1]))):
        lanes[arc, :, : numbers.shape[1], : numbers.shape[2]] = numbers
        over = _pairs(across, linac)
        first_pair[arc] = over[0]
        pair[arc] = np.append(over, np.full(side - len(over), over[-1])) - over[0]
    origin = np.array([u_edges[0], v_edges[0]])
    _check_travel(np.array([[u_edges[0], u_edges[-1]], [v_edges[0], v_edges[-1]]]), linac)
    angles = (first.collimator_deg % 360.0, (first.collimator_deg + TURN_DEG) % 360.0)
    return Lattice(arrangement, angles, lanes, pair, first_pair, origin, _openings(lanes, origin))


def _openings(lanes: NDArray[np.int32], origin_mm: Floats) -> Floats:
    there: Bools = np.greater_equal(lanes, 0)
    some: Bools = np.logical_or.reduce(there, axis=3)
    low = np.argmax(there, axis=3)
    high = there.shape[3] - np.argmax(there[..., ::-1], axis=3)
    found = np.stack([low, high], axis=-1) * CELL_MM + origin_mm[:, None, None, None]
    return np.where(some[..., None], found, np.nan)


def _pairs(across_mm: Floats, linac: Linac) -> Integers:
    """The leaf pair over each lane between edges `across_mm`."""
    edges = linac.mlc.leaf_edges_mm
    if across_mm[0] < edges[0] - 1e-6 or across_mm[-1] > edges[-1] + 1e-6:
        raise PlanError(
            f"the target needs leaves from {across_mm[0]:g} to {across_mm[-1]:g} mm of the isocentre, the collimator "
            f'"{linac.mlc.name}" has them from {edges[0]:g} to {edges[-1]:g} mm; choose a linac with a longer '
            "collimator, or treat the target in parts"
        )
    return np.searchsorted(edges, (across_mm[1:] + across_mm[:-1]) / 2) - 1


def _check_travel(along_mm: Floats, linac: Linac) -> None:
    most = min(linac.mlc.most_span_mm, linac.mlc.most_overtravel_mm)
    for low, high in along_mm:
        if high - low > most:
            raise PlanError(
                f'the target needs an opening {high - low:g} mm long, leaves of the collimator "{linac.mlc.name}" '
                f"reach over {most:g} mm; treat the target in parts"
            )


def project(
    points_mm: Floats, isocentre_mm: tuple[float, float, float], angle_deg: float, collimator_deg: float, sad_mm: float
) -> tuple[Floats, Floats]:
    """(u, v) of points in the isocentre plane."""
    direction, u_axis, v_axis = gantry_axes(float(angle_deg), collimator_deg)
    ray = points_mm - (np.asarray(isocentre_mm) - sad_mm * direction)
    scale = sad_mm / (ray @ direction)
    return (ray @ u_axis) * scale, (ray @ v_axis) * scale


def _edges(values_mm: Sequence[Floats]) -> Floats:
    low = min(float(v.min()) for v in values_mm) - MARGIN_MM
    high = max(float(v.max()) for v in values_mm) + MARGIN_MM
    return np.arange(np.floor(low / CELL_MM), np.ceil(high / CELL_MM) + 1) * CELL_MM


def _without_gaps(mask: Bools) -> Bools:
    """Filled along rows and columns, again until nothing changes."""
    while True:
        filled = mask
        for axis in (0, 1):
            forward = np.maximum.accumulate(filled, axis=axis)
            backward = np.flip(np.maximum.accumulate(np.flip(filled, axis), axis=axis), axis)
            filled = forward & backward
        if bool((filled == mask).all()):
            return filled
        mask = filled


def _disc(radius_mm: float) -> Bools:
    n = int(radius_mm // CELL_MM)
    v, u = np.mgrid[-n : n + 1, -n : n + 1]
    return np.hypot(u, v) * CELL_MM <= radius_mm


def _triple(vector: Floats) -> tuple[float, float, float]:
    return float(vector[0]), float(vector[1]), float(vector[2])
