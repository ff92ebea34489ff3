"""From a spinal metastasis on CT to a judged treatment plan. Research and education, not a medical device.

The front door: everything the command line does is a few lines of it. Rooms open when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spondyl.app.workflow import compute_dose, draw_volumes, judge, make_plan, open_case, plan_case, report
    from spondyl.clinic.decide import assess
    from spondyl.io import bundled_case

__all__ = [
    "assess",
    "bundled_case",
    "compute_dose",
    "draw_volumes",
    "judge",
    "make_plan",
    "open_case",
    "plan_case",
    "report",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'spondyl' has no attribute {name!r}")
    room = {"bundled_case": "spondyl.io", "assess": "spondyl.clinic.decide"}.get(name, "spondyl.app.workflow")
    return getattr(import_module(room), name)
