import pytest

from spondyl.core.errors import MaterialError
from spondyl.physics import MATERIALS, Material, find_material
from spondyl.physics.electrons import mass_collision_stopping_power, mean_excitation_ev, relative_mass_stopping_power
from spondyl.physics.scattered_photons import relative_scatter_absorption, relative_scatter_attenuation


def test_every_built_in_composition_adds_up_and_has_a_source():
    for material in MATERIALS.values():
        assert sum(material.mass_fractions.values()) == pytest.approx(1.0, abs=1e-9)
        assert len(material.source) > 10


def test_electrons_per_gram_of_water():
    assert MATERIALS["water"].electrons_per_gram_mol == pytest.approx(0.55508, rel=2e-4)  # NIST Z/A of liquid water


def test_stopping_power_of_water_is_icru_37():
    # ICRU Report 37 (NIST ESTAR): 2.034, 1.849, 1.824 MeV cm2/g at 0.5, 1 and 2 MeV.
    for energy, value in ((0.5, 2.034), (1.0, 1.849), (2.0, 1.824)):
        assert mass_collision_stopping_power(MATERIALS["water"], energy) == pytest.approx(value, rel=0.01)


def test_mean_excitation_of_water_is_75_ev():
    assert mean_excitation_ev(MATERIALS["water"]) == pytest.approx(75.0, rel=0.01)  # ICRU Report 37


def test_bone_slows_electrons_less_per_mass():
    # NIST ESTAR at 1 MeV: compact bone 1.707 / water 1.849.
    assert relative_mass_stopping_power(MATERIALS["bone"]) == pytest.approx(1.707 / 1.849, rel=0.015)


def test_water_is_its_own_reference():
    water = MATERIALS["water"]
    assert relative_mass_stopping_power(water) == 1.0
    assert relative_scatter_absorption(water) == 1.0
    assert relative_scatter_attenuation(water) == 1.0


def test_names_are_found_whatever_their_case_and_dashes():
    assert find_material("Soft_Tissue").name == "soft-tissue"
    with pytest.raises(MaterialError, match="nearest: titanium"):
        find_material("titan")


@pytest.mark.parametrize(
    ("density", "fractions", "says"),
    [
        (1850.0, {"H": 1.0}, "kg/m3"),
        (1.0, {"H": 0.1, "O": 0.8}, "add up to 0.9000"),
        (1.0, {"Xx": 1.0}, '"Xx" is unknown'),
        (1.0, {"H": -0.1, "O": 1.1}, "mass fraction of H"),
    ],
)
def test_impossible_materials_are_refused(density, fractions, says):
    with pytest.raises(MaterialError, match=says):
        Material("m", density, fractions)
