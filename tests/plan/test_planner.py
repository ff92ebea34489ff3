"""A whole plan in the small water cylinder: a target behind which a cord lies. The final engine is the fast one."""

import numpy as np
import pytest
from cord_cylinder import SETTINGS

from spondyl.core.errors import PlanError
from spondyl.evaluate import judge, load_protocol
from spondyl.plan import PlanSettings, load_plan, make_plan, plan_dose, save_plan
from spondyl.plan.plan_file import plan_record
from spondyl.plan.setup import dose_grid


def test_every_mandatory_limit_of_table_1_holds(case, plain):
    verdicts = judge(plain.dose, case.structures, load_protocol("sib-sbrt-30in5"))
    assert not verdicts.mandatory_fails
    assert plain.dose.fractions == 5
    assert [goal.structure for goal in plain.log.left_out] == ["ThecalSac"]


def test_log_tells_the_steps_in_the_order_of_the_wish_list(plain):
    names = [step.name for step in plain.log.steps]
    wished = [wish["name"] for wish in load_protocol("sib-sbrt-30in5").wishlist]
    wished.remove("organs")  # the cylinder has none
    assert names == ["required minimum doses", *wished]


def test_the_plan_gives_the_dose_that_was_judged(case, plain):
    again = plan_dose(plain.plan, case, engine="pencil-beam")
    np.testing.assert_allclose(again.values, plain.dose.values, atol=2e-3 * 45)


def test_plan_is_read_back_as_it_was_written(plain, tmp_path):
    save_plan(tmp_path / "plan.json", plain.plan, {"log": plain.log.record()})
    back = load_plan(tmp_path / "plan.json")
    assert back.prescription == plain.plan.prescription
    assert back.total_mu == plain.plan.total_mu
    assert all((a.fluence == b.fluence).all() for a, b in zip(back.fields, plain.plan.fields, strict=True))


def test_same_input_same_plan(case, plain):
    again = make_plan(case, case.structures, settings=SETTINGS)
    assert plan_record(again.plan) == plan_record(plain.plan)
    assert again.log.record() == plain.log.record()


def test_unknown_technique_is_refused_with_the_nearest(case):
    with pytest.raises(PlanError, match="nearest: imrt"):
        make_plan(case, case.structures, technique="imtr")


@pytest.mark.parametrize("beyond_mm", [0.0, 5.0])
def test_the_dose_grid_reaches_as_far_beyond_the_fields_as_asked(case, plain, beyond_mm):
    ends = [f.isocentre_mm[2] + f.v_edges_mm[[0, -1]] for f in plain.plan.fields]
    low, high = dose_grid(case, case.structures, plain.plan.fields, beyond_mm).bounds_mm()
    assert low[2] == pytest.approx(np.min(ends) - beyond_mm, abs=2.5)
    assert high[2] == pytest.approx(np.max(ends) + beyond_mm, abs=2.5)


@pytest.mark.parametrize("beyond_mm", [-1.0, 1001.0, float("nan")])
def test_a_reach_that_cannot_be_is_refused(beyond_mm):
    with pytest.raises(PlanError, match="expected 0 to 1000 mm; choose another dose_beyond_mm"):
        PlanSettings(dose_beyond_mm=beyond_mm)
