"""Photon tables from 1 to 100 keV: against NIST's, at edges, and what is sampled from them."""

from importlib.resources import files

import numpy as np
import pytest
from numba import njit

from spondyl.dose.kv.interact import at, locate, relax, sample_compton, sample_rayleigh, sample_vacancy
from spondyl.dose.kv.random import start
from spondyl.physics import MATERIALS, Material
from spondyl.physics.cross_sections import klein_nishina_cm2
from spondyl.physics.kv.binding import bound_transfer, computed_shares
from spondyl.physics.kv.fluorescence import mean_line_energy_kev, shells, transitions
from spondyl.physics.kv.sampling import HC_KEV_ANGSTROM
from spondyl.physics.kv.tables import photon_tables

WATER, BONE, BARIUM, CEMENT = range(4)
TABLES = photon_tables(
    [MATERIALS["water"], MATERIALS["cortical-bone"], Material("Ba", 3.5, {"Ba": 1.0}), MATERIALS["barium-cement"]]
)


def _value(table, row, energy_kev):
    node, weight = locate(TABLES, energy_kev)
    return at(table, row, node, weight)


@pytest.mark.parametrize(
    ("row", "energy_kev", "attenuation"),
    # Hubbell and Seltzer 1996, NISTIR 5632, tables 3 and 4: mass attenuation in cm2/g.
    [
        (WATER, 1.0, 4078), (WATER, 5.0, 42.58), (WATER, 10.0, 5.329), (WATER, 20.0, 0.8096), (WATER, 30.0, 0.3756),
        (WATER, 50.0, 0.2269), (WATER, 100.0, 0.1707), (BONE, 10.0, 28.51), (BONE, 20.0, 4.001), (BONE, 30.0, 1.331),
        (BONE, 50.0, 0.4242), (BONE, 100.0, 0.1855), (BARIUM, 30.0, 9.904), (BARIUM, 40.0, 24.57),
    ],
)  # fmt: skip
def test_attenuation_is_nist_s(row, energy_kev, attenuation):
    assert _value(TABLES.total, row, energy_kev) == pytest.approx(attenuation, rel=0.01)


@pytest.mark.parametrize(
    ("energy_kev", "absorption"),
    # Hubbell and Seltzer 1996, NISTIR 5632, table 4, water: mass energy absorption in cm2/g.
    [(5.0, 41.88), (10.0, 4.944), (20.0, 0.5503), (30.0, 0.1557), (50.0, 0.04223), (100.0, 0.02546)],
)
def test_water_absorbs_as_nist_says(energy_kev, absorption):
    assert _value(TABLES.absorption, WATER, energy_kev) == pytest.approx(absorption, rel=0.003)


def test_bone_keeps_calcium_s_fluorescence_that_nist_takes_out():
    # NIST's 26.80 cm2/g at 10 keV leaves out calcium's K lines: 89 % of 10 keV absorptions in calcium open the K
    # shell, of which 16 % send out 3.7 keV; calcium takes 75 % of what bone absorbs. Here they stay on the spot.
    assert _value(TABLES.absorption, BONE, 10.0) == pytest.approx(26.80 / (1 - 0.75 * 0.89 * 0.163 * 0.37), rel=0.01)


def test_the_parts_add_up_and_absorption_is_never_below_the_photoelectric_part_of_light_elements():
    parts = TABLES.photoelectric + TABLES.incoherent + TABLES.coherent
    assert TABLES.total == pytest.approx(parts, rel=1e-12)
    assert (TABLES.absorption[[WATER, BONE, 4]] >= TABLES.photoelectric[[WATER, BONE, 4]]).all()
    assert (TABLES.total[4] == TABLES.total[WATER]).all()  # the last row is water


def test_barium_s_k_edge_is_not_smeared():
    # xraylib's edge, 37.4406 keV; photoelectric absorption rises 5.9-fold there (Veigele's jump ratio is 5.9).
    below, above = (_value(TABLES.photoelectric, BARIUM, 37.4406 + off) for off in (-1e-6, 1e-6))
    assert above / below == pytest.approx(5.90, rel=0.01)
    for step in (0.01, 0.05):  # a falling power of energy right up to the edge, on both sides
        assert _value(TABLES.photoelectric, BARIUM, 37.4406 - step) > below
        assert _value(TABLES.photoelectric, BARIUM, 37.4406 + step) < above


def test_above_its_edge_barium_leaves_less_on_the_spot():
    # Its K lines carry off 32.2 keV of 37.5 in 0.9 x 0.83 of the absorptions: 0.25 to 0.45 of the energy stays.
    kept = _value(TABLES.absorption, BARIUM, 37.5) / _value(TABLES.photoelectric, BARIUM, 37.5)
    assert kept == pytest.approx(1 - 0.829 * 29.8 / 37.5, abs=0.02)
    assert _value(TABLES.absorption, BARIUM, 37.4) > 0.95 * _value(TABLES.photoelectric, BARIUM, 37.4)


def test_fluorescence_yields_are_krause_s():
    # Krause 1979, table 3: K yields of Ti 0.219, Fe 0.340, Ba 0.901; gold's L3 yield is 0.320.
    for z, shell, fluorescence in ((22, "K", 0.219), (26, "K", 0.340), (56, "K", 0.901), (79, "L3", 0.320)):
        total = sum(t.probability for t in transitions(z, shell) if t.line_kev)
        assert total == pytest.approx(fluorescence, rel=0.06)
    assert shells(20) == ()
    assert shells(79) == ("K", "L1", "L2", "L3")
    assert 31 < mean_line_energy_kev(56, "K") / 0.9 < 34


def test_bound_electrons_take_more_than_free_ones():
    # 3,000 momenta and 80 angles, no tables between: oxygen takes 0.05738 of 30 keV and 0.08431 of 50 keV.
    oxygen = Material("O", 1.0, {"O": 1.0})
    taken = np.interp([30.0, 50.0], TABLES.energy_kev, bound_transfer(oxygen))
    assert taken == pytest.approx([0.05738, 0.08431], rel=0.003)
    # Hydrogen's electron is as good as free: Klein and Nishina's mean share at 100 keV.
    total, transfer = klein_nishina_cm2(0.1)
    hydrogen = bound_transfer(Material("H", 1.0, {"H": 1.0}))[-1]
    assert hydrogen == pytest.approx(float(transfer / total), rel=0.003)
    assert _value(TABLES.transfer_scale, WATER, 30.0) == pytest.approx(1.029, abs=0.003)


@pytest.mark.parametrize("z", [1, 6, 26])
def test_the_file_of_compton_transfer_is_what_is_computed(z):
    text = files("spondyl").joinpath("data/physics/kv_compton_transfer.csv").read_text()
    row = next(line for line in text.splitlines() if line.startswith(f"{z},"))
    assert computed_shares(z) == pytest.approx([float(a) for a in row.split(",")[1:]], rel=1e-4)


@njit
def _line_energy(t, row, energy_kev, state, sent):
    node, weight = locate(t, energy_kev)
    for i in range(sent.size):
        state, vacancy = sample_vacancy(t, row, node, weight, state)
        while vacancy >= 0:
            state, line, vacancy = relax(t, vacancy, state)
            sent[i] += line


@pytest.mark.parametrize(("row", "energy_kev"), [(BARIUM, 30.0), (BARIUM, 60.0), (CEMENT, 40.0)])
def test_fluorescence_is_sampled_as_absorption_leaves_it_out(row, energy_kev):
    sent = np.zeros(100_000)
    _line_energy(TABLES, row, energy_kev, start(np.uint64(3), np.uint64(row)), sent)
    node, weight = locate(TABLES, energy_kev)
    photoelectric = at(TABLES.photoelectric, row, node, weight)
    compton = at(TABLES.incoherent, row, node, weight) * _taken(row, energy_kev)
    kept = (at(TABLES.absorption, row, node, weight) - compton) / photoelectric
    assert sent.mean() == pytest.approx(energy_kev * (1 - kept), abs=4 * sent.std() / np.sqrt(sent.size))
    assert (sent <= energy_kev).all()


def _taken(row, energy_kev):
    material = {BARIUM: Material("Ba", 3.5, {"Ba": 1.0}), CEMENT: MATERIALS["barium-cement"]}[row]
    return np.interp(energy_kev, TABLES.energy_kev, bound_transfer(material))


def test_forms_at_no_momentum_transfer_are_all_and_nothing():
    assert TABLES.form_factor_squared[:, 0] == pytest.approx(1)
    assert (TABLES.scattering_function[:, 0] == 0).all()
    assert TABLES.scattering_function[WATER, -1] == pytest.approx(1, abs=0.01)


@njit
def _samples(t, row, energy_kev, state, scattered, cosine, coherent):
    for i in range(cosine.size):
        state, scattered[i], cosine[i] = sample_compton(t, row, energy_kev, state)
        state, coherent[i] = sample_rayleigh(t, row, energy_kev, state)


@pytest.mark.parametrize(("row", "energy_kev"), [(WATER, 10.0), (WATER, 50.0), (BONE, 20.0), (CEMENT, 35.0)])
def test_what_is_sampled_has_the_tables_means(row, energy_kev):
    count = 40_000
    scattered, cosine, coherent = (np.empty(count) for _ in range(3))
    _samples(TABLES, row, energy_kev, start(np.uint64(1), np.uint64(row)), scattered, cosine, coherent)
    given = 1 - scattered / energy_kev
    node, weight = locate(TABLES, energy_kev)
    left = at(TABLES.absorption, row, node, weight)
    if row != CEMENT:  # nothing transported: what is left is all photoelectric energy and Compton's
        share = (left - at(TABLES.photoelectric, row, node, weight)) / at(TABLES.incoherent, row, node, weight)
        assert given.mean() == pytest.approx(share, abs=4 * given.std() / np.sqrt(count) + 1e-4 * share)
    mu = np.linspace(-1, 1, 20_001)
    x = energy_kev / HC_KEV_ANGSTROM * np.sqrt((1 - mu) / 2)
    shape = (1 + mu**2) * np.interp(x, TABLES.x_per_angstrom, TABLES.form_factor_squared[row])
    mean = (shape * mu).sum() / shape.sum()
    assert coherent.mean() == pytest.approx(mean, abs=4 * coherent.std() / np.sqrt(count))
