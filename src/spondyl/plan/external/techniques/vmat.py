"""Volumetric modulated arcs: two turns of the gantry, leaves and dose rate varying all the way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy import sample_points
from spondyl.core import Grid
from spondyl.dose import beamlet_influence
from spondyl.physics import load_linac, load_machine
from spondyl.plan.correction import Delivered
from spondyl.plan.external.arcs import arc_path
from spondyl.plan.external.fields import segment_fields
from spondyl.plan.external.vmat_beams import arc_beams
from spondyl.plan.external.vmat_collimator import choose_collimator_deg
from spondyl.plan.external.vmat_lattice import lattice_of, sector_fields
from spondyl.plan.external.vmat_start import aperture_problem, rough_fluence
from spondyl.plan.job import Job, PlanResult, Technique
from spondyl.plan.lagrangian import Effort
from spondyl.plan.leaves import leaves_of
from spondyl.plan.matvec import Floats, SparseRows
from spondyl.plan.optimised import Prepared, optimised
from spondyl.plan.setup import CELL_MM, NEAR_MM, Scene, lay_out_problem, scene_of, start_fluence

SPARED_POINT_MM = 2.0
EFFORT = Effort(rounds=8, iterations=25, inner_tolerance=1e-5, moved=1e-3)
"""Apertures are no convex problem, and an evaluation costs less than one of nine fields' beamlets."""


def _spared_points(scene: Scene) -> Floats:
    """Points of what has a limit on its hottest small volume: cord, sac."""
    names = {goal.structure for goal in scene.wishlist.never_above if goal.metric.endswith("cc")}
    there = [scene.structures[name] for name in sorted(names) if name in scene.structures]
    found = [sample_points(s, SPARED_POINT_MM)[0] for s in there if not s.is_empty]
    return np.concatenate(found) if found else np.zeros((0, 3))


def prepare(job: Job) -> Prepared:
    """The problem of a job in leaves and monitor units, and where its search starts."""
    linac, fractions = load_linac(job.settings.linac), job.prescription.fractions
    model = load_machine(linac.beam)
    scene = scene_of(job.case, job.structures, job.wishlist, job.prescription, model)
    path = arc_path(job.settings.arc)
    where = (scene.isocentre_mm, path.sector_deg)
    collimator = choose_collimator_deg(scene.target_points_mm, _spared_points(scene), *where, model.sad_mm)
    arrangement = sector_fields(scene.target_points_mm, *where, collimator, model.sad_mm)
    lattice = lattice_of(arrangement, linac)

    def dosed(rows: NDArray[np.int64], grid: Grid) -> SparseRows:
        found = beamlet_influence(
            arrangement.fields, scene.medium, model, rows, grid, job.progress, near_mm=NEAR_MM, cell_mm=CELL_MM
        )
        return SparseRows(found.indptr, found.indices, found.data, found.beamlets)

    columns = arrangement.columns
    leaves = leaves_of([m.shape for m in arrangement.open], np.where(columns, np.cumsum(columns) - 1, -1))
    setup = lay_out_problem(scene, arrangement, leaves, dosed, job.settings.dose_beyond_mm)
    fluence = rough_fluence(setup.problem, setup.wishlist, start_fluence(setup, job.prescription))
    problem, start = aperture_problem(setup.problem, fluence, path, lattice, linac, fractions)

    def deliver(y: Floats) -> Delivered:
        apertures = problem.leaves.deliverable(problem.variables.apertures(y))
        beams = arc_beams(apertures, path, lattice, linac, scene.isocentre_mm, fractions)
        return Delivered(tuple(f for beam in beams for f in segment_fields(beam, linac, model)), beams)

    return Prepared(replace(setup, problem=problem), start, deliver, EFFORT)


def _plan(job: Job) -> PlanResult:
    return optimised(job, "vmat", load_linac(job.settings.linac).beam, prepare)


VMAT = Technique("vmat", "volumetric modulated arcs, simultaneous integrated boost", _plan)
