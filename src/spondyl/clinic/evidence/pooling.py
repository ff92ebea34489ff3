"""Random-effects pooling of single-arm proportions, by statsmodels (the extra `spondyl[stats]`)."""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, cast

import numpy as np
from scipy.stats import chi2, t

from spondyl.core.citations import cite
from spondyl.core.errors import EvidenceError

Scale = Literal["logit", "arcsine"]
Tau = Literal["paule-mandel", "dersimonian-laird"]
SCALES: tuple[Scale, ...] = ("logit", "arcsine")
TAUS: tuple[Tau, ...] = ("paule-mandel", "dersimonian-laird")
FEWEST = 2
FEWEST_FOR_PREDICTION = 3
CONTINUITY = 0.5
_STATSMODELS = {"paule-mandel": "iterated", "dersimonian-laird": "chi2"}
_SOLVED = 1e-3


class _Combined(Protocol):
    tau2: float
    q: float
    mean_effect_re: float
    sd_eff_w_re: float
    scale_hksj_re: float


@dataclass(frozen=True)
class Pooled:
    """A pooled proportion with its uncertainty and what the studies disagree by.

    Parameters
    ----------
    share, low, high
        Pooled proportion and its 95 % Hartung-Knapp interval.
    prediction
        95 % prediction interval of a new study's proportion, None with fewer than 3 studies.
    tau2
        Variance between studies on the pooled scale.
    q, q_p, i2_percent
        Cochran's Q with its p-value, and I2.
    hartung_knapp_scale
        Its factor on the variance; taken as 1 where it is less, so that agreement by chance never narrows the interval.
    continuity
        Indices of the studies with no or only events, to whose events and non-events 0.5 was added (logit only).
    weights_percent
        Weight of each study in the random-effects mean.
    """

    studies: int
    share: float
    low: float
    high: float
    prediction: tuple[float, float] | None
    tau2: float
    q: float
    q_p: float
    i2_percent: float
    hartung_knapp_scale: float
    scale: Scale
    tau: Tau
    continuity: tuple[int, ...]
    weights_percent: tuple[float, ...]


def pool_proportions(
    events: Sequence[int], n: Sequence[int], *, scale: Scale = "logit", tau: Tau = "paule-mandel"
) -> Pooled:
    """Pool events of n over independent studies.

    Parameters
    ----------
    events, n
        One of each for a study; shapes equal, at least 2.
    scale
        `logit`: variance 1/x + 1/(n-x), 0.5 added to both in studies with none or all.
        `arcsine`: asin(sqrt(p)), variance 1/(4n), nothing added.
    tau
        Estimator of the variance between studies.

    Raises
    ------
    EvidenceError
        With fewer than 2 studies, counts that are none, or without statsmodels.
    """
    if scale not in SCALES or tau not in TAUS:
        raise EvidenceError(f"scale {scale!r} with tau {tau!r}: expected one of {SCALES} and one of {TAUS}")
    if len(events) != len(n) or len(n) < FEWEST:
        raise EvidenceError(f"{len(events)} counts of {len(n)} studies: pooling needs at least {FEWEST} of both")
    wrong = [(x, m) for x, m in zip(events, n, strict=True) if not 0 <= x <= m or m < 1]
    if wrong:
        raise EvidenceError(f"counts {wrong} are not events of n: expected 0 <= events <= n, n at least 1")
    x, m = np.asarray(events, dtype=float), np.asarray(n, dtype=float)
    edge = (x == 0) | (x == m)
    if scale == "logit":
        x, m = x + CONTINUITY * edge, m + 2 * CONTINUITY * edge
        effect, variance = np.log(x / (m - x)), 1 / x + 1 / (m - x)
        edges = tuple(int(i) for i in np.flatnonzero(edge))
    else:
        effect, variance, edges = np.arcsin(np.sqrt(x / m)), 1 / (4 * m), ()
    return _pooled(effect, variance, scale, tau, edges)


def _pooled(
    effect: np.ndarray[Any, Any], variance: np.ndarray[Any, Any], scale: Scale, tau: Tau, edges: tuple[int, ...]
) -> Pooled:
    found = random_effects(effect, variance, tau)
    back = _from_logit if scale == "logit" else _from_arcsine
    weight = 1 / (variance + found.tau2)
    k = len(effect)
    half = float(t.isf(0.025, k - 1)) * found.se_hartung_knapp
    prediction = None
    if k >= FEWEST_FOR_PREDICTION:
        wide = float(t.isf(0.025, k - 2)) * math.sqrt(found.tau2 + found.se**2)
        prediction = (back(found.mean - wide), back(found.mean + wide))
    return Pooled(
        studies=k,
        share=back(found.mean),
        low=back(found.mean - half),
        high=back(found.mean + half),
        prediction=prediction,
        tau2=found.tau2,
        q=found.q,
        q_p=float(chi2.sf(found.q, k - 1)),
        i2_percent=100 * max(0.0, 1 - (k - 1) / found.q) if found.q > 0 else 0.0,
        hartung_knapp_scale=found.hartung_knapp_scale,
        scale=scale,
        tau=tau,
        continuity=edges,
        weights_percent=tuple(float(100 * w) for w in weight / weight.sum()),
    )


@dataclass(frozen=True)
class RandomEffects:
    """Mean, its standard errors and the variance between studies, on the scale of the effects."""

    mean: float
    se: float
    se_hartung_knapp: float
    hartung_knapp_scale: float
    tau2: float
    q: float


@cite("Hartung & Knapp, Stat Med 2001;20:3875-89", "10.1002/sim.1009", "interval of the mean")
@cite("Higgins, Thompson & Spiegelhalter, J R Stat Soc A 2009;172:137-59", "10.1111/j.1467-985X.2008.00552.x", "eq. 12")
def random_effects(effect: np.ndarray[Any, Any], variance: np.ndarray[Any, Any], tau: Tau) -> RandomEffects:
    """Combine effects with their variances by `statsmodels.stats.meta_analysis.combine_effects`.

    DerSimonian-Laird (Control Clin Trials 1986;7:177-88) below zero is zero. Paule-Mandel (J Res NBS 1982;87:377-85)
    is refused where its equation was not solved: statsmodels does not say so.
    """
    combine = _combine_effects()
    with np.errstate(divide="ignore", invalid="ignore"):  # a negative tau2 may meet a variance
        one_step = combine(effect, variance, method_re=_STATSMODELS["dersimonian-laird"])
    if one_step.q <= len(effect) - 1:
        with np.errstate(divide="ignore"):  # I2 of studies that agree exactly; both estimators are zero here
            found = combine(effect, variance, method_re=_STATSMODELS["paule-mandel"])
    elif tau == "dersimonian-laird":
        found = one_step
    else:
        found = _paule_mandel(combine, effect, variance)
    scale = float(found.scale_hksj_re)
    se = float(found.sd_eff_w_re)
    return RandomEffects(
        mean=float(found.mean_effect_re),
        se=se,
        se_hartung_knapp=se * math.sqrt(max(1.0, scale)),
        hartung_knapp_scale=scale,
        tau2=float(found.tau2),
        q=float(found.q),
    )


def _paule_mandel(combine: Any, effect: np.ndarray[Any, Any], variance: np.ndarray[Any, Any]) -> _Combined:
    found = cast(_Combined, combine(effect, variance, method_re=_STATSMODELS["paule-mandel"]))
    weight = 1 / (variance + found.tau2)
    mean = float(weight @ effect / weight.sum())
    if abs(float(weight @ (effect - mean) ** 2) - (len(effect) - 1)) > _SOLVED:
        raise EvidenceError("Paule-Mandel's equation was not solved for these studies; ask for dersimonian-laird")
    return found


def _combine_effects() -> Any:
    try:
        return importlib.import_module("statsmodels.stats.meta_analysis").combine_effects
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] not in ("statsmodels", "pandas", "patsy"):
            raise
        raise EvidenceError(
            "pooling needs statsmodels, which is not installed; install the extra: pip install 'spondyl[stats]'"
        ) from error


def _from_logit(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def _from_arcsine(value: float) -> float:
    return math.sin(min(max(value, 0.0), math.pi / 2)) ** 2
