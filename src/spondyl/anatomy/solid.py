"""The solid that a stack of contours stands for: its section at any height.

Each contour plane becomes a raster of signed distances; between planes and beyond the last ones they follow `arcs`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from spondyl.anatomy.arcs import between, beyond
from spondyl.anatomy.polygons import border_of, edges_of, half_plane_fraction, signed_distance_raster
from spondyl.anatomy.structure import Contour

Cap = Literal["half-slice", "none"]
CAPS: tuple[str, ...] = ("half-slice", "none")
SAME_PLANE_MM = 0.01
LARGEST_GAP = 1.5
"""A gap of more than this many contour spacings parts a structure in two."""


@dataclass(frozen=True)
class Raster:
    """Cells of a plane: centres (x0 + i hx, y0 + j hy) in mm, nx by ny of them."""

    x0: float
    y0: float
    hx: float
    hy: float
    nx: int
    ny: int


@dataclass(frozen=True)
class Slab:
    """A range of height between two planes (`kind` "between") or beyond a last one ("above", "below").

    `planes` are indices of four neighbouring planes, -1 for one that is not there: for "between" in order of z with
    the slab between the middle two; for a cap the last one, the one before and the one before that.
    """

    z_low_mm: float
    z_high_mm: float
    kind: Literal["between", "above", "below"]
    planes: tuple[int, int, int, int]


@dataclass(frozen=True)
class Solid:
    """Signed distances in mm (planes, ny, nx), positive inside, at heights `z_mm`, and the slabs they fill."""

    raster: Raster
    z_mm: NDArray[np.float64]
    distance_mm: NDArray[np.float32]
    clip_mm: float
    slabs: tuple[Slab, ...]

    def section(self, slab: Slab, z_mm: float) -> NDArray[np.float32]:
        """Fraction of each raster cell (ny, nx) that lies inside at the height `z_mm` of `slab`."""
        fraction = np.empty(self.distance_mm.shape[1:], dtype=np.float32)
        fractions(self.section_mm(slab, z_mm), self.raster.hx, self.raster.hy, fraction)
        return fraction

    def section_mm(self, slab: Slab, z_mm: float) -> NDArray[np.float32]:
        """Signed distance of each raster cell (ny, nx) at the height `z_mm` of `slab`."""
        result = np.empty(self.distance_mm.shape[1:], dtype=np.float32)
        planes = np.array(slab.planes)
        cell = float(np.hypot(self.raster.hx, self.raster.hy))
        if slab.kind == "between":
            _between(self.distance_mm, self.z_mm, planes, z_mm, self.clip_mm, cell, result)
        else:
            _beyond(self.distance_mm, self.z_mm, planes, z_mm, self.clip_mm, result)
        return result


def planes_of(contours: Sequence[Contour]) -> list[tuple[float, list[NDArray[np.float64]]]]:
    """Heights in mm, rising, each with the polygons on it."""
    planes: list[tuple[float, list[NDArray[np.float64]]]] = []
    for contour in sorted(contours, key=lambda c: c.z_mm):
        if planes and contour.z_mm - planes[-1][0] < SAME_PLANE_MM:
            planes[-1][1].append(contour.points_mm)
        else:
            planes.append((contour.z_mm, [contour.points_mm]))
    return planes


def build_solid(contours: Sequence[Contour], raster: Raster, cap: Cap, slice_spacing_mm: float) -> Solid:
    """The solid of `contours` on `raster`; `slice_spacing_mm` is used where contours do not tell their spacing."""
    planes = planes_of(contours)
    z = np.array([height for height, _ in planes])
    clip = _clip_mm(planes, z, slice_spacing_mm)
    distance = np.empty((len(planes), raster.ny, raster.nx), dtype=np.float32)
    for plane, (_, polygons) in enumerate(planes):
        edges = edges_of(polygons)
        signed_distance_raster(
            edges, border_of(edges), raster.x0, raster.y0, raster.hx, raster.hy, clip, distance[plane]
        )
    return Solid(raster, z, distance, clip, _slabs(z, distance, clip, cap, slice_spacing_mm))


def _clip_mm(planes: list[tuple[float, list[NDArray[np.float64]]]], z: NDArray[np.float64], spacing: float) -> float:
    """Distances matter up to the largest step that a sphere of the structure's width can make between planes."""
    width = max(float(np.ptp(points, axis=0).max()) for _, polygons in planes for points in polygons)
    gap = typical_spacing_mm(z, spacing)
    return max(3.0 * gap, float(np.sqrt(width * gap)))


def typical_spacing_mm(z: NDArray[np.float64], slice_spacing_mm: float) -> float:
    """Median distance of neighbouring planes; that of the image's slices where there is one plane only."""
    return float(np.median(np.diff(z))) if len(z) > 1 else slice_spacing_mm


def bridged(z: NDArray[np.float64], slice_spacing_mm: float) -> NDArray[np.bool_]:
    """Which gaps between neighbouring planes the structure fills.

    A gap wider than 1.5 times its wider neighbour, or, with two planes only, than 1.5 slices of the image, is a gap.
    """
    gaps = np.diff(z)
    if len(gaps) == 1:
        return gaps <= LARGEST_GAP * slice_spacing_mm
    padded = np.concatenate(([0.0], gaps, [0.0]))
    return gaps <= LARGEST_GAP * np.maximum(padded[:-2], padded[2:])


def _slabs(
    z: NDArray[np.float64], distance: NDArray[np.float32], clip: float, cap: Cap, slice_spacing_mm: float
) -> tuple[Slab, ...]:
    filled = np.concatenate(([False], bridged(z, slice_spacing_mm), [False]))
    typical = float(np.median(np.diff(z)[filled[1:-1]])) if filled.any() else slice_spacing_mm
    slabs: list[Slab] = []
    for i in range(len(z)):
        below = _chain(i, -1, filled)
        above = _chain(i, +1, filled)
        if above[0] >= 0:
            slabs.append(Slab(z[i], z[i + 1], "between", (below[0], i, above[0], above[1])))
        if cap == "none":
            continue
        if above[0] < 0:
            reach = _reach_mm(z, distance, (i, *below), clip, typical)
            slabs.append(Slab(z[i], z[i] + reach, "above", (i, below[0], below[1], -1)))
        if below[0] < 0:
            reach = _reach_mm(z, distance, (i, *above), clip, typical)
            slabs.append(Slab(z[i] - reach, z[i], "below", (i, above[0], above[1], -1)))
    return tuple(slabs)


def _chain(i: int, step: int, filled: NDArray[np.bool_]) -> tuple[int, int]:
    """The next two planes from i upwards (+1) or downwards (-1) that are joined to it, -1 where there is none."""
    first = i + step if filled[i + (step + 1) // 2] else -1
    if first < 0:
        return -1, -1
    second = first + step if filled[first + (step + 1) // 2] else -1
    return first, second


def _reach_mm(
    z: NDArray[np.float64], distance: NDArray[np.float32], planes: tuple[int, int, int], clip: float, typical: float
) -> float:
    """How far the cap goes: half the local spacing, or to where the section has closed before the next plane."""
    gap = abs(z[planes[1]] - z[planes[0]]) if planes[1] >= 0 else typical
    if planes[1] < 0:
        return gap / 2
    side = 1.0 if planes[0] > planes[1] else -1.0
    result = np.empty(distance.shape[1:], dtype=np.float32)
    _beyond(distance, z, np.array((*planes, -1)), z[planes[0]] + side * 0.999 * gap, clip, result)
    return gap if float(result.max()) < 0.0 else gap / 2


@njit(cache=True, parallel=True)
def _between(distance, planes_z, planes, z, clip, cell, result):
    gap = planes_z[planes[2]] - planes_z[planes[1]]
    heights = np.array([planes_z[max(0, p)] for p in planes])
    edge = 0.9999 * clip
    for j in prange(result.shape[0]):
        values = np.empty(4)
        known = np.empty(4, dtype=np.bool_)
        for i in range(result.shape[1]):
            low, high = distance[planes[1], j, i], distance[planes[2], j, i]
            far = min(clip, gap + cell)
            if min(low, high) >= far or max(low, high) <= -far:
                result[j, i] = min(low, high) if low > 0 else max(low, high)
                continue
            for k in range(4):
                values[k] = distance[max(0, planes[k]), j, i]
                known[k] = planes[k] >= 0 and abs(values[k]) < edge
            if not (known[1] and known[2]):
                known[0] = known[3] = False
            result[j, i] = between(z, heights, values, known)


@njit(cache=True, parallel=True)
def _beyond(distance, planes_z, planes, z, clip, result):
    last = planes_z[planes[0]]
    gap = abs(planes_z[planes[1]] - last) if planes[1] >= 0 else 0.0
    gap_before = abs(planes_z[planes[2]] - planes_z[planes[1]]) if planes[2] >= 0 else 0.0
    edge = 0.9999 * clip
    for j in prange(result.shape[0]):
        for i in range(result.shape[1]):
            first = distance[planes[0], j, i]
            second = distance[max(0, planes[1]), j, i]
            third = distance[max(0, planes[2]), j, i]
            count = 1
            if planes[1] >= 0 and abs(first) < edge and abs(second) < edge:
                count = 3 if planes[2] >= 0 and abs(third) < edge else 2
            elif planes[1] >= 0:
                count = 2
            result[j, i] = beyond(abs(z - last), first, second, third, gap, gap_before, count)


@njit(cache=True, parallel=True)
def fractions(distance, hx, hy, fraction):
    ny, nx = distance.shape
    reach = 0.5 * (hx + hy)
    for j in prange(ny):
        for i in range(nx):
            d = distance[j, i]
            if d >= reach:
                fraction[j, i] = 1.0
            elif d <= -reach:
                fraction[j, i] = 0.0
            else:
                gx, gy = slope(distance, j, i, hx, hy)
                fraction[j, i] = half_plane_fraction(d, abs(gx) * hx, abs(gy) * hy)


@njit(cache=True)
def slope(distance, j, i, hx, hy):
    """Unit vector (x, y) of the distance's steepest rise at a cell, by central differences."""
    ny, nx = distance.shape
    gx = (distance[j, min(nx - 1, i + 1)] - distance[j, max(0, i - 1)]) / hx
    gy = (distance[min(ny - 1, j + 1), i] - distance[max(0, j - 1), i]) / hy
    length = np.hypot(gx, gy)
    if length == 0.0:
        return 1.0, 0.0
    return gx / length, gy / length
