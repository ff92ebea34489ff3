"""The report: one self-contained page for a physician with two minutes and a physicist with twenty."""

from spondyl.app.report.inputs import Curve, Fact, Goal, ReportInputs, Step
from spondyl.app.report.page import Report, render_report

__all__ = ["Curve", "Fact", "Goal", "Report", "ReportInputs", "Step", "render_report"]
