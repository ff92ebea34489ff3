"""Sliding-window IMRT: every leaf pair crosses the field once, its gap following the fluence."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from spondyl.dose import Field
from spondyl.physics import Linac, load_linac
from spondyl.plan.correction import Delivered
from spondyl.plan.external.beams import Beam, ControlPoint
from spondyl.plan.external.fields import segment_fields
from spondyl.plan.external.leaf_rows import rows_of_pairs, without_leakage
from spondyl.plan.external.shaping import checked_aperture, closed_where
from spondyl.plan.external.slide_sequence import Travel, edges_at, in_step, travel
from spondyl.plan.external.techniques.imrt import fluence_setup
from spondyl.plan.imrt import fluence_fields
from spondyl.plan.job import Job, PlanResult, Technique
from spondyl.plan.matvec import Floats
from spondyl.plan.optimised import Prepared, optimised
from spondyl.plan.setup import start_fluence

POINTS = 80
"""Control points a field: between them leaves move linearly. Ours."""
LEAKAGE_ROUNDS = 4
"""Monitor units depend on the opening, and the opening on what leaks in them."""
LEAST_MU = 1.0
"""A field whose fluence is nowhere above this is left out. Ours."""


def sliding_beam(field: Field, linac: Linac) -> Beam | None:
    """The field's fluence (MU) as one crossing of the leaves, leakage taken off; None where it has next to none."""
    if not field.fluence.max() > LEAST_MU:
        return None
    gap_mm = linac.mlc.least_gap_mm + 2 * linac.mlc.leaf_offset_mm
    opened = field.fluence
    for _ in range(LEAKAGE_ROUNDS):
        total = max(path.mu for _, path in _fastest(field, opened, linac, gap_mm).values())
        opened = without_leakage(field.fluence, total, linac.mlc.transmission)
    fastest = _fastest(field, opened, linac, gap_mm)
    total = max(path.mu for _, path in fastest.values())
    given = np.linspace(0.0, total, POINTS)
    edges = {
        row: edges_at(in_step(field.u_edges_mm[use], opened[row, use.start : use.stop - 1], path, total, gap_mm), given)
        for row, (use, path) in fastest.items()
    }
    return Beam(field.name, linac.name, field.isocentre_mm, _points(field, linac, edges, given))


def _fastest(field: Field, fluence_mu: Floats, linac: Linac, gap_mm: float) -> dict[int, tuple[slice, Travel]]:
    """By row, its beamlets' edges from the first to the last with fluence as it was asked, and its fastest travel."""
    slow = linac.dose_rate_mu_per_min / 60.0 / linac.mlc.leaf_speed_mm_per_s
    made: dict[int, tuple[slice, Travel]] = {}
    for number, asked in enumerate(field.fluence):
        used = np.flatnonzero(asked > 0)
        if len(used):
            use = slice(int(used[0]), int(used[-1]) + 2)
            made[number] = (
                use,
                travel(field.u_edges_mm[use], fluence_mu[number, use.start : use.stop - 1], slow, gap_mm),
            )
    return made


def _points(
    field: Field, linac: Linac, edges: Mapping[int, tuple[Floats, Floats]], given: Floats
) -> tuple[ControlPoint, ...]:
    """Control points; pairs without fluence stay closed."""
    row, offset = rows_of_pairs(linac, field), linac.mlc.leaf_offset_mm
    low = min(float(trailing.min()) for trailing, _ in edges.values())
    high = max(float(leading.max()) for _, leading in edges.values())
    jaws = (low, high, float(field.v_edges_mm[min(edges)]), float(field.v_edges_mm[max(edges) + 1]))
    closed = ~np.isin(row, list(edges))
    made: list[ControlPoint] = []
    for k, mu in enumerate(given):
        leaves = np.array([[edges[r][side][k] if r in edges else high for side in (0, 1)] for r in row])
        leaves = closed_where(linac, leaves + np.array([offset, -offset]), closed, jaws)
        aperture = checked_aperture(linac, leaves, jaws, f"beam {field.name}")
        made.append(ControlPoint(field.gantry_deg, field.collimator_deg, field.couch_deg, aperture, float(mu)))
    return tuple(made)


def _prepare(job: Job) -> Prepared:
    linac = load_linac(job.settings.linac)
    setup = fluence_setup(job, linac.beam)

    def deliver(x: Floats) -> Delivered:
        fields = fluence_fields(setup.arrangement, x / job.prescription.fractions)
        made = (sliding_beam(field, linac) for field in fields)
        beams = tuple(beam for beam in made if beam is not None)
        return Delivered(tuple(f for beam in beams for f in segment_fields(beam, linac, setup.model)), beams)

    return Prepared(setup, start_fluence(setup, job.prescription), deliver)


def _plan(job: Job) -> PlanResult:
    return optimised(job, "sliding-window", load_linac(job.settings.linac).beam, _prepare)


SLIDING_WINDOW = Technique("sliding-window", "fixed-field IMRT by sliding window", _plan)
