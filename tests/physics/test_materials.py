import numpy as np
import pytest

from spondyl.core.errors import MaterialError
from spondyl.physics import MATERIALS, Material, find_material
from spondyl.physics.electrons import (
    mass_collision_stopping_power,
    mean_excitation_ev,
    mean_way,
    relative_electron_path,
    relative_mass_stopping_power,
    scattering_per_g_per_cm2,
)
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
        (8.8, {"Es": 1.0}, r"element Es \(Z 99\) has no photon cross sections, expected H \(1\) to Cf \(98\)"),
        (1.0, {"H": -0.1, "O": 1.1}, "mass fraction of H"),
    ],
)
def test_impossible_materials_are_refused(density, fractions, says):
    with pytest.raises(MaterialError, match=says):
        Material("m", density, fractions)


def test_scattering_of_a_mixture_is_its_elements_by_mass():
    one, two = Material("h", 1.0, {"H": 1.0}), Material("o", 1.0, {"O": 1.0})
    water, energy = Material("w", 1.0, {"H": 0.1119, "O": 0.8881}), np.array([0.2, 1.0, 4.0])
    parts = 0.1119 * scattering_per_g_per_cm2(one, energy) + 0.8881 * scattering_per_g_per_cm2(two, energy)
    assert scattering_per_g_per_cm2(water, energy) == pytest.approx(parts, rel=1e-6)


def test_an_electron_that_hardly_scatters_goes_its_mean_path():
    """Hydrogen at 6 MeV: the mean of path over energy lost, up to the little that it turns."""
    hydrogen = Material("h", 0.09, {"H": 1.0})
    energy = np.linspace(6.0, 0.01, 400)
    stopping = np.array([mass_collision_stopping_power(hydrogen, float(t)) for t in energy])
    straight = -np.trapezoid(energy / stopping, energy) / 6.0
    assert mean_way(hydrogen, 6.0, 0) == pytest.approx(straight, rel=2e-3)
    assert 0.9 * straight < mean_way(hydrogen, 6.0, 1) < straight


def test_forward_stream_of_electrons_behind_a_metal():
    """Half of fluence (kerma over stopping power) and net current (kerma times mean forward way)."""
    titanium, water = MATERIALS["titanium"], MATERIALS["water"]
    fluence = 1 / relative_mass_stopping_power(titanium)
    current = mean_way(titanium, 1.5, 1) / mean_way(water, 1.5, 1)
    assert 1 / relative_electron_path(titanium) == pytest.approx((fluence + current) / 2)
    assert relative_electron_path(water) == pytest.approx(1.0)
    assert fluence > 1 > current
