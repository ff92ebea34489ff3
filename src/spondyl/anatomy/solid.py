"""The solid that a stack of contours stands for: its section at any height.

Each contour plane becomes a raster of signed distances; between planes and beyond the last ones they follow `arcs`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from spondyl.anatomy.arcs import between, beyond
from spondyl.anatomy.branches import Polygons, ending
from spondyl.anatomy.polygons import border_of, edges_of, half_plane_fraction, signed_distance_raster
from spondyl.anatomy.rays import border_values, moved_border, slope, values_between
from spondyl.anatomy.structure import Contour

Cap = Literal["half-slice", "none"]
CAPS: tuple[str, ...] = ("half-slice", "none")
SAME_PLANE_MM = 0.01
CLOSED_FRACTION = 0.02
"""A section that goes on to less than this share of its area has closed."""
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

    def at(self, slab: Slab) -> Between | Beyond:
        """What gives the section at any height of `slab`."""
        if slab.kind == "between":
            return Between(self, slab)
        return Beyond(self, slab)


class Between:
    """The section between two planes."""

    def __init__(self, solid: Solid, slab: Slab) -> None:
        self._solid, self._planes = solid, np.array(slab.planes)
        self._values = np.empty((4, *solid.distance_mm.shape[1:]), dtype=np.float32)
        r = solid.raster
        values_between(solid.distance_mm, self._planes, r.hx, r.hy, solid.clip_mm, self._values)

    def distance_mm(self, z_mm: float) -> NDArray[np.float32]:
        """Signed distance of each raster cell (ny, nx) at a height."""
        solid, result = self._solid, np.empty(self._values.shape[1:], dtype=np.float32)
        heights = solid.z_mm[np.maximum(0, self._planes)]
        cell = float(np.hypot(solid.raster.hx, solid.raster.hy))
        _between(self._values, heights, self._planes, z_mm, solid.clip_mm, cell, result)
        return result


class Beyond:
    """The section beyond a last plane."""

    def __init__(self, solid: Solid, slab: Slab) -> None:
        z, r, planes = solid.z_mm, solid.raster, np.array(slab.planes)
        self._last, self._last_z = solid.distance_mm[planes[0]], float(z[planes[0]])
        self._raster, self._count = r, 1 + int(planes[1] >= 0) + int(planes[2] >= 0)
        self._gap = abs(z[planes[1]] - z[planes[0]]) if self._count > 1 else 0.0
        self._gap_before = abs(z[planes[2]] - z[planes[1]]) if self._count > 2 else 0.0
        self._cells, self._values = border_values(solid.distance_mm, planes, r.hx, r.hy, solid.clip_mm)

    def distance_mm(self, z_mm: float) -> NDArray[np.float32]:
        """Signed distance of each raster cell (ny, nx) at a height."""
        if self._count == 1:
            return self._last
        moved = _beyond(self._values, self._gap, self._gap_before, self._count, abs(z_mm - self._last_z))
        result = np.empty_like(self._last)
        moved_border(self._last, self._cells, moved, self._raster.hx, self._raster.hy, result)
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
    stack = _Stack(raster, clip, [polygons for _, polygons in planes], list(z))
    filled = bridged(z, slice_spacing_mm)
    joints = [_join(stack, i) if filled[i] else _Joint(-1, -1, i, i + 1) for i in range(len(z) - 1)]
    spacings = np.diff(z)[[joint.lower >= 0 for joint in joints]] if joints else np.empty(0)
    typical = float(np.median(spacings)) if len(spacings) else slice_spacing_mm
    heights, distance = np.array(stack.z_mm), np.stack(stack.distance_mm)
    solid = Solid(raster, heights, distance, clip, ())
    caps = [] if cap == "none" else [_capped(solid, slab, typical) for slab in _caps(joints, heights)]
    return replace(solid, slabs=(*_bridges(joints, heights), *caps))


class _Stack:
    """Planes with their signed distances; parts of a plane that go different ways are planes of their own."""

    def __init__(self, raster: Raster, clip_mm: float, polygons: list[Polygons], z_mm: list[float]) -> None:
        self.raster, self.clip_mm = raster, clip_mm
        self.polygons: list[Polygons] = []
        self.z_mm: list[float] = []
        self.distance_mm: list[NDArray[np.float32]] = []
        for height, drawn in zip(z_mm, polygons, strict=True):
            self.add(height, drawn)

    def add(self, z_mm: float, polygons: Polygons) -> int:
        r, distance = self.raster, np.empty((self.raster.ny, self.raster.nx), dtype=np.float32)
        edges = edges_of(polygons)
        signed_distance_raster(edges, border_of(edges), r.x0, r.y0, r.hx, r.hy, self.clip_mm, distance)
        self.polygons.append(polygons)
        self.z_mm.append(z_mm)
        self.distance_mm.append(distance)
        return len(self.z_mm) - 1

    def split(self, plane: int, other: int) -> tuple[int, int]:
        """Planes of the parts of `plane` that go on in `other` and of those that end, -1 for none."""
        r = self.raster
        ends = ending(
            self.polygons[plane], self.distance_mm[plane], self.distance_mm[other], (r.x0, r.y0), (r.hx, r.hy)
        )
        if ends.all():
            return -1, plane
        if not ends.any():
            return plane, -1
        drawn = list(zip(self.polygons[plane], ends, strict=True))
        going = self.add(self.z_mm[plane], [p for p, end in drawn if not end])
        return going, self.add(self.z_mm[plane], [p for p, end in drawn if end])


@dataclass(frozen=True)
class _Joint:
    """Between two neighbouring planes: what is joined (`lower`, `upper`), and what ends above or begins below."""

    lower: int
    upper: int
    ended: int
    begun: int


def _join(stack: _Stack, i: int) -> _Joint:
    lower, ended = stack.split(i, i + 1)
    upper, begun = stack.split(i + 1, i)
    if lower < 0 or upper < 0:
        return _Joint(-1, -1, i, i + 1)
    return _Joint(lower, upper, ended, begun)


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


def _bridges(joints: list[_Joint], z: NDArray[np.float64]) -> list[Slab]:
    """The slabs between planes that are joined."""
    slabs: list[Slab] = []
    for i, joint in enumerate(joints):
        if joint.lower >= 0:
            around = (_below(joints, i)[0], joint.lower, joint.upper, _above(joints, i + 1)[0])
            slabs.append(Slab(float(z[i]), float(z[i + 1]), "between", around))
    return slabs


def _caps(joints: list[_Joint], z: NDArray[np.float64]) -> list[Slab]:
    """The slabs beyond planes, or parts of them, that end; still without thickness."""
    top = len(joints)
    ends = [(joint.ended, i) for i, joint in enumerate(joints)] + [(top, top)]
    begins = [(joint.begun, i + 1) for i, joint in enumerate(joints)] + [(0, 0)]
    return [
        *(Slab(z[i], z[i], "above", (plane, *_below(joints, i), -1)) for plane, i in ends if plane >= 0),
        *(Slab(z[i], z[i], "below", (plane, *_above(joints, i), -1)) for plane, i in begins if plane >= 0),
    ]


def _capped(solid: Solid, slab: Slab, typical_mm: float) -> Slab:
    reach = _reach_mm(solid, slab, typical_mm)
    if slab.kind == "above":
        return replace(slab, z_high_mm=slab.z_low_mm + reach)
    return replace(slab, z_low_mm=slab.z_high_mm - reach)


def _below(joints: list[_Joint], i: int) -> tuple[int, int]:
    """The two planes below plane i that are joined to it, -1 where there is none."""
    if i < 1 or joints[i - 1].lower < 0:
        return -1, -1
    return i - 1, (i - 2 if i > 1 and joints[i - 2].lower >= 0 else -1)


def _above(joints: list[_Joint], i: int) -> tuple[int, int]:
    """The two planes above plane i that are joined to it, -1 where there is none."""
    if i >= len(joints) or joints[i].lower < 0:
        return -1, -1
    return i + 1, (i + 2 if i + 1 < len(joints) and joints[i + 1].lower >= 0 else -1)


def _reach_mm(solid: Solid, slab: Slab, typical_mm: float) -> float:
    """How far a cap goes: half the local spacing, or the whole of it where the section closes before the next plane."""
    if slab.planes[1] < 0:
        return typical_mm / 2
    last, before = float(solid.z_mm[slab.planes[0]]), float(solid.z_mm[slab.planes[1]])
    left = np.count_nonzero(solid.at(slab).distance_mm(2 * last - before) > 0)
    area = max(1, np.count_nonzero(solid.distance_mm[slab.planes[0]] > 0))
    return abs(last - before) * (1.0 if left < CLOSED_FRACTION * area else 0.5)


@njit(cache=True, parallel=True)
def _between(all_values, heights, planes, z, clip, cell, result):
    gap = heights[2] - heights[1]
    edge, far = -0.9999 * clip, min(clip, gap + cell)
    for j in prange(result.shape[0]):
        values = np.empty(4)
        known = np.empty(4, dtype=np.bool_)
        for i in range(result.shape[1]):
            low, high = all_values[1, j, i], all_values[2, j, i]
            if min(low, high) >= far or max(low, high) <= -far:
                result[j, i] = min(low, high) if low > 0 else max(low, high)
                continue
            for k in range(4):
                values[k] = all_values[k, j, i]
                known[k] = planes[k] >= 0 and values[k] > edge
            if not (known[1] and known[2]):
                known[0] = known[3] = False
            result[j, i] = between(z, heights, values, known)


@njit(cache=True)
def _beyond(values, gap, gap_before, count, reach):
    moved = np.empty(values.shape[0])
    for n in range(values.shape[0]):
        moved[n] = beyond(reach, values[n, 0], values[n, 1], values[n, 2], gap, gap_before, count)
    return moved


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
