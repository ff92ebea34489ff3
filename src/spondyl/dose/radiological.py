"""Water-equivalent depth along the rays of a point source, on a fan of rays through the medium."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from spondyl.core import Grid, cite
from spondyl.dose.fields import Field
from spondyl.physics import Medium, Spectrum, find_material, mass_attenuation, mass_energy_absorption

Floats = NDArray[np.float64]

STEP_MM = 2.0
RAY_SPACING_MM = 2.0


@dataclass(frozen=True)
class Fan:
    """Water-equivalent depth at planes across the beam.

    Parameters
    ----------
    u0_mm, v0_mm, spacing_mm
        First ray and distance between rays in the isocentre plane.
    plane0_mm, step_mm
        Distance of the first plane from the source along the axis, and between planes.
    depth_mm
        float32, shape (nv, nu, planes).
    width
        Mean relative density up the ray, weighted exponentially with water-equivalent distance; same shape. What
        scatters sideways over that distance does so as in that density.
    """

    u0_mm: float
    v0_mm: float
    spacing_mm: float
    plane0_mm: float
    step_mm: float
    depth_mm: NDArray[np.float32]
    width: NDArray[np.float32]

    @property
    def frame(self) -> Floats:
        """u0, v0, ray spacing, first plane and plane step, for compiled loops."""
        return np.array([self.u0_mm, self.v0_mm, self.spacing_mm, self.plane0_mm, self.step_mm])


@dataclass(frozen=True)
class WaterScale:
    """How each material of a medium compares with water for one spectrum.

    Parameters
    ----------
    attenuation
        Attenuation per g/cm2 over water's, energy-fluence weighted.
    absorbed
        Dose to the material over dose to water at equal fluence (mass energy-absorption ratio), likewise.
    """

    attenuation: NDArray[np.float32]
    absorbed: NDArray[np.float32]


def water_scale(medium: Medium, spectrum: Spectrum) -> WaterScale:
    """Compare the materials of `medium` with water for `spectrum`."""
    water, weight = find_material("water"), spectrum.photons * spectrum.energy_mev
    mu = [weight @ mass_attenuation(m, spectrum.energy_mev) for m in (water, *medium.materials)]
    absorbed = [weight @ mass_energy_absorption(m, spectrum.energy_mev) for m in (water, *medium.materials)]
    return WaterScale(
        np.asarray(mu[1:], np.float32) / np.float32(mu[0]),
        np.asarray(absorbed[1:], np.float32) / np.float32(absorbed[0]),
    )


def beam_coordinates(field: Field, points_mm: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """u and v in the isocentre plane, distance along the axis and from the source, of points (n, 3) in mm."""
    q = points_mm - np.asarray(field.source_mm)
    along = q @ field.direction
    ahead = np.maximum(along, 1e-6)
    u, v = (q @ np.asarray(axis) * field.sad_mm / ahead for axis in (field.u, field.v))
    return u, v, along, np.sqrt((q * q).sum(axis=-1))


def corners_mm(grid: Grid) -> Floats:
    """The eight corners of the outer voxel edges, shape (8, 3)."""
    low, high = grid.bounds_mm()
    return np.array([[(low, high)[i][0], (low, high)[j][1], (low, high)[k][2]] for i, j, k in np.ndindex(2, 2, 2)])


def nearest_material(medium: Medium, points_mm: Floats) -> NDArray[np.uint16]:
    """Material index of the medium's voxel nearest to each point, shape (n,)."""
    index = np.rint(medium.grid.index_of(points_mm)).astype(np.int64)
    k, j, i = np.clip(index, 0, np.asarray(medium.grid.shape) - 1).T
    return medium.material[k, j, i]


@cite("Siddon 1985, Med Phys 12:252 (radiological path)", "10.1118/1.595715")
def radiological_fan(
    field: Field,
    relative_density: NDArray[np.float32],
    grid: Grid,
    u_mm: tuple[float, float],
    v_mm: tuple[float, float],
    memory_mm: float = 50.0,
    beside_mm: float = 40.0,
) -> Fan:
    """Trace rays from the source through the medium.

    Parameters
    ----------
    relative_density
        Attenuation over water's of 1 g/cm3, shape ``grid.shape``; outside the grid is vacuum.
    u_mm, v_mm
        Range of rays in the isocentre plane.
    memory_mm, beside_mm
        Water-equivalent distance up the ray, and distance across the rays, over which `Fan.width` averages.
    """
    along = (corners_mm(grid) - np.asarray(field.source_mm)) @ field.direction
    first = max(float(along.min()), 10.0)
    planes = int(np.ceil(max(float(along.max()) - first, STEP_MM) / STEP_MM)) + 2
    counts = [int(np.ceil((b - a) / RAY_SPACING_MM)) + 2 for a, b in (u_mm, v_mm)]
    # Rays lie evenly about the middle, so that a mirrored medium has a mirrored fan.
    u0, v0 = ((a + b - (n - 1) * RAY_SPACING_MM) / 2 for (a, b), n in zip((u_mm, v_mm), counts, strict=True))
    depth = np.empty((counts[1], counts[0], planes), np.float32)
    width = np.empty_like(depth)
    _trace(
        relative_density, np.asarray(grid.origin_mm), np.asarray(grid.spacing_mm), np.asarray(field.source_mm),
        field.direction, np.asarray(field.u), np.asarray(field.v), field.sad_mm,
        u0, v0, RAY_SPACING_MM, first, STEP_MM, memory_mm, depth, width,
    )  # fmt: skip
    across = 2 * round(beside_mm / RAY_SPACING_MM / 2) + 1
    if across > 1:
        width = uniform_filter(width, (across, across, 1), mode="nearest")
    return Fan(u0, v0, RAY_SPACING_MM, first, STEP_MM, depth, width)


@njit(cache=True, inline="always")
def depth_at(depth, u, v, plane):
    """Trilinear depth at fractional ray (u, v) and plane indices, held inside."""
    nv, nu, planes = depth.shape
    u = min(max(u, 0.0), nu - 1.001)
    v = min(max(v, 0.0), nv - 1.001)
    plane = min(max(plane, 0.0), planes - 1.001)
    i, j, k = int(u), int(v), int(plane)
    a, b, c = u - i, v - j, plane - k
    low = (1 - a) * depth[j, i, k] + a * depth[j, i + 1, k]
    low1 = (1 - a) * depth[j, i, k + 1] + a * depth[j, i + 1, k + 1]
    high = (1 - a) * depth[j + 1, i, k] + a * depth[j + 1, i + 1, k]
    high1 = (1 - a) * depth[j + 1, i, k + 1] + a * depth[j + 1, i + 1, k + 1]
    return (1 - b) * ((1 - c) * low + c * low1) + b * ((1 - c) * high + c * high1)


@njit(cache=True, parallel=True)
def _trace(density, origin, spacing, source, axis, eu, ev, sad, u0, v0, ray_spacing, first, step, memory, depth, width):
    nz, ny, nx = density.shape
    nv, nu, planes = depth.shape
    parts = 2
    for j in prange(nv):
        for i in range(nu):
            # Direction per unit of distance along the axis.
            d = axis + ((u0 + i * ray_spacing) * eu + (v0 + j * ray_spacing) * ev) / sad
            stretch = np.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) * step / parts
            total = 0.0
            mean = 1.0
            depth[j, i, 0] = 0.0
            width[j, i, 0] = mean
            for k in range(1, planes):
                for p in range(parts):
                    t = first + step * (k - 1 + (p + 0.5) / parts)
                    x = (source[0] + t * d[0] - origin[0]) / spacing[0]
                    y = (source[1] + t * d[1] - origin[1]) / spacing[1]
                    z = (source[2] + t * d[2] - origin[2]) / spacing[2]
                    if -0.5 <= x < nx - 0.5 and -0.5 <= y < ny - 0.5 and -0.5 <= z < nz - 0.5:
                        here = _trilinear(density, x, y, z)
                        total += stretch * here
                        mean = here + (mean - here) * np.exp(-stretch * here / memory)
                depth[j, i, k] = total
                width[j, i, k] = mean


@njit(cache=True, inline="always")
def _trilinear(values, x, y, z):
    nz, ny, nx = values.shape
    x = min(max(x, 0.0), nx - 1.0)
    y = min(max(y, 0.0), ny - 1.0)
    z = min(max(z, 0.0), nz - 1.0)
    i, j, k = min(int(x), max(nx - 2, 0)), min(int(y), max(ny - 2, 0)), min(int(z), max(nz - 2, 0))
    a, b, c = x - i, y - j, z - k
    i1, j1, k1 = min(i + 1, nx - 1), min(j + 1, ny - 1), min(k + 1, nz - 1)
    low = (1 - b) * ((1 - a) * values[k, j, i] + a * values[k, j, i1]) + b * (
        (1 - a) * values[k, j1, i] + a * values[k, j1, i1]
    )
    high = (1 - b) * ((1 - a) * values[k1, j, i] + a * values[k1, j, i1]) + b * (
        (1 - a) * values[k1, j1, i] + a * values[k1, j1, i1]
    )
    return (1 - c) * low + c * high
