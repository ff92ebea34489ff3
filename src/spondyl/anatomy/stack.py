"""Contour planes as a stack of signed distances, and what of each plane is joined to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy.border_distance import signed_distances
from spondyl.anatomy.branches import ENDS, GOES_ON, ending, fates
from spondyl.anatomy.polygons import Joined, Polygons, areas_and_rims, boxes_mm, joined
from spondyl.anatomy.structure import Contour

SAME_PLANE_MM, SMALLEST_MM2 = 0.01, 1e-6
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


def with_area(contours: Sequence[Contour]) -> tuple[Contour, ...]:
    """The contours that enclose something; a point or a line drawn as a contour does not."""
    if not contours:
        return ()
    areas = np.abs(areas_and_rims(joined([[c.points_mm for c in contours]]))[:, 0])
    return tuple(c for c, area in zip(contours, areas.tolist(), strict=True) if area > SMALLEST_MM2)


def planes_of(contours: Sequence[Contour]) -> list[tuple[float, list[NDArray[np.float64]]]]:
    """Heights in mm, rising, each with the polygons on it."""
    planes: list[tuple[float, list[NDArray[np.float64]]]] = []
    for contour in sorted(contours, key=lambda c: c.z_mm):
        if planes and contour.z_mm - planes[-1][0] < SAME_PLANE_MM:
            planes[-1][1].append(contour.points_mm)
        else:
            planes.append((contour.z_mm, [contour.points_mm]))
    return planes


class Stack:
    """Planes with their signed distances; parts of a plane that go different ways are planes of their own."""

    def __init__(
        self, raster: Raster, clip_mm: float, polygons: Sequence[Polygons], drawn: Joined, z_mm: list[float]
    ) -> None:
        self.raster, self.clip_mm = raster, clip_mm
        self.polygons, self.z_mm = list(polygons), list(z_mm)
        self._drawn = self._distances(drawn)
        self._parts: list[NDArray[np.float32]] = []
        found: NDArray[np.int8] = fates(*drawn, self._drawn, raster.x0, raster.y0, raster.hx, raster.hy)
        self._fates: list[list[int]] = found.tolist()

    @property
    def distance_mm(self) -> NDArray[np.float32]:
        """Signed distances (planes, ny, nx): those drawn, then parts of them."""
        return np.concatenate([self._drawn, *self._parts]) if self._parts else self._drawn

    def _distances(self, drawn: Joined, *, everywhere: bool = False) -> NDArray[np.float32]:
        r = self.raster
        frame = (r.x0, r.y0), (r.hx, r.hy), (r.ny, r.nx)
        return signed_distances(drawn, *frame, self.clip_mm, everywhere=everywhere)

    def go_on(self, lower: int) -> bool:
        """Whether a plane and the next go on in one another as a whole."""
        return self._fates[lower] == [GOES_ON, GOES_ON]

    def _add(self, z_mm: float, polygons: Polygons) -> int:
        self.polygons.append(polygons)
        self.z_mm.append(z_mm)
        self._parts.append(self._distances(joined([polygons]), everywhere=True))
        return len(self.z_mm) - 1

    def split(self, plane: int, other: int) -> Split:
        """What of `plane` goes on in `other`, its neighbour, what ends, and the holes that close."""
        r, polygons = self.raster, self.polygons[plane]
        fate = self._fates[min(plane, other)][int(plane > other)]
        if fate == GOES_ON:
            return Split(plane, -1, -1)
        if fate == ENDS:
            return Split(-1, plane, -1)
        here, there, frame = self._drawn[plane], self._drawn[other], ((r.x0, r.y0), (r.hx, r.hy))
        ends = ending(polygons, here, there, *frame)
        closes = ~ends & ending(polygons, here, there, *frame, sign=-1)
        return Split(*(self._part(plane, part) for part in (~ends & ~closes, ends, closes)))

    def _part(self, plane: int, chosen: NDArray[np.bool_]) -> int:
        polygons = [p for p, keep in zip(self.polygons[plane], chosen, strict=True) if keep]
        return self._add(self.z_mm[plane], polygons) if polygons else -1


@dataclass(frozen=True)
class Split:
    """Planes of the parts of one plane, -1 for none."""

    going: int
    ended: int
    hole: int


@dataclass(frozen=True)
class Joint:
    """Between two neighbouring planes: what is joined (`lower`, `upper`), what ends above or begins below, and holes
    that close above the lower plane or open below the upper one."""

    lower: int
    upper: int
    ended: int
    begun: int
    hole_below: int = -1
    hole_above: int = -1


def join(stack: Stack, i: int) -> Joint:
    if stack.go_on(i):
        return Joint(i, i + 1, -1, -1)
    lower, upper = stack.split(i, i + 1), stack.split(i + 1, i)
    if lower.going < 0 or upper.going < 0:
        return Joint(-1, -1, i, i + 1)
    return Joint(lower.going, upper.going, lower.ended, upper.ended, lower.hole, upper.hole)


def clip_mm(drawn: Joined, z: NDArray[np.float64], spacing: float) -> float:
    """Distances matter up to the largest step that a sphere of the structure's width can make between planes."""
    boxes = boxes_mm(drawn)
    width = float((boxes[:, 2:] - boxes[:, :2]).max())
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
