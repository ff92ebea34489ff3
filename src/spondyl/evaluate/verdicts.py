"""A goal's value, limit, margin and pass, fail or unknown. Unknown never becomes pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from spondyl.evaluate.metrics import MetricValue
from spondyl.evaluate.protocols import Goal, Level, Op, SourceStatus

Status = Literal["pass", "fail", "unknown"]
SLACK = 1e-6  # of the limit: what the arithmetic may lose


@dataclass(frozen=True)
class Verdict:
    """One goal judged.

    Parameters
    ----------
    structure, metric, op, limit, unit, level, source, source_status
        As the protocol has them; `metric` and `limit` are for the plan's fractions where `converted` says so.
    value
        What the plan has, None where unknown. Where only a bound is known and it settles the verdict, the bound.
    status
        "pass", "fail" or "unknown".
    margin
        In `unit`, positive inside the limit, None where the value is unknown.
    judged
        The name of the plan's structure that was judged, empty where there is none.
    reason
        Why it is unknown, or why a bound settles it.
    converted
        The published limit and how it was converted, empty where the fractions agree.
    """

    structure: str
    metric: str
    op: Op
    limit: float
    value: float | None
    unit: str
    level: Level
    status: Status
    margin: float | None
    source: str
    source_status: SourceStatus
    judged: str = ""
    reason: str = ""
    converted: str = ""

    def record(self) -> dict[str, Any]:
        """The verdict as `verdicts.json` keeps it."""
        keys = ("structure", "metric", "op", "limit", "value", "unit", "level", "status", "margin")
        told = f"{self.source} [{self.source_status}]" + (f"; {self.converted}" if self.converted else "")
        return {**{key: getattr(self, key) for key in keys}, "source": told}


@dataclass(frozen=True)
class Verdicts:
    """A plan judged by a protocol; `values` are the metrics asked for beside the goals, `notes` what must be said."""

    protocol: str
    plan: str
    fractions: int | None
    verdicts: tuple[Verdict, ...]
    values: tuple[MetricValue, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.verdicts)

    def of(self, status: Status, level: Level | None = None) -> tuple[Verdict, ...]:
        """The verdicts of one status, and of one level where it is given."""
        return tuple(v for v in self.verdicts if v.status == status and level in (None, v.level))

    @property
    def mandatory_fails(self) -> bool:
        """Whether a mandatory limit fails; where one is unknown, it may."""
        return bool(self.of("fail", "mandatory"))

    def record(self) -> dict[str, Any]:
        """`verdicts.json`: protocol, plan, verdicts."""
        return {"protocol": self.protocol or None, "plan": self.plan, "verdicts": [v.record() for v in self.verdicts]}


def verdict(
    goal: Goal,
    found: MetricValue | None,
    reason: str = "",
    *,
    metric: str | None = None,
    limit: float | None = None,
    converted: str = "",
) -> Verdict:
    """Judge one goal.

    Parameters
    ----------
    goal
        The protocol's.
    found
        The metric's value or bounds, None where it could not be computed (`reason` says why).
    metric, limit
        In place of the goal's, where they were converted to other fractions.
    """
    bound = goal.limit if limit is None else limit
    value, status = (None, "unknown") if found is None else _decide(goal, bound, found)
    told = reason or (found.reason if found is not None else "")
    return Verdict(
        structure=goal.structure,
        metric=metric or (found.metric if found is not None else goal.metric),
        op=goal.op,
        limit=bound,
        value=value,
        unit=goal.unit,
        level=goal.level,
        status=status,
        margin=None if value is None else margin(goal, bound, value),
        source=goal.source,
        source_status=goal.status,
        judged=found.structure if found is not None else "",
        reason=told,
        converted=converted,
    )


def margin(goal: Goal, limit: float, value: float) -> float:
    """How far `value` lies inside the limit, in its unit; negative outside."""
    if goal.op == "=":
        return goal.tolerance - abs(value - limit)
    return limit - value if goal.op in ("<=", "<") else value - limit


def _decide(goal: Goal, limit: float, found: MetricValue) -> tuple[float | None, Status]:
    """The value and verdict; with bounds only, the verdict that every value between them would get."""
    if found.value is not None:
        return found.value, "pass" if _holds(goal, limit, found.value) else "fail"
    if goal.op == "=":
        return None, "unknown"
    best, worst = (found.low, found.high) if goal.op in ("<=", "<") else (found.high, found.low)
    if _holds(goal, limit, worst):
        return worst, "pass"
    if not _holds(goal, limit, best):
        return best, "fail"
    return None, "unknown"


def _holds(goal: Goal, limit: float, value: float) -> bool:
    inside = margin(goal, limit, value)
    slack = SLACK * max(1.0, abs(limit))
    return inside > slack if goal.op in ("<", ">") else inside >= -slack
