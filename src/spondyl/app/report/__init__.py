"""The report: one self-contained page for a physician with two minutes and a physicist with twenty."""

from spondyl.app.report.case_picture import draw_case
from spondyl.app.report.inputs import Curve, Delivery, Fact, Goal, ReportInputs, Segment, Step, Table
from spondyl.app.report.memory import curves_of, recall, remember
from spondyl.app.report.page import Report, render_report
from spondyl.app.report.pdf import check_printer

__all__ = [
    "Curve", "Delivery", "Fact", "Goal", "Report", "ReportInputs", "Segment", "Step", "Table", "check_printer",
    "curves_of", "draw_case", "recall", "remember", "render_report",
]  # fmt: skip
