"""Prescriptions, objectives, optimiser, sequencing: from volumes and a protocol to a plan."""

from spondyl.plan.log import PlanLog
from spondyl.plan.plan import Plan, load_plan, save_plan
from spondyl.plan.planner import TECHNIQUES, PlanResult, PlanSettings, check_technique, make_plan
from spondyl.plan.prescription import Prescription, prescription_of
from spondyl.plan.sequencing import modulation_factor, sliding_window_mu

__all__ = ["TECHNIQUES", "Plan", "PlanLog", "PlanResult", "PlanSettings", "Prescription", "check_technique"]
__all__ += ["load_plan", "make_plan", "modulation_factor", "prescription_of", "save_plan", "sliding_window_mu"]
