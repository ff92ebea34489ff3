"""Prescriptions, objectives, optimiser, sequencing: from volumes and a protocol to a plan."""

from spondyl.plan.fluence import WeightedObjective, optimise_fluence
from spondyl.plan.job import PlanResult, PlanSettings
from spondyl.plan.log import PlanLog
from spondyl.plan.plan import Plan, plan_of_beams
from spondyl.plan.plan_file import load_plan, save_plan
from spondyl.plan.planner import (
    TECHNIQUE_TITLES,
    TECHNIQUES,
    check_protocol,
    check_technique,
    default_protocol,
    draw_targets,
    make_plan,
)
from spondyl.plan.prescription import Prescription, prescription_of
from spondyl.plan.recompute import plan_dose
from spondyl.plan.rehearsal import compiled_before, rehearse
from spondyl.plan.sequencing import modulation_factor, sliding_window_mu

__all__ = ["TECHNIQUES", "Plan", "PlanLog", "PlanResult", "PlanSettings", "Prescription", "WeightedObjective"]
__all__ += ["check_protocol", "check_technique", "load_plan", "make_plan", "modulation_factor", "optimise_fluence"]
__all__ += ["compiled_before", "plan_dose", "plan_of_beams", "prescription_of", "rehearse", "save_plan"]
__all__ += ["TECHNIQUE_TITLES", "default_protocol", "draw_targets", "sliding_window_mu"]
