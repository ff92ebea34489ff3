"""Planning against set-up errors: the worst case gets better, and the static dose cloud is near the dose anew."""

from __future__ import annotations

import numpy as np
import pytest
from cord_cylinder import SETTINGS

from spondyl.evaluate import dose_at, load_protocol
from spondyl.evaluate.robustness import robustness
from spondyl.physics import load_machine, medium_from_ct
from spondyl.plan import make_plan
from spondyl.plan.external.robust import plan_centre, scenario_doses, setup_errors
from spondyl.plan.external.robust_optimise import against
from spondyl.plan.extras import Seen
from spondyl.plan.job import PlanResult
from spondyl.plan.prescription import wishlist_of

ERRORS = tuple(e for e in setup_errors(4.0, 0.0) if e.name in ("4 mm anterior", "4 mm posterior"))  # the cord's side
RULES = load_protocol("sib-sbrt-30in5")


def worst(case, made: PlanResult) -> dict[str, float]:
    """Worst cord D0.03cc and GTV D98 over the errors, dose computed anew."""
    medium, model = medium_from_ct(case.ct, case.structures), load_machine("generic-6mv")
    doses = scenario_doses(made.plan.fields, 5, medium, model, made.dose.grid, ERRORS, engine="pencil-beam")
    found = robustness(made.dose, ((e.name, dose) for e, dose in doses), case.structures, RULES)
    ends = {f"{row.structure} {row.metric}": row.worst for row in found.rows if row.op != "<=" or row.kind == "tissue"}
    return {name: end[1] for name, end in ends.items() if end is not None}


def test_against_errors_the_worst_case_gets_better(case, plain: PlanResult) -> None:
    made = make_plan(case, case.structures, settings=SETTINGS, extras=(against(ERRORS, RULES, 5),))
    before, after = worst(case, plain), worst(case, made)
    assert before["SpinalCord D0.03cc"] > 25.0  # 4 mm are more than the margin of 2 mm holds
    assert after["SpinalCord D0.03cc"] < 25.0
    assert after["GTV D98%"] > 21.0


def test_the_static_dose_cloud_is_near_the_dose_anew(case, plain: PlanResult) -> None:
    """At points of the cord, 4 mm nearer to the tumour: within 2 % of the highest dose."""
    error = next(e for e in ERRORS if e.name == "4 mm anterior")
    centre = plan_centre(plain.plan.fields)
    medium, model = medium_from_ct(case.ct, case.structures), load_machine("generic-6mv")
    ((_, anew),) = scenario_doses(plain.plan.fields, 5, medium, model, plain.dose.grid, [error], engine="pencil-beam")
    points = np.stack(np.meshgrid([-4.0, 0, 4], [21.0, 25, 29], [-10.0, 0, 10]), axis=-1).reshape(-1, 3)
    cloud = dose_at(plain.dose, error.motion(centre).moves(points))
    factor = plain.log.factor  # the plan and its dose are scaled alike
    assert factor == pytest.approx(1.0, abs=0.03)
    assert np.abs(cloud - dose_at(anew, points)).max() < 0.02 * plain.dose.values.max()


def test_points_are_moved_and_the_margins_limit_is_held_by_the_cord(case) -> None:
    goals = wishlist_of(RULES).all_goals()
    added = against(setup_errors(4.0, 0.0)[:1], RULES, 5)(Seen(case.structures, (0.0, 0.0, 0.0), -40.0, 40.0, goals))
    (cord,) = added.never_above
    assert (cord.structure, cord.metric, cord.limit) == ("SpinalCord (4 mm right)", "D0.03cc", 25.0)
    by_name = {s.name: s for s in added.sets}
    assert by_name["SpinalCord (4 mm right)"].points_mm[:, 0].mean() == pytest.approx(-4.0, abs=1e-3)
    assert by_name["SpinalCord (4 mm right)"].volume_cm3 == pytest.approx(case.structures["SpinalCord"].volume_cm3)
    ((after, new),) = added.wished
    assert (after.structure, after.metric, after.limit, new.limit) == ("GTV", "D98%", 27.0, 27.0)
