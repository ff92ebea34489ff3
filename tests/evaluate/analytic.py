"""Solids in linear dose gradients whose DVH is known in closed form: the yardstick of the DVH tests.

A solid is cut into contours as a planning system would, on planes `spacing_mm` apart; the dose is
``offset + gradient . (x, y, z)`` on a grid whose voxel centres are not the solid's. The volume that gets at least
a dose is then the part of the solid beyond a plane:

- sphere: a spherical cap, pi (R - t)^2 (2 R + t) / 3 for the plane at t from the centre;
- cylinder: a circular segment times the height, or a shorter cylinder along its axis;
- cone: (H - t) / H cubed of it towards its tip; across its axis, segments summed over its height.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq

from spondyl.anatomy import Contour, Structure
from spondyl.core import Grid
from spondyl.dose import Dose

CENTRE_MM = (3.3, -7.1, 11.7)


@dataclass(frozen=True)
class Solid:
    """Radius at a height above the centre, the heights it spans, and the volume beyond a plane at t, in mm."""

    name: str
    radius_mm: Callable[[float], float]
    low_mm: float
    high_mm: float
    beyond_mm3: Callable[[float], float]
    reach_mm: float

    @property
    def volume_cm3(self) -> float:
        return self.beyond_mm3(-self.reach_mm) / 1000

    def hottest_t_mm(self, volume_cm3: float) -> float:
        """The plane beyond which `volume_cm3` lies."""
        return float(brentq(lambda t: self.beyond_mm3(t) / 1000 - volume_cm3, -self.reach_mm, self.reach_mm))


def sphere(radius: float) -> Solid:
    def beyond(t: float) -> float:
        t = min(max(t, -radius), radius)
        return np.pi * (radius - t) ** 2 * (2 * radius + t) / 3

    return Solid("sphere", lambda z: float(np.sqrt(max(radius**2 - z**2, 0))), -radius, radius, beyond, radius)


def _segment(radius: float, t: float) -> float:
    """Area of a disc beyond a chord at t from its centre."""
    if radius <= 0 or t >= radius:
        return 0.0
    t = max(t, -radius)
    return float(radius**2 * np.arccos(t / radius) - t * np.sqrt(radius**2 - t**2))


def cylinder(radius: float, height: float, along: str) -> Solid:
    half = height / 2
    if along == "z":
        return Solid(
            "cylinder", lambda _: radius, -half, half,
            lambda t: float(np.pi * radius**2 * (half - min(max(t, -half), half))), half,
        )  # fmt: skip
    return Solid("cylinder", lambda _: radius, -half, half, lambda t: _segment(radius, t) * height, radius)


def cone(radius: float, height: float, along: str) -> Solid:
    """Base at the bottom, tip at the top; heights from its middle."""
    half = height / 2

    def at(z: float) -> float:
        return radius * (half - z) / height

    if along == "z":
        return Solid(
            "cone", at, -half, half,
            lambda t: np.pi * radius**2 * height / 3 * ((half - min(max(t, -half), half)) / height) ** 3, half,
        )  # fmt: skip
    return Solid(
        "cone", at, -half, half, lambda t: quad(lambda z: _segment(at(z), t), -half, half, limit=200)[0], radius
    )


def contours(solid: Solid, spacing_mm: float, points: int = 120) -> tuple[Contour, ...]:
    """Contours on planes `spacing_mm` apart, the first half a spacing above the solid's bottom."""
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    # A polygon of the circle's area, so that the number of its points is no source of error.
    equal_area = np.sqrt(2 * np.pi / points / np.sin(2 * np.pi / points))
    made: list[Contour] = []
    for z in np.arange(solid.low_mm + spacing_mm / 2, solid.high_mm - 1e-9, spacing_mm):
        radius = solid.radius_mm(float(z)) * equal_area
        if radius > 0.05:
            x, y = CENTRE_MM[0] + radius * np.cos(angle), CENTRE_MM[1] + radius * np.sin(angle)
            made.append(Contour(CENTRE_MM[2] + float(z), np.stack((x, y), axis=1)))
    return tuple(made)


def structure(solid: Solid, spacing_mm: float, name: str = "", role: str = "oar") -> Structure:
    """The solid as contours only, as an RTSTRUCT brings it."""
    grid = Grid((CENTRE_MM[0] - 60.0, CENTRE_MM[1] - 60.0, CENTRE_MM[2] - 60.0), (1, 1, spacing_mm), (2, 2, 2))
    none = (slice(0, 0), slice(0, 0), slice(0, 0))
    empty = np.zeros((0, 0, 0), np.float32)
    return Structure(name or solid.name, role, grid, none, empty, contours(solid, spacing_mm))  # type: ignore[arg-type]


def ramp(gradient_gy_per_mm: float, along: str, spacing_mm: float = 2.5, middle_gy: float = 20.0) -> Dose:
    """A dose that rises along an axis through `middle_gy` at the solids' centre; its grid is off their lattice."""
    count = int(2 * np.ceil(40 / spacing_mm)) + 1
    reach = spacing_mm * (count - 1) / 2
    origin = tuple(c - reach + 0.37 * spacing_mm for c in CENTRE_MM)
    grid = Grid(origin, (spacing_mm,) * 3, (count,) * 3)  # type: ignore[arg-type]
    axis = "zyx".index(along)
    rise = gradient_gy_per_mm * (grid.axis_mm(along) - CENTRE_MM["xyz".index(along)])
    shape = [1, 1, 1]
    shape[axis] = count
    values = np.broadcast_to(middle_gy + rise.reshape(shape), grid.shape).astype(np.float32)
    return Dose(grid, np.ascontiguousarray(values), fractions=5)
