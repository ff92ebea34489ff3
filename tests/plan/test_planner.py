"""A whole plan in a small water cylinder: a target behind which a cord lies. The final engine is the fast one."""

import numpy as np
import pytest

from spondyl.anatomy import Case, Structures, from_coverage
from spondyl.clinic import Facts
from spondyl.core import Grid, Image
from spondyl.core.errors import PlanError
from spondyl.evaluate import judge, load_protocol
from spondyl.plan import PlanSettings, load_plan, make_plan, plan_dose, save_plan
from spondyl.plan.plan_file import plan_record
from spondyl.plan.setup import dose_grid

GRID = Grid((-75.0, -75.0, -50.0), (5.0, 5.0, 5.0), (21, 31, 31))


def ball(centre, radii):
    """Coverage of an ellipsoid, by 5 x 5 x 5 points a voxel."""
    steps = (np.arange(5) - 2) / 5
    z, y, x = np.meshgrid(*(GRID.axis_mm(a) for a in "zyx"), indexing="ij")
    inside = np.zeros(GRID.shape)
    for dz, dy, dx in np.stack(np.meshgrid(steps, steps, steps), -1).reshape(-1, 3) * 5.0:
        r = sum(((p + d - c) / s) ** 2 for p, d, c, s in zip((x, y, z), (dx, dy, dz), centre, radii, strict=True))
        inside += r <= 1
    return (inside / 125).astype(np.float32)


@pytest.fixture(scope="module")
def case():
    _, y, x = np.meshgrid(*(GRID.axis_mm(a) for a in "zyx"), indexing="ij")
    body = from_coverage("BODY", "external", GRID, (np.hypot(x, y) <= 70).astype(np.float32))
    structures = Structures(
        [
            body,
            from_coverage("GTV", "target", GRID, ball((5.0, 0.0, 0.0), (9.0, 9.0, 9.0))),
            from_coverage("PTV_Eval", "target", GRID, ball((0.0, 0.0, 0.0), (20.0, 16.0, 16.0))),
            from_coverage("SpinalCord_PRV02", "prv", GRID, ball((0.0, 26.0, 0.0), (6.0, 6.0, 40.0))),
        ]
    )
    hu = np.where(body.full() > 0, 0, -1000).astype(np.int16)
    return Case("cylinder", Facts(), Image(GRID, hu), structures)


@pytest.fixture(scope="module")
def made(case):
    return make_plan(case, case.structures, settings=PlanSettings(fields=5, engine="pencil-beam"))


def test_every_mandatory_limit_of_table_1_holds(case, made):
    verdicts = judge(made.dose, case.structures, load_protocol("sib-sbrt-30in5"))
    assert not verdicts.mandatory_fails
    assert made.dose.fractions == 5
    assert [goal.structure for goal in made.log.left_out] == ["ThecalSac"]


def test_log_tells_the_steps_in_the_order_of_the_wish_list(made):
    names = [step.name for step in made.log.steps]
    wished = [wish["name"] for wish in load_protocol("sib-sbrt-30in5").wishlist]
    wished.remove("organs")  # the cylinder has none
    assert names == ["required minimum doses", *wished]


def test_the_plan_gives_the_dose_that_was_judged(case, made):
    again = plan_dose(made.plan, case, engine="pencil-beam")
    np.testing.assert_allclose(again.values, made.dose.values, atol=2e-3 * 45)


def test_plan_is_read_back_as_it_was_written(made, tmp_path):
    save_plan(tmp_path / "plan.json", made.plan, {"log": made.log.record()})
    back = load_plan(tmp_path / "plan.json")
    assert back.prescription == made.plan.prescription
    assert back.total_mu == made.plan.total_mu
    assert all((a.fluence == b.fluence).all() for a, b in zip(back.fields, made.plan.fields, strict=True))


def test_same_input_same_plan(case, made):
    again = make_plan(case, case.structures, settings=PlanSettings(fields=5, engine="pencil-beam"))
    assert plan_record(again.plan) == plan_record(made.plan)
    assert again.log.record() == made.log.record()


def test_unknown_technique_is_refused_with_the_nearest(case):
    with pytest.raises(PlanError, match="nearest: imrt"):
        make_plan(case, case.structures, technique="imtr")


@pytest.mark.parametrize("beyond_mm", [0.0, 5.0])
def test_the_dose_grid_reaches_as_far_beyond_the_fields_as_asked(case, made, beyond_mm):
    ends = [f.isocentre_mm[2] + f.v_edges_mm[[0, -1]] for f in made.plan.fields]
    low, high = dose_grid(case, case.structures, made.plan.fields, beyond_mm).bounds_mm()
    assert low[2] == pytest.approx(np.min(ends) - beyond_mm, abs=2.5)
    assert high[2] == pytest.approx(np.max(ends) + beyond_mm, abs=2.5)


@pytest.mark.parametrize("beyond_mm", [-1.0, 1001.0, float("nan")])
def test_a_reach_that_cannot_be_is_refused(beyond_mm):
    with pytest.raises(PlanError, match="expected 0 to 1000 mm; choose another dose_beyond_mm"):
        PlanSettings(dose_beyond_mm=beyond_mm)
