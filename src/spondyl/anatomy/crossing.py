"""Contours of one plane that overlap in part: drawn as one, since no side of either is meant to be a hole.

A contour inside another is a hole. Where two cross, exclusive or would leave out what both enclose; DICOM counts what
each closed planar contour encloses as inside (PS3.3, C.8.8.6.3), so they are joined.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spondyl.anatomy.polygons import area_mm2, boxes_mm, joined
from spondyl.anatomy.structure import Contour

Points = NDArray[np.float64]
SAME_PLANE_MM = 0.01
SAME_POINT_MM = 1e-6
HOLE_WITHIN = 0.9
"""Of two contours that cross, the smaller one with at least this share of its area in the other is its hole."""
SHIFTS_MM = (np.zeros(2), np.array([1.3e-4, 0.7e-4]), np.array([-0.8e-4, 1.1e-4]))
SMALLEST_OVERLAP_MM2 = 0.05
"""Contours that share less than this touch; they are left as they are."""


def joined_crossing(contours: Sequence[Contour]) -> tuple[tuple[Contour, ...], tuple[float, ...], tuple[float, ...]]:
    """Join contours that overlap in part on their plane.

    Returns
    -------
    contours
        In their order; a join stands where its first contour stood.
    joined_mm
        Heights of the planes on which contours were joined.
    left_mm
        Heights where contours cross that could not be joined (one that is nearly a hole of the other); they stay
        combined by exclusive or.
    """
    if len(contours) < 2:
        return tuple(contours), (), ()
    levels = np.rint(np.array([c.z_mm for c in contours]) / SAME_PLANE_MM)
    suspect = set(np.unique(levels[_may_cross(contours, levels)]).tolist())
    if not suspect:
        return tuple(contours), (), ()
    planes: dict[float, list[Points]] = {}
    for level, contour in zip(levels.tolist(), contours, strict=True):
        planes.setdefault(level, []).append(contour.points_mm)
    done: list[Contour] = []
    merged: list[float] = []
    left: list[float] = []
    for level, polygons in planes.items():
        z = level * SAME_PLANE_MM
        after, some, fails = _join_plane(polygons) if level in suspect else (polygons, False, False)
        done += [Contour(z, points) for points in after]
        merged += [z] if some else []
        left += [z] if fails else []
    if not merged:
        return tuple(contours), (), tuple(left)
    return tuple(done), tuple(merged), tuple(left)


def _may_cross(contours: Sequence[Contour], levels: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Of each contour whether it may cross another of its plane: their boxes overlap, or lie in each other and their
    borders meet."""
    outlines = joined([[c.points_mm for c in contours]])
    order = np.argsort(levels, kind="stable")
    suspect = np.zeros(len(contours), dtype=np.bool_)
    _note_crossing(outlines[0], outlines[1], boxes_mm(outlines), levels, order, suspect)
    return suspect


def _join_plane(polygons: list[Points]) -> tuple[list[Points], bool, bool]:
    """The plane's polygons with crossing ones joined, whether any were, and whether some could not be."""
    some = fails = False
    todo, done = list(polygons), list[Points]()
    while todo:
        first = todo.pop(0)
        for n, second in enumerate(todo):
            if not _cross(first, second):
                continue
            others = [*todo[:n], *todo[n + 1 :], *done]
            union = None
            held = any(_holds(other, first) or _holds(other, second) for other in others)
            if not held and not _is_hole(first, second):
                union = _union(first, second)
            if union is None:
                fails = True
                continue
            some = True
            todo = [*union, *todo[:n], *todo[n + 1 :]]
            break
        else:
            done.append(first)
    return done, some, fails


def _cross(first: Points, second: Points) -> bool:
    """Whether two polygons overlap in part: each has what the other has not, and they share more than a touch."""
    low = np.maximum(first.min(axis=0), second.min(axis=0))
    high = np.minimum(first.max(axis=0), second.max(axis=0))
    if (high - low <= 0).any() or not _meet(first, second):
        return False
    union = _union(first, second)
    if union is None:
        return True
    least, most = sorted((abs(area_mm2(first)), abs(area_mm2(second))))
    new = abs(sum(area_mm2(p) for p in union)) - most
    return least - new > SMALLEST_OVERLAP_MM2 and new > SMALLEST_OVERLAP_MM2


def _is_hole(first: Points, second: Points) -> bool:
    """Whether the smaller one lies almost wholly within the other, drawn over its border by a slip."""
    union = _union(first, second) or []
    least, most = sorted((abs(area_mm2(first)), abs(area_mm2(second))))
    return abs(sum(area_mm2(p) for p in union)) - most < (1.0 - HOLE_WITHIN) * least


def _holds(outer: Points, inner: Points) -> bool:
    return not _meet(outer, inner) and bool(_inside(outer, *inner[0]))


def _union(first: Points, second: Points) -> list[Points] | None:
    """Loops round what either encloses, None if none are found; borders that coincide are moved a little apart."""
    return next((u for shift in SHIFTS_MM if (u := _chained(first, second + shift)) is not None), None)


def _chained(first: Points, second: Points) -> list[Points] | None:
    """Of each polygon the pieces outside the other, joined end to end; None if they do not meet."""
    a, b = (p if area_mm2(p) > 0 else p[::-1] for p in (first, second))
    pieces = np.concatenate((_pieces_outside(a, b), _pieces_outside(b, a)))
    starts: dict[tuple[int, int], int] = {}
    for n, (x, y) in enumerate(np.rint(pieces[:, :2] / SAME_POINT_MM).astype(np.int64).tolist()):
        if (x, y) in starts:
            return None
        starts[x, y] = n
    ends = [tuple(key) for key in np.rint(pieces[:, 2:] / SAME_POINT_MM).astype(np.int64).tolist()]
    loops: list[Points] = []
    while starts:
        first_key, n = starts.popitem()
        chain = [n]
        while ends[chain[-1]] != first_key:
            after = starts.pop(ends[chain[-1]], None)
            if after is None:
                return None
            chain.append(after)
        if len(chain) >= 3:
            loops.append(pieces[chain, :2])
    return loops


@njit(cache=True)
def _inside(polygon, x, y):
    inside = False
    for n in range(len(polygon)):
        xa, ya, xb, yb = polygon[n - 1, 0], polygon[n - 1, 1], polygon[n, 0], polygon[n, 1]
        if (ya > y) != (yb > y) and x < xa + (y - ya) / (yb - ya) * (xb - xa):
            inside = not inside
    return inside


@njit(cache=True)
def _crossing_at(xa, ya, xb, yb, xc, yc, xd, yd):
    """Where along a-b it meets c-d, from 0 to 1; -1 where it does not."""
    ux, uy, vx, vy = xb - xa, yb - ya, xd - xc, yd - yc
    across = ux * vy - uy * vx
    if across == 0.0:
        return -1.0
    t = ((xc - xa) * vy - (yc - ya) * vx) / across
    s = ((xc - xa) * uy - (yc - ya) * ux) / across
    return t if 0.0 <= t <= 1.0 and 0.0 <= s <= 1.0 else -1.0


@njit(cache=True)
def _meet(first, second):
    """Whether an edge of one meets an edge of the other."""
    for n in range(len(first)):
        xa, ya, xb, yb = first[n - 1, 0], first[n - 1, 1], first[n, 0], first[n, 1]
        for m in range(len(second)):
            if _crossing_at(xa, ya, xb, yb, second[m - 1, 0], second[m - 1, 1], second[m, 0], second[m, 1]) >= 0.0:
                return True
    return False


@njit(cache=True, nogil=True)
def _note_crossing(points, ends, boxes, levels, order, suspect):
    """Set `suspect` for contours, of which `order` puts those of a plane together, that may cross another."""
    for a in range(len(order)):
        one = order[a]
        for b in range(a + 1, len(order)):
            other = order[b]
            if levels[other] != levels[one]:
                break
            apart = within = holds = False
            for axis in range(2):
                low, high, low_other = boxes[one, axis], boxes[one, axis + 2], boxes[other, axis]
                high_other = boxes[other, axis + 2]
                apart |= min(high, high_other) <= max(low, low_other)
                within = low > low_other and high < high_other and (within or axis == 0)
                holds = low_other > low and high_other < high and (holds or axis == 0)
            if apart:
                continue
            if within or holds:
                first = points[ends[one - 1] if one > 0 else 0 : ends[one]]
                if not _meet(first, points[ends[other - 1] if other > 0 else 0 : ends[other]]):
                    continue
            suspect[one] = suspect[other] = True


@njit(cache=True)
def _pieces_outside(polygon, other):
    """Edges (n, 4) of a polygon, cut where they meet the other, that lie outside of it."""
    pieces = [(0.0, 0.0, 0.0, 0.0)]
    for n in range(len(polygon)):
        xa, ya, xb, yb = polygon[n - 1, 0], polygon[n - 1, 1], polygon[n, 0], polygon[n, 1]
        if xa == xb and ya == yb:
            continue
        cuts = [0.0, 1.0]
        at_x, at_y = [xa, xb], [ya, yb]
        for m in range(len(other)):
            xc, yc, xd, yd = other[m - 1, 0], other[m - 1, 1], other[m, 0], other[m, 1]
            t = _crossing_at(xa, ya, xb, yb, xc, yc, xd, yd)
            if 0.0 < t < 1.0:
                cuts.append(t)
                at_x.append(xa + t * (xb - xa))
                at_y.append(ya + t * (yb - ya))
        order = np.argsort(np.array(cuts))
        for k in range(len(order) - 1):
            i, j = order[k], order[k + 1]
            if not _inside(other, 0.5 * (at_x[i] + at_x[j]), 0.5 * (at_y[i] + at_y[j])):
                pieces.append((at_x[i], at_y[i], at_x[j], at_y[j]))
    result = np.empty((len(pieces) - 1, 4))
    for n in range(1, len(pieces)):
        result[n - 1, 0], result[n - 1, 1], result[n - 1, 2], result[n - 1, 3] = pieces[n]
    return result
