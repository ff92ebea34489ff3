"""Against NIST XCOM and the tables of mass energy absorption by Hubbell and Seltzer (NISTIR 5632, 1996)."""

import numpy as np
import pytest

from spondyl.core.errors import MaterialError
from spondyl.physics import MATERIALS, Material, mass_attenuation, mass_energy_absorption, mono_kernels
from spondyl.physics.cross_sections import klein_nishina_cm2, pair_cm2_per_z2

ENERGY = [0.1, 0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0]
NIST_WATER = [0.1707, 0.1186, 0.09687, 0.07866, 0.07072, 0.05754, 0.04942, 0.03969, 0.03403, 0.03031, 0.02770]
NIST_WATER_ABSORPTION = [
    0.02546, 0.03192, 0.03299, 0.03206, 0.03103, 0.02833, 0.02608, 0.02281, 0.02066, 0.01915, 0.01806,
]  # fmt: skip


def test_attenuation_of_water_is_nist_within_half_a_percent():
    assert mass_attenuation(MATERIALS["water"], ENERGY) == pytest.approx(NIST_WATER, rel=0.004)


def test_absorption_of_water_is_nist_within_half_a_percent_above_300_kev():
    assert mass_energy_absorption(MATERIALS["water"], ENERGY)[1:] == pytest.approx(NIST_WATER_ABSORPTION[1:], rel=0.004)


def test_absorption_over_attenuation_is_the_kernels_primary_fraction():
    energies, kernels = mono_kernels()
    water = MATERIALS["water"]
    ratio = mass_energy_absorption(water, energies) / mass_attenuation(water, energies)
    assert [k.primary_fraction for k in kernels] == pytest.approx(ratio, rel=0.006)


def test_attenuation_is_continuous_where_the_table_ends():
    for name in ("water", "bone", "titanium"):
        below, above = mass_attenuation(MATERIALS[name], [0.79999, 0.80001])
        assert above == pytest.approx(below, rel=2e-3)


def test_klein_nishina_at_511_kev():
    # 2 pi r_e^2 [4/3 - 3/4 ln 3 + ...] at alpha = 1 (Attix 1986, appendix D.1): 2.865e-25 cm2.
    assert klein_nishina_cm2(0.511)[0] == pytest.approx(2.865e-25, rel=1e-3)


def test_pair_series_agree_where_they_meet():
    low, high = pair_cm2_per_z2([4 * 0.51099895 * 0.999999, 4 * 0.51099895 * 1.000001])
    assert high == pytest.approx(low, rel=2e-3)


def test_no_pairs_below_threshold():
    assert pair_cm2_per_z2([1.0, 1.021])[1] == 0.0


def test_energy_out_of_range_is_refused():
    with pytest.raises(MaterialError, match=r"0\.001\.\.20 MeV"):
        mass_attenuation(MATERIALS["water"], [30.0])


def test_a_mixture_is_the_sum_of_its_parts():
    half = Material("half", 1.0, {"H": 0.5, "O": 0.5})
    parts = [mass_attenuation(Material(s, 1.0, {s: 1.0}), [2.0])[0] for s in ("H", "O")]
    assert mass_attenuation(half, [2.0])[0] == pytest.approx(np.mean(parts), rel=1e-9)
