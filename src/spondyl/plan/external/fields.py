"""Control points to fields: one fluence a segment, at the middle of its arc."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import PlanError
from spondyl.dose import (
    BinaryAperture,
    CircularAperture,
    Field,
    LeafAperture,
    aimed_field,
    circle_fluence,
    leaf_fluence,
)
from spondyl.physics import BeamModel, Linac, load_linac
from spondyl.plan.external.beams import Beam, ControlPoint, turn_deg

Floats = NDArray[np.float64]
Map = tuple[Floats, Floats, Floats]
Place = tuple[float, ...]
PIXEL_MM = 0.5
"""Of the map of a circle, whose pixels hold exact areas: twice as much takes 4 % from the middle of a 5 mm circle."""


def beam_fields(beam: Beam, model: BeamModel) -> tuple[Field, ...]:
    """`segment_fields` of a beam with the linac that it names; circles and slits need none.

    Raises
    ------
    PlanError, MachineError
        If apertures change their kind, or the linac of leaves is unknown.
    """
    leaves = any(isinstance(point.aperture, LeafAperture) for point in beam.points)
    return segment_fields(beam, load_linac(beam.linac) if leaves else None, model)


def segment_fields(beam: Beam, linac: Linac | None, model: BeamModel) -> tuple[Field, ...]:
    """One field a segment with monitor units, seen from the middle of its arc, fluence in MU per fraction.

    Segments that neighbour each other and share their angles and couch position, as those of a static field do, are
    summed into one field.

    Raises
    ------
    PlanError
        If the kind of aperture changes within a segment.
    """
    made: list[tuple[Place, list[Map]]] = []
    for start, end in beam.segments:
        if not end.mu > start.mu:
            continue
        place = _middle(start, end)
        u, v, opened = segment_opening(beam, linac, start, end)
        if not made or made[-1][0] != place:
            made.append((place, []))
        made[-1][1].append((u, v, opened * (end.mu - start.mu)))
    return tuple(_field(beam, number, place, _summed(maps), model) for number, (place, maps) in enumerate(made, 1))


def segment_opening(beam: Beam, linac: Linac | None, start: ControlPoint, end: ControlPoint) -> Map:
    """(u edges, v edges, opening) of a segment, as its kind of aperture gives it.

    A circle stays as it is while the beam is on; the slits of a projection are those of its first control point.
    """
    first, last = start.aperture, end.aperture
    if isinstance(first, LeafAperture) and isinstance(last, LeafAperture) and linac is not None:
        return leaf_fluence(linac, first, last)
    if isinstance(first, CircularAperture) and first == last:
        return circle_fluence(first, PIXEL_MM)
    if isinstance(first, BinaryAperture) and isinstance(last, BinaryAperture):
        return _slits(first)
    raise PlanError(
        f'beam "{beam.name}" goes from a {type(first).__name__} to a {type(last).__name__}, expected leaves of '
        "a linac, one circle, or slits throughout a segment; split it"
    )


def _slits(aperture: BinaryAperture) -> Map:
    count = len(aperture.open_share)
    u_edges = np.asarray((np.arange(count + 1) - count / 2) * aperture.leaf_mm, np.float64)
    return u_edges, np.array([-0.5, 0.5]) * aperture.slice_mm, aperture.open_share[None, :]


def _middle(start: ControlPoint, end: ControlPoint) -> Place:
    """Gantry, collimator and couch angle and couch position half-way."""
    pairs = (
        (start.gantry_deg, end.gantry_deg), (start.collimator_deg, end.collimator_deg), (start.couch_deg, end.couch_deg)
    )  # fmt: skip
    angles = [(a + turn_deg(a, b) / 2) % 360.0 for a, b in pairs]
    return (*angles, *((np.asarray(start.table_mm) + end.table_mm) / 2).tolist())


def _summed(maps: Sequence[Map]) -> Map:
    """Maps on the union of their edges; exact, as each is constant between its own."""
    if len(maps) == 1:
        return maps[0]
    u_edges = np.unique(np.concatenate([u for u, _, _ in maps]))
    v_edges = np.unique(np.concatenate([v for _, v, _ in maps]))
    total = np.zeros((len(v_edges) - 1, len(u_edges) - 1))
    for u, v, values in maps:
        columns, rows = _cell_of(u, u_edges), _cell_of(v, v_edges)
        inside = (rows >= 0)[:, None] & (columns >= 0)[None, :]
        total += np.where(inside, values[np.ix_(rows, columns)], 0.0)
    return u_edges, v_edges, total


def _cell_of(edges: Floats, finer: Floats) -> NDArray[np.int64]:
    """The cell of `edges` that holds each cell of `finer`, -1 where none does."""
    middles = (finer[1:] + finer[:-1]) / 2
    cell = np.searchsorted(edges, middles) - 1
    return np.where((cell >= 0) & (cell < len(edges) - 1), cell, -1)


def _field(beam: Beam, number: int, place: Place, fluence: Map, model: BeamModel) -> Field:
    gantry, collimator, couch, *table = place
    x, y, z = np.subtract(beam.isocentre_mm, table).tolist()
    return aimed_field(f"{beam.name} {number}", (x, y, z), model.sad_mm, fluence, gantry, collimator, couch)
