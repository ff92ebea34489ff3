import json
from dataclasses import replace

import numpy as np
import pytest

from spondyl.core.errors import PlanError
from spondyl.dose import LeafAperture
from spondyl.physics import load_linac, load_machine
from spondyl.plan import Prescription, load_plan, plan_of_beams, save_plan
from spondyl.plan.external import Beam, ControlPoint, segment_fields
from spondyl.plan.external.beams import turn_deg

LINAC = load_linac("hd120-6mv")
MODEL = load_machine(LINAC.beam)


def square(half_mm=20.0, shift_mm=0.0):
    """An MLC-defined square; the jaws stand at its edges."""
    leaves = np.zeros((LINAC.mlc.pairs, 2)) + shift_mm
    leaves[np.abs(LINAC.mlc.leaf_middles_mm) < half_mm] = (shift_mm - half_mm, shift_mm + half_mm)
    return LeafAperture(leaves, (shift_mm - half_mm, shift_mm + half_mm, -half_mm, half_mm))


def arc(count=3, first_deg=358.0, step_deg=2.0, mu=10.0):
    points = (ControlPoint((first_deg + k * step_deg) % 360, 30.0, 0.0, square(), mu * k) for k in range(count))
    return Beam("arc", "hd120-6mv", (1.0, 2.0, 3.0), tuple(points))


def test_an_arc_has_a_field_a_segment_at_its_middle_across_zero():
    fields = segment_fields(arc(), LINAC, MODEL)
    assert [f.gantry_deg for f in fields] == pytest.approx([359.0, 1.0])
    assert all(f.collimator_deg == 30.0 for f in fields)
    assert fields[0].fluence.max() == pytest.approx(10.0)
    assert fields[0].sad_mm == pytest.approx(1000.0)


def test_a_static_beam_is_one_field_with_the_sum_of_its_segments():
    a, b = square(20.0), square(10.0)
    points = [(a, 0.0), (a, 30.0), (b, 30.0), (b, 50.0)]
    beam = Beam("step", "hd120-6mv", (0.0, 0.0, 0.0), tuple(ControlPoint(90.0, 0.0, 0.0, s, mu) for s, mu in points))
    (field,) = segment_fields(beam, LINAC, MODEL)
    at = field.fluence[np.argmin(np.abs(field.v_edges_mm)), np.argmin(np.abs(field.u_edges_mm))]
    assert at == pytest.approx(50.0)
    rows, columns = np.searchsorted(field.v_edges_mm, 16.0) - 1, np.searchsorted(field.u_edges_mm, 15.5) - 1
    assert field.fluence[rows, columns] == pytest.approx(30.0, abs=0.02)
    assert not beam.is_arc
    assert arc().is_arc


def test_the_couch_moves_the_isocentre_the_other_way_in_the_patient():
    points = tuple(replace(p, table_mm=(0.0, 0.0, 10.0)) for p in arc().points)
    (first, _) = segment_fields(replace(arc(), points=points), LINAC, MODEL)
    assert first.isocentre_mm == pytest.approx((1.0, 2.0, -7.0))


@pytest.mark.parametrize(
    ("mu", "message"),
    [((0.0,), "has 1 control points"), ((1.0, 2.0), "starts with 1 MU"), ((0.0, 3.0, 2.0), "point 3 has 2 MU after 3"),
     ((0.0, 0.0), "delivers 0 MU")],
)  # fmt: skip
def test_impossible_monitor_units_are_refused(mu, message):
    with pytest.raises(PlanError, match=message):
        Beam("bad", "hd120-6mv", (0.0, 0.0, 0.0), tuple(ControlPoint(0.0, 0.0, 0.0, square(), m) for m in mu))


def test_the_shorter_turn():
    assert turn_deg(350.0, 10.0) == 20.0
    assert turn_deg(10.0, 350.0) == -20.0
    assert turn_deg(0.0, 180.0) == 180.0


def test_a_plan_of_beams_is_kept_by_its_control_points(tmp_path):
    asked = Prescription("PTV_Eval", 30.0, 5, "D90%")
    plan = plan_of_beams("case", "vmat", "sib-sbrt-30in5", "generic-6mv", asked, (arc(5),))
    assert plan.total_mu == 40.0
    assert plan.mu_by_field == (40.0,)
    assert len(plan.fields) == 4
    assert plan.modulation == pytest.approx(40.0 / 600.0)
    path = tmp_path / "plan.json"
    save_plan(path, plan)
    record = json.loads(path.read_text())
    assert record["format"] == 2
    assert "fields" not in record
    assert record["caveats"] == []
    back = load_plan(path)
    assert back.beams[0].points[3].mu == 30.0
    assert back.beams[0].points[3].aperture.jaws_mm == (-20.0, 20.0, -20.0, 20.0)
    for made, again in zip(plan.fields, back.fields, strict=True):
        assert np.array_equal(made.fluence, again.fluence)
        assert made.source_mm == again.source_mm
    assert plan.scaled(2.0).total_mu == 80.0
    assert plan.scaled(2.0).fields[0].fluence.max() == pytest.approx(20.0)


def test_a_plan_for_an_unknown_linac_names_the_nearest(tmp_path):
    path = tmp_path / "plan.json"
    save_plan(path, plan_of_beams("c", "vmat", "p", "generic-6mv", Prescription("PTV", 30.0, 5, "D90%"), (arc(),)))
    path.write_text(path.read_text().replace("hd120-6mv", "hd120-6mw"))
    with pytest.raises(PlanError, match='linac "hd120-6mw" is unknown; nearest: hd120-6mv'):
        load_plan(path)


def test_a_plan_for_an_unvalidated_linac_says_so(tmp_path):
    beam = replace(arc(), linac="hd120-6mv-fff")
    plan = plan_of_beams("c", "vmat", "p", "generic-6mv-fff", Prescription("PTV", 30.0, 5, "D90%"), (beam,))
    save_plan(tmp_path / "plan.json", plan)
    (caveat,) = json.loads((tmp_path / "plan.json").read_text())["caveats"]
    assert caveat == 'linac "hd120-6mv-fff" is UNVALIDATED: its beam was compared with no measured data'
