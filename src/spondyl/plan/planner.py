"""One call that plans a case: wishes on the pencil beam, corrected by the collapsed cone until its dose holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from spondyl.anatomy import Case, Structures
from spondyl.core import Progress, silent
from spondyl.core.errors import PlanError, nearest
from spondyl.dose import Dose, Field, compute_dose
from spondyl.evaluate import dvh, load_protocol, metric
from spondyl.physics import load_machine
from spondyl.plan.goals import Goal, measure
from spondyl.plan.lexicographic import Granted, Step, grant, settle
from spondyl.plan.log import PlanLog, Round
from spondyl.plan.matvec import Floats
from spondyl.plan.plan import Plan
from spondyl.plan.prescription import Prescription, prescription_of, wishlist_of
from spondyl.plan.recompute import total_dose
from spondyl.plan.setup import DOSE_BEYOND_MM, Setup, set_up, start_fluence
from spondyl.plan.wishlist import Wishlist

TECHNIQUES = ("imrt",)
MACHINE = "generic-6mv"
MOST_ROUNDS = 4
"""Final-engine computations at most; two or three are enough where the pencil beam is within a few percent."""
GOOD_ENOUGH = 3e-3
"""Relative violation of a bound, in the final engine's dose, that needs no further round: less than the margin that
every limit has."""
START_AGAIN = 0.05
"""Relative violation after the first final dose from which the wishes are gone through again, not only held."""
NORMALISE_WITHIN = 0.03
"""The last step may scale the whole plan by so much."""
COVERAGE_WITHIN = 0.003
"""And may leave the coverage metric so far from the prescribed dose, where that keeps a goal."""


@dataclass(frozen=True)
class PlanSettings:
    """What a user may choose: number of fields, machine, final engine, how far the dose grid reaches beyond the fields.

    Raises
    ------
    PlanError
        If the reach is negative or beyond a metre.
    """

    fields: int = 9
    machine: str = MACHINE
    engine: str = "collapsed-cone"
    dose_beyond_mm: float = DOSE_BEYOND_MM

    def __post_init__(self) -> None:
        if not 0 <= self.dose_beyond_mm <= 1000:
            raise PlanError(
                f"the dose grid is to reach {self.dose_beyond_mm:g} mm beyond the fields, expected 0 to 1000 mm; "
                "choose another dose_beyond_mm"
            )


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
    clock = _Clock()
    setup = set_up(
        case, structures, wishlist_of(rules), prescription, load_machine(settings.machine), settings.fields, progress,
        settings.dose_beyond_mm,
    )  # fmt: skip
    clock.tick("influence")
    granted = grant(setup.problem, setup.wishlist, start_fluence(setup, prescription), progress=progress)
    clock.tick("optimise")
    found = _correct(setup, structures, granted, prescription.fractions, settings.engine, progress)
    clock.tick("final dose and correction")
    factor = _normalisation(setup.wishlist, found.values, prescription)
    fields = _fields(setup, found.x * factor / prescription.fractions)
    plan = Plan(case.name, technique, rules.name, settings.machine, prescription, fields)
    dose = replace(
        found.dose,
        values=(found.dose.values * np.float32(factor)).astype(np.float32),
        made=(*found.dose.made, f"scaled by {factor:.4f} to {prescription.coverage}"),
    )
    return PlanResult(plan, dose, _log(setup, granted.steps, found, factor, clock.seconds))


class _Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = perf_counter()

    def tick(self, stage: str) -> None:
        """End a stage."""
        now = perf_counter()
        self.seconds[stage], self._last = now - self._last, now


def check_protocol(protocol: str) -> None:
    """Refuse a protocol that nothing can be planned by.

    Raises
    ------
    ProtocolError
        If it is unknown, prescribes nothing, or has no wish-list.
    """
    rules = load_protocol(protocol)
    prescription_of(rules)
    wishlist_of(rules)


def check_technique(technique: str) -> None:
    """Refuse a technique that is not known.

    Raises
    ------
    PlanError
        With the nearest names.
    """
    if technique not in TECHNIQUES:
        near = ", ".join(nearest(technique, TECHNIQUES) or TECHNIQUES)
        raise PlanError(f'technique "{technique}" is unknown; nearest: {near}')


@dataclass(frozen=True)
class _Found:
    """Where the correction stands: beamlets, their dose in the final engine, and its metrics as a DVH gives them."""

    x: Floats
    dose: Dose
    values: Mapping[Goal, float]
    granted: Granted
    rounds: tuple[Round, ...]


def _correct(
    setup: Setup,
    structures: Structures,
    granted: Granted,
    fractions: int,
    engine: str,
    progress: Progress,
) -> _Found:
    """Compute the final dose, add what it says beyond the pencil beam to the problem, settle again; keep the best.

    The optimiser's few sample points and the DVH's many may differ by 0.1 Gy; each bound is shifted by what they do.
    """
    best: _Found | None = None
    rounds: list[Round] = []
    problem = setup.problem
    for number in range(1, MOST_ROUNDS + 1):
        dose = _accurate(setup, granted.x, fractions, engine, f"{engine} {number}", progress)
        rows_gy = dose.values.ravel()[setup.rows].astype(np.float64)
        pencil = problem.influence.times(granted.x)
        points = problem.interpolation.times(rows_gy)
        coarse = {g: measure(g, problem, granted.x, points) for g in setup.wishlist.all_goals()}
        values = {**coarse, **_as_judged(setup, structures, dose)}
        broken = {g: _violation(g, limit, values[g]) for g, limit in granted.bounds if g.is_dose_volume}
        rounds.append(Round(number, float(np.abs(rows_gy - pencil - problem.offset_gy).max()), broken))
        worst = rounds[-1].worst
        if best is None or worst < best.rounds[-1].worst:
            best = _Found(granted.x, dose, values, granted, tuple(rounds))
        if worst <= GOOD_ENOUGH or number == MOST_ROUNDS:
            break
        problem = problem.corrected(rows_gy - pencil)
        if number == 1 and worst > START_AGAIN:
            granted = grant(problem, setup.wishlist, granted.x, progress=progress)
        else:
            shifts = {goal: coarse[goal] - values[goal] for goal in coarse}
            granted = settle(problem, setup.wishlist, granted, shifts)
    assert best is not None
    return replace(best, rounds=tuple(rounds))


def _violation(goal: Goal, limit: float, value: float) -> float:
    return max(0.0, goal.sense * (value - limit) / max(abs(limit), 1e-3))


def _as_judged(setup: Setup, structures: Structures, dose: Dose) -> dict[Goal, float]:
    """Each dose-volume goal's metric from the DVH that the verdicts use; without those it cannot tell."""
    goals = [goal for goal in setup.wishlist.all_goals() if goal.is_dose_volume]
    curves = {name: dvh(dose, structures[name]) for name in dict.fromkeys(goal.structure for goal in goals)}
    found = {goal: metric(curves[goal.structure], goal.metric).value for goal in goals}
    return {goal: value for goal, value in found.items() if value is not None}


def _accurate(setup: Setup, x: Floats, fractions: int, engine: str, stage: str, progress: Progress) -> Dose:
    """Dose of the whole course in the final engine."""

    def told(_: str, fraction: float) -> None:
        progress(stage, fraction)

    fields = _fields(setup, x / fractions)
    dose = compute_dose(fields, setup.medium, setup.model, engine=engine, grid=setup.grid, progress=told)
    return total_dose(dose, fractions)


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


def _normalisation(wishlist: Wishlist, values: Mapping[Goal, float], prescription: Prescription) -> float:
    """Factor for the whole plan that brings the coverage metric to the prescribed dose, within `COVERAGE_WITHIN`.

    Among those the one that breaks least: hard limits first, then wishes, then the distance to the prescribed dose.
    """
    coverage = next(
        value
        for goal, value in values.items()
        if goal.metric == prescription.coverage and goal.sense < 0 and goal.limit == prescription.dose_gy
    )
    exact = float(np.clip(prescription.dose_gy / coverage, 1.0 - NORMALISE_WITHIN, 1.0 + NORMALISE_WITHIN))
    hard = (*wishlist.never_above, *wishlist.at_least)
    wished = tuple(g for wish in wishlist.wishes for g, _ in wish.goals if g.metric != prescription.coverage)

    def broken(goals: tuple[Goal, ...], factor: float) -> int:
        return sum(g.limit is not None and g.sense * (values[g] * factor - g.limit) > 0 for g in goals)

    factors = exact * np.linspace(1.0 - COVERAGE_WITHIN, 1.0 + COVERAGE_WITHIN, 41)
    return float(min(factors, key=lambda f: (broken(hard, f), broken(wished, f), abs(f - exact))))


def _log(setup: Setup, steps: tuple[Step, ...], found: _Found, factor: float, seconds: Mapping[str, float]) -> PlanLog:
    final = {g: value if g.metric == "roughness" else value * factor for g, value in found.values.items()}
    return PlanLog(steps, found.rounds, final, found.granted.multipliers, setup.left_out, factor, seconds)
