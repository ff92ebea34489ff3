"""What a needle plan's key numbers become where source, CT or calibration are off: few photons, alike in all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from spondyl.anatomy import Case, Structures
from spondyl.core import Progress
from spondyl.dose.kv.setup import KvSettings
from spondyl.plan.kypho.drawn import Wanted
from spondyl.plan.kypho.overrides import hardware
from spondyl.plan.kypho.patient import dose_grid, patient_medium
from spondyl.plan.kypho.plan import NeedlePlan
from spondyl.plan.kypho.results import measured
from spondyl.plan.kypho.sensitivity import Metrics, Scenario, Sensitivity, sensitivity
from spondyl.plan.kypho.transport import Transport

HISTORIES = 40_000
"""Photons of each scenario, the same random numbers in all: differences are finer than the numbers themselves."""


def needle_sensitivity(
    case: Case, structures: Structures, plan: NeedlePlan, wanted: Wanted, seed: int, transport: Transport,
    progress: Progress, overrides: Mapping[str, str] | None = None,
) -> Sensitivity:  # fmt: skip
    """The key numbers in every scenario, dose to medium in Gy, read as verdicts are.

    Parameters
    ----------
    structures
        With the external contour, and those that `overrides` names.
    wanted
        Structures as they are written, and their metrics; what lies outside the dose grid is left out.
    overrides
        Structure name to material name; an artefact reaches as far about those of metal as about the needle.
    """
    grid = dose_grid(case, [placed.position_mm for placed in plan.sources], structures["GTV"])
    planned: dict[str, float] = {}

    def compute(scenario: Scenario) -> Metrics:
        if scenario.output_factor != 1.0:
            return {name: gray * scenario.output_factor for name, gray in planned.items()}
        medium = patient_medium(replace(case, ct=scenario.ct), grid, structures, overrides)
        *_, last = transport(medium, scenario.sources, KvSettings(HISTORIES, seed))
        found = measured(last[0], wanted)
        if not planned:
            planned.update(found)
        return found

    metal = hardware(structures, overrides or {})
    return sensitivity(plan.sources, case.ct, compute, hardware=metal, progress=progress)
