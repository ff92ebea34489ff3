"""The solid that a stack of contours stands for: its section at any height.

Each contour plane becomes a raster of signed distances; between planes and beyond the last ones they follow `arcs`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spondyl.anatomy.arcs import arc, bend_between, beyond
from spondyl.anatomy.polygons import half_plane_fraction
from spondyl.anatomy.rays import border_values, moved_border, slope, values_between
from spondyl.anatomy.stack import Joint, Raster, Stack, bridged, clip_mm, join, planes_of
from spondyl.anatomy.structure import Contour

Window = tuple[slice, slice]
"""Rows and columns of a raster."""
WHOLE: Window = (slice(None), slice(None))
Cap = Literal["half-slice", "none"]
CAPS: tuple[str, ...] = ("half-slice", "none")
CLOSED_FRACTION = 0.02
"""A section that goes on to less than this share of its area has closed."""
FAR_OUTSIDE_MM = -1e6
CLOSING_STEPS = 10
"""Halvings of the spacing by which the height where a section closes is found."""


@dataclass(frozen=True)
class Slab:
    """A range of height between two planes (`kind` "between") or beyond a last one ("above", "below").

    `planes` are indices of four neighbouring planes, -1 for one that is not there: for "between" in order of z with
    the slab between the middle two; for a cap the last one, the one before and the one before that. `holes` are
    planes of holes that reach from the lower and the upper plane to the middle of the slab and end there.
    """

    z_low_mm: float
    z_high_mm: float
    kind: Literal["between", "above", "below"]
    planes: tuple[int, int, int, int]
    holes: tuple[int, int] = (-1, -1)


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
        self._solid, self._planes, self._holes = solid, np.array(slab.planes), slab.holes
        self._values = np.empty((4, *solid.distance_mm.shape[1:]), dtype=np.float32)
        r = solid.raster
        values_between(solid.distance_mm, self._planes, r.hx, r.hy, solid.clip_mm, self._values)

    def distance_mm(self, z_mm: float) -> NDArray[np.float32]:
        """Signed distance of each raster cell (ny, nx) at a height."""
        return self.sections_mm(np.array([z_mm]))[0]

    def sections_mm(self, z_mm: NDArray[np.float64], window: Window = WHOLE) -> NDArray[np.float32]:
        """Signed distances (n, ny, nx) at n heights; two cells or more off the border, bounds that are as far off."""
        solid, values = self._solid, np.ascontiguousarray(self._values[:, *window])
        result = np.empty((len(z_mm), *values.shape[1:]), dtype=np.float32)
        heights = solid.z_mm[np.maximum(0, self._planes)]
        cell = float(np.hypot(solid.raster.hx, solid.raster.hy))
        _between(values, heights, self._planes, z_mm, solid.clip_mm, cell, result)
        for n, z in enumerate(z_mm):
            hole = self._holes[0 if z < (heights[1] + heights[2]) / 2 else 1]
            if hole >= 0:
                result[n] = np.minimum(result[n], -solid.distance_mm[hole][window])
        return result


class Beyond:
    """The section beyond a last plane."""

    def __init__(self, solid: Solid, slab: Slab) -> None:
        z, r, planes = solid.z_mm, solid.raster, np.array(slab.planes)
        self._last, self._last_z = solid.distance_mm[planes[0]], float(z[planes[0]])
        self._raster, self._count = r, 1 + int(planes[1] >= 0) + int(planes[2] >= 0)
        self._gap = float(abs(z[planes[1]] - z[planes[0]])) if self._count > 1 else 0.0
        self._gap_before = abs(z[planes[2]] - z[planes[1]]) if self._count > 2 else 0.0
        self._cells, self._values = border_values(solid.distance_mm, planes, r.hx, r.hy, solid.clip_mm)
        self._window = _window(self._last, -self._gap - 2.0 * (r.hx + r.hy))
        self._cells -= np.array([self._window[0].start, self._window[1].start], dtype=np.int32)

    def distance_mm(self, z_mm: float) -> NDArray[np.float32]:
        """Signed distance of each raster cell (ny, nx) at a height; `FAR_OUTSIDE_MM` where it cannot reach."""
        if self._count == 1:
            return self._last
        moved = _beyond(self._values, self._gap, self._gap_before, self._count, abs(z_mm - self._last_z))
        result, hx, hy = np.full_like(self._last, FAR_OUTSIDE_MM), self._raster.hx, self._raster.hy
        moved_border(self._last[self._window], self._cells, moved, hx, hy, result[self._window])
        return result

    def sections_mm(self, z_mm: NDArray[np.float64], window: Window = WHOLE) -> NDArray[np.float32]:
        """Signed distances (n, ny, nx) at n heights."""
        return np.stack([self.distance_mm(float(z))[window] for z in z_mm])


def build_solid(contours: Sequence[Contour], raster: Raster, cap: Cap, slice_spacing_mm: float) -> Solid:
    """The solid of `contours` on `raster`; `slice_spacing_mm` is used where contours do not tell their spacing."""
    planes = planes_of(contours)
    z = np.array([height for height, _ in planes])
    clip = clip_mm(planes, z, slice_spacing_mm)
    stack = Stack(raster, clip, [polygons for _, polygons in planes], list(z))
    filled = bridged(z, slice_spacing_mm)
    joints = [join(stack, i) if filled[i] else Joint(-1, -1, i, i + 1) for i in range(len(z) - 1)]
    spacings = np.diff(z)[[joint.lower >= 0 for joint in joints]] if joints else np.empty(0)
    typical = float(np.median(spacings)) if len(spacings) else slice_spacing_mm
    heights, distance = np.array(stack.z_mm), np.stack(stack.distance_mm)
    solid = Solid(raster, heights, distance, clip, ())
    caps = [] if cap == "none" else [_capped(solid, slab, typical) for slab in _caps(joints, heights)]
    return replace(solid, slabs=(*_bridges(joints, heights), *caps))


def _bridges(joints: list[Joint], z: NDArray[np.float64]) -> list[Slab]:
    """The slabs between planes that are joined."""
    slabs: list[Slab] = []
    for i, joint in enumerate(joints):
        if joint.lower >= 0:
            around = (_below(joints, i)[0], joint.lower, joint.upper, _above(joints, i + 1)[0])
            holes = (joint.hole_below, joint.hole_above)
            slabs.append(Slab(float(z[i]), float(z[i + 1]), "between", around, holes))
    return slabs


def _caps(joints: list[Joint], z: NDArray[np.float64]) -> list[Slab]:
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


def _below(joints: list[Joint], i: int) -> tuple[int, int]:
    """The two planes below plane i that are joined to it, -1 where there is none."""
    if i < 1 or joints[i - 1].lower < 0:
        return -1, -1
    return i - 1, (i - 2 if i > 1 and joints[i - 2].lower >= 0 else -1)


def _above(joints: list[Joint], i: int) -> tuple[int, int]:
    """The two planes above plane i that are joined to it, -1 where there is none."""
    if i >= len(joints) or joints[i].lower < 0:
        return -1, -1
    return i + 1, (i + 2 if i + 1 < len(joints) and joints[i + 1].lower >= 0 else -1)


def _reach_mm(solid: Solid, slab: Slab, typical_mm: float) -> float:
    """How far a cap goes: half the local spacing, or to where the section closes if that is before the next plane."""
    if slab.planes[1] < 0:
        return typical_mm / 2
    last, before = float(solid.z_mm[slab.planes[0]]), float(solid.z_mm[slab.planes[1]])
    field = solid.at(slab)

    def cells_at(reach: float) -> int:
        return int(np.count_nonzero(field.distance_mm(last + reach * (last - before)) > 0))

    left = cells_at(1.0)
    if left >= CLOSED_FRACTION * np.count_nonzero(solid.distance_mm[slab.planes[0]] > 0):
        return abs(last - before) / 2
    opened, closed = 0.0, 1.0
    for _ in range(CLOSING_STEPS):
        middle = (opened + closed) / 2
        opened, closed = (opened, middle) if cells_at(middle) <= left else (middle, closed)
    return abs(last - before) * closed


@njit(cache=True, nogil=True)
def _between(all_values, heights, planes, z, clip, cell, result):
    """An arc never leaves the range of its ends, so where both are far on one side of the border none is drawn."""
    edge, far = -0.9999 * clip, min(clip, 2.0 * cell)
    values = np.empty(4)
    known = np.empty(4, dtype=np.bool_)
    for j in range(result.shape[1]):
        for i in range(result.shape[2]):
            low, high = all_values[1, j, i], all_values[2, j, i]
            if min(low, high) >= far or max(low, high) <= -far:
                result[:, j, i] = min(low, high) if low > 0 else max(low, high)
                continue
            for k in range(4):
                values[k] = all_values[k, j, i]
                known[k] = planes[k] >= 0 and values[k] > edge
            if not (known[1] and known[2]):
                known[0] = known[3] = False
            curvature = bend_between(heights, values, known)
            for n in range(len(z)):
                result[n, j, i] = arc(heights[1], values[1], heights[2], values[2], curvature, z[n])


def _window(distance_mm: NDArray[np.float32], least_mm: float) -> Window:
    """Rows and columns of the cells with at least a distance, and one more on each side."""
    near = distance_mm >= least_mm
    rows, columns = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
    if not len(rows):
        return slice(0, distance_mm.shape[0]), slice(0, distance_mm.shape[1])
    return slice(max(0, int(rows[0]) - 1), int(rows[-1]) + 2), slice(max(0, int(columns[0]) - 1), int(columns[-1]) + 2)


@njit(cache=True, nogil=True)
def _beyond(values, gap, gap_before, count, reach):
    moved = np.empty(values.shape[0])
    for n in range(values.shape[0]):
        moved[n] = beyond(reach, values[n, 0], values[n, 1], values[n, 2], gap, gap_before, count)
    return moved


@njit(cache=True, nogil=True)
def fractions(distance, hx, hy, fraction):
    ny, nx = distance.shape
    reach = 0.5 * (hx + hy)
    for j in range(ny):
        for i in range(nx):
            d = distance[j, i]
            if d >= reach:
                fraction[j, i] = 1.0
            elif d <= -reach:
                fraction[j, i] = 0.0
            else:
                gx, gy = slope(distance, j, i, hx, hy)
                fraction[j, i] = half_plane_fraction(d, abs(gx) * hx, abs(gy) * hy)
