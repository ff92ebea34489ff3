"""How a share is shown: its percentage and the interval that goes with it, never one that nobody printed or counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from spondyl.clinic.evidence.outcomes import Outcome
from spondyl.clinic.evidence.proportions import Proportion, clopper_pearson, proportion
from spondyl.clinic.evidence.values import Bound, Fraction, Number, Range

How = Literal["exact", "printed ci95", "printed range", "printed bound", "none"]


@dataclass(frozen=True)
class Share:
    """A share in percent of the measure itself.

    `how` says what `low` and `high` are: exact (Clopper-Pearson) from events of n, printed by the paper, or none. A
    range or a bound has no `percent`.
    """

    percent: float | None
    low: float | None
    high: float | None
    how: How
    events: int | None
    n: int | None


def share(outcome: Outcome) -> Share | None:
    """The share that a row gives, None where it gives none (a time, a dose, words, what is unresolved)."""
    if outcome.estimate not in ("crude", "actuarial") or outcome.unresolved:
        return None
    found = proportion(outcome)
    if isinstance(found, Proportion):
        low, high = clopper_pearson(found.events, found.n)
        return Share(100 * found.share, 100 * low, 100 * high, "exact", found.events, found.n)
    if outcome.unit.split(" ")[0] != "%":
        return None
    return _turned(_printed(outcome)) if outcome.complement else _printed(outcome)


def _printed(outcome: Outcome) -> Share | None:
    value, interval = outcome.value, outcome.interval
    if isinstance(value, Number):
        if interval is not None and interval.kind == "ci95":
            return Share(value.number, interval.low, interval.high, "printed ci95", None, None)
        return Share(value.number, None, None, "none", None, None)
    if isinstance(value, Range):
        return Share(None, value.low, value.high, "printed range", None, None)
    if isinstance(value, Bound):
        below = value.sign.startswith("<")
        low, high = (None, value.number) if below else (value.number, None)
        return Share(None, low, high, "printed bound", None, None)
    if isinstance(value, Fraction) and value.percent is not None:
        return Share(value.percent.number, None, None, "none", None, None)
    return None


def _turned(shown: Share | None) -> Share | None:
    if shown is None:
        return None
    percent, low, high = (None if v is None else 100 - v for v in (shown.percent, shown.high, shown.low))
    return Share(percent, low, high, shown.how, shown.events, shown.n)
