"""3D conformal: static beams whose leaves follow the vertebra and its neighbours, with optimised weights, no wedges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from spondyl.core import Grid
from spondyl.physics import load_linac, load_machine
from spondyl.plan.correction import Delivered
from spondyl.plan.external.beams import Beam
from spondyl.plan.external.columns import beam_columns, serial_leaves
from spondyl.plan.external.fields import segment_fields
from spondyl.plan.external.shaping import fitted_aperture, seen_from, static_beam
from spondyl.plan.external.vertebrae import TARGET, with_conventional_target
from spondyl.plan.imrt import Arrangement
from spondyl.plan.job import Job, PlanResult, Technique
from spondyl.plan.matvec import Floats, SparseRows
from spondyl.plan.optimised import Prepared, optimised
from spondyl.plan.prescription import prescription_of, wishlist_of
from spondyl.plan.setup import lay_out_problem, scene_of, start_fluence

GANTRY_DEG = (0.0, 120.0, 180.0, 240.0)
"""From behind, from both sides behind, and from the front, whose weight evens out the fall from back to front. Ours."""
MLC_MARGIN_MM = 7.0
"""From the PTV to the leaves: the penumbra's 95 % lies so far inside a field's edge. Ours."""
LEAST_SHARE = 0.02
"""Beams with a smaller share of the monitor units are left out."""


def _prepare(job: Job) -> Prepared:
    linac = load_linac(job.settings.linac)
    model = load_machine(linac.beam)
    wishes = wishlist_of(job.rules).renamed({prescription_of(job.rules).structure: TARGET})
    scene = scene_of(job.case, job.structures, wishes, job.prescription, model)
    unit: list[Beam] = []
    for angle in GANTRY_DEG:
        name = f"G{angle:05.1f}"
        seen = seen_from(scene.target_points_mm, scene.isocentre_mm, angle, model.sad_mm)
        aperture = fitted_aperture(linac, *seen, MLC_MARGIN_MM, f"beam {name}")
        unit.append(static_beam(name, linac.name, scene.isocentre_mm, angle, aperture))
    fields = tuple(segment_fields(beam, linac, model)[0] for beam in unit)

    def dosed(rows: NDArray[np.int64], grid: Grid) -> SparseRows:
        return beam_columns(fields, scene.medium, model, rows, grid, job.progress)

    def deliver(x: Floats) -> Delivered:
        used = [k for k, mu in enumerate(x) if mu >= LEAST_SHARE * x.sum()]
        return Delivered(
            tuple(replace(fields[k], fluence=fields[k].fluence * x[k]) for k in used),
            tuple(unit[k].scaled(float(x[k])) for k in used),
        )

    arrangement = Arrangement(fields, tuple(field.fluence > 0 for field in fields))
    setup = lay_out_problem(scene, arrangement, serial_leaves(len(unit)), dosed, job.settings.dose_beyond_mm)
    return Prepared(setup, start_fluence(setup, job.prescription), deliver)


def _plan(job: Job) -> PlanResult:
    """The protocol's PTV is the vertebra and its neighbours."""
    asked = replace(job.prescription, structure=TARGET)
    return optimised(replace(job, prescription=asked), "conformal", load_linac(job.settings.linac).beam, _prepare)


CONFORMAL = Technique(
    "conformal", "3D conformal, four static beams without wedges", _plan, "conventional-8in1", with_conventional_target
)
