"""The way of every optimised plan: wishes on the pencil beam, corrected by the final engine until its dose holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from spondyl.plan.correction import Deliver, Delivered, Found, correct, normalisation
from spondyl.plan.job import Clock, Job, PlanResult
from spondyl.plan.lagrangian import Effort
from spondyl.plan.lexicographic import Step, grant
from spondyl.plan.log import PlanLog
from spondyl.plan.matvec import Floats
from spondyl.plan.plan import Plan
from spondyl.plan.reported import beside_reported
from spondyl.plan.setup import Setup


@dataclass(frozen=True)
class Prepared:
    """A technique's part of the problem.

    Parameters
    ----------
    setup
        The problem; its weights are MU of the whole course.
    start
        Weights to start from, shape (weights,).
    deliver
        From weights to what the machine does.
    effort
        Of each step of the search.
    """

    setup: Setup
    start: Floats
    deliver: Deliver
    effort: Effort = field(default_factory=Effort)


def optimised(job: Job, technique: str, machine: str, prepare: Callable[[Job], Prepared]) -> PlanResult:
    """Plan a job by its protocol's wish-list.

    Returns
    -------
    The best plan found, also where a hard limit cannot be met: `log.misses` then names the limits that bind.
    """
    clock, asked = Clock(), job.prescription
    prepared = prepare(job)
    setup = prepared.setup
    clock.tick("influence")
    granted = grant(setup.problem, setup.wishlist, prepared.start, effort=prepared.effort, progress=job.progress)
    clock.tick("optimise")
    found = correct(
        setup,
        job.structures,
        granted,
        prepared.deliver,
        asked.fractions,
        job.settings.engine,
        job.progress,
        prepared.effort,
    )
    clock.tick("final dose and correction")
    factor = normalisation(setup.wishlist, found.values, asked)
    plan = _plan(job, technique, machine, found.delivered).scaled(factor)
    dose = replace(
        found.dose,
        values=(found.dose.values * np.float32(factor)).astype(np.float32),
        made=(*found.dose.made, f"scaled by {factor:.4f} to {asked.coverage}"),
    )
    log = _log(setup, granted.steps, found, factor, clock.seconds)
    return PlanResult(plan, dose, replace(log, reported=beside_reported(job.rules, log.final)))


def _plan(job: Job, technique: str, machine: str, delivered: Delivered) -> Plan:
    return Plan(job.case.name, technique, job.rules.name, machine, job.prescription, delivered.fields, delivered.beams)


def _log(setup: Setup, steps: tuple[Step, ...], found: Found, factor: float, seconds: Mapping[str, float]) -> PlanLog:
    final = {g: value if g.metric == "roughness" else value * factor for g, value in found.values.items()}
    return PlanLog(steps, found.rounds, final, found.granted.multipliers, setup.left_out, factor, seconds)
