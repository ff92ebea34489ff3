"""Projected L-BFGS: minimise a smooth function of variables that may not be negative.

A two-metric projection (Bertsekas 1982, doi:10.1137/0320018) with a limited-memory inverse Hessian (Nocedal 1980,
doi:10.1090/S0025-5718-1980-0572855-7): variables at zero that want to go below are held, the others move along the
quasi-Newton direction, and the step is projected and halved until it descends enough. No randomness: the same
input gives the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.core import cite

Floats = NDArray[np.float64]
ValueAndGradient = Callable[[Floats], tuple[float, Floats]]

ARMIJO = 1e-4
"""Share of the predicted descent a step must give (Nocedal and Wright 2006, section 3.1)."""
HELD_BELOW = 1e-12
HALVINGS = 30
BLOCK = 8192
"""Elements that one scalar product takes at once: libraries share longer ones among threads, and the sum's order with
them."""


def dot(a: Floats, b: Floats) -> float:
    """Scalar product, the same bits on any number of threads.

    >>> dot(np.arange(3.0), np.ones(3))
    3.0
    """
    return float(sum(float(a[k : k + BLOCK] @ b[k : k + BLOCK]) for k in range(0, max(1, len(a)), BLOCK)))


def norm(a: Floats) -> float:
    """Euclidean length."""
    return float(np.sqrt(dot(a, a)))


@dataclass(frozen=True)
class Minimum:
    """Where the search stopped: `x`, its `value`, how many `iterations` and `evaluations`, and why (`reason`)."""

    x: Floats
    value: float
    iterations: int
    evaluations: int
    reason: str


@cite("Bertsekas DP, SIAM J Control Optim 1982;20:221", "10.1137/0320018", "two-metric projection")
def minimise(
    function: ValueAndGradient,
    start: Floats,
    *,
    iterations: int = 100,
    tolerance: float = 1e-5,
    memory: int = 12,
    below: float | None = None,
    patience: int = 4,
    pairs: Pairs | None = None,
) -> Minimum:
    """Minimise `function` over x >= 0.

    Parameters
    ----------
    function
        Gives value and gradient, shape of x.
    start
        First x; negative entries start at zero.
    iterations
        At most this many.
    tolerance
        Stop when `patience` iterations in a row together gain less than this share of the value.
    memory
        Pairs kept for the inverse Hessian.
    below
        Stop as soon as the value is at or below this.
    pairs
        Curvature from an earlier search of nearly the same function, extended in place.
    """
    x = np.maximum(start, 0.0)
    value, gradient = function(x)
    evaluations, known = 1, pairs if pairs is not None else Pairs(memory)
    history = [value]
    for iteration in range(iterations):
        if below is not None and value <= below:
            return Minimum(x, value, iteration, evaluations, "goal reached")
        free = (x > HELD_BELOW) | (gradient < 0.0)
        reduced = np.where(free, gradient, 0.0)
        if not np.any(reduced):
            return Minimum(x, value, iteration, evaluations, "stationary")
        direction = -known.inverse_times(reduced, free)
        direction[~free] = 0.0
        if dot(direction, reduced) > -1e-12 * norm(direction) * norm(reduced):
            known.forget()
            direction = -reduced
        step = 1.0 if known.count else 0.05 * max(1.0, norm(x)) / norm(direction)
        found, used = _search(function, x, value, gradient, direction, step)
        evaluations += used
        if found is None:
            if not known.count:
                return Minimum(x, value, iteration, evaluations, "no descent")
            known.forget()
            continue
        new_x, new_value, new_gradient = found
        known.add(new_x - x, new_gradient - gradient)
        x, value, gradient = new_x, new_value, new_gradient
        history.append(value)
        if len(history) > patience and history[-1 - patience] - value <= tolerance * abs(value):
            return Minimum(x, value, iteration + 1, evaluations, "converged")
    return Minimum(x, value, iterations, evaluations, "iterations used up")


def _search(
    function: ValueAndGradient, x: Floats, value: float, gradient: Floats, direction: Floats, step: float
) -> tuple[tuple[Floats, float, Floats] | None, int]:
    """Shorten the projected step until it descends enough (Armijo); the next length from a parabola."""
    for used in range(1, HALVINGS + 1):
        trial = np.maximum(x + step * direction, 0.0)
        predicted = dot(gradient, trial - x)
        trial_value, trial_gradient = function(trial)
        if trial_value <= value + ARMIJO * predicted and predicted < 0.0:
            return (trial, trial_value, trial_gradient), used
        curve = trial_value - value - predicted
        shorter = -predicted / (2.0 * curve) if np.isfinite(curve) and curve > 0 else 0.5
        step *= min(0.5, max(0.1, shorter))
    return None, HALVINGS


class Pairs:
    """The last steps and gradient changes, as the inverse Hessian that L-BFGS builds of them."""

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._s: list[Floats] = []
        self._y: list[Floats] = []

    @property
    def count(self) -> int:
        return len(self._s)

    def forget(self) -> None:
        self._s.clear()
        self._y.clear()

    def add(self, s: Floats, y: Floats) -> None:
        if dot(s, y) <= 1e-10 * norm(s) * norm(y):
            return
        self._s.append(s)
        self._y.append(y)
        if len(self._s) > self._memory:
            self._s.pop(0)
            self._y.pop(0)

    def inverse_times(self, gradient: Floats, free: NDArray[np.bool_]) -> Floats:
        """Two-loop recursion on the free variables only."""
        q = gradient.copy()
        kept: list[tuple[Floats, Floats, float, float]] = []
        scale = 1.0
        for s, y in zip(reversed(self._s), reversed(self._y), strict=True):
            s_free, y_free = np.where(free, s, 0.0), np.where(free, y, 0.0)
            curvature = dot(s_free, y_free)
            if curvature <= 1e-10 * norm(s_free) * norm(y_free):
                continue
            if not kept:
                scale = curvature / dot(y_free, y_free)
            alpha = dot(s_free, q) / curvature
            q -= alpha * y_free
            kept.append((s_free, y_free, curvature, alpha))
        q *= scale
        for s_free, y_free, curvature, alpha in reversed(kept):
            q += s_free * (alpha - dot(y_free, q) / curvature)
        return q
