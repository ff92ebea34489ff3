"""The needle's metal in the dose: behind the tip, as wide as the cannula, on by default, and out after the cement."""

import numpy as np
import pytest

from spondyl.anatomy import Case, Structures
from spondyl.anatomy.access import Access
from spondyl.anatomy.access_structures import METAL_FROM_MM, SHAFT, shaft_structure
from spondyl.clinic.facts import read_facts
from spondyl.core import Grid, Image
from spondyl.core.errors import MaterialError
from spondyl.dose.kv.setup import KvSettings
from spondyl.physics.kv import PlacedSource, load_kv_source, voxel_centres
from spondyl.plan.kypho.patient import patient_medium
from spondyl.plan.kypho.settings import KyphoSettings
from spondyl.plan.kypho.transport import transported

GRID = Grid((-30.0, -20.0, -30.0), (1.0, 1.0, 1.0), (61, 71, 61))
PATH = Access("right", (0.0, 30.0, 0.0), (0.0, 0.0, 0.0), 0.0, 0.0, 10.0, 30.0, 4.0, 5.0, 6.0, skin_to_entry_mm=15.0)


def test_the_metal_is_a_rod_from_behind_the_tip_to_the_skin() -> None:
    """From 10 mm behind the source to the skin, 45 mm: 35 mm of a circle of 2.1 mm, 485 mm3."""
    shaft = shaft_structure(GRID, [PATH])
    assert shaft.volume_cm3 == pytest.approx(0.035 * np.pi * 2.1**2, rel=0.03)
    k, j, i = np.nonzero(shaft.full())
    points = GRID.point_at(np.stack((k, j, i), axis=-1))
    assert points[:, 1].min() == pytest.approx(METAL_FROM_MM, abs=0.6)
    assert points[:, 1].max() == pytest.approx(45.0, abs=0.6)


def test_steel_shadows_what_lies_behind_it_and_nothing_ahead_or_beside() -> None:
    """25 mm behind the source in the needle's axis, water got dose; steel in between lets next to nothing through."""
    structures = Structures([shaft_structure(GRID, [PATH])])
    case = Case("phantom", read_facts({}), Image(GRID, np.zeros(GRID.shape, np.int16)), structures)
    placed = PlacedSource(load_kv_source(), (0.0, 0.0, 0.0), (0.0, -1.0, 0.0), 2.0)
    dose = []
    for overrides in ({}, {SHAFT: "steel"}):
        medium = patient_medium(case, GRID, structures, overrides)
        *_, last = transported(medium, [placed], KvSettings(40_000, 1), engine="kv-hybrid")
        dose.append(last[1].values)

    r, cosine = placed.polar(voxel_centres(GRID))

    def ratio(where: np.ndarray) -> float:
        return float(dose[1][where].sum() / dose[0][where].sum())

    assert ratio((np.abs(r - 25) < 2) & (cosine < -0.998)) < 0.1
    assert ratio((np.abs(r - 14) < 6) & (cosine > 0.3)) == pytest.approx(1.0, abs=0.02)
    assert ratio((np.abs(r - 14) < 6) & (np.abs(cosine) < 0.3)) == pytest.approx(1.0, abs=0.02)


def test_the_shaft_is_steel_unless_it_is_left_out_and_a_known_material() -> None:
    assert KyphoSettings().shaft == "steel"
    assert KyphoSettings(shaft="").shaft == ""
    with pytest.raises(MaterialError, match='"stel" is unknown; nearest: steel'):
        KyphoSettings(shaft="stel")
