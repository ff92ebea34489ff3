"""Several plans of one case side by side: dose, EQD2, target and cord."""

from spondyl.app.compare.checks import check_plannable
from spondyl.app.compare.comparison import Cell, Comparison, compare_plans
from spondyl.app.compare.contestant import Contestant, check_choices, contestants
from spondyl.app.compare.makers import SHORT, TECHNIQUES, Asked
from spondyl.app.compare.output import write_comparison
from spondyl.app.compare.overview import NOTE as OVERVIEW_NOTE
from spondyl.app.compare.overview import overview
from spondyl.app.compare.page import comparison_page

__all__ = [
    "OVERVIEW_NOTE", "SHORT", "TECHNIQUES", "Asked", "Cell", "Comparison", "Contestant", "check_choices",
    "check_plannable", "compare_plans", "comparison_page", "contestants", "overview", "write_comparison",
]  # fmt: skip
