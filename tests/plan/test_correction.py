"""The final engine's dose fed back: a quick one corrects, a final one decides, and how near both are is told."""

from types import SimpleNamespace

import numpy as np
import pytest

from spondyl.anatomy import Structures
from spondyl.core import Grid, silent
from spondyl.dose import Dose
from spondyl.plan import correction
from spondyl.plan.agreement import agreement
from spondyl.plan.correction import Delivered, correct
from spondyl.plan.goals import Goal
from spondyl.plan.lagrangian import Effort
from spondyl.plan.lexicographic import grant
from spondyl.plan.wishlist import Wish, Wishlist

LINE = Grid((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (1, 1, 100))
CORD = Goal("Cord", "D0.03cc", 1, 8.0, margin=0.005)
D98 = Goal("PTV", "D98%", -1, 27.0)
WISHLIST = Wishlist(
    (CORD,), (), (Wish("coverage", ((D98, 1.0),)), Wish("rest", ((Goal("fluence", "roughness", 1, None), 1.0),)))
)
FRACTIONS = 5


def corrected(problem, monkeypatch, engine, more):
    """`correct` where the true dose is `more`, by quality, times the pencil beam's; and the qualities computed."""
    asked = []

    def truth(fields, medium, model, *, engine, grid, quality, progress):
        asked.append(quality)
        values = more(fields[0], quality) * problem.influence.times(fields[0])
        return Dose(LINE, values.reshape(LINE.shape).astype(np.float32), "Gy")

    monkeypatch.setattr(correction, "compute_dose", truth)
    setup = SimpleNamespace(problem=problem, wishlist=WISHLIST, rows=np.arange(100), medium=None, model=None, grid=LINE)
    granted = grant(problem, WISHLIST, np.full(25, 10.0), effort=Effort())
    found = correct(
        setup, Structures([]), granted, lambda x: Delivered((x / FRACTIONS,)), FRACTIONS, engine, silent, Effort()
    )
    return found, asked


def test_a_quick_dose_corrects_and_a_final_one_decides(problem, monkeypatch):
    found, asked = corrected(problem, monkeypatch, "collapsed-cone", lambda x, quality: 1.03)
    assert asked == ["fast", "final"]
    first, last = found.rounds
    assert (first.quality, last.quality, first.kept, last.kept) == ("fast", "final", False, True)
    assert first.worst > 0.02  # the cord had its limit, and 3 % more
    assert last.worst <= correction.GOOD_ENOUGH
    assert last.agreement.worst_metric < 0.002
    assert found.dose.values.max() == pytest.approx(1.03 * problem.row_dose(found.x).max(), rel=1e-5)


def test_an_engine_of_one_quality_is_asked_for_that_one(problem, monkeypatch):
    _, asked = corrected(problem, monkeypatch, "pencil-beam", lambda x, quality: 1.03)
    assert asked == ["final", "final"]


def test_where_the_quick_dose_misleads_a_further_final_one_is_computed(problem, monkeypatch):
    found, asked = corrected(
        problem, monkeypatch, "collapsed-cone", lambda x, quality: 1.03 if quality == "final" else 1.01
    )
    assert asked == ["fast", "final", "final"]
    assert found.rounds[1].worst > correction.GOOD_ENOUGH > found.rounds[2].worst
    assert [r.kept for r in found.rounds] == [False, False, True]


def test_bounds_that_hold_are_not_enough_where_the_doses_disagree(problem, monkeypatch):
    """The true dose is 3 % lower: the cord is safe in it, but it is not what was optimised."""
    found, asked = corrected(problem, monkeypatch, "pencil-beam", lambda x, quality: 0.97)
    assert asked == ["final", "final"]
    assert found.rounds[0].agreement.metrics[CORD] == pytest.approx(0.03, abs=0.002)
    assert not found.rounds[0].agreement.holds
    assert found.rounds[1].agreement.holds


def test_agreement_counts_limits_and_target_volume(problem):
    believed = problem.dose_at_points(np.full(25, 10.0))
    found = believed.copy()
    target = problem.samples["PTV"].points
    found[target.start : target.start + 4] += 0.9  # 3 % of 30 Gy in 4 of 31 points
    seen = agreement(problem, np.full(25, 10.0), believed, found, (D98, CORD), ("PTV",))
    assert seen.targets_rms == pytest.approx(0.03 * np.sqrt(4 / 31))
    assert seen.targets_within == pytest.approx(27 / 31)
    assert seen.metrics[CORD] == 0.0
    assert not seen.holds
    assert "1.08 %" in str(seen)


def test_a_structure_that_is_no_target_is_not_compared_point_by_point(problem):
    believed = problem.dose_at_points(np.full(25, 10.0))
    seen = agreement(problem, np.full(25, 10.0), believed, believed + 1.0, (), ())
    assert (seen.targets_rms, seen.targets_within, seen.holds) == (0.0, 1.0, True)
