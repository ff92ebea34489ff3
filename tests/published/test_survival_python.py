"""The statistics of follow-up against lifelines and statsmodels, where these agree with R."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spondyl.followup.statistics import cox, harrell_c, indicators, kaplan_meier, log_rank, two_arms

HERE = Path(__file__).parents[1] / "data" / "survival"


@pytest.fixture(scope="module", params=["CA184043_4", "CALGB90202_2B", "CALGB90202_2C"])
def trial(request: pytest.FixtureRequest) -> tuple[Any, Any, list[str]]:
    with (HERE / f"{request.param}.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return (
        np.array([float(r["time"]) for r in rows]),
        np.array([int(r["event"]) for r in rows]),
        [r["arm"] for r in rows],
    )


def test_survival_and_its_limits_are_lifelines(trial: tuple[Any, Any, list[str]]) -> None:
    from lifelines import KaplanMeierFitter

    times, events, _ = trial
    theirs, ours = KaplanMeierFitter().fit(times, events), kaplan_meier(times, events)
    for month in (6, 12, 24):
        at = ours.at(month)
        assert at.survival == pytest.approx(theirs.predict(month), abs=1e-12)
        limits = [theirs.confidence_interval_.iloc[:, side].asof(month) for side in (0, 1)]
        assert [at.lower, at.upper] == pytest.approx(limits, abs=1e-9)
    assert ours.median == theirs.median_survival_time_


def test_log_rank_is_lifelines(trial: tuple[Any, Any, list[str]]) -> None:
    from lifelines.statistics import multivariate_logrank_test

    times, events, arms = trial
    theirs, ours = multivariate_logrank_test(times, arms, events), log_rank(times, events, arms)
    assert ours.chi2 == pytest.approx(theirs.test_statistic, rel=1e-9)
    assert ours.p == pytest.approx(theirs.p_value, rel=1e-9)


def test_cox_is_statsmodels(trial: tuple[Any, Any, list[str]]) -> None:
    from statsmodels.duration.hazard_regression import PHReg

    times, events, arms = trial
    x, names, _ = indicators(arms)
    theirs: Any = PHReg(times, x, status=events, ties="efron").fit()
    ours = cox(times, events, x, names).effects[0]
    assert ours.coefficient == pytest.approx(theirs.params[0], abs=1e-7)
    assert ours.error == pytest.approx(theirs.bse[0], abs=1e-7)


def test_concordance_is_lifelines(trial: tuple[Any, Any, list[str]]) -> None:
    from lifelines.utils import concordance_index

    times, events, arms = trial
    score = np.array([float(arm == "placebo") for arm in arms])
    assert harrell_c(times, events, score).c == pytest.approx(concordance_index(times, score, events), abs=1e-12)


def test_two_arms_by_arcsine_is_statsmodels() -> None:
    from statsmodels.stats.power import NormalIndPower
    from statsmodels.stats.proportion import proportion_effectsize

    theirs = NormalIndPower().solve_power(proportion_effectsize(0.4, 0.05), power=0.8, alpha=0.05)
    assert two_arms(0.05, 0.4, test="arcsine").exact_per_arm == pytest.approx(theirs, rel=1e-5)
