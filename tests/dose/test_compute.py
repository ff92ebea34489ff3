"""The door to the engines: grids, contaminating electrons."""

from dataclasses import replace

import numpy as np
import pytest
from photon_phantoms import square_field, water_grid

from spondyl.core import Grid
from spondyl.core.errors import DoseError
from spondyl.dose import ENGINE_NAMES, compute_dose, gantry_axes
from spondyl.dose.resample import calculation_grid, resample_medium
from spondyl.physics import MATERIALS, Contamination, Medium, Spectrum, bare_beam, mohan_6mv, uniform_medium

BEAM = bare_beam(mohan_6mv())


def test_resampling_keeps_mass():
    grid = water_grid(20, 40, 2.0)
    density = np.random.default_rng(1).random(grid.shape).astype(np.float32)
    medium = Medium(grid, density, np.zeros(grid.shape, np.uint8), uniform_medium(grid).materials)
    coarse = Grid((-17.5, -17.5, 2.5), (5.0,) * 3, (8, 8, 8))
    resampled = resample_medium(medium, coarse)
    assert resampled.density_g_per_cm3.sum(dtype=float) * 125 == pytest.approx(density.sum(dtype=float) * 8, rel=1e-5)


def test_resampling_mixes_metal_by_mass():
    """Titanium fills a quarter of a coarse voxel of water: 4.54 of 4.54 + 3 by mass."""
    grid = Grid((0.0, 0.0, 0.0), (2.0,) * 3, (2, 2, 2))
    density, index = np.ones(grid.shape, np.float32), np.zeros(grid.shape, np.uint8)
    density[0, 0], index[0, 0] = 4.54, 1
    medium = Medium(grid, density, index, (MATERIALS["water"], MATERIALS["titanium"]))
    coarse = resample_medium(medium, Grid((1.0, 1.0, 1.0), (4.0,) * 3, (1, 1, 1)))
    found = coarse.materials[coarse.material[0, 0, 0]]
    assert found.mass_fractions["Ti"] == pytest.approx(4.54 / (4.54 + 3), abs=1 / 32)
    assert coarse.density_g_per_cm3[0, 0, 0] == pytest.approx((4.54 + 3) / 4)


def test_resampling_leaves_vacuum_outside():
    medium = uniform_medium(water_grid(20, 40, 2.0))
    beyond = Grid((-20.0, 0.0, 20.0), (4.0, 4.0, 4.0), (1, 1, 1))
    assert resample_medium(medium, beyond).density_g_per_cm3[0, 0, 0] == pytest.approx(0.5)


def test_calculation_grid_reaches_the_beam_and_stays_in_the_medium():
    medium = uniform_medium(water_grid(100, 200, 4.0))
    wanted = Grid((-8.0, -8.0, 92.0), (4.0,) * 3, (5, 5, 5))
    whole, region = calculation_grid([square_field(40)], medium, wanted)
    low, high = whole.bounds_mm()
    assert low[2] <= 1e-6
    assert high[2] >= 200 - 4
    assert whole.crop(region).same_space(wanted)
    # Half of the 40 mm field at the exit, 20 mm of penumbra and 60 mm around.
    assert high[0] == pytest.approx(22 + 20 * 1.1 + 60, abs=6)


def test_contaminating_electrons_fall_off_exponentially():
    grid = water_grid(20, 40, 2.0)
    medium = uniform_medium(grid)
    electrons = Contamination(surface_gy_cm2=1e-12, sigma_mm=10.0, range_mm=8.0)
    with_them = compute_dose([square_field(200)], medium, replace(BEAM, contamination=electrons), quality="fast").values
    without = compute_dose([square_field(200)], medium, BEAM, quality="fast").values
    added = (with_them - without)[:, 10, 10]
    z = grid.axis_mm("z")
    expected = 1e-12 * np.exp(-z / 8.0) * (1000 / (900 + z)) ** 2
    assert added[:8] == pytest.approx(expected[:8], rel=0.01)


def test_fast_is_near_final():
    medium = uniform_medium(water_grid(30, 100))
    fast, final = (compute_dose([square_field(40)], medium, BEAM, quality=q).values for q in ("fast", "final"))
    inside = final > 0.1 * final.max()
    assert np.sqrt(np.mean((fast - final)[inside] ** 2)) < 0.015 * final.max()


def test_no_fields_and_unknown_quality_are_refused():
    medium = uniform_medium(water_grid(20, 40))
    with pytest.raises(DoseError, match="at least one field"):
        compute_dose([], medium, BEAM)
    with pytest.raises(DoseError, match="expected one of final, fast"):
        compute_dose([square_field(20)], medium, BEAM, quality="good")


@pytest.mark.parametrize("engine", ENGINE_NAMES)
@pytest.mark.parametrize("energy_mev", [0.1, 0.24, 6.6, 10.0])
def test_energies_beyond_the_kernels_are_refused_by_every_engine(engine, energy_mev):
    """Photons of 2 MeV, and 6 % of the energy beyond; at 0.25 and 6.5 MeV the nearest kernel stands for them."""
    medium = uniform_medium(water_grid(10, 20))
    within = np.clip(energy_mev, 0.25, 6.5)
    for at in (within, energy_mev):
        few = Spectrum(*(np.array(a) for a in zip(*sorted([(2.0, 0.94 / 2.0), (at, 0.06 / at)]), strict=True)))
        if at == within:
            assert compute_dose([square_field(10)], medium, bare_beam(few), engine=engine).values.max() > 0
            continue
        with pytest.raises(DoseError, match=r"^6.0 % of the spectrum's energy lies below 0.25 or above 6.5 MeV"):
            compute_dose([square_field(10)], medium, bare_beam(few), engine=engine)


def test_a_sphere_gets_the_same_dose_at_its_centre_from_everywhere():
    grid = Grid((-66.0, -66.0, -66.0), (3.0,) * 3, (45, 45, 45))
    z, y, x = np.meshgrid(*(grid.axis_mm(a) for a in "zyx"), indexing="ij")
    radius = np.sqrt(x**2 + y**2 + z**2)
    density = np.clip((60 - radius) / 3 + 0.5, 0, 1).astype(np.float32)
    medium = Medium(grid, density, np.zeros(grid.shape, np.uint8), uniform_medium(grid).materials)
    doses = []
    for gantry_deg, couch_deg in ((0, 0), (33, 0), (90, 0), (45, 45)):
        direction, u, v = gantry_axes(gantry_deg, 0.0, couch_deg)
        field = square_field(40, source_mm=tuple(-1000 * direction), isocentre_mm=(0, 0, 0), u=tuple(u), v=tuple(v))
        doses.append(compute_dose([field], medium, BEAM).values[radius < 6].mean())
    assert doses == pytest.approx([float(np.mean(doses))] * 4, rel=0.003)
