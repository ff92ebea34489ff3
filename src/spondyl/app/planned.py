"""Everything one planning job found out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spondyl.anatomy import Case, Volumes
from spondyl.app.plan_indices import Index
from spondyl.core import Citation
from spondyl.dose import Dose
from spondyl.evaluate import DVH, Protocol, Verdicts
from spondyl.plan import Plan, PlanLog


@dataclass(frozen=True)
class Planned:
    """A finished planning job.

    Parameters
    ----------
    case, volumes, plan, log
        What was planned on, what was drawn, what came out and how.
    dose
        Total dose in Gy as RTDOSE stores it: what was judged.
    dvhs
        Of every structure that the dose grid reaches.
    verdicts
        By the plan's protocol.
    indices
        Beside the limits.
    citations
        Of everything that ran.
    timings_s
        Seconds by stage.
    rules
        The protocol: one of a user's own has no name to look it up by.
    """

    case: Case
    volumes: Volumes
    plan: Plan
    log: PlanLog
    dose: Dose
    dvhs: Mapping[str, DVH]
    verdicts: Verdicts
    indices: tuple[Index, ...]
    citations: tuple[Citation, ...]
    timings_s: Mapping[str, float]
    rules: Protocol
