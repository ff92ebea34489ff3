"""A straight needle through the pedicle: its angles, its distances to wall and canal, and why it is refused.

Convergence is the angle to the sagittal plane, seen along the vertebra's axis, positive towards the midline; the caudal
angle is the angle to the vertebra's axial plane, positive downwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy.access_approach import NOTHING_MM, Approach
from spondyl.anatomy.access_space import AccessSpace, Points, Side
from spondyl.core.errors import PlanError

CANNULA_MM = 4.2
"""Outer diameter of the working cannula."""
STEP_MM = 0.25
"""Between the points at which a path is looked at."""
LEAVES_BONE_MM = 0.5
"""A path runs outside bone where its axis is farther out than this: half of what the border of a mask is uncertain."""
TIP_MM = 3.0
"""The applicator's end is this far from its source (docs/reference/kv-calibration.md); so much bone it needs."""
BEHIND_MM = 60.0
"""A needle is straight: so far behind its entry it must clear the canal too. As far as the needle is drawn."""
STEEPEST_DEG = 60.0
"""Between a path and the vertebra's anterior axis. Ours: a path through pedicle or rib head lies well within, one from
the side, the front or along the spine does not."""


@dataclass(frozen=True)
class Access:
    """A straight path into a vertebral body, measured.

    Parameters
    ----------
    side
        The patient's side that it comes from.
    entry_mm, tip_mm
        (x, y, z) in DICOM patient coordinates: where it meets the posterior cortex, and where the source's centre is.
    convergence_deg, caudal_deg
        In the vertebra's own axes.
    depth_in_body_mm, depth_from_entry_mm
        Along the path: from where it enters the body, and from the cortex, to the tip.
    wall_mm
        Least distance of its axis to the wall in the pedicle; None where it passes no pedicle (extrapedicular).
    canal_mm
        Least distance of its axis to the canal, negative inside, from `BEHIND_MM` behind the entry to the tip.
    beyond_tip_mm
        Distance from the tip to the nearest surface of the bone.
    refusals
        Why a cannula of `cannula_mm` cannot take it; empty where it can.
    skin_mm
        (x, y, z) where it goes through the skin, None where that is not known.
    skin_to_entry_mm, skin_to_pedicle_mm
        Along the path from the skin, to the cortex and to where it comes beside the canal; None where not known.
    other_bone_mm, metal_mm
        Least distance of its axis to bone that is not this vertebra's (rib, neighbouring arch) between skin and entry,
        and to metal all the way; None where there is none, or no CT.
    organ_mm
        The same to lung, gas in the body, or an organ at risk that is drawn.
    """

    side: Side
    entry_mm: tuple[float, float, float]
    tip_mm: tuple[float, float, float]
    convergence_deg: float
    caudal_deg: float
    depth_in_body_mm: float
    depth_from_entry_mm: float
    wall_mm: float | None
    canal_mm: float
    beyond_tip_mm: float
    refusals: tuple[str, ...] = ()
    cannula_mm: float = CANNULA_MM
    skin_mm: tuple[float, float, float] | None = None
    skin_to_entry_mm: float | None = None
    skin_to_pedicle_mm: float | None = None
    other_bone_mm: float | None = None
    metal_mm: float | None = None
    organ_mm: float | None = None

    @property
    def fits(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.refusals

    @property
    def meets_other_bone(self) -> bool:
        """Whether the cannula would come through a rib or a neighbouring arch."""
        return self.other_bone_mm is not None and self.other_bone_mm < self.cannula_mm / 2

    @property
    def direction(self) -> Points:
        """Unit vector from entry to tip, LPS, shape (3,)."""
        along = np.subtract(self.tip_mm, self.entry_mm)
        return along / np.linalg.norm(along)

    def record(self) -> dict[str, Any]:
        """For data files."""
        return {**vars(self), "fits": self.fits, "refusals": list(self.refusals)}


def measure_access(
    space: AccessSpace, entry_mm: Sequence[float], tip_mm: Sequence[float], cannula_mm: float = CANNULA_MM
) -> Access:
    """Measure the path from `entry_mm` to `tip_mm`, whether a cannula can take it or not.

    Parameters
    ----------
    entry_mm, tip_mm
        (x, y, z) in DICOM patient coordinates. An entry behind the bone is moved along the path to the cortex.

    Raises
    ------
    PlanError
        If the two points are the same, or the path meets no bone.
    """
    points, along_mm = _path(space, np.asarray(entry_mm, float), np.asarray(tip_mm, float))
    direction = (points[-1] - points[0]) / np.linalg.norm(points[-1] - points[0])
    left, anterior, superior = space.frame.axes @ direction
    side = space.side_of(points[: max(1, len(points) // 2)])
    wall = space.wall_mm(points)
    outside_body = np.flatnonzero(space.at(space.body_mm, points) < 0)
    enters_body = along_mm[outside_body[-1]] if len(outside_body) else along_mm[0]
    in_pedicle = space.pedicle_part(points, side)
    found = Access(
        side=side,
        entry_mm=_triple(points[0]),
        tip_mm=_triple(points[-1]),
        convergence_deg=float(np.degrees(np.arctan2(-left if side == "left" else left, anterior))),
        caudal_deg=float(np.degrees(np.arcsin(-superior))),
        depth_in_body_mm=float(along_mm[-1] - enters_body),
        depth_from_entry_mm=float(along_mm[-1] - along_mm[0]),
        wall_mm=float(wall[in_pedicle].min()) if in_pedicle.any() else None,
        canal_mm=float(-space.at(space.canal_mm, np.concatenate((_behind(points[0], direction), points))).max()),
        beyond_tip_mm=float(wall[-1]),
        cannula_mm=cannula_mm,
    )
    if space.approach is not None:
        first = int(np.argmax(in_pedicle)) if in_pedicle.any() else None
        found = _approached(
            space.approach, found, points, None if first is None else float(along_mm[first] - along_mm[0])
        )
    return _judged(space, found, points, wall)


def _approached(approach: Approach, found: Access, points: Points, to_pedicle_mm: float | None) -> Access:
    """The path with what lies behind it; `to_pedicle_mm` is how far from its entry its pedicle begins."""
    direction = found.direction
    skin = approach.to_skin_mm(points[0], direction)
    reach = BEHIND_MM if skin is None else skin
    behind = points[0] - np.arange(0.0, reach + STEP_MM, STEP_MM)[:, None] * direction
    return replace(
        found,
        skin_mm=None if skin is None else _triple(points[0] - skin * direction),
        skin_to_entry_mm=skin,
        skin_to_pedicle_mm=None if skin is None or to_pedicle_mm is None else skin + to_pedicle_mm,
        other_bone_mm=_known(approach.bone_at(behind)),
        metal_mm=_known(approach.metal_at(np.concatenate((behind, points)))),
        organ_mm=_known(approach.organ_at(np.concatenate((behind, points)))),
    )


def _known(distances_mm: Points) -> float | None:
    """The least distance; None where there is nothing to keep it from."""
    least = float(distances_mm.min())
    return least if least < NOTHING_MM - 1 else None


def _behind(entry: Points, direction: Points) -> Points:
    """Points of the needle behind its entry."""
    return entry - np.arange(STEP_MM, BEHIND_MM, STEP_MM)[::-1, None] * direction


def _path(space: AccessSpace, entry: Points, tip: Points) -> tuple[Points, NDArray[np.float64]]:
    """Points from the first bone to the tip, and how far along the path each of them lies."""
    if not np.isfinite((entry, tip)).all() or np.linalg.norm(tip - entry) < STEP_MM:
        raise PlanError(
            f"needle from {_told(entry)} to {_told(tip)} mm has no direction, expected two different points; "
            "give entry and tip in DICOM patient coordinates"
        )
    length = float(np.linalg.norm(tip - entry))
    along = np.linspace(0.0, length, int(np.ceil(length / STEP_MM)) + 1)
    points = entry + (tip - entry) * (along / length)[:, None]
    in_bone = np.flatnonzero(space.at(space.bone_mm, points) >= 0)
    if not len(in_bone):
        nearest = float(-space.at(space.bone_mm, points).max())
        raise PlanError(
            f"needle from {_told(entry)} to {_told(tip)} mm lies outside bone, {nearest:.1f} mm from "
            f"{space.level or 'the vertebra'} at its nearest; expected a path into its body, check the points"
        )
    return points[in_bone[0] :], along[in_bone[0] :]


def _judged(space: AccessSpace, found: Access, points: Points, wall: Points) -> Access:
    """The path with every reason against it."""
    radius = found.cannula_mm / 2
    told: list[str] = []
    steep = float(np.degrees(np.arccos(np.clip(space.frame.axes[1] @ found.direction, -1.0, 1.0))))
    if steep > STEEPEST_DEG:
        told.append(
            f"the path comes at {steep:.0f} degrees to the way straight from behind, expected at most {STEEPEST_DEG:g}"
        )
    if found.canal_mm < 0:
        told.append(f"the path and the needle behind it run {-found.canal_mm:.1f} mm inside the canal")
    elif found.canal_mm < radius:
        told.append(
            f"the path passes {found.canal_mm:.1f} mm from the canal, the cannula of {found.cannula_mm:g} mm needs "
            f"{radius:g} mm"
        )
    for what, away in (("metal in the CT", found.metal_mm), ("lung, gas or an organ", found.organ_mm)):
        if away is not None and away < radius:
            told.append(
                f"the path passes {max(away, 0.0):.1f} mm from {what}, the cannula of {found.cannula_mm:g} mm needs "
                f"{radius:g} mm"
            )
    at_tip = float(space.at(space.body_mm, points[-1:])[0])
    if at_tip < 0:
        at_tip = min(at_tip, found.beyond_tip_mm)  # beyond the fields, where they no longer grow
    between = wall[1:-1]
    if at_tip < 0:
        told.append(f"the source lies {-at_tip:.1f} mm outside the vertebral body")
    elif found.beyond_tip_mm < TIP_MM:
        told.append(
            f"the source stands {found.beyond_tip_mm:.1f} mm from the bone's surface, its applicator's end needs "
            f"{TIP_MM:g} mm"
        )
    if at_tip >= 0 and len(between) and between.min() < -LEAVES_BONE_MM:
        where = points[1:-1][int(np.argmin(between))]
        told.append(f"the path runs {-between.min():.1f} mm outside bone at {_told(where)} mm")
    if found.wall_mm is not None and found.wall_mm < radius:
        told.append(
            f"the path passes {found.wall_mm:.1f} mm from the pedicle's wall, the cannula of {found.cannula_mm:g} mm "
            f"needs {radius:g} mm"
        )
    return replace(found, refusals=tuple(told))


def _told(point: Points) -> str:
    return ", ".join(f"{v:.1f}" for v in point)


def _triple(point: Points) -> tuple[float, float, float]:
    return float(point[0]), float(point[1]), float(point[2])
