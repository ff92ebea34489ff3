"""Plans whose beams are given and whose weights are found: the protocol's wishes, one number a beam."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from spondyl.core import Grid
from spondyl.physics import Linac, load_linac, load_machine
from spondyl.plan.correction import Delivered
from spondyl.plan.external.beams import Beam
from spondyl.plan.external.columns import beam_columns, serial_leaves
from spondyl.plan.external.fields import segment_fields
from spondyl.plan.external.shaping import fitted_aperture, seen_from, static_beam
from spondyl.plan.imrt import Arrangement
from spondyl.plan.job import Job, PlanResult
from spondyl.plan.matvec import Floats, SparseRows
from spondyl.plan.optimised import Prepared, optimised
from spondyl.plan.prescription import prescription_of
from spondyl.plan.setup import Scene, lay_out_problem, scene_of, start_fluence

LEAST_SHARE = 0.02
"""Beams with a smaller share of the monitor units are left out. Ours."""
BeamsFor = Callable[[Scene, Linac], Sequence[Beam]]
"""Static beams of 1 MU for what is to be treated."""


def weighted_plan(job: Job, technique: str, beams_for: BeamsFor, target: str = "") -> PlanResult:
    """Plan a job by the weights of beams that are given.

    Parameters
    ----------
    technique
        The plan's.
    beams_for
        Makes the beams, each of 1 MU through one aperture.
    target
        What takes the place of the structure that the protocol prescribes to, as the technique drew it; that structure
        itself where empty.
    """
    linac = load_linac(job.settings.linac)
    own = target or job.prescription.structure
    asked = replace(job.prescription, structure=own)

    def prepare(wished: Job) -> Prepared:
        model = load_machine(linac.beam)
        wishes = wished.wishlist.renamed({prescription_of(wished.rules).structure: own})
        scene = scene_of(wished.case, wished.structures, wishes, asked, model)
        unit = tuple(beams_for(scene, linac))
        fields = tuple(segment_fields(beam, linac, model)[0] for beam in unit)

        def dosed(rows: NDArray[np.int64], grid: Grid) -> SparseRows:
            return beam_columns(fields, scene.medium, model, rows, grid, wished.progress)

        def deliver(weights: Floats) -> Delivered:
            x = weights / asked.fractions
            used = [k for k, mu in enumerate(x) if mu >= LEAST_SHARE * x.sum()]
            return Delivered(
                tuple(replace(fields[k], fluence=fields[k].fluence * x[k]) for k in used),
                tuple(unit[k].scaled(float(x[k])) for k in used),
            )

        arrangement = Arrangement(fields, tuple(field.fluence > 0 for field in fields))
        setup = lay_out_problem(scene, arrangement, serial_leaves(len(unit)), dosed, wished.settings.dose_beyond_mm)
        return Prepared(setup, start_fluence(setup, asked), deliver)

    return optimised(replace(job, prescription=asked), technique, linac.beam, prepare)


def conformal_beam(scene: Scene, linac: Linac, gantry_deg: float, margin_mm: float) -> Beam:
    """1 MU from an angle, the leaves `margin_mm` around the targets.

    Raises
    ------
    PlanError
        If the machine cannot open so far.
    """
    name = f"G{gantry_deg:05.1f}"
    seen = seen_from(scene.target_points_mm, scene.isocentre_mm, gantry_deg, scene.model.sad_mm)
    aperture = fitted_aperture(linac, *seen, margin_mm, f"beam {name}")
    return static_beam(name, linac.name, scene.isocentre_mm, gantry_deg, aperture)
