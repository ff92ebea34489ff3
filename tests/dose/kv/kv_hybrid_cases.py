"""Phantoms and readings that the tests of the hybrid engine share."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from spondyl.core import Grid
from spondyl.dose.kv import KvPointSource
from spondyl.physics import MATERIALS, Medium
from spondyl.physics.kv.spectrum import KvSpectrum, bundled_kv_spectrum

TABLES = Path(__file__).resolve().parents[2] / "data" / "kv"


def layered(voxels: int = 21, side_mm: float = 2.0) -> Medium:
    """Muscle with a plate of cortical bone, a wall of barium cement (fluorescence at 32 keV) and a lid of air."""
    materials = tuple(MATERIALS[name] for name in ("muscle", "cortical-bone", "barium-cement", "air"))
    first = -(voxels - 1) * side_mm / 2
    grid = Grid((first, first, first), (side_mm, side_mm, side_mm), (voxels, voxels, voxels))
    x = grid.axis_mm("x")
    material = np.zeros(grid.shape, np.uint16)
    material[:, :, (x > 7) & (x < 13)] = 1
    material[:, x < -9, :] = 2
    material[x > 15, :, :] = 3
    density = np.array([m.density_g_per_cm3 for m in materials], np.float32)[material]
    return Medium(grid, density, material, materials)


def off_centre_source() -> KvPointSource:
    """The bundled 50 kV spectrum, a little off the middle of a voxel."""
    return KvPointSource((0.3, -0.2, 0.4), bundled_kv_spectrum())


def mono(energy_kev: float) -> KvSpectrum:
    return KvSpectrum(np.array([energy_kev]), np.array([energy_kev]), np.array([1.0]))


def table(name: str) -> np.ndarray:
    """Rows of inner and outer radius in mm, Gy per photon and relative standard error."""
    return np.loadtxt(TABLES / f"{name}.csv", delimiter=",", skiprows=1)


def shell_means(grid: Grid, dose: np.ndarray, edges_mm: np.ndarray) -> np.ndarray:
    """Mean dose of spherical shells about the origin, shape (n,), edges of shape (n, 2).

    Voxel means are turned into shell means by a profile, fitted as a power of the radius between neighbouring radii,
    which stands on both sides: its own error cancels to first order.
    """
    axis, side, parts = grid.axis_mm("x"), grid.spacing_mm[0], 4
    radius = np.sqrt(axis[:, None, None] ** 2 + axis[:, None] ** 2 + axis**2)
    steps = np.arange(1.0, axis[-1], side)
    knots = [(radius >= a) & (radius < a + side) for a in steps]
    log_r, log_d = (np.array([np.log(values[k]).mean() for k in knots]) for values in (radius, dose))
    inside = ((np.arange(parts) + 0.5) / parts - 0.5) * side
    means = []
    for low, high in edges_mm:
        z, y, x = np.nonzero((radius > low - side) & (radius < high + side))
        off = np.stack(np.meshgrid(inside, inside, inside, indexing="ij"), -1).reshape(-1, 3)
        place = np.stack([axis[z], axis[y], axis[x]], -1)[:, None] + off
        r = np.sqrt((place**2).sum(-1))
        profile, within = np.exp(np.interp(np.log(r), log_r, log_d)), (r >= low) & (r < high)
        core = (radius[z, y, x] >= low) & (radius[z, y, x] < high)
        means.append(dose[z, y, x][core].sum() / profile.mean(1)[core].sum() * profile[within].mean())
    return np.array(means)
