"""Materials given to structures: in the medium, after the cement, about the needle, and what is refused."""

import numpy as np
import pytest

from spondyl.anatomy import Case, Structures, from_coverage
from spondyl.anatomy.access_structures import cement_structure
from spondyl.clinic.facts import read_facts
from spondyl.core import Grid, Image, silent
from spondyl.core.errors import MaterialError, PlanError, StructureError
from spondyl.dose import Dose
from spondyl.physics import MATERIALS
from spondyl.physics.kv import PlacedSource, load_kv_source
from spondyl.plan.kypho.overrides import (
    CEMENTS,
    IMPLANTS,
    found_overrides,
    hardware,
    refuse_source_in_metal,
    with_cement,
)
from spondyl.plan.kypho.patient import patient_medium
from spondyl.plan.kypho.placement import Placement
from spondyl.plan.kypho.plan import NeedlePlan
from spondyl.plan.kypho.prescription import parse_prescription
from spondyl.plan.kypho.robustness import needle_sensitivity
from spondyl.plan.kypho.settings import KyphoSettings

GRID = Grid((-30, -30, -30), (2, 2, 2), (31, 31, 31))
SOURCE = load_kv_source()


def box(name: str, k: slice, j: slice, i: slice):
    inside = np.zeros(GRID.shape)
    inside[k, j, i] = 1
    return from_coverage(name, "other", GRID, inside)


EVERY = slice(0, 31)
SCREW = box("Screw_L", slice(5, 8), slice(5, 25), slice(5, 8))
BALLOON = box("Balloon", slice(10, 14), slice(10, 14), slice(10, 14))
GTV = box("GTV", slice(5, 18), slice(5, 18), slice(5, 18))
STRUCTURES = Structures((SCREW, BALLOON, GTV, box("Nothing", slice(0, 0), EVERY, EVERY)))
CASE = Case("phantom", read_facts({}), Image(GRID, np.zeros(GRID.shape, np.int16)), STRUCTURES)


def density_and_name(overrides, place):
    medium = patient_medium(CASE, GRID, STRUCTURES, overrides)
    return float(medium.density_g_per_cm3[place]), medium.materials[int(medium.material[place])].name, medium.made


def test_an_override_changes_the_medium_and_is_told():
    overrides = found_overrides(STRUCTURES, (("screw_l", "Titanium"), ("Balloon", "balloon_contrast")))
    assert overrides == {"Screw_L": "titanium", "Balloon": "balloon-contrast"}
    assert density_and_name({}, (6, 20, 6))[0] == pytest.approx(1.02, abs=0.03)
    gram, name, made = density_and_name(overrides, (6, 20, 6))
    assert (gram, name) == (pytest.approx(4.54), "titanium")
    assert '"Screw_L" is titanium, 4.54 g/cm3' in made
    assert density_and_name(overrides, (12, 12, 12))[:2] == (pytest.approx(1.349), "balloon-contrast")
    assert density_and_name(overrides, (20, 20, 20))[:2] == density_and_name({}, (20, 20, 20))[:2]


@pytest.mark.parametrize("order", [1, -1])
def test_cement_flows_around_a_screw_and_fills_the_balloon(order: int):
    given = (("Screw_L", "steel"), ("Balloon", "air"))[::order]
    after = with_cement(found_overrides(STRUCTURES, given), "GTV", "barium-cement")
    assert density_and_name(after, (6, 6, 6))[1] == "steel"
    assert density_and_name(after, (12, 12, 12))[1] == "barium-cement"
    assert density_and_name(after, (15, 15, 15))[1] == "barium-cement"


def test_implants_are_materials_and_none_is_tissue_or_fluid():
    fluids = {"air", "water", "balloon-contrast"}
    tissue = {"lung", "adipose", "soft-tissue", "muscle", "spongiosa", "bone", "cortical-bone"}
    assert set(MATERIALS) == IMPLANTS | fluids | tissue


def test_hardware_is_metal_alone():
    assert hardware(STRUCTURES, {"Screw_L": "peek", "Balloon": "barium-cement"}) is None
    found = hardware(STRUCTURES, {"Screw_L": "titanium", "Balloon": "balloon-contrast"})
    assert found is not None
    assert np.array_equal(found, SCREW.mask())


def test_a_source_in_a_screw_is_refused():
    within, beside = (-18.0, 0.0, -18.0), (0.0, 0.0, 0.0)
    refuse_source_in_metal(STRUCTURES, {"Screw_L": "steel"}, [beside])
    refuse_source_in_metal(STRUCTURES, {"Screw_L": "peek"}, [within])
    with pytest.raises(PlanError, match=r'source at -18\.0, 0\.0, -18\.0 mm lies within "Screw_L", which is steel'):
        refuse_source_in_metal(STRUCTURES, {"Screw_L": "steel"}, [beside, within])


def test_what_is_not_there_is_refused():
    with pytest.raises(StructureError, match='"Screw_R" not found; nearest: Screw_L'):
        found_overrides(STRUCTURES, (("Screw_R", "steel"),))
    with pytest.raises(StructureError, match='"Nothing" is empty'):
        found_overrides(STRUCTURES, (("Nothing", "steel"),))
    with pytest.raises(MaterialError, match='"stel" is unknown; nearest: steel'):
        KyphoSettings(materials=(("Screw_L", "stel"),))


@pytest.mark.parametrize("name", sorted(set(MATERIALS) - set(CEMENTS)))
def test_what_is_no_cement_is_refused_as_cement(name: str):
    with pytest.raises(MaterialError, match=f'cement "{name}" is no bone cement, expected one of kyphon-hv-r-cement'):
        KyphoSettings(cement=name)


def test_cement_fills_three_tenths_of_the_body_at_most_nearest_to_the_source():
    """A body of 10 x 10 x 10 voxels of 8 mm3 is 8 cm3; 2.4 cm3 are 300 voxels, a ball of 8.3 mm about the source."""
    body = box("body", *[slice(10, 20)] * 3)
    source = (-1.0, -1.0, -1.0)
    found = cement_structure(body, body, [source])
    assert found.volume_cm3 == pytest.approx(2.4, abs=0.01)
    k, j, i = np.nonzero(found.full())
    away = np.linalg.norm(GRID.point_at(np.stack((k, j, i), axis=-1)) - np.array(source), axis=1)
    assert away.max() == pytest.approx((3 * 2400 / (4 * np.pi)) ** (1 / 3), abs=1.0)
    small = box("small", *[slice(12, 16)] * 3)
    assert cement_structure(small, body, [source]).volume_cm3 == pytest.approx(small.volume_cm3)


def test_the_sensitivity_keeps_the_screw_and_disturbs_its_surroundings():
    """The dose of this transport is the density: 4.54 in the screw, and other in tissue 4 mm beside it."""

    def density(medium, sources, settings):
        dose = Dose(medium.grid, medium.density_g_per_cm3, fractions=1)
        yield dose, dose

    screw_mm, beside_mm = [-18.0, 0.0, -18.0], [-10.0, 0.0, -18.0]
    placed = PlacedSource(SOURCE, (18.0, -10.0, 0.0), (0.0, -1.0, 0.0), 2.0)
    prescription = parse_prescription("8gy-at-13mm")
    ranges = {}
    for where in (screw_mm, beside_mm):
        inside = np.zeros(GRID.shape)
        inside[tuple(np.rint(GRID.index_of(np.array(where))).astype(int))] = 1
        wanted = [(from_coverage("there", "oar", GRID, inside), ("D50%",))]
        plan = NeedlePlan("phantom", "hytec-cord", prescription, Placement((), ()), (placed,))
        given = {"Screw_L": "titanium"}, {}
        for overrides in given:
            found = needle_sensitivity(CASE, STRUCTURES, plan, wanted, 1, density, silent, overrides)
            row = next(r for r in found.ranges() if r.kind.startswith("CT numbers"))
            ranges[where[0], bool(overrides)] = row.low, row.high
    assert ranges[-18.0, True] == pytest.approx((4.54, 4.54))
    low, high = ranges[-10.0, True]
    assert high - low > 0.1
    low, high = ranges[-10.0, False]
    assert high == pytest.approx(low)
