"""The solid that a stack of contours stands for: its section at any height.

Each contour plane becomes a raster of signed distances; between planes and beyond the last ones they follow `arcs`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spondyl.anatomy.arcs import arc, curvature_between
from spondyl.anatomy.border_distance import far_mm
from spondyl.anatomy.caps import border_beyond, closing_share, section_beyond
from spondyl.anatomy.polygons import half_plane_fraction, joined
from spondyl.anatomy.rays import slope, values_between
from spondyl.anatomy.stack import Joint, Raster, Stack, bridged, clip_mm, join, planes_of
from spondyl.anatomy.structure import Contour

Cap = Literal["half-slice", "none"]
CAPS: tuple[str, ...] = ("half-slice", "none")
CLOSED_FRACTION = 0.02
"""A section that goes on to less than this share of its area has closed."""
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
        """Signed distance of each raster cell (ny, nx) at a height; well off the border, bounds as far off."""
        solid, result = self._solid, np.empty(self._values.shape[1:], dtype=np.float32)
        heights = solid.z_mm[np.maximum(0, self._planes)]
        far = far_mm(solid.clip_mm, solid.raster.hx, solid.raster.hy)
        _between(self._values, heights, self._planes, z_mm, solid.clip_mm, far, result)
        hole = self._holes[0 if z_mm < (heights[1] + heights[2]) / 2 else 1]
        return np.minimum(result, -solid.distance_mm[hole]) if hole >= 0 else result


class Beyond:
    """The section beyond a last plane."""

    def __init__(self, solid: Solid, slab: Slab) -> None:
        planes, self._raster = np.array(slab.planes), solid.raster
        self._last, self._last_z = solid.distance_mm[planes[0]], float(solid.z_mm[planes[0]])
        self._border: Any = border_beyond(
            solid.distance_mm, solid.z_mm, planes, self._raster.hx, self._raster.hy, solid.clip_mm, True
        )

    def distance_mm(self, z_mm: float) -> NDArray[np.float32]:
        """Signed distance of each raster cell (ny, nx) at a height; far outside where it cannot reach."""
        result = np.empty_like(self._last)
        reach = abs(z_mm - self._last_z)
        section_beyond(self._last, self._border, reach, self._raster.hx, self._raster.hy, result)
        return result

    def closing_share(self) -> float:
        """Share of the gap to the next plane at which the section closes, -1 where it stays open."""
        r = self._raster
        return float(closing_share(self._last, self._border, r.hx, r.hy, CLOSED_FRACTION, CLOSING_STEPS))


def build_solid(contours: Sequence[Contour], raster: Raster, cap: Cap, slice_spacing_mm: float) -> Solid:
    """The solid of `contours` on `raster`; `slice_spacing_mm` is used where contours do not tell their spacing."""
    planes = planes_of(contours)
    heights_mm, polygons = [height for height, _ in planes], [drawn for _, drawn in planes]
    z, drawn = np.array(heights_mm), joined(polygons)
    clip = clip_mm(drawn, z, slice_spacing_mm)
    stack = Stack(raster, clip, polygons, drawn, heights_mm)
    filled = bridged(z, slice_spacing_mm)
    joints = [join(stack, i) if filled[i] else Joint(-1, -1, i, i + 1) for i in range(len(z) - 1)]
    spacings = np.diff(z)[[joint.lower >= 0 for joint in joints]] if joints else np.empty(0)
    typical = float(np.median(spacings)) if len(spacings) else slice_spacing_mm
    heights = np.array(stack.z_mm)
    solid = Solid(raster, heights, stack.distance_mm, clip, ())
    caps = [] if cap == "none" else [_capped(solid, slab, typical) for slab in _caps(joints, heights)]
    return replace(solid, slabs=(*_bridges(joints, heights_mm), *caps))


def _bridges(joints: list[Joint], z: list[float]) -> list[Slab]:
    """The slabs between planes that are joined."""
    slabs: list[Slab] = []
    for i, joint in enumerate(joints):
        if joint.lower >= 0:
            around = (_below(joints, i)[0], joint.lower, joint.upper, _above(joints, i + 1)[0])
            holes = (joint.hole_below, joint.hole_above)
            slabs.append(Slab(z[i], z[i + 1], "between", around, holes))
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
    closed = Beyond(solid, slab).closing_share()
    return abs(last - before) * (closed if closed >= 0 else 0.5)


@njit(cache=True, nogil=True)
def _between(all_values, heights, planes, z, clip, far, result):
    """An arc never leaves the range of its ends, so where both are far on one side of the border none is drawn."""
    values = np.empty(4)
    for j in range(result.shape[0]):
        for i in range(result.shape[1]):
            low, high = all_values[1, j, i], all_values[2, j, i]
            if min(low, high) >= far or max(low, high) <= -far:
                result[j, i] = min(low, high) if low > 0 else max(low, high)
                continue
            values[:] = all_values[:, j, i]
            curvature = curvature_between(heights, values, planes, clip)
            result[j, i] = arc(heights[1], values[1], heights[2], values[2], curvature, z)


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
