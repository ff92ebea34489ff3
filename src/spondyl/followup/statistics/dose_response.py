"""Dose and outcome: a logistic curve with its D50 and slope, and hazards per gray of GTV D98, D50 or minimum dose."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spondyl.core.citations import cite
from spondyl.core.errors import StatisticsError
from spondyl.followup.statistics.concordance import Concordance, harrell_c
from spondyl.followup.statistics.cox import CoxFit, cox
from spondyl.followup.statistics.effects import Effect, effects
from spondyl.followup.statistics.limits import Z95
from spondyl.followup.statistics.observations import Floats, covariate_matrix, group_indices


@dataclass(frozen=True)
class LogisticDose:
    """Chance of the outcome by dose: 1 / (1 + exp(-(intercept + slope * dose))).

    Parameters
    ----------
    per_gy
        The slope and the odds ratio per gray.
    covariance : (2, 2)
        Of intercept and slope, robust where clusters were given.
    d50_gy, d50_lower_gy, d50_upper_gy
        Dose of an even chance and its 95 % limits by the delta method.
    gamma50
        Percent points of chance per percent of dose at D50: slope * D50 / 4.
    """

    n: int
    events: int
    intercept: float
    per_gy: Effect
    covariance: Floats
    d50_gy: float
    d50_lower_gy: float
    d50_upper_gy: float
    gamma50: float
    clusters: int | None

    def chance(self, dose_gy: ArrayLike) -> tuple[Floats, Floats, Floats]:
        """Chance at doses (m,) with 95 % limits, taken on the logit scale."""
        d = np.atleast_1d(np.asarray(dose_gy, dtype=np.float64))
        design = np.column_stack((np.ones_like(d), d))
        eta = design @ np.array([self.intercept, self.per_gy.coefficient])
        half = Z95 * np.sqrt(np.einsum("ij,jk,ik->i", design, self.covariance, design))
        return _logistic(eta), _logistic(eta - half), _logistic(eta + half)


@dataclass(frozen=True)
class CoxDose:
    """Hazard per gray of one dose metric, and how well it orders the events."""

    metric: str
    fit: CoxFit
    concordance: Concordance


@cite("Bentzen & Tucker, Int J Radiat Biol 1997;71:531-42", "10.1080/095530097143860", "D50 and gamma50")
def logistic_dose_response(
    dose_gy: ArrayLike, outcome: ArrayLike, clusters: Sequence[Any] | None = None
) -> LogisticDose:
    """Fit the logistic curve by statsmodels' Logit (the extra `spondyl[stats]`).

    Parameters
    ----------
    dose_gy : (n,) array_like
        One dose a lesion.
    outcome : (n,) array_like
        1 where the outcome came, 0 where it did not; all followed long enough to tell.
    clusters
        (n,) patients, where one has several lesions: sandwich errors by patient with the factor c / (c - 1) for c of
        them, as R's ``sandwich::vcovCL``.

    Raises
    ------
    StatisticsError
        With outcomes that are not 0 and 1, or that the dose separates (the slope is then infinite), or without
        statsmodels.
    """
    dose = covariate_matrix(dose_gy, len(np.asarray(outcome)))[:, 0]
    y = np.asarray(outcome, dtype=np.float64)
    if not np.isin(y, (0.0, 1.0)).all() or y.min() == y.max():
        raise StatisticsError("outcomes must be 0 and 1 and hold both; there is no dose response without both")
    low, high = dose[y == 0], dose[y == 1]
    if low.max() <= high.min() or high.max() <= low.min():
        raise StatisticsError(
            "the dose separates the lesions with the outcome from those without, so the slope is infinite; "
            "say so instead, or wait for more lesions"
        )
    centre = float(dose.mean())
    fit = _logit()(y, np.column_stack((np.ones_like(dose), dose - centre))).fit(method="newton", tol=1e-12, disp=0)
    model = np.asarray(fit.cov_params())
    covariance, count = model, None
    if clusters is not None:
        covariance, count = _clustered(fit, model, clusters)
    back = np.array([[1.0, -centre], [0.0, 1.0]])
    intercept, slope = (float(v) for v in back @ np.asarray(fit.params))
    covariance, model = back @ covariance @ back.T, back @ model @ back.T
    (per_gy,) = effects(("dose per Gy",), np.array([slope]), covariance[1:, 1:], model[1:, 1:])
    d50 = -intercept / slope
    gradient = np.array([-1 / slope, intercept / slope**2])
    half = Z95 * float(np.sqrt(gradient @ covariance @ gradient))
    return LogisticDose(
        len(y), int(y.sum()), intercept, per_gy, covariance, d50, d50 - half, d50 + half, slope * d50 / 4, count
    )  # fmt: skip


def cox_dose_response(
    times: ArrayLike, events: ArrayLike, doses_gy: Mapping[str, ArrayLike], clusters: Sequence[Any] | None = None
) -> tuple[CoxDose, ...]:
    """Fit one Cox model a dose metric, since D98, D50 and the minimum dose of one GTV go together.

    Parameters
    ----------
    times, events : (n,) array_like
        Times to failure; 0 censored, anything above it the event.
    doses_gy
        (n,) doses by metric: {"GTV D98%": ..., "GTV D50%": ..., "GTV Dmin": ...}.
    clusters
        (n,) patients, where one has several lesions.

    Raises
    ------
    StatisticsError
        As `cox` and `harrell_c` say.
    """
    return tuple(
        CoxDose(
            metric,
            cox(times, events, dose, [f"{metric} per Gy"], clusters),
            harrell_c(times, events, dose, higher_is_longer=True, clusters=clusters),
        )
        for metric, dose in doses_gy.items()
    )


def _clustered(fit: Any, model: Floats, clusters: Sequence[Any]) -> tuple[Floats, int]:
    index, names = group_indices(clusters, len(fit.model.endog))
    scores = np.zeros((len(names), 2))
    np.add.at(scores, index, np.asarray(fit.model.score_obs(fit.params)))
    if len(names) < 2:
        raise StatisticsError("errors by patient need at least two patients")
    influence = scores @ model
    return influence.T @ influence * len(names) / (len(names) - 1), len(names)


def _logistic(eta: Floats) -> Floats:
    return 1 / (1 + np.exp(-eta))


def _logit() -> Any:
    try:
        return importlib.import_module("statsmodels.discrete.discrete_model").Logit
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] not in ("statsmodels", "pandas", "patsy"):
            raise
        raise StatisticsError(
            "a logistic dose response needs statsmodels, which is not installed; "
            "install the extra: pip install 'spondyl[stats]'"
        ) from error
