"""Small circular beams from many places on a sphere, aimed at many points, as a robot that carries a linac gives them.

Nodes and circles as Kilby 2010 (Technol Cancer Res Treat 9, number 5) describes them; its numbers from memory, the text
was not opened. The beam is `robotic-6mv`, which no measured data of such a machine were compared with.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spondyl.core import Grid
from spondyl.core.errors import PlanError
from spondyl.dose import CircularAperture, Field, aimed_field, beamlet_influence
from spondyl.physics import load_machine
from spondyl.plan.correction import Delivered
from spondyl.plan.external.beams import Beam, ControlPoint, Triple
from spondyl.plan.external.columns import chosen, serial_leaves
from spondyl.plan.external.fields import beam_fields
from spondyl.plan.external.nodes import Node, nodes
from spondyl.plan.external.shaping import seen_from
from spondyl.plan.imrt import Arrangement
from spondyl.plan.job import Job, PlanResult, Technique
from spondyl.plan.lexicographic import grant
from spondyl.plan.matvec import Floats, SparseRows
from spondyl.plan.optimised import Prepared, optimised
from spondyl.plan.setup import lay_out_problem, scene_of, start_fluence

MACHINE = "robotic-6mv"
DIAMETER_MM = 12.5
"""One of the twelve circles, 5 to 60 mm at 800 mm (Kilby 2010); the choice is ours."""
AIM_PITCH_MM = 6.0
"""Between aim points of a node: half a circle. Ours."""
MOST_BEAMS = 180
"""Beams kept of all that may be chosen: plans have one to two hundred. Ours."""
LEAST_MU = 2.0
"""Beams with less are left out. Ours."""
NEAR_MM, CELL_MM = 18.0, 12.0
"""As in `plan.setup`, wider by the circle's radius."""


@dataclass(frozen=True)
class Candidate:
    """One beam that may be chosen: its node, and the (u, v) that it aims at."""

    node: int
    aim_mm: tuple[float, float]


def aims(u_mm: Floats, v_mm: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Edges along u and v of cells of `AIM_PITCH_MM` whose middles are aim points, and those that see the target."""
    u_edges, v_edges = (
        (np.arange(np.floor(x.min() / AIM_PITCH_MM), np.ceil(x.max() / AIM_PITCH_MM) + 1)) * AIM_PITCH_MM
        for x in (u_mm, v_mm)
    )
    return u_edges, v_edges, np.histogram2d(v_mm, u_mm, (v_edges, u_edges))[0] > 0


def _field(node: Node, isocentre_mm: Triple, sad_mm: float, points_mm: Floats) -> Field:
    """A node's aim points as beamlets of fluence 1."""
    u_edges, v_edges, used = aims(*seen_from(points_mm, isocentre_mm, node.gantry_deg, sad_mm, node.couch_deg))
    maps = u_edges, v_edges, used.astype(np.float64)
    return aimed_field(node.name, isocentre_mm, sad_mm, maps, node.gantry_deg, 0.0, node.couch_deg)


def _candidates(fields: tuple[Field, ...]) -> tuple[Candidate, ...]:
    """In the order of the influence's columns."""
    made: list[Candidate] = []
    for number, field in enumerate(fields):
        u, v = ((edges[1:] + edges[:-1]) / 2 for edges in (field.u_edges_mm, field.v_edges_mm))
        made += [Candidate(number, (float(u[i]), float(v[j]))) for j, i in zip(*np.nonzero(field.fluence), strict=True)]
    return tuple(made)


def robotic_beams(
    found: tuple[Node, ...], isocentre_mm: Triple, candidates: tuple[Candidate, ...], mu: Floats
) -> tuple[Beam, ...]:
    """A beam a node: at each aim point beam on, between them beam off."""
    made: list[Beam] = []
    for number, node in enumerate(found):
        points: list[ControlPoint] = []
        for candidate, given in zip(candidates, mu, strict=True):
            if candidate.node == number and given >= LEAST_MU:
                before = points[-1].mu if points else 0.0
                circle = CircularAperture(DIAMETER_MM, candidate.aim_mm)
                for total in (before, before + float(given)):
                    points.append(ControlPoint(node.gantry_deg, 0.0, node.couch_deg, circle, total))
        if points:
            made.append(Beam(node.name, MACHINE, isocentre_mm, tuple(points)))
    if not made:
        raise PlanError(f"no beam has {LEAST_MU:g} MU or more, expected some to treat; check prescription and target")
    return tuple(made)


def _prepare(job: Job) -> Prepared:
    model = load_machine(MACHINE)
    scene = scene_of(job.case, job.structures, job.wishlist, job.prescription, model)
    found = nodes(scene.target_points_mm, scene.isocentre_mm, job.case.ct.grid, model.sad_mm)
    fields = tuple(_field(node, scene.isocentre_mm, model.sad_mm, scene.target_points_mm) for node in found)
    every = _candidates(fields)

    def dosed(rows: NDArray[np.int64], grid: Grid) -> SparseRows:
        made = beamlet_influence(
            fields, scene.medium, model, rows, grid, job.progress, near_mm=NEAR_MM, cell_mm=CELL_MM, disc_mm=DIAMETER_MM
        )
        return SparseRows(made.indptr, made.indices, made.data, made.beamlets)

    arrangement = Arrangement(fields, tuple(field.fluence > 0 for field in fields))
    setup = lay_out_problem(scene, arrangement, serial_leaves(len(every)), dosed, job.settings.dose_beyond_mm)
    wished = grant(setup.problem, setup.wishlist, start_fluence(setup, job.prescription), progress=job.progress)
    best = np.sort(np.argsort(-wished.x, kind="stable")[:MOST_BEAMS])
    leaves = replace(serial_leaves(len(best)), open_units=setup.problem.leaves.open_units)
    problem = replace(setup.problem, influence=chosen(setup.problem.influence, best), leaves=leaves)
    kept = tuple(every[k] for k in best)

    def deliver(x: Floats) -> Delivered:
        beams = robotic_beams(found, scene.isocentre_mm, kept, x / job.prescription.fractions)
        return Delivered(tuple(f for beam in beams for f in beam_fields(beam, model)), beams)

    return Prepared(replace(setup, problem=problem), wished.x[best], deliver)


def _plan(job: Job) -> PlanResult:
    return optimised(job, "robotic", MACHINE, _prepare)


ROBOTIC = Technique("robotic", "non-coplanar circular beams of a robotic linac (beam not validated)", _plan)
