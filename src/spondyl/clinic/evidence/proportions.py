"""From a printed share to events of n: exact where both are printed, else only if a whole number fits."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.stats import beta

from spondyl.clinic.evidence.outcomes import Outcome
from spondyl.clinic.evidence.values import Fraction, Number
from spondyl.clinic.evidence.vocabulary import Counted
from spondyl.core.citations import cite

COUNT_UNITS = ("events", "patients", "vertebrae", "segments")
_NOT_CRUDE = {
    "actuarial": "a time-to-event estimate (censored), not events of n; the number at risk is not printed",
    "summary": "a mean, median, time or dose, not a share",
    "assumption": "an assumption made when the study was planned",
    "statement": "a statement in words",
}
_EDGE = 1e-9


@dataclass(frozen=True)
class Proportion:
    """`events` of `n`, with the fewest and most events that the printed figure allows.

    `low_events` and `high_events` differ from `events` where only a rounded percentage was printed and several whole
    numbers round to it.
    """

    events: int
    n: int
    low_events: int
    high_events: int
    counted: Counted | None
    how: str

    @property
    def share(self) -> float:
        """Events over n."""
        return self.events / self.n


@dataclass(frozen=True)
class Refusal:
    """Why a value is no count, or a study not pooled."""

    reason: str


def proportion(outcome: Outcome) -> Proportion | Refusal:
    """Events of n of an outcome, of the measure itself: a row that counts the contrary is turned round."""
    if outcome.estimate != "crude":
        return Refusal(_NOT_CRUDE[outcome.estimate])
    if outcome.unresolved:
        return Refusal(f"unresolved: {outcome.unresolved[0].why}")
    found = _counted(outcome)
    if isinstance(found, Refusal) or not outcome.complement:
        return found
    return Proportion(
        found.n - found.events,
        found.n,
        found.n - found.high_events,
        found.n - found.low_events,
        found.counted,
        f"{found.how}; the complement of {outcome.text}",
    )


def _counted(outcome: Outcome) -> Proportion | Refusal:
    value = outcome.value
    if isinstance(value, Fraction):
        return _of_fraction(outcome, value)
    if not isinstance(value, Number):
        return Refusal(f"{outcome.text!r} is no single number")
    if value.about:
        return Refusal(f"printed as about {value.number:g}")
    if outcome.of is None:
        return Refusal("n is not printed")
    n = outcome.of
    if outcome.unit.split(" (")[0] in COUNT_UNITS and value.number.is_integer():
        events = int(value.number)
        return Proportion(events, n, events, events, outcome.counted, "events and n printed")
    if outcome.unit != "%":
        return Refusal(f"unit {outcome.unit!r} is no count and no percentage")
    return _of_percent(outcome, value, n)


def _of_fraction(outcome: Outcome, value: Fraction) -> Proportion | Refusal:
    if value.events > value.of:
        return Refusal(f"{value.events} of {value.of} is more than all")
    if value.percent is not None:
        share, step = 100 * value.events / value.of, 10.0**-value.percent.decimals
        if abs(share - value.percent.number) > step / 2 + _EDGE and math.floor(share / step) != round(
            value.percent.number / step
        ):
            return Refusal(f"printed {value.percent} %, but {value.events}/{value.of} is {share:.1f} %")
    return Proportion(value.events, value.of, value.events, value.events, outcome.counted, "events and n printed")


def _of_percent(outcome: Outcome, value: Number, n: int) -> Proportion | Refusal:
    half = 10.0**-value.decimals / 2
    first = math.ceil((value.number - half) * n / 100 - _EDGE)
    last = math.floor((value.number + half) * n / 100 + _EDGE)
    fitting = range(max(first, 0), min(last, n) + 1)
    if not fitting:
        return Refusal(f"{value} % of {n} is no whole number within rounding: n is another, and is not printed")
    events = min(fitting, key=lambda x: abs(100 * x / n - value.number))
    span = f"{fitting[0]}-{fitting[-1]}" if len(fitting) > 1 else f"{events}"
    how = f"{span} of {n} rounds to {value} %"
    return Proportion(events, n, fitting[0], fitting[-1], outcome.counted, how)


@cite("Clopper & Pearson, Biometrika 1934;26:404-13", "10.1093/biomet/26.4.404", "exact interval")
def clopper_pearson(events: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact confidence interval of a proportion, from the beta distribution.

    >>> [round(v, 4) for v in clopper_pearson(18, 21)]
    [0.6366, 0.9695]
    """
    tail = (1 - confidence) / 2
    low = 0.0 if events == 0 else float(beta.ppf(tail, events, n - events + 1))
    high = 1.0 if events == n else float(beta.ppf(1 - tail, events + 1, n - events))
    return low, high
