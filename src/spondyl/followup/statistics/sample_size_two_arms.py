"""How many subjects two arms need to tell two proportions apart, as for pain response."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy.special import ndtri
from scipy.stats import binom, hypergeom

from spondyl.core.citations import cite
from spondyl.core.errors import StatisticsError

Test = Literal["chi-squared", "unpooled", "arcsine", "chi-squared-corrected", "fisher"]
TESTS: tuple[str, ...] = get_args(Test)
LARGEST_FISHER = 400
"""Subjects an arm up to which Fisher's test is enumerated."""


@dataclass(frozen=True)
class TwoArms:
    """A two-arm design with equal arms.

    Parameters
    ----------
    per_arm
        Subjects to be analysed in each.
    exact_per_arm
        Before rounding up; for Fisher's test the whole number itself.
    enrolled
        In both together once `per_arm` is enlarged for dropout.
    """

    test: str
    per_arm: int
    exact_per_arm: float
    enrolled: int


@cite(
    "Fleiss, Levin & Paik, Statistical Methods for Rates and Proportions 2003", "10.1002/0471445428", "eq. 4.14, 4.19"
)
def two_arms(
    control: float,
    treated: float,
    alpha: float = 0.05,
    power: float = 0.8,
    *,
    test: str = "chi-squared",
    dropout_added: float = 0.0,
) -> TwoArms:
    """Find the subjects an arm for a two-sided test of two proportions.

    Parameters
    ----------
    control, treated
        Proportions that respond.
    alpha
        Two-sided.
    test
        "chi-squared" (pooled variance under the null, R's ``power.prop.test``), "unpooled", "arcsine" (Cohen's h),
        "chi-squared-corrected" (Casagrande, Pike & Smith), "fisher" (exact: the smallest n from which on the power
        holds at that n).
    dropout_added
        Share added to each arm for dropout: 0.2 makes 22 into 27.

    Raises
    ------
    StatisticsError
        If the proportions are equal or not inside 0..1.
    """
    if not (0 < control < 1 and 0 < treated < 1 and control != treated and 0 < alpha < 1 and 0 < power < 1):
        raise StatisticsError(
            f"control {control}, treated {treated}: expected two different proportions between 0 and 1, "
            f"alpha {alpha} and power {power} too"
        )
    if test not in TESTS:
        raise StatisticsError(f'test "{test}" is unknown, expected one of {", ".join(TESTS)}')
    n = _fisher(control, treated, alpha, power) if test == "fisher" else _closed(control, treated, alpha, power, test)
    per_arm = math.ceil(n - 1e-9)
    return TwoArms(test, per_arm, n, 2 * math.ceil(per_arm * (1 + dropout_added) - 1e-9))


def _closed(p1: float, p2: float, alpha: float, power: float, test: str) -> float:
    z_alpha, z_beta, distance = float(ndtri(1 - alpha / 2)), float(ndtri(power)), abs(p1 - p2)
    if test == "arcsine":
        h = 2 * math.asin(math.sqrt(p1)) - 2 * math.asin(math.sqrt(p2))
        return 2 * ((z_alpha + z_beta) / h) ** 2
    own = math.sqrt(p1 * (1 - p1) + p2 * (1 - p2))
    mean = (p1 + p2) / 2
    null = own if test == "unpooled" else math.sqrt(2 * mean * (1 - mean))
    n = ((z_alpha * null + z_beta * own) / distance) ** 2
    if test == "chi-squared-corrected":
        return n / 4 * (1 + math.sqrt(1 + 4 / (n * distance))) ** 2
    return n


def _fisher(p1: float, p2: float, alpha: float, power: float) -> float:
    for n in range(2, LARGEST_FISHER + 1):
        if fisher_power(n, p1, p2, alpha) >= power:
            return float(n)
    raise StatisticsError(f"more than {LARGEST_FISHER} an arm are needed; ask for the chi-squared test")


def fisher_power(n: int, p1: float, p2: float, alpha: float) -> float:
    """Exact power of Fisher's two-sided test with `n` in each arm."""
    counts = np.arange(n + 1)
    chance = np.outer(binom.pmf(counts, n, p1), binom.pmf(counts, n, p2))
    total = 0.0
    for m in range(2 * n + 1):
        x = np.arange(max(0, m - n), min(n, m) + 1)
        own = hypergeom.pmf(x, 2 * n, m, n)
        p_values = (own[None, :] * (own[None, :] <= own[:, None] * (1 + 1e-7))).sum(axis=1)
        rejected = x[p_values <= alpha]
        total += float(chance[rejected, m - rejected].sum())
    return total
