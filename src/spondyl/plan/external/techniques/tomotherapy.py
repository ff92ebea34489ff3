"""Helical tomotherapy: a fan of slits that open and shut while the gantry turns and the couch moves on.

The beam is `helical-6mv`, which no measured data of such a machine were compared with: its fluence is the same over the
fan, closed leaves let nothing through, and a projection's dose is that of its middle angle.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spondyl.core import Grid
from spondyl.dose import BinaryAperture, beamlet_influence
from spondyl.physics import load_machine
from spondyl.plan.correction import Delivered
from spondyl.plan.external.beams import Beam, ControlPoint, Triple
from spondyl.plan.external.fields import beam_fields
from spondyl.plan.external.helix import LEAF_MM, LEAVES, Group, Helix, groups, helix_over, pitch_for, sinogram
from spondyl.plan.imrt import Arrangement
from spondyl.plan.job import Job, PlanResult, Technique
from spondyl.plan.leaves import leaves_of
from spondyl.plan.matvec import Floats, SparseRows
from spondyl.plan.optimised import Prepared, optimised
from spondyl.plan.setup import CELL_MM, lay_out_problem, scene_of, start_fluence

MACHINE = "helical-6mv"
NEAR_MM = 22.5
"""As in `plan.setup`, wider by half the field's width along the couch."""


def helical_beam(helix: Helix, isocentre_mm: Triple, shares: Floats, mu_per_projection: float) -> Beam:
    """One beam of all projections; `shares`, shape (projections, leaves), is how long each leaf is open in each."""
    points: list[ControlPoint] = []
    for number in range(helix.projections + 1):
        aperture = BinaryAperture(shares[min(number, helix.projections - 1)], LEAF_MM, helix.width_mm)
        table = (0.0, 0.0, -(helix.z_mm(number) - isocentre_mm[2]))
        angle = round(helix.gantry_deg(number) % 360.0, 6)
        points.append(ControlPoint(angle, 0.0, 0.0, aperture, mu_per_projection * number, table))
    return Beam("helix", MACHINE, isocentre_mm, tuple(points))


def wanted_mu(helix: Helix, found: tuple[Group, ...], x: Floats) -> Floats:
    """Monitor units through each leaf in each projection, shape (projections, leaves).

    `x` holds those of each group's leaves that may open, shared evenly by its projections.
    """
    wanted = np.zeros((helix.projections, LEAVES))
    start = 0
    for group in found:
        leaves = np.flatnonzero(group.field.fluence[0])
        wanted[group.first : group.first + group.count, leaves] = x[start : start + len(leaves)] / group.count
        start += len(leaves)
    return wanted


def _prepare(job: Job) -> Prepared:
    model = load_machine(MACHINE)
    scene = scene_of(job.case, job.structures, job.wishlist, job.prescription, model)
    helix = helix_over(scene.target_points_mm, pitch_for(job.prescription.dose_per_fraction_gy))
    found = groups(helix, scene.target_points_mm, scene.isocentre_mm, model.sad_mm)
    fields = tuple(group.field for group in found)

    def dosed(rows: NDArray[np.int64], grid: Grid) -> SparseRows:
        made = beamlet_influence(
            fields, scene.medium, model, rows, grid, job.progress, near_mm=NEAR_MM, cell_mm=CELL_MM
        )
        return SparseRows(made.indptr, made.indices, made.data, made.beamlets)

    masks = tuple(field.fluence > 0 for field in fields)
    used = np.concatenate([mask.ravel() for mask in masks])
    # Leaves of a group are open at the same time: one row each.
    leaves = leaves_of([(mask.size, 1) for mask in masks], np.where(used, np.cumsum(used) - 1, -1))
    setup = lay_out_problem(scene, Arrangement(fields, masks), leaves, dosed, job.settings.dose_beyond_mm)

    def deliver(x: Floats) -> Delivered:
        shares, mu = sinogram(wanted_mu(helix, found, x / job.prescription.fractions))
        beam = helical_beam(helix, scene.isocentre_mm, shares, mu)
        kept = tuple(field for field in beam_fields(beam, model) if field.fluence.any())
        return Delivered(kept, (beam,))

    return Prepared(setup, start_fluence(setup, job.prescription), deliver)


def _plan(job: Job) -> PlanResult:
    return optimised(job, "tomotherapy", MACHINE, _prepare)


TOMOTHERAPY = Technique("tomotherapy", "helical tomotherapy (beam not validated)", _plan)
