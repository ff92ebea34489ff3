"""The electrons' second, isotropic flight: nothing new in uniform water, Lewis's tracks in other materials."""

import numpy as np
import pytest
from scipy.special import eval_legendre

from spondyl.core import Grid
from spondyl.dose.engines.exponential_kernel import exponential_kernel
from spondyl.dose.engines.lattice import Source, transport
from spondyl.dose.engines.wandering import before_wandering, wander
from spondyl.physics import MATERIALS, Material, mono_kernel
from spondyl.physics.electrons import WANDERING_SHARE, electron_flights, mean_way, scattering_per_g_per_cm2

GRID = Grid((0, 0, 0), (1.5,) * 3, (41, 41, 41))
WATER = np.ones(GRID.shape, np.float32)
DECAY_PER_CM = 3.0


def _kernel():
    return exponential_kernel(mono_kernel(3.0), "primary", 1.0, 4, 15)


def _flown(kernel):
    beam = np.zeros((1, 41, 41, 41), np.float32)
    beam[0, 12, 17:24, 17:24] = 1.0  # a patch of 10 mm
    source = Source((0, 0, 0), beam, np.array([30.0, 30.0, -1e4]))
    return transport(GRID, WATER, [source], [kernel], 23, 6, 0.0, lambda _: None)


def test_both_flights_are_the_kernel_in_uniform_water():
    once = _flown(_kernel())
    straight = _flown(before_wandering(_kernel(), WANDERING_SHARE, DECAY_PER_CM))
    going_on = np.float32(WANDERING_SHARE) * straight
    both = straight - going_on + wander(GRID, going_on, WATER, DECAY_PER_CM)
    assert both.sum(dtype=float) == pytest.approx(once.sum(dtype=float), rel=2e-3)
    # The second flight blurs by two more voxels; behind the patch nothing is sharp any more.
    depth = slice(16, 34)
    assert np.abs(both - once)[depth].max() < 0.02 * once[depth].max()
    assert np.abs(straight - once)[depth].max() > 0.04 * once[depth].max()  # neither flight is the kernel alone


def test_wandering_keeps_energy_and_has_no_direction():
    energy = np.zeros(GRID.shape, np.float32)
    energy[20, 20, 20] = 1.0
    flown = wander(GRID, energy, WATER, DECAY_PER_CM)
    assert flown.sum(dtype=float) == pytest.approx(1.0, abs=2e-3)
    for axis in range(3):
        profile = flown.sum(axis=tuple(a for a in range(3) if a != axis), dtype=float)
        assert profile @ np.arange(41) == pytest.approx(20.0, abs=1e-3)
        # Variance along an axis: two thirds of the mean flight squared, and two voxels' own.
        wanted = 2 / 3 * (10 / DECAY_PER_CM) ** 2 + 2 * 1.5**2 / 12
        assert profile @ (1.5 * (np.arange(41) - 20)) ** 2 == pytest.approx(wanted, rel=0.03)


def test_second_moment_of_scattering_is_the_cross_sections():
    """Against the integral of the screened Rutherford cross section, normalised by its first moment."""
    oxygen, energy = Material("o", 1.0, {"O": 1.0}), np.array([0.5])
    tau = 0.5 / 0.51099895
    beta2 = tau * (tau + 2) / (tau + 1) ** 2
    screening = (
        (8 ** (1 / 3) / 137.036 / 0.885) ** 2 / (tau * (tau + 2)) / 4 * (1.13 + 3.76 * (8 / 137.036) ** 2 / beta2)
    )
    x = np.geomspace(1e-9, 2.0, 200_001)  # 1 - cos
    cross_section = 1 / (x + 2 * screening) ** 2
    second, first = (np.trapezoid(cross_section * (1 - eval_legendre(n, 1 - x)), x) for n in (2, 1))
    found = scattering_per_g_per_cm2(oxygen, energy, 2) / scattering_per_g_per_cm2(oxygen, energy, 1)
    assert found[0] == pytest.approx(second / first, rel=1e-3)


def test_water_is_its_own_measure():
    flights = electron_flights(MATERIALS["water"])
    assert (flights.straight, flights.wandering) == (1.0, 1.0)
    assert flights.share == pytest.approx(WANDERING_SHARE)


def test_titanium_sends_less_forward_and_more_back():
    """Current and fluence in equilibrium, over water's: mean way forward, and inverse stopping power."""
    titanium, water = electron_flights(MATERIALS["titanium"]), MATERIALS["water"]
    ratio = [mean_way(MATERIALS["titanium"], 2.3, n) / mean_way(water, 2.3, n) for n in (0, 1)]
    assert 1 / titanium.wandering == pytest.approx(ratio[0])
    assert 1 / titanium.straight == pytest.approx(ratio[1])
    assert ratio[0] > 1.3
    assert ratio[1] < 0.9
    assert WANDERING_SHARE < electron_flights(MATERIALS["bone"]).share < titanium.share < 1.0
