"""The doses of a needle plan: the patient's, better from round to round, in water, and after the cement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from spondyl.anatomy import Case, Structures
from spondyl.anatomy.access_structures import CEMENTED
from spondyl.core import Progress, trilinear
from spondyl.dose import Dose
from spondyl.dose.kv.setup import KvSettings
from spondyl.dose.kv.water_table import water_table_dose
from spondyl.physics import Medium
from spondyl.plan.kypho.overrides import found_overrides, with_cement
from spondyl.plan.kypho.patient import patient_medium
from spondyl.plan.kypho.placement import Task
from spondyl.plan.kypho.plan import NeedlePlan
from spondyl.plan.kypho.settings import KyphoSettings
from spondyl.plan.kypho.transport import Doses, Transport, share_done


@dataclass(frozen=True)
class Round:
    """What is known after a round.

    Parameters
    ----------
    number
        From 1.
    doses
        To medium and to water.
    key
        The target's D98% and the limited metrics of cord and sac in Gy, to medium, on few points, with `factor`.
    factor
        What doses and minutes are multiplied with to be as prescribed; 1 for a depth in water.
    """

    number: int
    doses: Doses
    key: Mapping[str, float]
    factor: float


Show = Callable[[NeedlePlan, Round], None]
"""Told each round as it is there."""


@dataclass(frozen=True)
class KyphoDoses:
    """Doses of the plan, all Gy on one grid.

    Parameters
    ----------
    patient
        To medium, with its uncertainty: what is judged.
    patient_to_water
        The same photons' dose to water.
    water
        By the depth dose's table, all water.
    with_cement
        To medium, after the cement; None where none was asked for or the work was interrupted before.
    rounds
        How often the patient's dose was refined.
    interrupted
        Whether that was ended by the user.
    """

    patient: Dose
    patient_to_water: Dose
    water: Dose
    with_cement: Dose | None
    rounds: int
    interrupted: bool


def needle_doses(
    case: Case, structures: Structures, plan: NeedlePlan, job: Task, medium: Medium, settings: KyphoSettings,
    show: Show, transport: Transport, progress: Progress,
) -> tuple[NeedlePlan, KyphoDoses]:  # fmt: skip
    """All doses of a plan, and the plan with the minutes that its last round gives.

    A KeyboardInterrupt after the first round ends the work and keeps the last complete round; the dose after the
    cement is then left out.
    """
    asked = KvSettings(settings.histories, settings.seed, settings.target_uncertainty)
    found: Round | None = None
    cemented: Dose | None = None
    interrupted = False
    try:
        progress("dose in the patient", 0.0)
        for number, doses in enumerate(transport(medium, plan.sources, asked), 1):
            factor = _factor(plan, job, doses[0])
            known = {name: gray * factor for name, gray in job.key_gy(doses[0]).items()}
            found = Round(number, doses, known, factor)
            show(_timed(plan, factor), found)
            progress("dose in the patient", share_done(asked, number, engine=settings.engine))
        progress("dose in the patient", 1.0)
        if settings.cement:
            progress("dose after cement", 0.0)
            filled = with_cement(found_overrides(structures, settings.materials), CEMENTED, settings.cement)
            after = patient_medium(case, medium.grid, structures, filled)
            *_, last = transport(after, plan.sources, asked)
            cemented = last[0]
            progress("dose after cement", 1.0)
    except KeyboardInterrupt:
        if found is None:
            raise
        interrupted = True
    assert found is not None
    timed = _timed(plan, found.factor)
    patient, to_water = (_times(dose, found.factor) for dose in found.doses)
    after_cement = None if cemented is None else _times(cemented, found.factor)
    water = water_table_dose(medium.grid, timed.sources)
    return timed, KyphoDoses(patient, to_water, water, after_cement, found.number, interrupted)


def _timed(plan: NeedlePlan, factor: float) -> NeedlePlan:
    return replace(plan, sources=tuple(replace(s, minutes=s.minutes * factor) for s in plan.sources))


def _factor(plan: NeedlePlan, job: Task, patient: Dose) -> float:
    """What the minutes are multiplied with, so that the refined dose is as prescribed; 1 for a depth in water."""
    rate = trilinear(patient.values, patient.grid, job.points_mm) / plan.minutes
    places = np.array([path.tip_mm for path in plan.placement.paths])
    return job.minutes(rate, places) / plan.minutes


def _times(dose: Dose, factor: float) -> Dose:
    return replace(dose, values=(dose.values * np.float32(factor)).astype(np.float32))
