import numpy as np
import pytest

from spondyl.anatomy import Structures, from_coverage
from spondyl.core import Grid, Image
from spondyl.core.errors import ImageError
from spondyl.physics import MATERIALS, mass_energy_absorption, schneider_calibration
from spondyl.physics.kv import blended_composition, disturbed_ct, kv_calibration, kv_medium_from_ct

GRID = Grid((0, 0, 0), (1, 1, 1), (2, 3, 4))


def _ct(value=0.0):
    return Image(GRID, np.full(GRID.shape, value, np.float32))


def _absorption(material, kev=20.0):
    return float(mass_energy_absorption(material, kev / 1000)[0])


@pytest.mark.parametrize(
    ("hu", "name"), [(-1000, "ct-air"), (-500, "ct-lung"), (50, "ct-soft-4"), (1550, "ct-bone-15")]
)
def test_the_middle_of_a_bin_keeps_the_published_composition(hu, name):
    published = {m.name: m for m in schneider_calibration().materials}[name]
    assert blended_composition(hu).mass_fractions == pytest.approx(dict(published.mass_fractions))


@pytest.mark.parametrize("kev", [20.0, 30.0])
def test_the_step_from_connective_tissue_to_bone_is_gone(kev):
    """Published bins: x1.95 at 20 keV, x2.01 at 30 keV from 119 to 120 HU. Blended: 5 % of that a HU at most."""
    table = schneider_calibration()
    step = _absorption(table.materials[9], kev) / _absorption(table.materials[8], kev)
    assert [m.name for m in table.materials[8:10]] == ["ct-connective", "ct-bone-1"]
    assert step == pytest.approx({20.0: 1.952, 30.0: 2.013}[kev], abs=0.005)
    hu = np.arange(-1020.0, 1700.0)
    blended = np.array([_absorption(blended_composition(h), kev) for h in hu])
    assert np.abs(blended[1:] / blended[:-1] - 1).max() < 0.03
    assert blended[hu == 101] / blended[hu == 100] == pytest.approx(1.02, abs=0.01)


def test_cells_follow_the_blend_within_half_a_step():
    curve = kv_calibration(0.04)
    cell = np.array([_absorption(m) for m in curve.materials])
    assert np.abs(cell[1:] / cell[:-1] - 1).max() <= 0.04
    hu = np.arange(-1020.0, 1700.0, 1.7)
    exact = np.array([_absorption(blended_composition(h)) for h in hu])
    assert np.abs(cell[curve.material_index(hu)] / exact - 1).max() <= 0.0202
    assert len(kv_calibration(0.08).materials) < len(curve.materials) < 256  # indices are of 8 bits


def test_density_has_no_step_at_100_hu():
    """The published curve falls from 1.120 to 1.077 g/cm3 from 100 to 101 HU (eq. 21); this one rises by 0.0006."""
    density = kv_calibration().density(np.array([100.0, 101.0]))
    assert density[1] - density[0] == pytest.approx(0.592e-3, rel=0.02)


def test_needle_and_cement_override_and_metal_is_told():
    ct = _ct(40.0)
    ct.values[0, 0, :2] = 3071
    needle = np.zeros(GRID.shape, np.float32)
    needle[0, 0, 0] = 1
    medium = kv_medium_from_ct(ct, Structures([from_coverage("Needle", "other", GRID, needle)]), {"Needle": "steel"})
    assert medium.materials[medium.material[0, 0, 0]] == MATERIALS["steel"]
    assert "0.001 cm3 of the CT is above 3000 HU" in medium.made[-1]


def test_radiopaque_materials_are_as_published():
    """Barium: 137.33 / 233.39 of 6 g BaSO4 in 29 g of cement; iodine: 300 mg/ml."""
    assert MATERIALS["kyphon-hv-r-cement"].mass_fractions["Ba"] == pytest.approx(6 / 29 * 137.33 / 233.39, rel=1e-3)
    contrast = MATERIALS["balloon-contrast"]
    assert contrast.mass_fractions["I"] * contrast.density_g_per_cm3 == pytest.approx(0.300, rel=2e-3)
    assert MATERIALS["zirconium-cement"].mass_fractions["Zr"] == pytest.approx(0.101 * 91.224 / 123.22, rel=5e-3)


def test_not_finite_ct_numbers_are_refused():
    ct = _ct()
    ct.values[1, 2, 3] = np.nan
    with pytest.raises(ImageError, match=r"1 CT numbers that are not finite, first at voxel \[z 1, y 2, x 3\]"):
        kv_medium_from_ct(ct, Structures())


def test_an_artefact_shifts_its_region_only():
    region = np.zeros(GRID.shape, bool)
    region[0, 0] = True
    moved = disturbed_ct(_ct(10.0), region, -80.0)
    assert np.unique(moved.values[region]) == pytest.approx([-70])
    assert np.unique(moved.values[~region]) == pytest.approx([10])
    with pytest.raises(ImageError, match="no voxel"):
        disturbed_ct(_ct(), np.zeros(GRID.shape, bool), -80.0)
    with pytest.raises(ImageError, match="shape"):
        disturbed_ct(_ct(), region[0], -80.0)
