"""Voxels deeper than a photon goes: titanium and steel of 1 mm take in a skin what comes."""

from __future__ import annotations

import numpy as np
import pytest

from spondyl.core import Grid
from spondyl.dose.kv import KvPointSource, KvSettings, compute_kv_dose
from spondyl.dose.kv.energy_basis import energy_basis
from spondyl.dose.kv.energy_quadrature import interpolated
from spondyl.dose.kv.primary import Emission, primary_dose
from spondyl.dose.kv.setup import GRAY_PER_KEV_PER_GRAM
from spondyl.dose.kv.voxels import voxel_geometry
from spondyl.physics import MATERIALS, Medium
from spondyl.physics.kv.spectrum import KvSpectrum
from spondyl.physics.kv.tables import photon_tables

KEV = 20.0
SOURCE_MM = np.array([0.0, 0.0, -6.0])


def slab(material: str) -> Medium:
    """Vacuum, and from z = 0 to 2 mm metal, 1 mm voxels, 15 x 15 x 14 mm."""
    grid = Grid((-7.0, -7.0, -9.5), (1.0, 1.0, 1.0), (14, 15, 15))
    metal = MATERIALS[material]
    density = np.zeros(grid.shape, np.float32)
    density[10:12] = metal.density_g_per_cm3
    return Medium(grid, density, np.zeros(grid.shape, np.uint8), (metal,))


def line(kev: float) -> KvSpectrum:
    return KvSpectrum(np.array([kev]), np.array([kev]), np.array([1.0]))


@pytest.mark.parametrize("material", ["titanium", "steel"])
@pytest.mark.parametrize(("i", "j"), [(7, 7), (12, 7), (13, 14)], ids=["ahead", "aside", "corner"])
def test_the_first_layer_takes_what_enters_through_its_face(material: str, i: int, j: int) -> None:
    """By 400 x 400 rays through the front face, each followed in metal to the layer's end, in the voxels it crosses."""
    medium = slab(material)
    tables = photon_tables(medium.materials)
    energies = energy_basis(tables, line(KEV), np.array([0]))
    found = primary_dose(voxel_geometry(medium), energies, Emission(SOURCE_MM, np.array([0, 0, 1.0]), np.ones(2)))[0]
    at = [float(interpolated(tables, table, np.array([KEV]))[0, 0]) for table in (tables.total, tables.absorption)]
    mu = at[0] * medium.materials[0].density_g_per_cm3 / 10
    absorbed = at[1] * KEV * 100 * GRAY_PER_KEV_PER_GRAM
    x0, y0 = i - 7.5, j - 7.5
    assert found[10, j, i] == pytest.approx(absorbed * path_per_volume(x0, y0, mu), rel=0.01)


def path_per_volume(x0: float, y0: float, mu_per_mm: float) -> float:
    """Expected path in mm in the voxel from (x0, y0, 0) to 1 mm beyond, over its volume, of one photon emitted."""
    step = 1 / 200
    x, y = np.meshgrid(*(np.arange(at - 1 + step / 2, at + 1, step) for at in (x0, y0)))
    away = np.sqrt(x**2 + y**2 + SOURCE_MM[2] ** 2)
    arriving = -SOURCE_MM[2] / (4 * np.pi * away**3) * step**2
    slopes = (x / away, y / away, -SOURCE_MM[2] / away)
    begins, ends = np.zeros_like(x), np.full_like(x, np.inf)
    for start, slope, low in ((x, slopes[0], x0), (y, slopes[1], y0), (0.0, slopes[2], 0.0)):
        with np.errstate(divide="ignore"):
            one, other = (low - start) / slope, (low + 1 - start) / slope
        begins, ends = np.maximum(begins, np.minimum(one, other)), np.minimum(ends, np.maximum(one, other))
    through = ends > begins
    crossed = np.exp(-mu_per_mm * begins[through]) - np.exp(-mu_per_mm * ends[through])
    return float((arriving[through] * crossed).sum() / mu_per_mm)


def test_nothing_is_averaged_into_metal() -> None:
    """Behind its first layer steel is dark; smoothed with its neighbours it had two to seven times too much."""
    medium = slab("steel")
    source = KvPointSource((0.0, 0.0, -6.0), line(30.0))
    filled = Medium(
        medium.grid,
        np.where(medium.density_g_per_cm3 > 0, medium.density_g_per_cm3, np.float32(1.0)),
        np.where(medium.density_g_per_cm3 > 0, 0, 1).astype(np.uint8),
        (medium.materials[0], MATERIALS["water"]),
    )
    fast = compute_kv_dose(filled, source, KvSettings(120_000, 3), engine="kv-hybrid")[0].values
    reference = compute_kv_dose(filled, source, KvSettings(1_000_000, 4), engine="kv-monte-carlo")[0].values
    assert fast[10].sum() == pytest.approx(reference[10].sum(), rel=0.02)
    assert fast[11].sum() == pytest.approx(reference[11].sum(), rel=0.06)
