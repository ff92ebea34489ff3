"""Opposed fields on three boxes of bone in a box of water, in the fast engine."""

from dataclasses import replace

import numpy as np
import pytest

from spondyl.anatomy import Case, Structures, from_coverage
from spondyl.clinic.facts import read_facts
from spondyl.core import Grid, Image, trilinear
from spondyl.core.errors import PlanError
from spondyl.physics import load_machine
from spondyl.plan.conventional import conventional_plan, open_fields

GRID = Grid((-72.5, -57.5, -72.5), (5.0, 5.0, 5.0), (30, 24, 30))


def _box(name, role, x, y, z):
    inside = [(GRID.axis_mm(a) > lo) & (GRID.axis_mm(a) < hi) for a, (lo, hi) in zip("xyz", (x, y, z), strict=True)]
    return from_coverage(
        name, role, GRID, (inside[2][:, None, None] & inside[1][None, :, None] & inside[0]).astype(float)
    )


MODEL = load_machine("generic-6mv")
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


@pytest.fixture(scope="module")
def made():
    return conventional_plan(_case(), engine="pencil-beam")


def test_the_middle_of_the_body_gets_8_gray_in_one_fraction(made):
    assert trilinear(made.dose.values, made.dose.grid, np.array([0.0, 20.0, 0.0])) == pytest.approx(8.0, rel=1e-5)
    assert (made.dose.unit, made.dose.fractions, made.plan.fractions) == ("Gy", 1, 1)
    assert made.assumptions == ()


def test_fields_cover_the_neighbours_and_a_margin_beside(made):
    """Bones from -50 to 45 mm along z, +-30 mm across, 1000 mm from the source at the isocentre (y 20)."""
    front, back = made.plan.fields
    assert [front.gantry_deg, back.gantry_deg] == [0, 180]
    assert front.v_edges_mm == pytest.approx([-50, 45], abs=2)
    assert front.u_edges_mm == pytest.approx([-40, 40], abs=2)
    assert np.ptp(back.v_edges_mm) == pytest.approx(95, abs=3)


def test_both_fields_give_half_at_the_point(made):
    """80 mm of water in front, 40 mm behind: the front field needs more, by exp(0.05 /cm x 4 cm), 1.2, or so."""
    front, back = made.plan.mu_by_field
    assert front / back == pytest.approx(1.2, abs=0.08)


def test_outside_the_fields_little_is_left(made):
    far = trilinear(made.dose.values, made.dose.grid, np.array([[65.0, 20.0, 0.0], [0.0, 20.0, 70.0]]))
    assert far.max() < 0.08 * 8


def test_a_neighbour_that_is_not_drawn_is_told_and_its_height_taken():
    fields, told = open_fields(_case("vertebra_T10"), MODEL)
    assert told == ("no vertebra above is drawn: the field reaches one height of the treated vertebra farther",)
    assert fields[0].v_edges_mm == pytest.approx([-50, 45], abs=2)


def test_without_a_vertebra_it_is_refused():
    with pytest.raises(PlanError, match=r"no vertebra to irradiate.*vertebra_T11"):
        open_fields(_case("vertebra"), MODEL)
    named = replace(PARTS["vertebra"], name="vertebra_T11")
    case = _case("vertebra")
    case = replace(case, structures=Structures([*case.structures.values(), named]))
    assert open_fields(case, MODEL)[1] == ()
