"""One call that plans a needle: paths, position of the source, time, and its dose, better from round to round.

The position is chosen twice: along all paths by the depth dose in water, then among the best place's neighbours by the
patient's own dose, computed with few photons. The limits are held in the dose that is judged, the patient's to medium.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy import Case, Structures
from spondyl.anatomy.access import Access, measure_access
from spondyl.anatomy.access_case import NeedleAnatomy
from spondyl.anatomy.access_positions import source_positions
from spondyl.anatomy.access_search import Proposal, need_access, propose_access
from spondyl.anatomy.access_structures import SHAFT
from spondyl.core import Grid, Progress, silent
from spondyl.core.errors import PlanError
from spondyl.evaluate import Protocol
from spondyl.physics.kv import KvSource, PlacedSource
from spondyl.plan.kypho.doses import KyphoDoses, Show, needle_doses
from spondyl.plan.kypho.drawn import TISSUE, contoured, drawn_structures, key_structures
from spondyl.plan.kypho.limits import neural_limits
from spondyl.plan.kypho.looks import Looks
from spondyl.plan.kypho.overrides import found_overrides, hardware, refuse_source_in_metal
from spondyl.plan.kypho.patient import dose_grid, patient_medium
from spondyl.plan.kypho.placement import (
    Task,
    Trial,
    best_placement,
    neighbours,
    pair_placements,
    placed_sources,
    single_placements,
    task,
)
from spondyl.plan.kypho.plan import NeedlePlan
from spondyl.plan.kypho.prescription import parse_prescription
from spondyl.plan.kypho.robustness import needle_sensitivity
from spondyl.plan.kypho.sensitivity import Sensitivity
from spondyl.plan.kypho.settings import KyphoSettings
from spondyl.plan.kypho.transport import KeptRays, Transport, transported

LOOK_REACH_MM, LOOK_STEP_MM = 3, 3
NEURAL_WITHIN_MM = 40.0


@dataclass(frozen=True)
class KyphoResult:
    """A plan, what was proposed, what was tried and the doses.

    Parameters
    ----------
    proposals
        Of both pedicles; empty where the user gave the path.
    structures
        The anatomy's, needle, target tissue, skin, and the assumed cement where one was asked for.
    trial
        The chosen placement as it was tried in the patient.
    notes
        What must be said of it.
    not_drawn
        Which structures could not be drawn, and why.
    sensitivity
        None where it was not asked for, or the work was interrupted.
    """

    plan: NeedlePlan
    proposals: tuple[Proposal, ...]
    structures: Structures
    trial: Trial
    doses: KyphoDoses
    notes: tuple[str, ...]
    not_drawn: tuple[str, ...] = ()
    sensitivity: Sensitivity | None = None


def make_kypho_plan(
    case: Case,
    anatomy: NeedleAnatomy,
    rules: Protocol,
    source: KvSource,
    settings: KyphoSettings,
    *,
    show: Show = lambda plan, found: None,
    transport: Transport | None = None,
    progress: Progress = silent,
) -> KyphoResult:
    """Plan a needle.

    Parameters
    ----------
    show
        Told each round as it is there, round 0 before the position is settled. A KeyboardInterrupt after round 1 ends
        the refinement and keeps the last complete one; what is left out then is the calculation with cement.
    transport
        What computes a source's dose; the engine of the settings by default.

    Raises
    ------
    PlanError
        If no path is left, the user's own is refused, or nothing is limited, or the source stands in metal.
    StructureError
        If a structure that gets a material is not there.
    """
    followed = transport or partial(transported, engine=settings.engine, kept=KeptRays())
    overrides = found_overrides(anatomy.structures, settings.materials)
    anatomy = _with_hardware(anatomy, hardware(anatomy.structures, overrides), case.ct.grid)
    limits = neural_limits(rules, anatomy.structures, anatomy.aim_mm, NEURAL_WITHIN_MM)
    progress("needle paths", 0.0)
    proposals, paths = _paths(anatomy, settings)
    progress("needle paths", 1.0)
    job = task(source, parse_prescription(settings.prescription), anatomy.gtv, limits)
    places = [(path,) if settings.tip_mm else source_positions(anatomy.space, path) for path in paths]
    trial = _by_water(job, places, settings.side)
    near = [path.tip_mm for path in trial.placement.paths]
    medium = patient_medium(case, dose_grid(case, near, anatomy.gtv), anatomy.structures, overrides)
    looks = Looks(medium, followed, settings.seed)
    show(*looks.first(case.name, rules.name, job, trial))
    trial = _by_patient(job, trial, places, looks, progress)
    refuse_source_in_metal(anatomy.structures, overrides, [path.tip_mm for path in trial.placement.paths])
    plan = NeedlePlan(
        case.name, rules.name, job.prescription, trial.placement, placed_sources(source, trial.placement, trial.minutes)
    )
    structures, not_drawn = drawn_structures(
        case,
        anatomy,
        trial.placement.paths,
        source.calibrated().surface_mm,
        medium.grid,
        cemented=bool(settings.cement),
    )
    if settings.shaft:
        overrides = {**overrides, SHAFT: settings.shaft}
        medium = patient_medium(case, medium.grid, structures, overrides)
    tissue = structures[TISSUE]
    shown = [(tissue, ("D98%",)), *((contoured(structures[s.structure]), (s.goal.metric,)) for s in limits)]
    plan, doses = needle_doses(case, structures, plan, tissue, shown, medium, settings, show, followed, progress)
    errors = None
    if settings.sensitivity and not doses.interrupted:
        wanted = [(contoured(s), metrics) for s, metrics in key_structures(structures, anatomy.space.level)]
        errors = needle_sensitivity(case, structures, plan, wanted, settings.seed, followed, progress, overrides)
    return KyphoResult(plan, proposals, structures, trial, doses, _notes(trial, rules), not_drawn, errors)


def _with_hardware(anatomy: NeedleAnatomy, metal: NDArray[np.bool_] | None, grid: Grid) -> NeedleAnatomy:
    """The anatomy whose paths keep away from structures of metal, beside what the CT shows of it."""
    approach = anatomy.space.approach
    if metal is None or approach is None:
        return anatomy
    return replace(anatomy, space=replace(anatomy.space, approach=approach.with_metal(metal, grid)))


def _paths(anatomy: NeedleAnatomy, settings: KyphoSettings) -> tuple[tuple[Proposal, ...], tuple[Access, ...]]:
    """What was proposed, and the paths to try."""
    if settings.entry_mm is not None and settings.tip_mm is not None:
        own = measure_access(anatomy.space, settings.entry_mm, settings.tip_mm, settings.cannula_mm)
        if not own.fits:
            raise PlanError(f"the needle path given is refused: {'; '.join(own.refusals)}; move entry or tip")
        return (), (own,)
    proposals = propose_access(anatomy.space, anatomy.aim_mm, settings.cannula_mm)
    wanted = [p for p in proposals if settings.side in ("best", "both", p.side)]
    if settings.side == "both" and any(p.access is None for p in wanted):
        why = "; ".join(f"{p.side}: {p.refusal}" for p in wanted if p.access is None)
        raise PlanError(f"two positions need both pedicles ({why}); plan one side with --source-side")
    return proposals, need_access(wanted, settings.cannula_mm)


def _by_water(job: Task, places: Sequence[Sequence[Access]], side: str) -> Trial:
    """The best placement by the depth dose in water."""
    if side != "both":
        return best_placement(job, single_placements(places), water_rate)
    coarse = best_placement(job, pair_placements(*places), water_rate)
    return best_placement(job, tuple(neighbours(coarse.placement, places, 2)), water_rate)


def _by_patient(job: Task, trial: Trial, places: Sequence[Sequence[Access]], looks: Looks, progress: Progress) -> Trial:
    """The best of the neighbours by the patient's own dose, computed with few photons."""
    own = [next(p for p in places if path in p) for path in trial.placement.paths]
    around = tuple(neighbours(trial.placement, own, LOOK_REACH_MM, LOOK_STEP_MM))
    count = len({path.tip_mm for placement in around for path in placement.paths})

    def rate(placed: PlacedSource, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        found = looks.rate(placed, points_mm)
        progress("source position", len(looks) / count)
        return found

    return best_placement(job, around, rate)


def water_rate(placed: PlacedSource, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gy/min in water at points (n, 3), by the depth dose; within the applicator that at its surface."""
    output = placed.source.calibrated()
    distance, cosine = placed.polar(points_mm)
    return output.dose_rate_at(np.maximum(distance, output.surface_mm), cosine)


def _notes(trial: Trial, rules: Protocol) -> tuple[str, ...]:
    if trial.keeps_limits:
        return ()
    met = trial.minutes / trial.limit_share
    return (
        f"no place along the path keeps the limits of {rules.name} at this prescription; the one that exceeds them "
        f"least uses {trial.limit_share:.2f} of the nearest, which {met:.2f} of {trial.minutes:.2f} min would meet",
    )
