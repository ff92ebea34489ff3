"""Solids whose volume and dose-volume metrics are known, as contours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy import Contour, Structure, from_coverage
from spondyl.core import Grid

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Solid:
    """A solid between z = -radius and z = +radius: `inside` of points, and `polygon` at a height."""

    name: str
    radius_mm: float
    volume_mm3: float
    inside: Callable[[Array, Array, Array], NDArray[np.bool_]]
    polygon: Callable[[float], Array]

    def contours(self, spacing_mm: float, phase: float = 0.5) -> list[Contour]:
        """On planes `spacing_mm` apart, the first `phase` of a spacing above the lower end."""
        r = self.radius_mm
        heights = np.arange(-r + phase * spacing_mm, r - 1e-6, spacing_mm)
        return [Contour(float(z), self.polygon(float(z))) for z in heights]

    def points(self, axis: str, count: int = 100) -> Array:
        """Coordinates along an axis of a fine lattice of points inside."""
        step = 2 * self.radius_mm / count
        a = (np.arange(count) + 0.5) * step - self.radius_mm
        z, y, x = np.meshgrid(a, a, a, indexing="ij")
        chosen = {"x": x, "y": y, "z": z}[axis][self.inside(x, y, z)]
        within = (np.arange(len(chosen)) * 0.6180339887) % 1.0 - 0.5
        return chosen + within * step


def circle(radius_mm: float, count: int = 360) -> Array:
    """A polygon with the area of the circle."""
    angle = np.arange(count) * 2 * np.pi / count
    corrected = radius_mm / np.sqrt(np.sin(2 * np.pi / count) / (2 * np.pi / count))
    return corrected * np.column_stack((np.cos(angle), np.sin(angle)))


def square(half_mm: float, x_mm: float = 0.0) -> Array:
    corners = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    return corners * half_mm + np.array([x_mm, 0.0])


def sphere(r: float) -> Solid:
    return Solid(
        "sphere",
        r,
        4 / 3 * np.pi * r**3,
        lambda x, y, z: x * x + y * y + z * z <= r * r,
        lambda z: circle(np.sqrt(r * r - z * z)),
    )


def cylinder(r: float, axis: str) -> Solid:
    """Height and diameter 2 r."""
    if axis == "z":
        return Solid(
            "cylinder z",
            r,
            2 * np.pi * r**3,
            lambda x, y, z: (x * x + y * y <= r * r) & (abs(z) <= r),
            lambda z: circle(r),
        )

    def rectangle(z: float) -> Array:
        w = np.sqrt(r * r - z * z)
        return np.array([[-r, -w], [r, -w], [r, w], [-r, w]])

    return Solid("cylinder x", r, 2 * np.pi * r**3, lambda x, y, z: (z * z + y * y <= r * r) & (abs(x) <= r), rectangle)


def cone(r: float, axis: str) -> Solid:
    """Height and base diameter 2 r, the tip towards +z or +x."""
    volume = 2 * np.pi * r**3 / 3
    if axis == "z":
        return Solid(
            "cone z",
            r,
            volume,
            lambda x, y, z: (x * x + y * y <= ((r - z) / 2) ** 2) & (abs(z) <= r),
            lambda z: circle((r - z) / 2),
        )

    def hyperbola(z: float) -> Array:
        tip = r - 2 * abs(z)
        x = tip - (tip + r) * np.linspace(0, 1, 200) ** 2
        w = np.sqrt(np.maximum(0.0, ((r - x) / 2) ** 2 - z * z))
        return np.vstack((np.column_stack((x, w)), np.column_stack((x, -w))[:0:-1]))

    return Solid("cone x", r, volume, lambda x, y, z: (z * z + y * y <= ((r - x) / 2) ** 2) & (abs(x) <= r), hyperbola)


def ball_mask(grid: Grid, radius_mm: float, centre_mm: tuple[float, float, float], parts: int) -> Structure:
    """A ball on a grid from `parts` points per voxel and axis; 1 gives a mask."""
    z, y, x = np.meshgrid(grid.axis_mm("z"), grid.axis_mm("y"), grid.axis_mm("x"), indexing="ij")
    coverage = np.zeros(grid.shape)
    for dz, dy, dx in np.ndindex(parts, parts, parts):
        at = ((np.array([dx, dy, dz]) + 0.5) / parts - 0.5) * np.array(grid.spacing_mm) - np.array(centre_mm)
        coverage += (x + at[0]) ** 2 + (y + at[1]) ** 2 + (z + at[2]) ** 2 <= radius_mm**2
    return from_coverage("ball", "target", grid, coverage / parts**3)


def box_mask(grid: Grid, low_mm: tuple[float, ...], high_mm: tuple[float, ...]) -> Structure:
    """A box on a grid, each voxel with the fraction that lies inside."""
    shares: list[Array] = []
    for axis, low, high, spacing in zip("xyz", low_mm, high_mm, grid.spacing_mm, strict=True):
        lower = grid.axis_mm(axis) - spacing / 2
        within = np.minimum(lower + spacing, high) - np.maximum(lower, low)
        shares.append(np.clip(within / spacing, 0, 1))
    coverage = shares[2][:, None, None] * shares[1][None, :, None] * shares[0]
    return from_coverage("box", "target", grid, coverage)


def cylinder_mask(grid: Grid, radius_mm: float, half_mm: float, centre_mm: tuple[float, float, float]) -> Structure:
    """A cylinder along z on a grid, each voxel with the fraction that lies inside (12 x 12 points in plane)."""
    z, (sx, sy, sz) = grid.axis_mm("z"), grid.spacing_mm
    lower = z - sz / 2 - centre_mm[2]
    share = np.clip((np.minimum(lower + sz, half_mm) - np.maximum(lower, -half_mm)) / sz, 0, 1)
    y, x = np.meshgrid(grid.axis_mm("y") - centre_mm[1], grid.axis_mm("x") - centre_mm[0], indexing="ij")
    disc = np.zeros(x.shape)
    for v, u in np.ndindex(12, 12):
        at = (x + ((u + 0.5) / 12 - 0.5) * sx) ** 2 + (y + ((v + 0.5) / 12 - 0.5) * sy) ** 2
        disc += at <= radius_mm**2
    return from_coverage("cylinder", "target", grid, share[:, None, None] * disc / 144)
