"""Electron streams along rays: in water, where density changes, and against bench/physics/electron_slabs.py."""

import numpy as np
import pytest
from photon_phantoms import square_field, water_grid

from spondyl.dose.engines.electron_ray_kernels import mix_rays
from spondyl.dose.engines.electron_rays import electron_rays, electron_tables
from spondyl.physics import MATERIALS, Medium, mohan_6mv

RAY_MM = 1.0
FLAT = np.ones(500)  # no attenuation: what is left is the electrons'


def state(material, low_mm, high_mm, density=None):
    """Along the middle ray: planes' places in mm, and what `electron_rays` gives there."""
    grid = water_grid(30, 80, 1.0)
    z, index = grid.axis_mm("z"), np.zeros(grid.shape, np.uint8)
    inside = (z > low_mm) & (z < high_mm)
    values, index[inside] = np.ones(grid.shape, np.float32), 1
    values[inside] = MATERIALS[material].density_g_per_cm3 if density is None else density
    medium = Medium(grid, values, index, (MATERIALS["water"], MATERIALS[material]))
    frame = np.array([-10.0, -10.0, RAY_MM, 900.0, RAY_MM])
    tables = electron_tables(medium, mohan_6mv())
    return np.arange(80) * RAY_MM, electron_rays(square_field(20), medium, tables, frame, (80, 21, 21), FLAT)[:, 10, 10]


def mean(places, values, low_mm, high_mm):
    fine = np.arange(low_mm + 0.01, high_mm, 0.02)
    return np.interp(fine, places, values).mean()


def test_water_is_left_alone():
    _, found = state("water", 20, 40)
    assert found[:, 1] + found[:, 3] == pytest.approx(1.0, abs=1e-5)
    assert found[:, [2, 4]] == pytest.approx(1.0, abs=1e-5)


def test_density_alone_widens_the_streams_with_distance_and_leaves_their_sum():
    places, found = state("water", 20, 60, density=0.25)
    assert found[:, 1] + found[:, 3] == pytest.approx(1.0, abs=1e-5)  # Fano 1954: density alone changes no fluence
    wide = np.interp([19, 22, 30, 55, 63, 78], places, found[:, 2])
    assert wide[0] == pytest.approx(1.0, abs=1e-3)
    assert 0.6 < wide[1] < 0.9
    assert 0.3 < wide[2] < 0.45
    assert wide[3] == pytest.approx(0.25, rel=0.1)
    assert 0.4 < wide[4] < 0.7
    assert 0.9 < wide[5] < 1.0
    assert np.interp(19.5, places, found[:, 4]) < 0.6  # what comes back has been in the lighter medium


# Dose over stopping power, water 1: 2.5 mm in front, deep inside, 2.5 mm and the next 2.5 mm behind.
@pytest.mark.parametrize(
    ("material", "front", "inside", "behind", "farther"),
    [
        ("adipose", 0.991, 0.983, 1.015, 1.008),
        ("bone", 1.018, 1.036, 0.979, 0.989),
        ("titanium", 1.125, 1.216, 0.893, 0.944),
        ("steel", 1.156, 1.281, 0.883, 0.939),
    ],
)
def test_slabs_follow_electron_transport(material, front, inside, behind, farther):
    # As much mass as in the script: 20 g/cm2 of 1 g/cm3 between 20 and 40 mm.
    places, found = state(material, 20, 40, density=1.0)
    streams = found[:, 1] + found[:, 3]
    means = [mean(places, streams, *r) for r in ((17.5, 20), (25, 35), (40, 42.5), (42.5, 45))]
    assert means == pytest.approx([front, inside, behind, farther], abs=0.03)


def test_rays_exchange_until_their_pressure_to_the_side_is_even():
    """A wall whose electrons go more aside (titanium: 1.14) gives some to its neighbour; none is lost.

    With the mean square lateral cosine f in the wall, 1 beside it, and one reach on both sides, diffusion gives
    2 f / (1 + f) of the unit that is released at the face, and 1 / f of that in the wall.
    """
    f, reach_mm, count = 1.14, 2.0, 401
    released, aside = np.ones((1, 1, count, 5), np.float32), np.ones((1, 1, count), np.float32)
    aside[..., : count // 2] = f
    mixed = released.copy()
    mix_rays(mixed, np.ones_like(aside), aside, np.array([0.0, 0.0, 0.1, 1000.0, 1.0]), 1000.0, reach_mm**2, FLAT)
    streams = mixed[0, 0, :, 1].astype(float)
    assert streams.sum() == pytest.approx(count, rel=1e-4)
    wall, beside = streams[count // 2 - 1], streams[count // 2]
    assert f * wall == pytest.approx(beside, rel=0.01)
    assert beside == pytest.approx(2 * f / (1 + f), abs=0.003)
    assert mixed[0, 0, :, 0] == pytest.approx(1.0)
