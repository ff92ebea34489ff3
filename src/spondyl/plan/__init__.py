"""Prescriptions, objectives, optimiser, sequencing: from volumes and a protocol to a plan."""

from spondyl.plan.plan import Plan, load_plan, save_plan
from spondyl.plan.prescription import Prescription, prescription_of

__all__ = ["Plan", "Prescription", "load_plan", "prescription_of", "save_plan"]
