"""An estimated effect on the log scale, its error, ratio, interval and Wald test; errors by cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

from spondyl.core.errors import StatisticsError
from spondyl.followup.statistics.limits import Z95
from spondyl.followup.statistics.observations import Floats, group_indices


@dataclass(frozen=True)
class Effect:
    """One coefficient of a regression.

    Parameters
    ----------
    coefficient, error
        Log ratio per unit of the covariate and its standard error: the robust one where clusters were given.
    model_error
        The error that takes all observations for independent.
    ratio, lower, upper
        exp of the coefficient and its 95 % limits.
    p
        Two-sided, Wald.
    """

    name: str
    coefficient: float
    error: float
    model_error: float
    ratio: float
    lower: float
    upper: float
    p: float


def effects(names: Sequence[str], coefficients: Floats, covariance: Floats, model: Floats) -> tuple[Effect, ...]:
    """Effects of (p,) coefficients with their (p, p) covariances, the one used and the model's own."""
    made: list[Effect] = []
    for j, name in enumerate(names):
        b, error, plain = float(coefficients[j]), float(np.sqrt(covariance[j, j])), float(np.sqrt(model[j, j]))
        low, high = (float(np.exp(b + sign * Z95 * error)) for sign in (-1, 1))
        p = float(2 * norm.sf(abs(b) / error)) if error > 0 else float("nan")
        made.append(Effect(name, b, error, plain, float(np.exp(b)), low, high, p))
    return tuple(made)


def cluster_sums(values: Floats, clusters: Sequence[Any] | None) -> Floats:
    """Sum the (n, p) influences of each cluster, (c, p); as they are where there are no clusters."""
    if clusters is None:
        return values
    index, names = group_indices(clusters, len(values))
    sums = np.zeros((len(names), values.shape[1]))
    np.add.at(sums, index, values)
    return sums


def term_names(names: Sequence[str] | None, p: int) -> tuple[str, ...]:
    """Names of p covariates: the given ones, else x1, x2, ...

    Raises
    ------
    StatisticsError
        If there is not one name a covariate.
    """
    found = tuple(names) if names is not None else tuple(f"x{j + 1}" for j in range(p))
    if len(found) != p:
        raise StatisticsError(f"{len(found)} names for {p} covariates, expected one each")
    return found


def indicators(groups: Sequence[Any]) -> tuple[Floats, tuple[str, ...], Any]:
    """0/1 columns (n, g - 1) of every group but the first, their names, and the first, the reference."""
    index, names = group_indices(groups, len(groups))
    columns = (index[:, None] == np.arange(1, len(names))[None, :]).astype(np.float64)
    return columns, tuple(str(name) for name in names[1:]), names[0]
