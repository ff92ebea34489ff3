"""From a spinal metastasis on CT to a judged treatment plan. Research and education, not a medical device.

The front door: everything the command line does is a few lines of it. Rooms open when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spondyl.app.workflow import compute_dose, draw_volumes, judge, make_plan, open_case, plan_case, report

_WORKFLOW = ("compute_dose", "draw_volumes", "judge", "make_plan", "open_case", "plan_case", "report")
__all__ = [*_WORKFLOW, "bundled_case"]


def __getattr__(name: str) -> Any:
    if name in _WORKFLOW:
        return getattr(import_module("spondyl.app.workflow"), name)
    if name == "bundled_case":
        return import_module("spondyl.io").bundled_case
    raise AttributeError(f"module 'spondyl' has no attribute {name!r}")
