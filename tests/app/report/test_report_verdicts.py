"""The verdict table's order, words and bars; the point that decides; numbers and levels."""

from __future__ import annotations

from dataclasses import replace

import pytest
import report_maker as maker
from hypothesis import given
from hypothesis import strategies as st

from spondyl.app.report import Goal
from spondyl.app.report.dvh_chart import draw_dvh, mark_position
from spondyl.app.report.levels import isodose_levels
from spondyl.app.report.numbers import plain, three
from spondyl.app.report.page import legend_styles
from spondyl.app.report.points import points_of_interest
from spondyl.app.report.styles import isodose_colour, style_of
from spondyl.app.report.verdict_table import headline, rows


def test_rows_come_failed_unknown_missed_passed() -> None:
    made = rows(maker.goals(), legend_styles(maker.inputs()))
    assert [r.word for r in made] == ["FAIL", "unknown", "optimal missed", "pass", "pass"]
    assert [r.structure for r in made if r.word == "pass"] == ["SpinalCord", "GTV"]


def test_row_shows_units_margin_and_a_bar_full_at_a_quarter_of_the_limit() -> None:
    """-4 of 40 Gy is a tenth: 0.4 of the bar, to the left."""
    row = rows(maker.goals(), {})[0]
    assert (row.limit, row.value, row.margin) == ("≤ 40 Gy", "44.0 Gy", "−4.00 Gy")
    assert row.bar == pytest.approx(-0.4)


def test_unknown_shows_no_number() -> None:
    row = rows(maker.goals(), {})[1]
    assert (row.value, row.margin, row.bar, row.reason) == ("unknown", "", None, "not drawn")


def test_headline_counts_unknown_apart() -> None:
    text, kind = headline(maker.goals(), ("GTV D98% bound by the cord",))
    assert text == "2 of 3 mandatory met, 0 of 2 optimal met, 1 unknown; GTV D98% bound by the cord"
    assert kind == "fail"
    assert headline(()) == ("not judged: no goals", "unknown")


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e6, max_value=1e6))
def test_three_has_at_most_three_significant_digits_and_is_off_by_half_of_the_last(value: float) -> None:
    text = three(value)
    digits = text.lstrip("−").replace(".", "").lstrip("0")
    assert len(digits.rstrip("0") if "." not in text else digits) <= 3
    assert float(text.replace("−", "-")) == pytest.approx(value, rel=0.00501, abs=1e-300)


def test_numbers_at_the_turn_of_a_decade() -> None:
    assert three(9.996) == "10.0"
    assert three(0.09996) == "0.100"
    assert three(None) == "unknown"
    assert plain(20.30) == "20.3"
    assert plain(100.0) == "100"


def _only(*goals: Goal):
    return points_of_interest(maker.inputs(goals=goals))


def test_the_cord_decides_where_its_margin_is_least() -> None:
    points = _only(*(g for g in maker.goals() if g.status == "pass"))
    assert points[0].key == "cord"
    assert points[0].name == "hottest voxel of SpinalCord"
    assert points[0].why == "SpinalCord D0.03cc has the least margin of the mandatory goals"
    # The cord's sphere of 6 mm lies 26 mm behind the centre: its nearest voxel is at y 1 mm, 21 mm away.
    assert points[0].at_mm[1] == pytest.approx(1.0)
    assert points[0].dose_gy == pytest.approx(45 - 0.75 * 21.0, abs=0.3)


def test_a_failed_upper_limit_leads_to_the_hottest_point() -> None:
    points = points_of_interest(maker.inputs())
    assert points[0].key == "hot"
    assert points[0].at_mm == pytest.approx(maker.CENTRE_MM, abs=1.3)
    assert [p.key for p in points[1:]] == ["cold", "cord"]


def test_a_missed_lower_limit_leads_to_the_coldest_target_voxel() -> None:
    points = _only(replace(maker.goals()[0], value=30.0, margin=-6.0, status="fail"))
    assert points[0].name == "coldest voxel of GTV"
    assert points[0].dose_gy == pytest.approx(45 - 0.75 * 12.0, abs=0.75)


def test_what_the_plan_is_normalised_to_does_not_decide() -> None:
    low = Goal("GTV", "D90%", ">=", 29.7, 30.0, "Gy", "mandatory", "pass", 0.3)
    high = Goal("GTV", "D90%", "<=", 30.3, 30.0, "Gy", "mandatory", "pass", 0.3)
    cord = Goal("SpinalCord", "D0.03cc", "<=", 25.0, 24.0, "Gy", "mandatory", "pass", 1.0)
    assert _only(low, high, cord)[0].key == "cord"
    assert _only(replace(low, value=29.0, margin=-0.7, status="fail"), high, cord)[0].key == "cold"


def test_isodoses_start_with_prescription_boost_and_cord_limit() -> None:
    levels = isodose_levels(maker.inputs())
    assert [(lv.dose_gy, lv.why) for lv in levels[:3]] == [
        (30.0, "prescription"), (40.0, "boost"), (25.0, "SpinalCord D0.03cc limit"),
    ]  # fmt: skip
    assert [lv.dose_gy for lv in levels[3:]] == [15.0, 7.5]


def test_only_physical_dose_to_the_cord_is_an_isodose() -> None:
    eqd2 = Goal("SpinalCord", "Dmax (EQD2, alpha/beta 2 Gy)", "<=", 35.0, 30.0, "Gy", "mandatory", "pass", 5.0)
    mean = Goal("SpinalCord", "Dmean", "<=", 20.0, 5.0, "Gy", "mandatory", "pass", 15.0)
    wait = Goal("ThecalSac", "interval", ">=", 5.0, 5.1, "months", "mandatory", "pass", 0.1)
    inputs = maker.inputs(goals=(eqd2, mean, wait), prescription_gy=30.0, boost_gy=None)
    assert [lv.dose_gy for lv in isodose_levels(inputs)] == [30.0, 15.0, 7.5]
    assert "interval" not in points_of_interest(inputs)[0].why


def test_equal_levels_are_one_and_none_lies_above_the_maximum() -> None:
    levels = isodose_levels(maker.inputs(boost_gy=90.0, prescription_gy=25.0))
    assert [lv.dose_gy for lv in levels] == [25.0, 12.5, 6.2]
    assert levels[0].why == "prescription, SpinalCord D0.03cc limit"


@pytest.mark.parametrize(
    ("metric", "unit", "limit", "where"),
    [
        ("D98%", "Gy", 27.0, (27.0, 98.0, True)),
        ("D0.03cc", "Gy", 25.0, (25.0, 1.0, True)),
        ("Dmax", "Gy", 17.0, (17.0, 0.0, True)),
        ("V10Gy", "%", 10.0, (10.0, 10.0, False)),
        ("V10Gy_cc", "cm3", 0.3, (10.0, 10.0, False)),
        ("Dmean", "Gy", 5.0, None),
        ("D10cc", "Gy", 5.0, None),
    ],
)
def test_limits_lie_at_their_metric(metric: str, unit: str, limit: float, where) -> None:
    """In a structure of 3 cm3."""
    found = mark_position(Goal("cord", metric, "<=", limit, 1.0, unit, "mandatory", "pass"), 3.0)
    assert found == (where if where is None else pytest.approx(where))


def test_dvh_hover_numbers_are_the_curve() -> None:
    """The phantom's curve falls linearly to 0 at 45 Gy: 50 % at 22.5 Gy."""
    inputs = maker.inputs()
    chart = draw_dvh(inputs.curves, inputs.goals, legend_styles(inputs))
    assert chart is not None
    assert chart.dose_max_gy == pytest.approx(50.0)
    volumes = chart.lines[0].volumes
    assert volumes[round(22.5 / 50 * (len(volumes) - 1))] == pytest.approx(50.0, abs=0.01)
    assert len(chart.marks) == 3


def test_dvh_of_nothing_is_none() -> None:
    assert draw_dvh((), (), {}) is None


def test_colours_are_the_designs() -> None:
    assert style_of("CTV", "target").dash
    assert style_of("SpinalCord", "oar").colour == style_of("SpinalCord_PRV02", "prv").colour
    assert not style_of("SpinalCord", "oar").dash
    assert style_of("spinal_canal", "canal").colour == style_of("ThecalSac", "oar").colour
    assert style_of("Kidney_R", "oar") == style_of("kidney_right", "oar")
    assert not style_of("vertebra_L2", "bone").shown


def test_isodose_map_grows_lighter_with_dose() -> None:
    """Rec. 601 luma, so that grey print keeps the order."""
    lumas = []
    for i in range(6):
        colour = isodose_colour(i / 5)
        r, g, b = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
        lumas.append(0.299 * r + 0.587 * g + 0.114 * b)
    assert lumas == sorted(lumas)
    assert lumas[-1] - lumas[0] > 80
