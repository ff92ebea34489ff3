"""Newton's method on a concave log likelihood, and what to say where it has no maximum."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from spondyl.core.errors import StatisticsError
from spondyl.followup.statistics.observations import Floats

Derivatives = Callable[[Floats], tuple[float, Floats, Floats]]
"""Log likelihood, its gradient (p,) and minus its second derivatives (p, p) at coefficients (p,)."""

STEPS = 50
HALVINGS = 40
CONVERGED = 1e-9
"""Last step at most, for covariates scaled to standard deviation one: a thousandth of the 1e-6 results are held to."""
FLAT = 1e-9
"""Least curvature, over the largest one at no effect, at which covariates depend on each other or the likelihood has no
maximum; the curvature of a ratio of 1000 is near a thousandth."""


def maximum(derivatives: Derivatives, names: Sequence[str]) -> Floats:
    """Coefficients (p,) at the maximum.

    Parameters
    ----------
    derivatives
        Of the log likelihood for covariates scaled to standard deviation one (`standardised`).
    names
        Of the covariates, for messages.

    Raises
    ------
    StatisticsError
        If covariates depend on each other, or the likelihood rises without end.
    """
    b = np.zeros(len(names))
    value, gradient, information = derivatives(b)
    floor = FLAT * float(np.linalg.norm(information, 2))
    if _least_curvature(information) <= floor:
        raise StatisticsError(
            f"{', '.join(names)}: the data cannot tell these covariates apart (or nobody at risk differs in them); "
            "leave one out"
        )
    for _ in range(STEPS):
        if _least_curvature(information) <= floor:
            break
        step = np.linalg.solve(information, gradient)
        trial = derivatives(b + step)
        for _ in range(HALVINGS):
            if trial[0] >= value - 1e-12 * abs(value):
                break
            step = step / 2
            trial = derivatives(b + step)
        b, (value, gradient, information) = b + step, trial
        if float(np.abs(step).max()) < CONVERGED:
            return b
    far = int(np.argmax(np.abs(b)))
    raise StatisticsError(
        f"no finite estimate for {names[far]}: the likelihood keeps rising as its coefficient goes to "
        f"{'plus' if b[far] > 0 else 'minus'} infinity; a group without an event does this, merge it or leave it out"
    )


def standardised(x: Floats, names: Sequence[str]) -> tuple[Floats, Floats]:
    """Covariates (n, p) with mean zero and standard deviation one, and their standard deviations (p,).

    Raises
    ------
    StatisticsError
        If a covariate is the same for everybody.
    """
    spread = x.std(axis=0)
    alike = [
        name for name, wide, most in zip(names, spread, np.abs(x).max(axis=0), strict=True) if wide <= 1e-12 * most
    ]
    if alike:
        raise StatisticsError(
            f"covariate {', '.join(alike)} is the same for everybody, so it has no effect; leave it out"
        )
    return (x - x.mean(axis=0)) / spread, spread


def _least_curvature(information: Floats) -> float:
    return float(np.linalg.eigvalsh(information).min())
