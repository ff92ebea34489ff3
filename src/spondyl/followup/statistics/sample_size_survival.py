"""How many subjects one arm needs where the proportion is read off a Kaplan-Meier curve at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from scipy.integrate import quad
from scipy.special import ndtri

from spondyl.core.citations import cite
from spondyl.core.errors import StatisticsError

Scale = Literal["plain", "log", "log-log", "arcsine"]
SCALES: tuple[str, ...] = get_args(Scale)


@dataclass(frozen=True)
class SingleArmSurvival:
    """Subjects for a one-sample test of survival at a time.

    Parameters
    ----------
    exact_n
        Before rounding up.
    """

    scale: str
    n: int
    exact_n: float


@cite("Nagashima, Noma, Sato & Gosho, Pharm Stat 2021;20:499-511", "10.1002/pst.2090", "eq. 4")
def single_arm_survival(
    threshold: float,
    expected: float,
    at: float,
    alpha: float = 0.05,
    power: float = 0.8,
    *,
    scale: str = "arcsine",
    accrual: float = 0.0,
    follow_up: float | None = None,
    loss_hazard: float = 0.0,
) -> SingleArmSurvival:
    r"""Size for testing S(at) against `threshold`, one-sided, by its Kaplan-Meier estimate on `scale`.

    :math:`n = (z_\alpha \sigma_0 + z_\beta \sigma_1)^2 / (g(S_1) - g(S_0))^2`, where :math:`\sigma` is Greenwood's
    error of :math:`g(\hat S)` for one subject with exponential events, exponential loss and even accrual.

    Parameters
    ----------
    threshold, expected
        Survival at `at` under the null hypothesis and the alternative.
    at
        Time, in the unit of `accrual`, `follow_up` and 1 / `loss_hazard`.
    accrual
        How long subjects are enrolled, evenly.
    follow_up
        From the last enrolment to the analysis; None for as long as `at`, then nobody's time is cut short.
    loss_hazard
        Of leaving observation otherwise, per unit of time.

    Raises
    ------
    StatisticsError
        If the proportions are not 0 < threshold < expected < 1, or nobody is followed until `at`.
    """
    rest = at if follow_up is None else follow_up
    if not (0 < threshold < expected < 1 and 0 < alpha < 1 and 0 < power < 1):
        raise StatisticsError(
            f"threshold {threshold}, expected {expected}, alpha {alpha}, power {power}: "
            "expected 0 < threshold < expected < 1 and alpha and power between 0 and 1"
        )
    if min(accrual, rest, loss_hazard) < 0 or at <= 0 or (rest < at and accrual + rest <= at):
        raise StatisticsError(f"at {at}, accrual {accrual}, follow-up {rest}: nobody is followed until {at}")
    if scale not in SCALES:
        raise StatisticsError(f'scale "{scale}" is unknown, expected one of {", ".join(SCALES)}')
    spread = [_log_error(s, at, accrual, rest, loss_hazard) * _slope(s, scale) for s in (threshold, expected)]
    z_alpha, z_beta = float(ndtri(1 - alpha)), float(ndtri(power))
    distance = _on(expected, scale) - _on(threshold, scale)
    n = ((z_alpha * spread[0] + z_beta * spread[1]) / distance) ** 2
    return SingleArmSurvival(scale, math.ceil(n), n)


def _log_error(survival: float, at: float, accrual: float, follow_up: float, loss: float) -> float:
    """Greenwood's error of log S(at) for one subject."""
    hazard = -math.log(survival) / at

    def observed(u: float) -> float:
        enrolled = 1.0 if u <= follow_up else (accrual + follow_up - u) / accrual
        return math.exp(-(hazard + loss) * u) * enrolled

    def risk(u: float) -> float:
        return hazard / observed(u)

    whole = min(at, follow_up)
    value = quad(risk, 0, whole)[0] + (quad(risk, whole, at)[0] if at > whole else 0.0)
    return math.sqrt(value)


def _on(s: float, scale: str) -> float:
    of: dict[str, Callable[[float], float]] = {
        "plain": lambda v: v,
        "log": math.log,
        "log-log": lambda v: -math.log(-math.log(v)),
        "arcsine": lambda v: math.asin(math.sqrt(v)),
    }
    return of[scale](s)


def _slope(s: float, scale: str) -> float:
    """Derivative of the scale by log S."""
    slopes = {"plain": s, "log": 1.0, "log-log": -1 / math.log(s), "arcsine": math.sqrt(s / (1 - s)) / 2}
    return slopes[scale]
