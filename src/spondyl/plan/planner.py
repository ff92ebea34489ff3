"""One call that plans a case: wishes on the pencil beam, corrected by the collapsed cone until its dose holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spondyl.anatomy import Case, Structures
from spondyl.core import Progress, silent
from spondyl.core.errors import PlanError, nearest
from spondyl.dose import Dose, Field, compute_dose
from spondyl.evaluate import load_protocol
from spondyl.physics import load_machine
from spondyl.plan.goals import Goal, measure
from spondyl.plan.lexicographic import Granted, Step, grant, settle
from spondyl.plan.log import PlanLog, Round
from spondyl.plan.matvec import Floats
from spondyl.plan.plan import Plan
from spondyl.plan.prescription import Prescription, prescription_of, wishlist_of
from spondyl.plan.setup import Setup, set_up, start_fluence

TECHNIQUES = ("imrt",)
MACHINE = "generic-6mv"
MOST_ROUNDS = 4
"""Final-engine computations at most; two or three are enough where the pencil beam is within a few percent."""
GOOD_ENOUGH = 2e-3
"""Relative violation of a bound, in the final engine's dose, that needs no further round."""
NORMALISE_WITHIN = 0.03
"""The last step may scale the whole plan by so much, and only where no hard limit is then broken."""

MARGIN_LEFT = 0.002
"""What normalisation leaves below a hard limit: the DVH samples finer than the optimiser."""


@dataclass(frozen=True)
class PlanSettings:
    """What a user may choose: number of fields, machine, final engine."""

    fields: int = 9
    machine: str = MACHINE
    engine: str = "collapsed-cone"


@dataclass(frozen=True)
class PlanResult:
    """The plan, its dose in the final engine (Gy, whole course), and how it came about."""

    plan: Plan
    dose: Dose
    log: PlanLog


def make_plan(
    case: Case,
    structures: Structures,
    *,
    technique: str = "imrt",
    protocol: str = "sib-sbrt-30in5",
    settings: PlanSettings | None = None,
    progress: Progress = silent,
) -> PlanResult:
    """Plan a case by a protocol's wish-list.

    Parameters
    ----------
    case
        CT and facts.
    structures
        On the CT's grid, the targets and margins that the protocol names among them (`draw_volumes`).
    technique
        "imrt": fixed fields.
    protocol
        Name or path; it must prescribe and have a wish-list.

    Returns
    -------
    The best plan found, also where a hard limit cannot be met: `log.misses` then names the limits that bind.

    Raises
    ------
    PlanError, ProtocolError, StructureError
        If the technique or protocol is unknown, or a target is missing or empty.
    """
    settings = settings or PlanSettings()
    check_technique(technique)
    rules = load_protocol(protocol)
    prescription = prescription_of(rules)
    setup = set_up(
        case, structures, wishlist_of(rules), prescription, load_machine(settings.machine), settings.fields, progress
    )
    granted = grant(setup.problem, setup.wishlist, start_fluence(setup, prescription), progress=progress)
    found = _correct(setup, granted, prescription, settings.engine, progress)
    factor = _normalisation(setup, found, prescription)
    fields = _fields(setup, found.x * factor / prescription.fractions)
    plan = Plan(case.name, technique, rules.name, settings.machine, prescription, fields)
    dose = replace(
        found.dose,
        values=(found.dose.values * np.float32(factor)).astype(np.float32),
        fractions=prescription.fractions,
        made=(*found.dose.made, f"total of {prescription.fractions} fractions, scaled by {factor:.4f} to {prescription.coverage}"),
    )
    return PlanResult(plan, dose, _log(setup, granted.steps, found, factor))


def check_technique(technique: str) -> None:
    """Refuse a technique that is not known, with the nearest names."""
    if technique not in TECHNIQUES:
        near = ", ".join(nearest(technique, TECHNIQUES) or TECHNIQUES)
        raise PlanError(f'technique "{technique}" is unknown; nearest: {near}')


@dataclass(frozen=True)
class _Found:
    """Where the correction stands: beamlets, their dose in the final engine, and that dose at the points."""

    x: Floats
    dose: Dose
    points_gy: Floats
    granted: Granted
    rounds: tuple[Round, ...]


def _correct(
    setup: Setup, granted: Granted, prescription: Prescription, engine: str, progress: Progress
) -> _Found:
    """Compute the final dose, add what it says beyond the pencil beam to the problem, settle again; keep the best."""
    best: _Found | None = None
    rounds: list[Round] = []
    problem = setup.problem
    for number in range(1, MOST_ROUNDS + 1):
        dose = _accurate(setup, granted.x, prescription.fractions, engine, f"{engine} {number}", progress)
        rows_gy = dose.values.ravel()[setup.rows].astype(np.float64)
        pencil = problem.influence.times(granted.x)
        points = problem.interpolation.times(rows_gy)
        broken = _broken(setup, granted, points)
        rounds.append(Round(number, float(np.abs(rows_gy - pencil - problem.offset_gy).max()), broken))
        worst = max(broken.values(), default=0.0)
        if best is None or worst < max(best.rounds[-1].broken.values(), default=0.0):
            best = _Found(granted.x, dose, points, granted, tuple(rounds))
        if worst <= GOOD_ENOUGH or number == MOST_ROUNDS:
            break
        problem = problem.corrected(rows_gy - pencil)
        granted = (
            grant(problem, setup.wishlist, granted.x, progress=progress)
            if number == 1
            else settle(problem, setup.wishlist, granted)
        )
    assert best is not None
    return replace(best, rounds=tuple(rounds))


def _accurate(
    setup: Setup, x: Floats, fractions: int, engine: str, stage: str, progress: Progress
) -> Dose:
    """Dose of the whole course in the final engine."""

    def told(_: str, fraction: float) -> None:
        progress(stage, fraction)

    fields = _fields(setup, x / fractions)
    dose = compute_dose(fields, setup.medium, setup.model, engine=engine, grid=setup.grid, progress=told)
    return replace(dose, values=(dose.values * np.float32(fractions)).astype(np.float32), unit="Gy")


def _fields(setup: Setup, x: Floats) -> tuple[Field, ...]:
    """Fields with the fluence of beamlet weights `x`."""
    made: list[Field] = []
    start = 0
    for field, mask in zip(setup.arrangement.fields, setup.arrangement.open, strict=True):
        fluence = np.zeros(mask.shape)
        count = int(mask.sum())
        fluence[mask] = x[start : start + count]
        start += count
        made.append(replace(field, fluence=fluence))
    return tuple(made)


def _broken(setup: Setup, granted: Granted, points_gy: Floats) -> dict[Goal, float]:
    """Relative violation of each bound and pursued limit that the final dose breaks."""
    broken: dict[Goal, float] = {}
    for goal, limit in granted.bounds:
        if goal.is_dose_volume:
            value = measure(goal, setup.problem, granted.x, points_gy)
            broken[goal] = max(0.0, goal.sense * (value - limit) / max(abs(limit), 1e-3))
    return broken


def _normalisation(setup: Setup, found: _Found, prescription: Prescription) -> float:
    """Factor that brings the coverage metric to the prescribed dose, as far as no hard limit is broken by it."""
    name = next(g.structure for g in setup.wishlist.all_goals() if g.metric == prescription.coverage)
    coverage = Goal(name, prescription.coverage, -1, prescription.dose_gy)
    value = measure(coverage, setup.problem, found.x, found.points_gy)
    low, high = 1.0 - NORMALISE_WITHIN, 1.0 + NORMALISE_WITHIN
    for goal in setup.wishlist.never_above:
        if goal.limit is not None:
            now = measure(goal, setup.problem, found.x, found.points_gy)
            high = min(high, max(1.0, goal.limit * (1.0 - MARGIN_LEFT) / now)) if now > 0 else high
    return float(np.clip(prescription.dose_gy / value, low, high))


def _log(setup: Setup, steps: tuple[Step, ...], found: _Found, factor: float) -> PlanLog:
    points = found.points_gy * factor
    final = {goal: measure(goal, setup.problem, found.x * factor, points) for goal in setup.wishlist.all_goals()}
    return PlanLog(steps, found.rounds, final, found.granted.multipliers, setup.left_out, factor)
