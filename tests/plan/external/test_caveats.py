"""Plans of machines without leaves: kept, read back, and told that nobody measured them."""

import numpy as np
import pytest

from spondyl.dose import CircularAperture, LeafAperture
from spondyl.physics import load_linac
from spondyl.plan import load_plan, save_plan
from spondyl.plan.external import Beam, ControlPoint
from spondyl.plan.external.caveats import caveats
from spondyl.plan.external.helix import LEAVES, Helix
from spondyl.plan.external.techniques.tomotherapy import helical_beam
from spondyl.plan.plan import plan_of_beams
from spondyl.plan.prescription import Prescription

ASKED = Prescription("PTV", 30.0, 5, "D90%")


def _robot():
    points = tuple(ControlPoint(40.0, 0.0, 25.0, CircularAperture(12.5, (6.0, -12.0)), mu) for mu in (0.0, 30.0))
    return Beam("N001", "robotic-6mv", (1.0, 2.0, 3.0), points)


def _helix():
    return helical_beam(Helix(-10.0, 3), (0.0, 0.0, 0.0), np.full((3, LEAVES), 0.25), 10.0)


@pytest.mark.parametrize(("beam", "machine"), [(_robot(), "robotic-6mv"), (_helix(), "helical-6mv")])
def test_a_plan_without_leaves_is_read_back_as_it_was_kept(beam, machine, tmp_path):
    plan = plan_of_beams("case", "technique", "sib-sbrt-30in5", machine, ASKED, (beam,))
    save_plan(tmp_path / "plan.json", plan)
    again = load_plan(tmp_path / "plan.json")
    assert again.total_mu == pytest.approx(beam.mu)
    assert [f.isocentre_mm for f in again.fields] == [f.isocentre_mm for f in plan.fields]
    assert all((a.fluence == b.fluence).all() for a, b in zip(again.fields, plan.fields, strict=True))
    assert f"machine {machine}: no measured data" in (tmp_path / "plan.json").read_text()


def test_linacs_say_their_own():
    linac = load_linac("hd120-6mv-fff")
    aperture = LeafAperture(np.tile([-20.0, 20.0], (linac.mlc.pairs, 1)), (-15.0, 15.0, -15.0, 15.0))
    beam = Beam("G", linac.name, (0, 0, 0), tuple(ControlPoint(0.0, 0.0, 0.0, aperture, mu) for mu in (0.0, 1.0)))
    assert caveats((beam, _robot()))[0] == linac.caveat
    assert [text.split(":")[0] for text in caveats((_robot(), _helix()))] == [
        "machine robotic-6mv",
        "machine helical-6mv",
    ]
