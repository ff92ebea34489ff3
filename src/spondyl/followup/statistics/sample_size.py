"""How many subjects one arm needs to tell a promising proportion from one that is not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from scipy.special import ndtri
from scipy.stats import binom, norm

from spondyl.core.citations import cite
from spondyl.core.errors import StatisticsError

Method = Literal["exact", "normal", "normal-corrected", "arcsine", "arcsine-corrected"]
METHODS: tuple[str, ...] = get_args(Method)
LARGEST = 5000
"""Beyond this many subjects a single-arm trial is not what is being planned."""


@dataclass(frozen=True)
class SingleArm:
    """A one-stage, one-arm design.

    Parameters
    ----------
    n
        Subjects.
    successes
        Fewest of them that reject the threshold by the exact binomial test at `n`.
    alpha, power
        Of that test, exactly, whatever method gave `n`.
    """

    method: str
    n: int
    successes: int
    alpha: float
    power: float


@cite("A'Hern, Stat Med 2001;20:859-66", "10.1002/sim.721", "exact single stage")
@cite("Fleming, Biometrics 1982;38:143-51", "10.2307/2530297", "normal approximation")
@cite("Cohen, Statistical Power Analysis 1988, ch. 6.4", "", "arcsine")
def single_arm(
    threshold: float, expected: float, alpha: float = 0.05, power: float = 0.8, method: str = "exact"
) -> SingleArm:
    """Find the fewest subjects by `method` for a one-sided test of `threshold` against `expected`.

    "exact" is the smallest n with a critical number of successes that keeps both alpha and power (a larger n need
    not: the power of a binomial test goes up and down). "normal" and "arcsine" are the textbook approximations;
    "-corrected" takes half a subject off the distance to the threshold.

    Parameters
    ----------
    threshold, expected
        Proportions, threshold below expected.
    alpha
        One-sided.

    Raises
    ------
    StatisticsError
        If the proportions are not 0 < threshold < expected < 1, or no n up to 5000 does.
    """
    if not (0 < threshold < expected < 1 and 0 < alpha < 1 and 0 < power < 1):
        raise StatisticsError(
            f"threshold {threshold}, expected {expected}, alpha {alpha}, power {power}: "
            "expected 0 < threshold < expected < 1 and alpha and power between 0 and 1"
        )
    if method not in METHODS:
        raise StatisticsError(f'method "{method}" is unknown, expected one of {", ".join(METHODS)}')
    for n in range(1, LARGEST + 1):
        if _enough(n, threshold, expected, alpha, power, method):
            successes, level = critical(n, threshold, alpha)
            return SingleArm(method, n, successes, level, float(binom.sf(successes - 1, n, expected)))
    raise StatisticsError(f"no size up to {LARGEST} tells {expected} from {threshold}; they are too close")


def critical(n: int, threshold: float, alpha: float) -> tuple[int, float]:
    """Fewest successes among `n` whose chance under `threshold` is within alpha, and that chance.

    >>> critical(25, 0.8, 0.1)[0]
    23
    """
    successes = int(binom.isf(alpha, n, threshold)) + 1
    return successes, float(binom.sf(successes - 1, n, threshold))


def _enough(n: int, p0: float, p1: float, alpha: float, power: float, method: str) -> bool:
    if method == "exact":
        return bool(binom.sf(critical(n, p0, alpha)[0] - 1, n, p1) >= power)
    z = float(ndtri(1 - alpha))
    half = 0.5 / n if method.endswith("corrected") else 0.0
    if method.startswith("normal"):
        distance, null, alternative = p1 - p0 - half, math.sqrt(p0 * (1 - p0)), math.sqrt(p1 * (1 - p1))
        return bool(norm.cdf((distance * math.sqrt(n) - z * null) / alternative) >= power)
    if p0 + half >= p1:
        return False
    distance = 2 * math.asin(math.sqrt(p1)) - 2 * math.asin(math.sqrt(p0 + half))
    return bool(norm.cdf(distance * math.sqrt(n) - z) >= power)
