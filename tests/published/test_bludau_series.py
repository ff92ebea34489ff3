"""Kypho-IORT, phase I/II (Bludau 2018) and long-term series (Bludau 2020), as the review of Risso Neto prints them.

Rates without intervals: very many sets of times meet them, tests/data/bludau holds one each (its README says what is
and what is not known). Seeded search: `tools/reconstruct_series.py`.
"""

import csv
from itertools import combinations
from pathlib import Path
from statistics import median

import pytest

from spondyl.followup.statistics import kaplan_meier

DATA = Path(__file__).parents[1] / "data/bludau"


def ends(name):
    with (DATA / f"{name}.csv").open(encoding="utf-8") as stream:
        rows = [(float(row["months"]), int(row["event"])) for row in csv.DictReader(stream)]
    return [time for time, _ in rows], [event for _, event in rows]


@pytest.mark.parametrize(
    ("name", "n", "printed"),
    [
        ("phase12_progression", 76, {3: 97.5, 6: 93.8, 12: 93.8}),
        ("phase12_survival", 61, {3: 76.9, 6: 64.0, 12: 48.4}),
        ("longterm_progression", 143, {6: 97.1, 12: 95.9, 24: 94.2}),
        ("longterm_survival", 104, {6: 74.6, 12: 61.7, 24: 50.3}),
    ],
)
def test_printed_rates(name, n, printed):
    times, events = ends(name)
    curve = kaplan_meier(times, events)
    assert len(times) == n
    assert {months: round(100 * curve.at(months).survival, 1) for months in printed} == printed


def test_median_survival_of_the_phase_i_ii_trial():
    assert round(kaplan_meier(*ends("phase12_survival")).median, 1) == 11.8


def test_progressions_and_follow_up_of_the_long_term_series():
    times, events = ends("longterm_progression")
    progressed = [time for time, event in zip(times, events, strict=True) if event]
    assert len(progressed) == 10
    assert round(median(progressed), 1) == 22.3
    followed, _ = ends("longterm_survival")
    assert (round(median(followed), 1), min(followed), max(followed)) == (14.5, 0.4, 109.0)


def test_local_control_of_the_phase_i_ii_trial_is_two_progressions_with_40_and_26_at_risk():
    """One step to 97.5 % and one to 93.8 %: no other single or double progression gives these digits from 76."""
    first = [n for n in range(2, 77) if round(1 - 1 / n, 3) == 0.975]
    double = [
        pair for pair in combinations(range(76, 1, -1), 2) if round((1 - 1 / pair[0]) * (1 - 1 / pair[1]), 3) == 0.975
    ]
    assert first == [40]
    assert double == []
    assert [n for n in range(2, 40) if round((1 - 1 / 40) * (1 - 1 / n), 3) == 0.938] == [26]
    curve = kaplan_meier(*ends("phase12_progression"))
    assert [int(n) for n, d in zip(curve.n_at_risk, curve.n_events, strict=True) if d] == [40, 26]
