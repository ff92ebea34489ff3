"""Step-and-shoot IMRT: the fluence in whole levels, cut into segments whose monitor units are optimised once more.

The apertures come from the fluence that the wish-list asks for; their weights are then the problem's variables, so that
rounding to levels costs little dose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spondyl.dose import Field, LeafAperture
from spondyl.physics import Linac, load_linac
from spondyl.plan.correction import Delivered
from spondyl.plan.external.beams import Beam, ControlPoint
from spondyl.plan.external.columns import joined, serial_leaves
from spondyl.plan.external.fields import segment_fields
from spondyl.plan.external.leaf_rows import rows_of_pairs, without_leakage
from spondyl.plan.external.shaping import checked_aperture, closed_where
from spondyl.plan.external.step_sequence import Opening, complexity, openings
from spondyl.plan.external.techniques.imrt import fluence_setup
from spondyl.plan.imrt import fluence_fields
from spondyl.plan.job import Job, PlanResult, Technique
from spondyl.plan.lexicographic import grant
from spondyl.plan.matvec import Floats
from spondyl.plan.optimised import Prepared, optimised
from spondyl.plan.setup import start_fluence

LEVELS = 12
"""Of the largest fluence of all fields: a step of 8 % of it, an error of 2.4 % of it (1/sqrt 12 of a step). Ours."""
LEAKAGE_ROUNDS = 4
"""Monitor units depend on the opening, and the opening on what leaks in them; the change falls by the transmission each
round."""
LEAST_MU = 1.0
"""Segments with less are left out: a linac's dose is not proportional to its monitor units below. Ours."""


@dataclass(frozen=True)
class Segment:
    """An opening of one field: its levels, and its aperture."""

    field: int
    opening: Opening
    aperture: LeafAperture


def segments_of(fields: Sequence[Field], linac: Linac, level_mu: float) -> tuple[Segment, ...]:
    """Segments of fields with fluence in MU, in whole levels of `level_mu`."""
    made: list[Segment] = []
    for number, field in enumerate(fields):
        levels = np.rint(field.fluence / level_mu).astype(np.int64)
        for _ in range(LEAKAGE_ROUNDS):
            total = level_mu * int(complexity(levels).max())
            opened = without_leakage(field.fluence, total, linac.mlc.transmission)
            levels = np.rint(opened / level_mu).astype(np.int64)
        if levels.any():
            jaws = _jaws(field, levels)
            made += [Segment(number, o, _aperture(field, linac, o, jaws)) for o in openings(levels)]
    return tuple(made)


def _jaws(field: Field, levels: NDArray[np.int64]) -> tuple[float, float, float, float]:
    """Jaws around all that a field opens; they stay while its segments follow one another."""
    along, across = np.flatnonzero(levels.any(axis=0)), np.flatnonzero(levels.any(axis=1))
    u, v = field.u_edges_mm, field.v_edges_mm
    return float(u[along[0]]), float(u[along[-1] + 1]), float(v[across[0]]), float(v[across[-1] + 1])


def _aperture(field: Field, linac: Linac, opening: Opening, jaws: tuple[float, float, float, float]) -> LeafAperture:
    """Leaves at the opening's edges, as far inside as their rounded ends let fluence through."""
    row, edges, mlc = rows_of_pairs(linac, field), field.u_edges_mm, linac.mlc
    tips = np.stack([edges[opening.first] + mlc.leaf_offset_mm, edges[opening.after] - mlc.leaf_offset_mm], axis=1)
    closed = (row < 0) | (opening.first == opening.after)[row]
    what = f"beam {field.name}"
    return checked_aperture(linac, closed_where(linac, tips[row], closed, jaws), jaws, what)


def _shares(fields: Sequence[Field], used: Sequence[np.ndarray], linac: Linac, segments: Sequence[Segment]) -> Floats:
    """How open each beamlet is in each segment, shape (beamlets, segments): 1 inside, the transmission elsewhere."""
    starts = np.concatenate([[0], np.cumsum([int(mask.sum()) for mask in used])])
    shares = np.zeros((starts[-1], len(segments)))
    for column, segment in enumerate(segments):
        mask, opening = used[segment.field], segment.opening
        place = np.arange(mask.shape[1])
        inside = (place >= opening.first[:, None]) & (place < opening.after[:, None])
        opened = np.where(inside, 1.0, linac.mlc.transmission)
        shares[starts[segment.field] : starts[segment.field + 1], column] = opened[mask]
    return shares


def beams_of(fields: Sequence[Field], linac: str, segments: Sequence[Segment], mu: Floats) -> tuple[Beam, ...]:
    """A beam a field: beam on in each aperture, beam off while leaves go to the next."""
    made: list[Beam] = []
    for number, field in enumerate(fields):
        points: list[ControlPoint] = []
        for segment, given in zip(segments, mu, strict=True):
            if segment.field == number and given >= LEAST_MU:
                before = points[-1].mu if points else 0.0
                for total in (before, before + float(given)):
                    points.append(
                        ControlPoint(field.gantry_deg, field.collimator_deg, field.couch_deg, segment.aperture, total)
                    )
        if points:
            made.append(Beam(field.name, linac, field.isocentre_mm, tuple(points)))
    return tuple(made)


def _prepare(job: Job) -> Prepared:
    linac, fractions = load_linac(job.settings.linac), job.prescription.fractions
    setup = fluence_setup(job, linac.beam)
    wished = grant(setup.problem, setup.wishlist, start_fluence(setup, job.prescription), progress=job.progress)
    fields = fluence_fields(setup.arrangement, wished.x / fractions)
    level_mu = max(float(field.fluence.max()) for field in fields) / LEVELS
    segments = segments_of(fields, linac, level_mu)
    shares = _shares(fields, setup.arrangement.open, linac, segments)
    leaves = replace(serial_leaves(len(segments)), open_units=setup.problem.leaves.open_units)
    problem = replace(setup.problem, influence=joined(setup.problem.influence, shares), leaves=leaves)

    def deliver(x: Floats) -> Delivered:
        beams = beams_of(fields, linac.name, segments, x / fractions)
        return Delivered(tuple(f for beam in beams for f in segment_fields(beam, linac, setup.model)), beams)

    start = fractions * level_mu * np.array([segment.opening.weight for segment in segments], np.float64)
    return Prepared(replace(setup, problem=problem), start, deliver)


def _plan(job: Job) -> PlanResult:
    return optimised(job, "step-and-shoot", load_linac(job.settings.linac).beam, _prepare)


STEP_AND_SHOOT = Technique("step-and-shoot", "fixed-field IMRT in static segments", _plan)
