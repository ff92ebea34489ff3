import numpy as np
import pytest

from spondyl.anatomy import Structures, from_coverage
from spondyl.core import Grid, Image
from spondyl.core.errors import ImageError, MaterialError, StructureError
from spondyl.physics import MATERIALS, Medium, medium_from_ct, schneider_calibration

GRID = Grid((0, 0, 0), (2, 2, 2), (2, 3, 4))


def _ct(value=0.0):
    return Image(GRID, np.full(GRID.shape, value, np.float32))


def _box(name, role, coverage=1.0, x=slice(0, 2)):
    values = np.zeros(GRID.shape, np.float32)
    values[:, :, x] = coverage
    return from_coverage(name, role, GRID, values)


def test_densities_are_schneider_2000():
    # Eq. 21: 1.018 + 0.893e-3 H below 14 HU, 1.017 + 0.592e-3 H g/cm3 for bone.
    hu = np.array([0.0, 50.0, 500.0, 1200.0])
    expected = [1.018, 1.017 + 0.592e-3 * 50, 1.017 + 0.592e-3 * 500, 1.017 + 0.592e-3 * 1200]
    assert schneider_calibration().density(hu) == pytest.approx(expected, rel=2e-3)


def test_materials_follow_hu():
    curve = schneider_calibration()
    names = [curve.materials[i].name for i in curve.material_index(np.array([-1000, -700, -100, 0, 40, 600, 3000]))]
    assert names == ["ct-air", "ct-lung", "ct-fat-1", "ct-soft-2", "ct-soft-4", "ct-bone-6", "ct-bone-15"]


def test_outside_the_body_is_air():
    medium = medium_from_ct(_ct(), Structures([_box("BODY", "external")]))
    assert medium.density_g_per_cm3[0, 0] == pytest.approx([1.018, 1.018, 0.001205, 0.001205], rel=1e-3)
    assert medium.materials[medium.material[0, 0, 3]].name == "air"


def test_an_override_mixes_density_by_coverage():
    structures = Structures(
        [_box("Implant", "other", coverage=0.25, x=slice(0, 1)), _box("Cement", "other", x=slice(1, 2))]
    )
    medium = medium_from_ct(_ct(), structures, {"Implant": "titanium", "Cement": "pmma"})
    expected = [0.25 * 4.54 + 0.75 * 1.018, 1.19, 1.018, 1.018]
    assert medium.density_g_per_cm3[0, 0] == pytest.approx(expected, rel=1e-3)
    assert medium.materials[medium.material[0, 0, 1]].name == "pmma"
    # By mass: 0.25 x 4.54 of 0.25 x 4.54 + 0.75 x 1.018 g/cm3, to a sixteenth.
    mixed = medium.materials[medium.material[0, 0, 0]]
    assert mixed.mass_fractions["Ti"] == pytest.approx(0.598, abs=1 / 32)
    assert sum(share for _, share in mixed.parts) == pytest.approx(1.0)


def test_unknown_structure_and_material_are_refused():
    structures = Structures([_box("Implant", "other")])
    with pytest.raises(StructureError, match="Implant"):
        medium_from_ct(_ct(), structures, {"Implnt": "titanium"})
    with pytest.raises(MaterialError, match="titanium"):
        medium_from_ct(_ct(), structures, {"Implant": "titanum"})


def test_mr_is_refused():
    with pytest.raises(ImageError, match="MR"):
        medium_from_ct(Image(GRID, np.zeros(GRID.shape), "MR"), Structures())


@pytest.mark.parametrize(("density", "index", "says"), [(-1.0, 0, "0..25"), (np.nan, 0, "0..25"), (1.0, 2, "index 2")])
def test_impossible_media_are_refused(density, index, says):
    with pytest.raises(MaterialError, match=says):
        Medium(
            GRID, np.full(GRID.shape, density, np.float32), np.full(GRID.shape, index, np.uint8), (MATERIALS["water"],)
        )
