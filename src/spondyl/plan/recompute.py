"""The dose of a finished plan, in any engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spondyl.anatomy import Case
from spondyl.core import Progress, silent
from spondyl.dose import Dose, compute_dose
from spondyl.physics import load_machine, medium_from_ct
from spondyl.plan.plan import Plan
from spondyl.plan.setup import dose_grid


def plan_dose(plan: Plan, case: Case, *, engine: str = "collapsed-cone", progress: Progress = silent) -> Dose:
    """Total dose of a plan in the patient, in Gy, on the grid that the planner uses."""
    medium = medium_from_ct(case.ct, case.structures)
    grid = dose_grid(case, case.structures, plan.fields)
    dose = compute_dose(plan.fields, medium, load_machine(plan.machine), engine=engine, grid=grid, progress=progress)
    return total_dose(dose, plan.fractions)


def total_dose(dose: Dose, fractions: int) -> Dose:
    """The dose of all `fractions` from that of one, in Gy."""
    values = (dose.values * np.float32(fractions)).astype(np.float32)
    told = f"total of {fractions} fractions"
    return replace(dose, values=values, unit="Gy", fractions=fractions, made=(*dose.made, told))
