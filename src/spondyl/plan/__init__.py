"""Prescriptions, objectives, optimiser, sequencing: from volumes and a protocol to a plan."""

from spondyl.plan.log import PlanLog
from spondyl.plan.plan import Plan, load_plan, save_plan
from spondyl.plan.planner import PlanResult, PlanSettings, make_plan
from spondyl.plan.prescription import Prescription, prescription_of

__all__ = [
    "Plan",
    "PlanLog",
    "PlanResult",
    "PlanSettings",
    "Prescription",
    "load_plan",
    "make_plan",
    "prescription_of",
    "save_plan",
]
