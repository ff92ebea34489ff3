"""Control points to fields: one fluence a segment, at the middle of its arc."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import PlanError
from spondyl.dose import Field, LeafAperture, gantry_axes, leaf_fluence
from spondyl.physics import BeamModel, Linac
from spondyl.plan.external.beams import Beam, ControlPoint, turn_deg

Floats = NDArray[np.float64]
Map = tuple[Floats, Floats, Floats]
Place = tuple[float, ...]


def segment_fields(beam: Beam, linac: Linac, model: BeamModel) -> tuple[Field, ...]:
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


def segment_opening(beam: Beam, linac: Linac, start: ControlPoint, end: ControlPoint) -> Map:
    """(u edges, v edges, opening) of a segment, as its kind of aperture gives it."""
    first, last = start.aperture, end.aperture
    if isinstance(first, LeafAperture) and isinstance(last, LeafAperture):
        return leaf_fluence(linac, first, last)
    raise PlanError(
        f'beam "{beam.name}" goes from a {type(first).__name__} to a {type(last).__name__}, '
        "expected leaf apertures throughout a beam; split it"
    )


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
    direction, u, v = gantry_axes(gantry, collimator, couch)
    isocentre = np.subtract(beam.isocentre_mm, table)
    source = isocentre - model.sad_mm * direction

    def triple(vector: Floats) -> tuple[float, float, float]:
        return float(vector[0]), float(vector[1]), float(vector[2])

    return Field(
        f"{beam.name} {number}", triple(source), triple(isocentre), triple(u), triple(v), *fluence,
        gantry, collimator, couch,
    )  # fmt: skip
