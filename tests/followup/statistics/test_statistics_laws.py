"""Laws and refusals of the statistics of follow-up; the numbers themselves are held to R in tests/published."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spondyl.core.errors import StatisticsError
from spondyl.followup.statistics import (
    calibration,
    cox,
    cumulative_incidence,
    fine_gray,
    gray,
    group_names,
    harrell_c,
    indicators,
    kaplan_meier,
    landmark,
    log_rank,
    logistic_dose_response,
    quantile_groups,
    single_arm,
    single_arm_survival,
    two_arms,
)

DATA = Path(__file__).parents[2] / "data" / "survival"
Array = np.ndarray[Any, Any]


@pytest.fixture(scope="module")
def lesions() -> dict[str, Array]:
    with (DATA / "cases.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["case"] == "lesions"]
    numbers = {k: np.array([float(row[k]) for row in rows]) for k in ("time", "event", "x1", "x2")}
    return numbers | {"patient": np.array([row["patient"] for row in rows])}


OUTCOMES = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 2)), min_size=1, max_size=40)


@settings(max_examples=20, deadline=None)
@given(OUTCOMES)
def test_survival_and_the_incidences_of_all_causes_make_one(outcomes: list[tuple[int, int]]) -> None:
    times, codes = (np.array(column) for column in zip(*outcomes, strict=True))
    free = kaplan_meier(times, codes)
    total = free.survival + sum(cumulative_incidence(times, codes, cause).incidence for cause in (1, 2))
    np.testing.assert_allclose(total, 1.0, atol=1e-12)
    assert free.n_at_risk[0] == len(times)
    assert free.n_events.sum() + free.n_censored.sum() == len(times)


@settings(max_examples=20, deadline=None)
@given(OUTCOMES)
def test_without_other_causes_incidence_is_the_rest_of_kaplan_meier(outcomes: list[tuple[int, int]]) -> None:
    times, codes = (np.array(column) for column in zip(*outcomes, strict=True))
    alone = cumulative_incidence(times, codes == 1, 1)
    np.testing.assert_allclose(alone.incidence, 1 - kaplan_meier(times, codes == 1).survival, atol=1e-12)


def test_a_patient_told_twice_is_one_patient(lesions: dict[str, Array]) -> None:
    """Each lesion twice in one cluster says no more than once: coefficients and robust errors stay as they are."""
    x, n = np.column_stack((lesions["x1"], lesions["x2"])), len(lesions["time"])
    once = fine_gray(lesions["time"], lesions["event"], x, 1)
    times, events = (np.tile(lesions[k], 2) for k in ("time", "event"))
    twice = fine_gray(times, events, np.tile(x, (2, 1)), 1, clusters=[*range(n), *range(n)])
    for one, two in zip(once.effects, twice.effects, strict=True):
        assert two.coefficient == pytest.approx(one.coefficient, abs=1e-9)
        assert two.error == pytest.approx(one.error, abs=1e-9)
        assert two.model_error == pytest.approx(one.model_error / math.sqrt(2), abs=1e-9)


def test_the_order_of_the_rows_does_not_matter(lesions: dict[str, Array]) -> None:
    x, died = np.column_stack((lesions["x1"], lesions["x2"])), lesions["event"] == 1
    forth = cox(lesions["time"], died, x, clusters=list(lesions["patient"]), strata=list(lesions["event"] == 2))
    back = cox(
        lesions["time"][::-1],
        died[::-1],
        x[::-1],
        clusters=list(lesions["patient"][::-1]),
        strata=list(lesions["event"][::-1] == 2),
    )
    for one, two in zip(forth.effects, back.effects, strict=True):
        assert two.coefficient == pytest.approx(one.coefficient, abs=1e-9)
        assert two.error == pytest.approx(one.error, abs=1e-9)


def test_two_equal_groups_do_not_differ() -> None:
    times, codes, groups = [1, 2, 3, 4] * 2, [1, 2, 0, 1] * 2, ["a"] * 4 + ["b"] * 4
    assert log_rank(times, codes, groups).chi2 == pytest.approx(0.0, abs=1e-12)
    assert gray(times, codes, groups, 1).p == pytest.approx(1.0, abs=1e-7)


def test_groups_are_in_order_of_number_or_of_text() -> None:
    assert group_names(["10", "9", "2"]) == ("2", "9", "10")
    assert group_names(["b", "10", "a"]) == ("10", "a", "b")
    _, names, reference = indicators(["za", "placebo", "za"])
    assert (names, reference) == (("za",), "placebo")


def test_a_group_without_events_has_no_hazard_ratio_and_says_why() -> None:
    with pytest.raises(StatisticsError, match="minus infinity"):
        cox([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1], ["za"])
    with pytest.raises(StatisticsError, match="plus infinity"):
        fine_gray([1, 2, 3, 4, 5, 6], [2, 2, 0, 1, 1, 1], [0, 0, 0, 1, 1, 1], 1, ["za"])


@pytest.mark.parametrize(
    ("times", "events", "said"),
    [
        ([], [], "no observation"),
        ([1, -2], [1, 0], "time -2.0 of observation 2"),
        ([1, math.nan], [1, 0], "time nan of observation 2"),
        ([1, 2], [1, 1.5], "event code 1.5 of observation 2"),
        ([1, 2], [1, -1], "event code -1 of observation 2"),
        ([1, 2], [1], r"\(2,\)"),
    ],
)
def test_bad_observations_are_named(times: list[float], events: list[float], said: str) -> None:
    with pytest.raises(StatisticsError, match=said):
        kaplan_meier(times, events)


def test_what_cannot_be_fitted_is_refused() -> None:
    times, events = [1, 2, 3, 4], [1, 1, 0, 1]
    with pytest.raises(StatisticsError, match="x2 is the same for everybody"):
        cox(times, events, [[1, 5], [2, 5], [3, 5], [5, 5]])
    with pytest.raises(StatisticsError, match="tell these covariates apart"):
        cox(times, events, [[1, 2], [3, 6], [2, 4], [5, 10]])
    with pytest.raises(StatisticsError, match="no event"):
        cox(times, [0] * 4, [1, 2, 3, 4])
    with pytest.raises(StatisticsError, match="no event of cause 3"):
        fine_gray(times, events, [1, 2, 3, 4], 3)
    with pytest.raises(StatisticsError, match="nobody is followed beyond an event"):
        harrell_c([3, 3], [1, 1], [1, 2])
    with pytest.raises(StatisticsError, match="separates"):
        logistic_dose_response([10, 12, 14, 16], [0, 0, 1, 1])
    with pytest.raises(StatisticsError, match="not percent"):
        calibration(times, events, [90, 80, 70, 60], 2, ["a"] * 4)
    with pytest.raises(StatisticsError, match='interval "loglog"'):
        kaplan_meier(times, events, "loglog")


def test_beyond_follow_up_is_unknown_and_says_so() -> None:
    at = kaplan_meier([2, 4], [1, 1]).at(5)
    assert (at.n_at_risk, at.survival, at.reason) == (0, None, "beyond the last follow-up of 4")
    ends = kaplan_meier([2, 4], [1, 1]).at(4)
    assert (ends.survival, ends.lower, ends.reason) == (0.0, None, "no limits at survival 0")
    none_yet = cumulative_incidence([2, 4], [2, 1], 1).at(3)
    assert (none_yet.incidence, none_yet.lower, none_yet.n_at_risk) == (0.0, None, 1)


def test_landmark_leaves_out_who_did_not_reach_it() -> None:
    found = landmark([1, 2, 3, 5, 8, 9], [1, 0, 1, 1, 0, 1], [0.5, math.nan, 1, 2, 6, math.nan], 2)
    assert found.left_out == 2
    assert found.responders is not None
    assert found.others is not None
    assert (found.responders.n, found.others.n) == (2, 2)  # a response at 6 came after the landmark
    with pytest.raises(StatisticsError, match="landmark 9"):
        landmark([1, 9], [1, 1], [0.5, math.nan], 9)


def test_calibration_counts_observed_over_expected() -> None:
    found = calibration([1, 2, 3, 4], [1, 1, 0, 0], [0.25, 0.75, 0.75, 0.75], 2.5, ["low", "high", "high", "high"])
    assert found.overall.predicted == 0.625
    assert found.observed_to_expected == pytest.approx(0.5 / 0.375)
    assert [(g.name, g.n, g.predicted, g.observed.survival) for g in found.groups] == [
        ("high", 3, 0.75, pytest.approx(2 / 3)),
        ("low", 1, 0.25, None),
    ]
    assert found.brier == pytest.approx((0.25**2 + 0.75**2 + 2 * 0.25**2) / 4)
    assert quantile_groups([0.1, 0.2, 0.3, 0.4], 2) == [1, 1, 2, 2]


def test_single_arm_of_the_sbrt_trial() -> None:
    """Threshold 80 %, expected 95 %, one-sided 10 %, power 80 %: 25 exactly.

    The trial's 26 is what the arcsine scale of Kaplan-Meier asks with its 2.5 years of enrolment.
    """
    sizes = {m: single_arm(0.8, 0.95, 0.1, 0.8, m) for m in ("exact", "normal", "normal-corrected", "arcsine")}
    assert {m: s.n for m, s in sizes.items()} == {"exact": 25, "normal": 22, "normal-corrected": 28, "arcsine": 20}
    assert (sizes["exact"].successes, sizes["exact"].alpha) == (23, pytest.approx(0.098225, abs=1e-6))
    assert single_arm(0.8, 0.95, 0.1, 0.8, "arcsine-corrected").n == 25
    enrolling = single_arm_survival(0.8, 0.95, 1.0, 0.1, 0.8, scale="arcsine", accrual=2.5, follow_up=0.0)
    assert (enrolling.n, enrolling.exact_n) == (26, pytest.approx(25.55, abs=0.005))


def test_two_arms_of_the_phase_three_protocol() -> None:
    """40 % against 5 % with pain relief on day 1: 22 an arm, 54 enrolled with a fifth more for dropout."""
    found = two_arms(0.05, 0.40, dropout_added=0.2)
    assert (found.per_arm, found.enrolled) == (22, 54)
    assert two_arms(0.05, 0.40, test="fisher").per_arm == 24


def test_survival_sizes_grow_with_loss_and_short_follow_up() -> None:
    plain = single_arm_survival(0.8, 0.95, 1.0, 0.1, 0.8, scale="plain")
    assert plain.exact_n == pytest.approx(21.5325525, abs=1e-6)  # complete follow-up: the binomial's normal size
    lost = single_arm_survival(0.8, 0.95, 1.0, 0.1, 0.8, scale="plain", loss_hazard=0.2)
    short = single_arm_survival(0.8, 0.95, 1.0, 0.1, 0.8, scale="plain", accrual=2.0, follow_up=0.5)
    assert plain.exact_n < lost.exact_n < plain.exact_n * math.exp(0.2)
    assert plain.exact_n < short.exact_n < plain.exact_n * 2 / 1.5
    with pytest.raises(StatisticsError, match="nobody is followed"):
        single_arm_survival(0.8, 0.95, 3.0, accrual=1.0, follow_up=1.0)
