"""The field of a phantom file's beam from outside, and beams that cannot be."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog

from spondyl.core import Grid
from spondyl.core.errors import PhantomError
from spondyl.dose import Field, gantry_axes
from spondyl.io.phantom_file import MachineBeamFile, PhotonBeamFile


def phantom_field(beam: PhotonBeamFile | MachineBeamFile, sad_mm: float, grid: Grid) -> Field:
    """The field of `beam`.

    Raises
    ------
    PhantomError
        If the beam has no direction, its source stands in the grid, or no ray meets it.
    """
    field = _field(beam, sad_mm)
    _refuse_source_inside(field, grid)
    _refuse_beside(field, grid)
    return field


def _field(beam: PhotonBeamFile | MachineBeamFile, sad_mm: float) -> Field:
    half = np.asarray(beam.field_mm) / 2
    mu = (beam.mu or 1.0) if isinstance(beam, MachineBeamFile) else 1.0
    angles = {}
    if isinstance(beam, MachineBeamFile) and beam.isocentre_mm is not None:
        direction, u, v = gantry_axes(beam.gantry_deg, beam.collimator_deg, beam.couch_deg)
        isocentre = np.asarray(beam.isocentre_mm)
        source = isocentre - sad_mm * direction
        angles = {"gantry_deg": beam.gantry_deg, "collimator_deg": beam.collimator_deg, "couch_deg": beam.couch_deg}
    else:
        if beam.source_mm is None or beam.direction is None:
            raise PhantomError("beam needs source_mm and direction, or isocentre_mm; add them")
        source = np.asarray(beam.source_mm)
        direction = _unit(beam.direction, "beam.direction")
        u = _unit(np.asarray(beam.x_axis) - np.dot(beam.x_axis, direction) * direction, "beam.x_axis", beam.x_axis)
        v = np.cross(direction, u)
        isocentre = source + sad_mm * direction
    return Field(
        "beam", _triple(source), _triple(isocentre), _triple(u), _triple(v), np.array([-half[0], half[0]]),
        np.array([-half[1], half[1]]), np.full((1, 1), mu), **angles,
    )  # fmt: skip


def _unit(vector: ArrayLike, name: str, given: ArrayLike | None = None) -> NDArray[np.float64]:
    length = float(np.linalg.norm(vector))
    if length < 1e-6:
        what = "must not be parallel to direction" if given is not None else "must not be zero"
        raise PhantomError(f"{name} {what}, got {vector if given is None else given}; choose another vector")
    return np.asarray(vector) / length


def _refuse_source_inside(field: Field, grid: Grid) -> None:
    low, high = grid.bounds_mm()
    source = np.asarray(field.source_mm)
    distance = float(np.linalg.norm(np.maximum(np.maximum(low - source, source - high), 0)))
    if distance < 10.0:
        raise PhantomError(
            f"beam source {field.source_mm} lies inside the phantom's grid {low.tolist()}..{high.tolist()} mm "
            "or within 10 mm of it; move source_mm back"
        )


def _refuse_beside(field: Field, grid: Grid) -> None:
    """A beam no ray of which meets the grid: a place inside both would solve ten linear inequalities."""
    low, high = grid.bounds_mm()
    u, v, axis = np.asarray(field.u), np.asarray(field.v), field.direction
    sides = []
    for across, edges in ((u, field.u_edges_mm), (v, field.v_edges_mm)):
        sides += [field.sad_mm * across - edges[-1] * axis, edges[0] * axis - field.sad_mm * across]
    rows = np.array([*sides, -field.sad_mm * axis]) / field.sad_mm
    found = linprog(np.zeros(3), rows, rows @ np.asarray(field.source_mm), bounds=list(zip(low, high, strict=True)))
    if found.status == 2:
        raise PhantomError(
            f"the beam from {_place(field.source_mm)} mm along {_place(field.direction)} misses the phantom in "
            f"{_place(low)} to {_place(high)} mm; turn the beam (direction or gantry_deg) towards it, or move one"
        )


def _place(values: ArrayLike) -> str:
    return f"({', '.join(f'{a:.5g}' for a in _triple(values))})"


def _triple(values: ArrayLike) -> tuple[float, float, float]:
    x, y, z = (float(a) for a in np.asarray(values, np.float64))
    return x, y, z
