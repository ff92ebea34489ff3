"""What an earlier course leaves: each point's allowance by hand, and a plan that keeps it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from cord_cylinder import GRID, SETTINGS, cylinder_case

from spondyl.anatomy import Case, Structures
from spondyl.core import Rigid
from spondyl.core.errors import DoseGridError, PlanError
from spondyl.dose import Dose
from spondyl.evaluate import PriorCourse, judge, load_protocol
from spondyl.plan import make_plan
from spondyl.plan.external.prior_budget import allowed_gy, within_budget
from spondyl.plan.extras import Seen
from spondyl.plan.job import PlanResult

HYTEC = load_protocol("hytec-reirradiation")


def prior(gy: float, falls_gy_per_mm: float = 0.0, fractions: int = 10) -> PriorCourse:
    """`gy` at z = 0, more above it and less below."""
    z = np.broadcast_to(GRID.axis_mm("z")[:, None, None], GRID.shape)
    return PriorCourse(Dose(GRID, np.maximum(0.0, gy + falls_gy_per_mm * z).astype(np.float32)), fractions, 12.0)


def at(*heights_mm: float) -> np.ndarray:
    return np.array([[0.0, 0.0, z] for z in heights_mm])


def test_allowances_by_hand() -> None:
    """30 Gy in 10 are EQD2 37.5 (alpha/beta 2). Left: 70 - 37.5 = 32.5, but 25 for the course: 17.91 Gy in 5."""
    found = allowed_gy(at(0.0), "cord", prior(30.0), HYTEC, 5)
    # D (D / 5 + 2) / 4 = 25: D^2 / 5 + 2 D - 100 = 0
    assert found == pytest.approx([(-2 + np.sqrt(4 + 80)) / 0.4])
    # 45 Gy in 10: EQD2 45 * 6.5 / 4 = 73.1, beyond 70
    with pytest.raises(
        PlanError, match=r"nothing is left for cord .* gave 73\.1 Gy EQD2 there .* limit is Dmax <= 70 Gy"
    ):
        allowed_gy(at(0.0), "cord", prior(45.0), HYTEC, 5)


def test_the_cumulative_limit_binds_point_by_point() -> None:
    """40 Gy in 10 at z = 0 are EQD2 60; 1 Gy less a centimetre lower: 39 are 57.525."""
    found = allowed_gy(at(0.0, -10.0), "cord", prior(40.0, 0.1), HYTEC, 5)
    for dose, left in zip(found, (70 - 60.0, 70 - 57.525), strict=True):
        assert dose * (dose / 5 + 2) / 4 == pytest.approx(left, rel=1e-4)


def test_the_share_of_one_half_binds_where_the_prior_dose_was_low() -> None:
    """10 Gy in 10 at z = 0: EQD2 7.5; 5 Gy at z = -25: 3.125. Each its own, not below half of the highest."""
    found = allowed_gy(at(0.0, -25.0), "cord", prior(10.0, 0.2), HYTEC, 5)
    eqd2 = found * (found / 5 + 2) / 4
    assert eqd2 == pytest.approx([7.5, 3.75], rel=1e-4)


def test_a_prior_dose_that_does_not_reach_is_refused() -> None:
    away = replace(prior(30.0), registration=Rigid(np.eye(3), np.array([500.0, 0.0, 0.0])))
    with pytest.raises(DoseGridError, match="does not reach over cord"):
        allowed_gy(at(0.0), "cord", away, HYTEC, 5)


def test_without_cord_and_sac_nothing_can_be_held() -> None:
    case = cylinder_case()
    bare = Structures([case.structures["GTV"]])
    with pytest.raises(PlanError, match="neither thecal sac, spinal cord nor cauda equina is drawn"):
        within_budget(prior(30.0), HYTEC, 5)(Seen(bare, (0.0, 0.0, 0.0), -40.0, 40.0, ()))


def test_a_plan_keeps_what_is_left(case: Case, plain: PlanResult) -> None:
    """36 Gy in 10 before (EQD2 50.4 at the cord): 19.6 are left, 15.6 Gy in 5, where the protocol allows 25."""
    sac = replace(case.structures["SpinalCord"], name="ThecalSac")
    structures = case.structures.plus(sac)
    before = prior(36.0)
    held = make_plan(case, structures, settings=SETTINGS, extras=(within_budget(before, HYTEC, 5),))
    cumulative = [judge(made.dose, structures, HYTEC, prior=before).verdicts[0] for made in (plain, held)]
    assert cumulative[0].status == "fail"
    assert [v.status for v in judge(held.dose, structures, HYTEC, prior=before).verdicts] == ["pass"] * 4
    assert cumulative[1].value is not None
    assert cumulative[1].value <= 70.0
