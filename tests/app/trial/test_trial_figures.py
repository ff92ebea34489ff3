"""Figures of a trial's report: nothing overlaps, nothing leaves the page, and the data are those of the statistics."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from trial_cohorts import ALL_DEAD, ALONE, EMPTY, NO_EVENTS, UNTREATED, cohort, on, patient, two_arms

from spondyl.app.trial.curve_figure import curve_rows, steps, times_of
from spondyl.app.trial.figures import figures
from spondyl.app.trial.flow import analysed
from spondyl.app.trial.outcomes import outcomes
from spondyl.app.trial.pain import pain_of
from spondyl.app.trial.swimmer_figure import lanes

TOUCH = 1.0
"""Pixels by which two texts may overlap: their boxes hold empty rims."""


def drawn(of):
    kept = analysed(of)
    return figures(of, kept, outcomes(kept, (12.0,), 2))


def texts(figure):
    """(text, box in pixels) of everything that is written on a figure."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    shown = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]
    return [(t.get_text(), Bbox(t.get_window_extent(renderer))) for t in shown]


@pytest.mark.parametrize(
    "of", [EMPTY, ALONE, UNTREATED, NO_EVENTS, ALL_DEAD, two_arms()], ids=lambda each: each.name
)  # fmt: skip
def test_no_text_touches_another_or_leaves_the_figure(of):
    clear(of, drawn(of))


def clear(of, every):
    for each in every:
        written = texts(each.figure)
        page = each.figure.bbox
        for text, box in written:
            inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= page.width + 1 and box.y1 <= page.height + 1
            assert inside, f"{of.name} {each.key}: {text!r} leaves the figure"
        for (one, a), (two, b) in combinations(written, 2):
            across, along = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
            assert across <= TOUCH or along <= TOUCH, f"{of.name} {each.key}: {one!r} touches {two!r}"


def test_every_figure_says_what_it_is_not():
    for each in drawn(NO_EVENTS):
        assert "no events. Research and education, not a medical device." in [text for text, _ in texts(each.figure)]


def test_nobody_gives_a_sentence_and_nothing_happening_a_flat_line():
    empty = {each.key: " ".join(text for text, _ in texts(each.figure)) for each in drawn(EMPTY)}
    assert "No patient of this cohort has a known time." in empty["overall_survival"]
    assert "No patient of this cohort has a known follow-up." in empty["swimmer"]
    assert "No lesion of this cohort has pain recorded before treatment." in empty["pain_trajectories"]
    calm = {each.key: " ".join(text for text, _ in texts(each.figure)) for each in drawn(NO_EVENTS)}
    assert "no fracture, no death without it" in calm["fracture"]
    assert "8 patients, 0 deaths" in calm["overall_survival"]


def test_numbers_at_risk_and_counts_stand_under_and_over_the_curve():
    dead = next(each for each in drawn(ALL_DEAD) if each.key == "overall_survival")
    words = [text for text, _ in texts(dead.figure)]
    assert "8 patients, 8 deaths, band: 95 %, log-log; pale: fewer than 5 at risk, |: censored" in words
    first = words.index("At risk")
    assert words[first + 1 : first + 8] == ["8", "7", "6", "4", "3", "1", "0"]  # deaths every 40 days from day 50


def test_the_data_of_a_curve_are_its_estimates():
    found = outcomes(ALL_DEAD, (), 2).outcome("overall_survival")
    rows = curve_rows(found)
    assert rows[0] == (
        "group", "curve", "months", "n_at_risk", "n_censored", "estimate", "lower_95", "upper_95"
    )  # fmt: skip
    assert [row[3] for row in rows[1:]] == ["8", "7", "6", "5", "4", "3", "2", "1"]
    assert [float(row[5]) for row in rows[1:]] == pytest.approx([7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8, 0])
    assert rows[-1][6:] == ("", "")


def test_steps_hold_each_value_from_its_time_on():
    x, y = steps(np.array([1.0, 3.0]), np.array([0.5, 0.25]), 1.0)
    assert list(zip(x, y, strict=True)) == [(0, 1), (1, 1), (1, 0.5), (3, 0.5), (3, 0.25)]


def test_words_of_counts():
    assert times_of(1, "death") == "1 death"
    assert times_of(6, "death without it") == "6 deaths without it"
    assert times_of(0, "progression or death") == "0 progressions or deaths"


def test_lanes_carry_what_happened_longest_first():
    bars = lanes(ALL_DEAD, outcomes(ALL_DEAD, (), 2))
    assert [bar.name for bar in bars] == [f"P{i}" for i in range(7, -1, -1)]
    assert all(bar.marks[-1] == (bar.months, "death") for bar in bars)


def test_lesions_without_pain_or_score_are_counted_beside_the_trajectories():
    pain = pain_of(NO_EVENTS, outcomes(NO_EVENTS, (), 2))
    assert (len(pain.trajectories), pain.painless, pain.unscored) == (0, 8, 0)
    assert pain_of(ALONE, outcomes(ALONE, (), 2)).unscored == 1


def test_dollars_in_names_are_no_tex():
    of = cohort(
        r"cost $\frac$",
        *(patient(f"P{i}", arm=rf"arm $\sqrt {i}$", died=300, last_contact_on=on(300)) for i in range(2)),
    )
    words = {each.key: [text for text, _ in texts(each.figure)] for each in drawn(of)}
    assert all(any(text.startswith(r"cost $\frac$. ") for text in each) for each in words.values())
    assert r"arm $\sqrt 1$ (n = 1)" in words["flow"]
    assert r"arm $\sqrt 1$" in words["overall_survival"]


LONG = ("SBRT, 40 Gy in 5 fractions with an integrated boost to the gross tumour of the spine", "x" * 200)


def test_names_of_arms_too_long_for_a_figure_are_spelt_out_over_it():
    of = renamed(two_arms(24), dict(zip(("EBRT", "Kypho-IORT"), LONG, strict=True)), "n" * 300)
    every = drawn(of)
    clear(of, every)
    survival = next(each for each in every if each.key == "overall_survival")
    assert survival.figure.axes[0].get_position().width * survival.figure.get_figwidth() > 3
    words = [text for text, _ in texts(survival.figure)]
    assert {"arm 1", "arm 2"} <= set(words)
    assert "".join(words).count("x") == 200
    assert {row[0] for row in survival.rows[1:]} == set(LONG)
    framed(next(each for each in every if each.key == "flow").figure)


def renamed(of, names, name):
    patients = tuple(each.model_copy(update={"arm": names.get(each.arm, each.arm)}) for each in of.patients)
    return of.model_copy(update={"patients": patients, "name": name})


def framed(figure):
    """Every text of the flow that begins in a box ends in it."""
    boxes = [patch.get_window_extent() for patch in figure.findobj(FancyBboxPatch)]
    for text, box in texts(figure):
        around = [frame for frame in boxes if frame.contains(box.x0 + 1, (box.y0 + box.y1) / 2)]
        assert all(box.x1 < frame.x1 for frame in around), text


def test_curves_are_pale_where_fewer_than_five_are_at_risk():
    survival = next(each for each in drawn(ALL_DEAD) if each.key == "overall_survival")
    full, pale = (line for line in survival.figure.axes[0].lines if line.get_linestyle() == "-")
    assert (full.get_alpha(), pale.get_alpha()) == (None, 0.4)
    fifth_last = 170 / 30.4375  # deaths every 40 days from day 50: of 8, five are at risk up to the fourth's
    assert (max(full.get_xdata()), min(pale.get_xdata())) == pytest.approx((fifth_last, fifth_last))
