"""From a case to the planning problem: grids, beam arrangement, sample points, influence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy import Case, Structure, Structures, sample_points
from spondyl.core import Grid, Progress, covering
from spondyl.core.errors import PlanError
from spondyl.dose import Field, beamlet_influence
from spondyl.evaluate import resolve
from spondyl.physics import BeamModel, Medium, medium_from_ct
from spondyl.plan.contradictions import refuse_contradictions
from spondyl.plan.extras import Seen
from spondyl.plan.goals import Goal
from spondyl.plan.imrt import Arrangement, arrange, gantry_angles_deg
from spondyl.plan.leaves import Leaves, leaves_of
from spondyl.plan.matvec import Floats, SparseRows
from spondyl.plan.points import interpolate_between
from spondyl.plan.prescription import Prescription
from spondyl.plan.problem import Problem
from spondyl.plan.regions import ORGANS, Reach, point_sets
from spondyl.plan.wishlist import Wishlist

DOSE_SPACING_MM = 2.5
ROWS_BEYOND_MM = 25.0
"""How far beyond the target along z rows are computed: scatter is below 3 % of the target's dose there."""
DOSE_BEYOND_MM = 40.0
"""How far beyond the fields along z the final dose is computed, unless a user asks for more: an organ that leaves
the grid has bounds in place of a mean."""
LEAKAGE_SHARE = 0.05
"""Cells with less of a field's largest fluence are shut; leaves let one or two percent through."""
TARGET_POINT_MM = 2.0
CORNER_SHARE = 0.02
"""Rises below this share of an open field's fluence are rounded in the smooth count of monitor units."""
NEAR_MM, CELL_MM = 10.0, 12.5
"""Neighbourhood kept beamlet by beamlet, and cells of the tail: the correction makes up for the rest."""


@dataclass(frozen=True)
class Setup:
    """Everything that the optimiser and the final dose need.

    Parameters
    ----------
    problem
        Influence and points; beamlet weights are MU of the whole course.
    rows
        Flat indices on `grid` of the problem's rows.
    wishlist
        With the case's own structure names.
    left_out
        Goals on structures that the case does not have, or that lie beyond the beams.
    """

    medium: Medium
    model: BeamModel
    grid: Grid
    arrangement: Arrangement
    problem: Problem
    rows: np.ndarray
    wishlist: Wishlist
    left_out: tuple[Goal, ...]


@dataclass(frozen=True)
class Scene:
    """What is to be treated, before anything is said of beams.

    Parameters
    ----------
    wishlist
        With the case's own structure names.
    targets
        The prescribed structure and every other target that a goal names.
    target_points_mm
        Points (x, y, z) that fill the targets, shape (n, 3).
    isocentre_mm
        The middle of their extent, to the millimetre.
    """

    case: Case
    structures: Structures
    medium: Medium
    model: BeamModel
    wishlist: Wishlist
    prescription: Prescription
    targets: tuple[str, ...]
    target_points_mm: Floats
    isocentre_mm: tuple[float, float, float]


Dosed = Callable[[NDArray[np.int64], Grid], SparseRows]
"""From flat voxel indices on a grid to the dose of each weight there, in Gy per MU."""


def set_up(
    case: Case,
    structures: Structures,
    wishlist: Wishlist,
    prescription: Prescription,
    model: BeamModel,
    field_count: int,
    progress: Progress,
    beyond_mm: float = DOSE_BEYOND_MM,
) -> Setup:
    """Build the planning problem of a case in beamlets; the dose grid reaches `beyond_mm` beyond the fields along z."""
    scene = scene_of(case, structures, wishlist, prescription, model)
    arrangement = arrange(
        scene.target_points_mm, scene.isocentre_mm, gantry_angles_deg(field_count), scene.model.sad_mm
    )

    def dosed(rows: NDArray[np.int64], grid: Grid) -> SparseRows:
        influence = beamlet_influence(
            arrangement.fields, scene.medium, model, rows, grid, progress, near_mm=NEAR_MM, cell_mm=CELL_MM
        )
        return SparseRows(influence.indptr, influence.indices, influence.data, influence.beamlets)

    columns = arrangement.columns
    column_of = np.where(columns, np.cumsum(columns) - 1, -1)
    leaves = leaves_of([field.fluence.shape for field in arrangement.fields], column_of)
    return lay_out_problem(scene, arrangement, leaves, dosed, beyond_mm)


def scene_of(
    case: Case, structures: Structures, wishlist: Wishlist, prescription: Prescription, model: BeamModel
) -> Scene:
    """What is to be treated.

    Raises
    ------
    PlanError
        If a target is empty, or lies where an organ may have less.
    """
    names = {name: own for name in wishlist.structures() if (own := resolve(name, structures)) is not None}
    own_list = wishlist.renamed(names)
    targets = _targets(structures, own_list, names.get(prescription.structure, prescription.structure))
    whole = _whole_target(structures, targets)
    refuse_contradictions(own_list, structures, prescription)
    medium = medium_from_ct(case.ct, structures)
    return Scene(case, structures, medium, model, own_list, prescription, targets, whole, _isocentre(whole))


def lay_out_problem(
    scene: Scene, arrangement: Arrangement, leaves: Leaves, dosed: Dosed, beyond_mm: float = DOSE_BEYOND_MM
) -> Setup:
    """The problem of a scene under an arrangement of fields, with the `dosed` of its weights and their `leaves`."""
    structures, own_list, whole = scene.structures, scene.wishlist, scene.target_points_mm
    low, high = float(whole[:, 2].min()), float(whole[:, 2].max())
    grid = dose_grid(scene.case, structures, arrangement.fields, beyond_mm)
    reach = Reach(low - ROWS_BEYOND_MM, high + ROWS_BEYOND_MM)
    wanted = tuple(name for name in own_list.structures() if name in structures and not structures[name].is_empty)
    hot_spots = {goal.structure for goal in own_list.all_goals() if goal.metric.endswith("cc")}
    prescribed_gy = scene.prescription.dose_gy
    sets = point_sets(structures, wanted, hot_spots, scene.targets, grid, reach, prescribed_gy)
    seen = Seen(structures, scene.isocentre_mm, reach.low_mm, reach.high_mm, own_list.all_goals())
    for added in (extra(seen) for extra in own_list.extras):
        sets, own_list = [*sets, *added.sets], own_list.plus(added)
    rows, interpolation, samples = interpolate_between(sets, grid)
    kept, without = own_list.only(samples)
    left_out = tuple(goal for goal in without if goal.structure != ORGANS)
    problem = Problem(dosed(rows, grid), interpolation, samples, leaves, prescribed_gy, np.zeros(len(rows)))
    made = Setup(scene.medium, scene.model, grid, arrangement, problem, rows, kept, left_out)
    opened = float(start_fluence(made, scene.prescription)[0])
    scaled = replace(leaves, corner=CORNER_SHARE * opened, open_units=opened * leaves.fields)
    return replace(made, problem=replace(problem, leaves=scaled))


def dose_grid(case: Case, structures: Structures, fields: Sequence[Field], beyond_mm: float = DOSE_BEYOND_MM) -> Grid:
    """Dose grid of `DOSE_SPACING_MM`: the body in plane, the fields and `beyond_mm` along z, within the CT.

    Its planes lie on a lattice through the isocentre, so that the voxels of a plan recomputed from what is delivered
    are those that it was planned on, though leaves opened less than they might have.
    """
    low, high = case.ct.grid.bounds_mm()
    external = structures.with_role("external")
    if external and not external[0].is_empty:
        body_low, body_high = external[0].local_grid.bounds_mm()
        low, high = np.maximum(low, body_low), np.minimum(high, body_high)
    ends = np.array([_along_z_mm(field) for field in fields])
    centre = fields[0].isocentre_mm[2]
    first = max(low[2], float(ends[:, 0].min()) - beyond_mm)
    low[2] = centre + np.floor((first - centre) / DOSE_SPACING_MM + 1e-9) * DOSE_SPACING_MM
    high[2] = min(high[2], float(ends[:, 1].max()) + beyond_mm)
    spacing = (DOSE_SPACING_MM, DOSE_SPACING_MM, DOSE_SPACING_MM)
    return covering(low, high, spacing, case.ct.grid.frame_of_reference_uid)


def _along_z_mm(field: Field) -> tuple[float, float]:
    """Where a field begins and ends along z in its isocentre plane: its edges, or, where the collimator is turned, its
    open cells, since nothing is open in the corners of its rectangle."""
    up = np.array([field.u[2], field.v[2]])
    if abs(up[0]) < 1e-9 or not field.fluence.any():
        opened = np.ones_like(field.fluence, bool)
    else:
        opened = field.fluence > LEAKAGE_SHARE * field.fluence.max()
    edges = (field.u_edges_mm, field.v_edges_mm)
    u, v = (np.stack([e[:-1], e[1:]]) * way for e, way in zip(edges, up, strict=True))
    low = (v.min(axis=0)[:, None] + u.min(axis=0))[opened].min()
    high = (v.max(axis=0)[:, None] + u.max(axis=0))[opened].max()
    return field.isocentre_mm[2] + float(low), field.isocentre_mm[2] + float(high)


def start_fluence(setup: Setup, prescription: Prescription) -> Floats:
    """Open fields that give the prescribed structure its dose on average."""
    open_fields = np.ones(setup.problem.beamlets)
    samples = setup.problem.samples[resolve(prescription.structure, setup.problem.samples) or prescription.structure]
    mean = float(samples.weights @ setup.problem.dose_at_points(open_fields)[samples.points])
    if not mean > 0:
        raise PlanError(f'the fields give no dose to "{prescription.structure}"; check that it lies in the body')
    return open_fields * prescription.dose_gy / mean


def _targets(structures: Structures, wishlist: Wishlist, prescribed: str) -> tuple[str, ...]:
    """The prescribed structure and every other target that a goal names."""
    others = (name for name in wishlist.structures() if name in structures and structures[name].role == "target")
    return tuple(dict.fromkeys((structures[prescribed].name, *others)))


def _whole_target(structures: Structures, targets: tuple[str, ...]) -> Floats:
    found: list[Structure] = [structures[name] for name in targets]
    empty = [s.name for s in found if s.is_empty]
    if empty:
        raise PlanError(f'target "{empty[0]}" is empty, expected a volume to irradiate; check the structures')
    return np.concatenate([sample_points(s, TARGET_POINT_MM)[0] for s in found])


def _isocentre(points_mm: Floats) -> tuple[float, float, float]:
    """The middle of the target's extent, to the millimetre."""
    x, y, z = np.rint((points_mm.min(axis=0) + points_mm.max(axis=0)) / 2)
    return float(x), float(y), float(z)
