"""Posterior, opposed and conformal beams on three boxes of bone in a box of water, in the fast engine."""

from dataclasses import replace

import numpy as np
import pytest

from spondyl.anatomy import Case, Structures, from_coverage
from spondyl.clinic.facts import read_facts
from spondyl.core import Grid, Image, trilinear
from spondyl.core.errors import PlanError
from spondyl.evaluate import dvh, metric
from spondyl.physics import load_linac
from spondyl.plan import PlanSettings, draw_targets, make_plan
from spondyl.plan.external.delivery import check_deliverable
from spondyl.plan.external.shaping import fitted_aperture, open_aperture

GRID = Grid((-72.5, -57.5, -72.5), (5.0, 5.0, 5.0), (30, 24, 30))
LINAC = load_linac("hd120-6mv")


def _box(name, role, x, y, z):
    inside = [(GRID.axis_mm(a) > lo) & (GRID.axis_mm(a) < hi) for a, (lo, hi) in zip("xyz", (x, y, z), strict=True)]
    return from_coverage(
        name, role, GRID, (inside[2][:, None, None] & inside[1][None, :, None] & inside[0]).astype(float)
    )


BONE = {"x": (-30, 30), "y": (5, 45)}  # nearer to the back (y 60) than to the front (y -60)
PARTS = {
    "BODY": _box("BODY", "external", (-75, 75), (-60, 60), (-75, 75)),
    "vertebra": _box("vertebra", "bone", **BONE, z=(-15, 15)),
    "vertebral_body": _box("vertebral_body", "bone", (-20, 20), (5, 35), (-15, 15)),
    "vertebra_T10": _box("vertebra_T10", "bone", **BONE, z=(20, 45)),
    "vertebra_T12": _box("vertebra_T12", "bone", **BONE, z=(-50, -20)),
}


def _case(*without, level="T11"):
    ct = Image(GRID, np.zeros(GRID.shape, np.int16))
    facts = read_facts({"level": level} if level else {})
    return Case("boxes", facts, ct, Structures([s for n, s in PARTS.items() if n not in without]))


def _made(technique, protocol="conventional-8in1", case=None):
    case = case or _case()
    structures = draw_targets(case, case.structures, technique)
    made = make_plan(
        case, structures, technique=technique, protocol=protocol, settings=PlanSettings(engine="pencil-beam")
    )
    for beam in made.plan.beams:
        check_deliverable(beam, LINAC)
    return made, structures


@pytest.fixture(scope="module")
def opposed():
    return _made("opposed")[0]


def test_the_middle_of_the_body_gets_8_gray_in_one_fraction(opposed):
    assert trilinear(opposed.dose.values, opposed.dose.grid, np.array([0.0, 20.0, 0.0])) == pytest.approx(8.0, rel=1e-5)
    assert (opposed.dose.unit, opposed.dose.fractions, opposed.plan.fractions) == ("Gy", 1, 1)


def test_jaws_cover_the_neighbours_and_a_margin_beside(opposed):
    """Bones from -50 to 45 mm along z, +-30 mm across and 10 mm more, seen 1000 mm from the source (isocentre y 20)."""
    front, back = opposed.plan.beams
    assert [beam.points[0].gantry_deg for beam in (front, back)] == [0, 180]
    x1, x2, y1, y2 = front.points[0].aperture.jaws_mm
    assert (x1, x2) == pytest.approx((-40, 40), abs=2)
    assert (y1, y2) == pytest.approx((-50, 45), abs=2)


def test_both_fields_give_half_at_the_point(opposed):
    """80 mm of water in front, 40 mm behind: the front field needs more, by exp(0.05 /cm x 4 cm), 1.2, or so."""
    front, back = opposed.plan.mu_by_field
    assert front / back == pytest.approx(1.2, abs=0.08)


def test_outside_the_fields_little_is_left(opposed):
    far = trilinear(opposed.dose.values, opposed.dose.grid, np.array([[65.0, 20.0, 0.0], [0.0, 20.0, 70.0]]))
    assert far.max() < 0.08 * 8


def test_one_field_from_behind_falls_off_to_the_front():
    """4 Gy a fraction to the point; in front of it the dose falls by 4 to 5 % a centimetre and the inverse square."""
    made, _ = _made("posterior", "conventional-20in5")
    (only,) = made.plan.beams
    assert only.points[0].gantry_deg == 180
    at = trilinear(made.dose.values, made.dose.grid, np.array([[0.0, 20.0, 0.0], [0.0, 0.0, 0.0], [0.0, 40.0, 0.0]]))
    assert at[0] == pytest.approx(20.0, rel=1e-5)
    assert at[1] / at[0] == pytest.approx(np.exp(-0.045 * 2) * (1 / 1.02) ** 2, abs=0.04)
    assert at[2] > 1.08 * at[0]


def test_conformal_beams_meet_the_protocols_aims():
    """Median 20 Gy, 95 to 107 % in the vertebrae and their margin (ICRU 50), by four beams whose leaves follow it."""
    made, structures = _made("conformal", "conventional-20in5")
    curve = dvh(made.dose, structures["PTV_Conventional"])
    assert metric(curve, "D50%").value == pytest.approx(20.0, rel=0.004)
    assert metric(curve, "D98%").value >= 19.0 * 0.995
    assert metric(curve, "D2%").value <= 21.4 * 1.005
    assert made.dose.fractions == 5
    assert 2 <= len(made.plan.beams) <= 4


def test_a_neighbour_that_is_not_drawn_is_refused():
    with pytest.raises(PlanError, match=r"vertebra above T11 is not drawn, expected vertebra_T10"):
        _made("opposed", case=_case("vertebra_T10"))
    with pytest.raises(PlanError, match="states no level"):
        _made("conformal", case=_case(level=None))


def test_without_a_vertebra_it_is_refused():
    with pytest.raises(PlanError, match=r"no vertebra to irradiate.*vertebra_T11"):
        _made("posterior", case=_case("vertebra"))
    case = _case("vertebra")
    named = replace(PARTS["vertebra"], name="vertebra_T11")
    case = replace(case, structures=Structures([*case.structures.values(), named]))
    assert "PTV_Conventional" in draw_targets(case, case.structures, "opposed")


def test_leaves_stand_a_margin_around_what_is_covered():
    """A square of 40 mm, 7 mm around: edges at 27 mm beside it, and on the circle of 7 mm around its corners."""
    u, v = (x.ravel() for x in np.meshgrid(np.linspace(-20, 20, 81), np.linspace(-20, 20, 81)))
    aperture = fitted_aperture(LINAC, u, v, 7.0, "beam")
    offset = LINAC.mlc.leaf_offset_mm
    middle = LINAC.mlc.leaf_middles_mm
    inner = np.abs(middle) < 19
    assert aperture.leaves_mm[inner, 0] == pytest.approx(-27 + offset, abs=0.01)
    assert aperture.leaves_mm[inner, 1] == pytest.approx(27 - offset, abs=0.01)
    corner = np.argmin(np.abs(middle - 23.75))  # a leaf from 22.5 to 25 mm
    assert aperture.leaves_mm[corner, 1] == pytest.approx(20 + np.sqrt(7**2 - 2.5**2) - offset, abs=0.01)
    assert aperture.jaws_mm == pytest.approx((-27, 27, -27, 27), abs=0.11)


def test_a_field_larger_than_the_machine_is_refused():
    with pytest.raises(
        PlanError, match=r"beam G180 needs jaw y2 at 130 mm, hd120-6mv moves it .* larger than the machine"
    ):
        open_aperture(LINAC, (-40.0, 40.0, -60.0, 130.0), "beam G180")
