"""Mitsuyoshi 2025 (10.1016/j.adro.2025.101760): every printed figure of its outcomes from reconstructed times.

The cohort in tests/data/mitsuyoshi_2025 was found by `tools/reconstruct_trial.py` and dressed by
`tools/reconstruct_cohort.py`; its README says what it cannot know. Here endpoints are derived from its records by
rule and analysed; nothing is read from the search but the cohort.
"""

import csv
import sys
from itertools import combinations
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from spondyl.followup.endpoints import (
    DAYS_PER_MONTH,
    fracture,
    local_control,
    neurology,
    overall_survival,
    pain_response,
)
from spondyl.followup.statistics import cumulative_incidence, kaplan_meier
from spondyl.io.cohort_csv import read_cohort

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests/data/mitsuyoshi_2025"
Z = 1.959963984540054


@pytest.fixture(scope="module")
def patients():
    return read_cohort(DATA / "reconstructed_not_patients").patients


@pytest.fixture(scope="module")
def survival(patients):
    found = overall_survival(patients)
    return found, kaplan_meier(found.times_months, found.events)


@pytest.fixture(scope="module")
def control(patients):
    found = local_control(patients)
    return found, kaplan_meier(found.times_months, found.events)


@pytest.fixture(scope="module")
def broken(patients):
    found = fracture(patients)
    return found, cumulative_incidence(found.times_months, found.events, 1)


def percent(*shares):
    return tuple(round(100 * share, 1) for share in shares)


def test_counts(survival, control, broken):
    assert (len(survival[0].observations), survival[0].count(1)) == (25, 7)
    assert (len(control[0].observations), control[0].count(1)) == (28, 1)
    assert (len(broken[0].observations), broken[0].count(1)) == (28, 6)
    assert not survival[0].unknown + control[0].unknown + broken[0].unknown


@pytest.mark.parametrize(("months", "printed"), [(12, (92.0, 71.6, 97.9)), (24, (72.8, 48.7, 86.9))])
def test_overall_survival_with_log_log_intervals(survival, months, printed):
    there = survival[1].at(months)
    assert percent(there.survival, there.lower, there.upper) == printed


def test_local_control_at_one_year_has_no_interval_and_at_two_it_has(control):
    first, second = control[1].at(12), control[1].at(24)
    assert (first.survival, first.lower, first.upper) == (1.0, None, None)
    assert percent(second.survival, second.lower, second.upper) == (95.0, 69.5, 99.3)


@pytest.mark.parametrize(("months", "printed"), [(12, (3.6, 0.2, 15.7)), (24, (15.6, 4.7, 32.4))])
def test_fractures_with_death_competing_and_the_variance_of_cmprsk(broken, months, printed):
    there = broken[1].at(months)
    assert percent(there.incidence, there.lower, there.upper) == printed


def test_the_variance_of_a_proportion_gives_other_digits_for_the_fractures():
    """1 of 28 is all that is known at one year: the interval tells cmprsk's error 1/28 from sqrt(p (1 - p) / n)."""
    share = 1 / 28

    def upper(error):
        return round(100 * share ** np.exp(Z * error / (share * np.log(share))), 1)

    assert upper(1 / 28) == 15.7
    assert upper(np.sqrt(share * (1 - share) / 28)) == 15.4


def test_times_of_fractures(broken):
    times = sorted(each.time_months for each in broken[0].observations if each.event == 1)
    assert [round(value, 1) for value in (times[0], median(times), times[-1])] == [0.9, 17.0, 29.5]


def test_follow_up(patients, survival, control):
    times = survival[0].times_months
    assert [round(float(value), 1) for value in (np.median(times), times.min(), times.max())] == [26.2, 4.8, 39.1]
    mri = [
        (max(each.on for each in patient.imaging if each.lesion_id == lesion.lesion_id) - start).days / DAYS_PER_MONTH
        for patient in patients
        for lesion in patient.lesions
        if (start := patient.index_treatment(lesion.lesion_id).started_on)
    ]
    assert [round(value, 1) for value in (median(mri), min(mri), max(mri))] == [24.0, 3.9, 37.2]
    longer = [each for each in control[0].observations if each.time_months > 12]
    assert (len(longer), len({each.subject for each in longer})) == (24, 21)


def test_the_recurrence_is_of_renal_cancer_in_the_sacrum_at_18_months(patients, control):
    event = next(each for each in control[0].observations if each.event == 1)
    patient = next(each for each in patients if each.pseudonym == event.subject)
    assert round(event.time_months, 1) == 18.0
    assert patient.primary_histology == "renal"
    assert patient.lesion(event.lesion_id).level.startswith("S")
    assert patient.plan(f"P{event.lesion_id}").value("GTV", "volume") == 183.4


def test_responses(patients):
    assert pain_response(patients).counts() == {
        "complete response": 5, "partial response": 1, "indeterminate": 0, "pain progression": 0,
    }  # fmt: skip
    assert neurology(patients).counts()["improved"] == 2


def test_characteristics_and_dosimetry(patients):
    assert sorted(each.sex for each in patients).count("male") == 15
    primaries = [patient.primary_histology for patient in patients for _ in patient.lesions]
    assert {word: primaries.count(word) for word in set(primaries)} == {
        "breast": 9, "prostate": 8, "lung": 4, "renal": 4, "other": 3,
    }  # fmt: skip
    regions = [lesion.level[0] for patient in patients for lesion in patient.lesions]
    assert {word: regions.count(word) for word in "CTLS"} == {"C": 1, "T": 11, "L": 10, "S": 6}
    for metric, printed in (("D50%", (43.2, 41.3, 45.7)), ("D98%", (32.8, 25.3, 41.4))):
        values = [plan.value("GTV", metric) for patient in patients for plan in patient.plans]
        assert (round(median(values), 1), min(values), max(values)) == printed
    graded = [event.grade for patient in patients for event in patient.adverse_events]
    assert sorted(graded) == [1, 1, 1, 1, 1, 2, 2, 2, 2]


def test_the_printed_survival_leaves_one_pattern_of_numbers_at_risk(survival):
    """Of all 8855 ways to have four deaths among at most 23 at risk, one gives 72.8 (48.7 to 86.9)."""

    def agrees(at_risk):
        value = 23 / 25 * np.prod([1 - 1 / n for n in at_risk])
        if round(value, 3) != 0.728:
            return False
        error = np.sqrt(2 / (25 * 23) + sum(1 / (n * (n - 1)) for n in at_risk))
        scale = np.exp(Z * error / abs(np.log(value)))
        return (round(value**scale, 3), round(value ** (1 / scale), 3)) == (0.487, 0.869)

    found = [at_risk for at_risk in combinations(range(23, 0, -1), 4) if agrees(at_risk)]
    assert found == [(21, 19, 18, 14)]
    curve = survival[1]
    assert [int(n) for n, d in zip(curve.n_at_risk, curve.n_events, strict=True) if d][2:6] == [21, 19, 18, 14]


def test_the_cohort_is_the_search_dressed(patients):
    """The same days as the search's CSV: nothing was changed by hand between the two."""
    with (DATA / "patients.csv").open(encoding="utf-8") as stream:
        days = {row["patient"]: (int(row["days"]), row["dead"]) for row in csv.DictReader(stream)}
    found = overall_survival(patients)
    assert days == {
        each.subject: (round(each.time_months * DAYS_PER_MONTH), str(each.event)) for each in found.observations
    }


def test_the_search_can_be_repeated(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    from reconstruct_trial import search

    found, seen, recurrence, fractures, _ = search()
    with (DATA / "patients.csv").open(encoding="utf-8") as stream:
        assert [(int(row["days"]), row["dead"] == "1") for row in csv.DictReader(stream)] == [
            (each.days, each.dead) for each in found
        ]
    with (DATA / "segments.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["patient"], int(row["last_mri_days"])) for row in rows] == [(f"R{i + 1:02d}", day) for i, day in seen]
    assert [i for i, row in enumerate(rows) if row["recurrence_days"]] == [recurrence]
    assert {i: int(row["fracture_days"]) for i, row in enumerate(rows) if row["fracture_days"]} == fractures
    for name in ("reconstruct_trial", "printed_trial"):
        del sys.modules[name]


def test_the_dressing_can_be_repeated(patients, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    from reconstruct_cohort import build

    assert build(DATA).patients == patients
    del sys.modules["reconstruct_cohort"]
