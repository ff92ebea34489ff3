"""Behind the pedicle: ribs and metal are kept clear of, skin is told, and an optimum at a bound says so."""

from dataclasses import replace

import numpy as np
import pytest
from pedicle_phantom import ASIDE, placed, space

from spondyl.anatomy import Case, Structures, access_search, from_coverage
from spondyl.anatomy.access import measure_access
from spondyl.anatomy.access_approach import Approach, approach_to
from spondyl.anatomy.access_search import propose_access
from spondyl.anatomy.sectors import Vertebra
from spondyl.clinic.facts import read_facts
from spondyl.core import Grid, Image

GRID = Grid((-99.0, -59.0, -59.0), (2.0, 2.0, 2.0), (60, 90, 100))
"""LPS: posterior is +y; the phantom's pedicles lie at x 14 (left) and -14, y 0."""
Z, Y, X = np.meshgrid(*(GRID.axis_mm(a) for a in "zyx"), indexing="ij")
NONE = np.zeros(GRID.shape, bool)


def away(mask: np.ndarray) -> np.ndarray:
    points = np.argwhere(mask)
    if not len(points):
        return np.full(GRID.shape, 1000.0, np.float32)
    from scipy.ndimage import distance_transform_edt

    return (distance_transform_edt(~mask, sampling=2.0) - 1.0).astype(np.float32)


def behind(bone: np.ndarray = NONE, metal: np.ndarray = NONE, organ: np.ndarray = NONE):
    """The phantom, 15 degrees of convergence, with the skin at y 90."""
    where, axes = space()
    return replace(where, approach=Approach(GRID, away(bone), away(metal), away(organ), Y < 90)), axes


def line(axes: np.ndarray):
    """Along the left pedicle's own axis: 15 degrees, from behind the plate to 20 mm ahead of the pedicle's middle."""
    a = np.radians(15.0)
    direction = np.array([-np.sin(a), np.cos(a), 0.0])
    point = np.array([ASIDE, 0.0, 0.0])
    return placed(point - 30 * direction, axes), placed(point + 20 * direction, axes)


def test_the_skin_is_where_the_path_leaves_the_body() -> None:
    """From the cortex at y 16 to y 90 at 15 degrees: 74 / cos 15; the pedicle begins beside the canal, 16 mm on."""
    where, axes = behind()
    found = measure_access(where, *line(axes))
    assert found.skin_to_entry_mm == pytest.approx(74 / np.cos(np.radians(15)), abs=2.0)
    assert found.skin_mm is not None
    assert found.skin_mm[1] == pytest.approx(90.0, abs=2.0)
    assert found.skin_mm[0] == pytest.approx(ASIDE + 90 * np.tan(np.radians(15)), abs=1.5)
    assert found.skin_to_pedicle_mm - found.skin_to_entry_mm == pytest.approx(16.6, abs=1.0)
    assert (found.other_bone_mm, found.metal_mm, found.meets_other_bone) == (None, None, False)


def test_a_rib_on_the_way_is_told_and_the_proposal_passes_it() -> None:
    """A rib across the path that would be proposed without it, 30 mm behind its entry."""
    where, axes = behind()
    aim = placed([0.0, 18.0, 0.0], axes)
    free = next(p.access for p in propose_access(where, aim) if p.side == "left")
    assert free is not None
    x, y, _ = np.array(free.entry_mm) - 30 * free.direction
    where, _ = behind(bone=(np.abs(Y - y) < 5) & (np.abs(X - x) < 4) & (np.abs(Z) < 30))
    blocked = measure_access(where, free.entry_mm, free.tip_mm)
    assert blocked.meets_other_bone
    assert blocked.fits
    past = next(p.access for p in propose_access(where, aim) if p.side == "left")
    assert past is not None
    assert past.other_bone_mm is not None
    assert past.other_bone_mm >= 2.1


def test_where_bone_is_everywhere_behind_a_path_is_proposed_and_says_so() -> None:
    where, axes = behind(bone=(np.abs(Y - 40) < 5))
    found = next(p for p in propose_access(where, placed([0.0, 18.0, 0.0], axes)) if p.side == "left")
    assert found.access is not None
    assert found.access.meets_other_bone


def test_a_screw_in_the_pedicle_is_refused_on_its_side_alone() -> None:
    screw = (np.abs(X - ASIDE) < 3) & (np.abs(Z) < 3) & (np.abs(Y) < 30)
    where, axes = behind(metal=screw)
    assert (
        "0.0 mm from metal in the CT, the cannula of 4.2 mm needs 2.1 mm"
        in measure_access(where, *line(axes)).refusals[-1]
    )
    left, right = (
        next(p for p in propose_access(where, placed([0, 18, 0], axes)) if p.side == s) for s in ("left", "right")
    )
    assert left.access is None
    assert "from metal in the CT" in left.refusal
    assert right.access is not None
    assert right.access.metal_mm > 2.1


def test_a_path_through_lung_is_refused_and_the_proposal_passes_it() -> None:
    """A lung across the path that would be proposed without it, 30 mm behind its entry; then over the whole side."""
    where, axes = behind()
    aim = placed([0.0, 18.0, 0.0], axes)
    free = next(p.access for p in propose_access(where, aim) if p.side == "left")
    assert free is not None
    x, y, _ = np.array(free.entry_mm) - 30 * free.direction
    where, _ = behind(organ=(np.abs(Y - y) < 5) & (np.abs(X - x) < 4) & (np.abs(Z) < 30))
    refused = measure_access(where, free.entry_mm, free.tip_mm)
    assert "0.0 mm from lung, gas or an organ, the cannula of 4.2 mm needs 2.1 mm" in refused.refusals[-1]
    past = next(p.access for p in propose_access(where, aim) if p.side == "left")
    assert past is not None
    assert past.organ_mm is not None
    assert past.organ_mm >= 2.1
    everywhere, _ = behind(organ=(np.abs(Y - 40) < 5))
    assert all(p.access is None for p in propose_access(everywhere, aim))


def test_lung_is_read_from_the_ct_and_organs_from_what_is_drawn() -> None:
    """Air of -700 HU in the body, fat of -100 HU, the room's air beside the skin, a kidney; the cord is the canal's."""
    hu = np.full(GRID.shape, 40, np.int16)
    own = (np.abs(X) < 10) & (np.abs(Y) < 10) & (np.abs(Z) < 10)
    hu[(np.abs(Y - 40) < 5) & (np.abs(X - 40) < 5)] = -700
    hu[(np.abs(Y - 40) < 5) & (np.abs(X) < 5)] = -100
    hu[Y > 88] = -1000
    kidney = from_coverage("kidney_left", "oar", GRID, (np.abs(Y - 40) < 5) & (np.abs(X + 40) < 5))
    cord = from_coverage("spinal_cord", "oar", GRID, (np.abs(Y - 20) < 5) & (np.abs(X) < 5))
    body = from_coverage("BODY", "external", GRID, Y < 92)
    where, _ = space()
    parts = Structures([from_coverage("vertebral_body", "bone", GRID, own)])
    case = Case("phantom", read_facts({}), Image(GRID, hu), Structures([body, kidney, cord]))
    found = approach_to(case, Vertebra("T11", parts, where.frame, True))
    at = np.array([[40.0, 40.0, 0.0], [-40.0, 40.0, 0.0]])
    assert (found.organ_at(at) < 0).all()
    elsewhere = np.array([[0.0, 40.0, 0.0], [0.0, 20.0, 0.0], [0.0, 90.0, 0.0]])
    assert (found.organ_at(elsewhere) > 20).all()


def test_hardware_of_a_structure_counts_as_metal_of_the_ct() -> None:
    screw = (np.abs(X - ASIDE) < 3) & (np.abs(Z) < 3) & (np.abs(Y) < 30)
    where, axes = behind()
    assert where.approach is not None
    found = measure_access(replace(where, approach=where.approach.with_metal(screw, GRID)), *line(axes))
    assert not found.fits


def test_an_optimum_at_the_bounds_says_so_and_one_within_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """The aim asks for 31 degrees of convergence: within the 45 that are tried, beyond 20."""
    where, axes = space(4.5)
    aim = placed([0.0, 23.0, 0.0], axes)
    assert [p.at_bound for p in propose_access(where, aim)] == ["", ""]
    monkeypatch.setattr(access_search, "CONVERGENCE_DEG", np.arange(-10.0, 20.1, 2.5))
    assert [p.at_bound for p in propose_access(where, aim)] == ["convergence 20 degrees"] * 2


def test_what_is_bone_and_metal_is_read_from_the_ct() -> None:
    """A vertebra of 20 mm, a rib of 300 HU behind it, a wire of 3000 HU, a bright pixel outside the body."""
    hu = np.full(GRID.shape, 40, np.int16)
    own = (np.abs(X) < 10) & (np.abs(Y) < 10) & (np.abs(Z) < 10)
    hu[own] = 400
    hu[(np.abs(Y - 60) < 3) & (np.abs(X - 30) < 3)] = 300
    hu[(np.abs(Y - 30) < 2) & (np.abs(X + 30) < 2)] = 3000
    hu[Y > 100] = 500
    body = from_coverage("BODY", "external", GRID, Y < 90)
    where, _ = space()
    parts = Structures([from_coverage("vertebral_body", "bone", GRID, own)])
    case = Case("phantom", read_facts({}), Image(GRID, hu), Structures([body]))
    found = approach_to(case, Vertebra("T11", parts, where.frame, True))
    at = np.array([[30.0, 60.0, 0.0], [0.0, 60.0, 0.0], [-30.0, 30.0, 0.0], [0.0, 0.0, 0.0]])
    assert found.bone_at(at)[:2] == pytest.approx([-1.0, 27.0], abs=1.5)
    assert found.bone_at(at)[3] > 20
    assert found.metal_at(at)[2:] == pytest.approx([-1.0, 41.0], abs=1.5)
