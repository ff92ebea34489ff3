"""Pooling against metafor's published numbers and formulas written out, and what is refused."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import binom, t

from spondyl.clinic.evidence import (
    Pool,
    Proportion,
    Refusal,
    clopper_pearson,
    evidence,
    outcomes,
    pool_evidence,
    pool_proportions,
    proportion,
    share,
)
from spondyl.clinic.evidence.pooling import random_effects
from spondyl.core.errors import EvidenceError

# Colditz 1994, JAMA 271:698: TB cases and others, vaccinated and not (metafor's dat.bcg).
BCG = np.array(
    [
        (4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619), (33, 5036, 47, 5761),
        (180, 1361, 372, 1079), (8, 2537, 10, 619), (505, 87886, 499, 87892), (29, 7470, 45, 7232),
        (17, 1699, 65, 1600), (186, 50448, 141, 27197), (5, 2493, 3, 2338), (27, 16886, 29, 17825),
    ],
    dtype=float,
)  # fmt: skip


def test_dersimonian_laird_is_metafors_on_the_bcg_trials() -> None:
    """metafor, rma(measure="OR", method="DL"): -0.7474 (SE 0.1923), tau2 0.3663, Q 163.1649."""
    effect = np.log(BCG[:, 0] * BCG[:, 3] / (BCG[:, 1] * BCG[:, 2]))
    found = random_effects(effect, (1 / BCG).sum(axis=1), "dersimonian-laird")
    assert found.mean == pytest.approx(-0.7474, abs=5e-5)
    assert found.se == pytest.approx(0.1923, abs=5e-5)
    assert found.tau2 == pytest.approx(0.3663, abs=5e-5)
    assert found.q == pytest.approx(163.1649, abs=5e-5)


def test_dersimonian_laird_is_metafors_on_pcb28() -> None:
    """metafor and metRology on six laboratories (PCB 28): 33.6004 (SE 0.7450), tau2 2.9289, Q 68.2154."""
    effect = np.array([34.3, 32.9, 34.53, 32.42, 31.9, 35.8])
    variance = np.array([1.03, 0.69, 0.83, 0.29, 0.4, 0.38]) ** 2
    found = random_effects(effect, variance, "dersimonian-laird")
    assert [found.mean, found.se, found.tau2, found.q] == pytest.approx([33.6004, 0.7450, 2.9289, 68.2154], abs=6e-5)


EVENTS, N = (18, 30, 0, 41), (20, 60, 15, 44)


def _by_hand(effect: np.ndarray, variance: np.ndarray) -> tuple[float, float, float, float]:
    """Mean, standard error, Hartung-Knapp factor and tau2, Paule-Mandel solved by bisection."""

    def q(tau2: float) -> float:
        w = 1 / (variance + tau2)
        return float(w @ (effect - w @ effect / w.sum()) ** 2)

    k = len(effect)
    tau2 = float(brentq(lambda v: q(v) - (k - 1), 0, 1000))
    w = 1 / (variance + tau2)
    return float(w @ effect / w.sum()), math.sqrt(1 / w.sum()), q(tau2) / (k - 1), tau2


def test_paule_mandel_on_logits_with_a_study_without_events() -> None:
    effect = np.log([18 / 2, 30 / 30, 0.5 / 15.5, 41 / 3])
    variance = np.array([1 / 18 + 1 / 2, 1 / 30 + 1 / 30, 1 / 0.5 + 1 / 15.5, 1 / 41 + 1 / 3])
    mean, se, factor, tau2 = _by_hand(effect, variance)
    found = pool_proportions(EVENTS, N)
    assert found.continuity == (2,)
    assert found.tau2 == pytest.approx(tau2, rel=1e-4)
    assert found.share == pytest.approx(1 / (1 + math.exp(-mean)), rel=1e-5)
    half = t.ppf(0.975, 3) * se * math.sqrt(max(1.0, factor))
    assert [found.low, found.high] == pytest.approx([1 / (1 + math.exp(-mean - s * half)) for s in (-1, 1)], rel=1e-4)
    wide = t.ppf(0.975, 2) * math.sqrt(tau2 + se**2)
    assert found.prediction == pytest.approx([1 / (1 + math.exp(-mean - s * wide)) for s in (-1, 1)], rel=1e-4)
    w = 1 / variance
    q = float(w @ (effect - w @ effect / w.sum()) ** 2)
    assert found.q == pytest.approx(q)
    assert found.i2_percent == pytest.approx(100 * (1 - 3 / q))
    assert sum(found.weights_percent) == pytest.approx(100)


def test_the_arcsine_scale_adds_nothing() -> None:
    effect, variance = np.arcsin(np.sqrt(np.array(EVENTS) / N)), 1 / (4 * np.array(N))
    mean, *_ = _by_hand(effect, variance)
    found = pool_proportions(EVENTS, N, scale="arcsine")
    assert found.continuity == ()
    assert found.share == pytest.approx(math.sin(mean) ** 2, rel=1e-5)


@pytest.mark.parametrize("tau", ["paule-mandel", "dersimonian-laird"])
def test_studies_that_agree_have_no_variance_between_them(tau: str) -> None:
    """Equal shares: the pooled share is theirs, tau2 and I2 are 0, the interval is not narrowed by chance."""
    found = pool_proportions((10, 20, 40), (20, 40, 80), tau=tau)  # pyright: ignore[reportArgumentType]
    assert (found.share, found.tau2, found.i2_percent) == (pytest.approx(0.5), 0.0, 0.0)
    se = math.sqrt(1 / (5 + 10 + 20))
    assert found.high == pytest.approx(1 / (1 + math.exp(-t.ppf(0.975, 2) * se)))
    assert found.hartung_knapp_scale == pytest.approx(0.0, abs=1e-12)


def test_two_studies_have_no_prediction_interval() -> None:
    assert pool_proportions((3, 5), (10, 12)).prediction is None


@pytest.mark.parametrize(
    ("events", "n", "said"),
    [
        ((3,), (10,), "at least 2"),
        ((3, 4), (10,), "at least 2"),
        ((11, 2), (10, 9), "events of n"),
        ((0, 0), (0, 5), "of n"),
    ],
)
def test_wrong_counts_are_refused(events: tuple[int, ...], n: tuple[int, ...], said: str) -> None:
    with pytest.raises(EvidenceError, match=said):
        pool_proportions(events, n)


def test_without_statsmodels_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "statsmodels.stats.meta_analysis", None)
    with pytest.raises(EvidenceError, match=r"spondyl\[stats\]"):
        pool_proportions((3, 5), (10, 12))


def test_exact_intervals_by_their_definition() -> None:
    """At the ends of the interval, the tail of what was seen has 2.5 %."""
    low, high = clopper_pearson(18, 21)
    assert binom.sf(17, 21, low) == pytest.approx(0.025)
    assert binom.cdf(18, 21, high) == pytest.approx(0.025)
    assert clopper_pearson(0, 25)[0] == 0.0
    assert clopper_pearson(0, 25)[1] == pytest.approx(1 - 0.025 ** (1 / 25))
    assert clopper_pearson(25, 25)[1] == 1.0


def _of(name: str) -> Proportion | Refusal:
    return proportion(next(o for o in outcomes() if o.id == name))


@pytest.mark.parametrize(
    ("name", "events", "n", "low", "high"),
    [
        ("E029", 18, 21, 18, 18),  # printed
        ("E022", 18, 20, 18, 18),  # 10 % of 20 not irradiated, turned round
        ("E047", 26, 29, 26, 26),  # 3 recurrences of 29
        ("E147", 69, 78, 69, 69),  # 88 %: 68.25 to 69.03
        ("E279", 84, 464, 82, 85),  # 18 %: 81.2 to 85.8
        ("E153", 57, 410, 57, 57),  # the study's own abstract
        ("E237", 0, 25, 0, 0),
    ],
)
def test_events_of_n(name: str, events: int, n: int, low: int, high: int) -> None:
    found = _of(name)
    assert isinstance(found, Proportion)
    assert (found.events, found.n, found.low_events, found.high_events) == (events, n, low, high)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("E083", "time-to-event"),
        ("E212", "n is not printed"),
        ("E004", "no single number"),
        ("E192", "about 90"),
        ("E203", "unresolved"),
        ("E077", "planned"),
        ("E099", "median"),
    ],
)
def test_what_is_no_count_is_refused_with_the_reason(name: str, said: str) -> None:
    found = _of(name)
    assert isinstance(found, Refusal)
    assert said in found.reason


def test_a_percentage_that_no_whole_number_gives_is_refused() -> None:
    plain = next(o for o in outcomes() if o.id == "E063").model_copy(update={"notes": ()})
    found = proportion(plain)
    assert isinstance(found, Refusal)
    assert "no whole number" in found.reason


def test_a_printed_count_that_contradicts_its_percentage_is_refused() -> None:
    plain = next(o for o in outcomes() if o.id == "E203").model_copy(update={"notes": ()})
    found = proportion(plain)
    assert isinstance(found, Refusal)
    assert "19/27 is 70.4 %" in found.reason


def _pool(modality: str, endpoint: str, **how: bool | float) -> Pool:
    (pool,) = pool_evidence(evidence(modality=modality, endpoint=endpoint), **how)  # pyright: ignore[reportArgumentType]
    return pool


def test_fracture_after_radiosurgery_is_pooled_over_any_time_only() -> None:
    assert _pool("srs_sbrt", "vertebral_fracture").pooled is None
    pool = _pool("srs_sbrt", "vertebral_fracture", any_time=True)
    assert [one.outcome.id for one in pool.included] == ["E153", "E279"]
    assert pool.pooled == pool_proportions((57, 84), (410, 464))
    assert pool.extremes is not None
    assert pool.extremes == pytest.approx([pool_proportions((57, x), (410, 464)).share for x in (82, 85)])
    reasons = {one.outcome.id: one.reason for one in pool.excluded}
    assert set(reasons) == {"E008", "E148", "E220", "E278"}
    assert reasons["E148"] == "counts patients, the others lesions"
    assert "review" in reasons["E278"]


def test_reports_of_one_group_are_never_pooled_with_each_other() -> None:
    """Schmidt 18/20 and Reis 18/21 are both from Mannheim: one of them is left, which is no pool."""
    pool = next(p for p in pool_evidence(evidence(modality="kypho_iort", endpoint="technical_success")) if p.included)
    assert [one.outcome.name for one in pool.included] == ["Reis 2012"]
    assert pool.pooled is None
    assert "1 independent study" in pool.refusal
    assert all("may share patients with Reis 2012" in one.reason for one in pool.excluded)


def test_local_control_after_kypho_iort_cannot_be_pooled() -> None:
    """Nine reports, one group, time-to-event estimates without numbers at risk: each with its reason."""
    pool = _pool("kypho_iort", "local_control", any_time=True)
    assert pool.pooled is None
    assert [one.outcome.id for one in pool.included] == ["E080"]
    reasons = {one.outcome.id: one.reason for one in pool.excluded}
    assert set(reasons) == {"E034", "E047", "E064", "E065", "E066", "E082", "E083", "E084"}
    assert all("may share patients with" in reason for reason in reasons.values())


def test_times_apart_are_not_pooled_together() -> None:
    first, second = (o for o in outcomes() if o.id in ("E100", "E110"))
    same = {"modality": "pvp", "measure": "pain_relief", "timepoint": "1 month", "months": 1.0}
    rows = [first.model_copy(update=same), second.model_copy(update=same | {"months": 1.9, "timepoint": "8 weeks"})]
    (together,) = pool_evidence(rows)
    assert together.pooled is not None
    apart = pool_evidence(rows, tolerance_months=0.5)
    assert [pool.time for pool in apart] == ["1 months", "1.9 months"]
    assert all(pool.pooled is None for pool in apart)
    assert "another time point, 8 weeks" in [one.reason for one in apart[0].excluded]
    (late,) = pool_evidence(rows, months=2.0, tolerance_months=0.2)
    assert [one.outcome.id for one in late.included] == ["E110"]


def test_a_case_report_and_the_same_study_twice_are_left_out() -> None:
    liu = next(o for o in outcomes() if o.id == "E110")
    twice = liu.model_copy(update={"id": "E990"})
    case = next(o for o in outcomes() if o.id == "E055").model_copy(
        update={"modality": liu.modality, "measure": liu.measure}
    )
    (pool,) = pool_evidence([liu, twice, case], any_time=True)
    reasons = {one.outcome.id: one.reason for one in pool.excluded}
    assert reasons == {"E055": "a case report, n = 1", "E990": "the same study as E110, counted already"}


def test_asking_for_a_time_and_for_any_time_is_refused() -> None:
    with pytest.raises(EvidenceError, match="any time"):
        pool_evidence((), months=12, any_time=True)


def test_shares_never_have_an_interval_that_nobody_printed_or_counted() -> None:
    shown = {o.id: share(o) for o in outcomes()}
    one_year, two_years, counted = shown["E083"], shown["E226"], shown["E080"]
    assert one_year is not None
    assert (one_year.percent, one_year.low, one_year.how) == (95.9, None, "none")
    assert two_years is not None
    assert (two_years.low, two_years.high, two_years.how) == (69.5, 99.3, "printed ci95")
    assert counted is not None
    assert counted.percent == pytest.approx(100 * 133 / 143)
    failed = shown["E213"]  # 4-9 % progression is 91-96 % control
    assert failed is not None
    assert (failed.percent, failed.low, failed.high) == (None, 91.0, 96.0)


def test_what_the_whole_table_leaves_to_pool() -> None:
    """As docs/clinical/evidence.md says: nothing at one time, two measures over any time."""
    assert not [pool for pool in pool_evidence(outcomes()) if pool.pooled]
    found = sorted(
        (p.modality, p.measure, len(p.included)) for p in pool_evidence(outcomes(), any_time=True) if p.pooled
    )
    assert found == [("open_surgery", "ambulatory_after", 2), ("srs_sbrt", "vertebral_fracture", 2)]
