"""Heights of a vertebral body at right angles to its endplates, and its loss of height against its neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from spondyl.anatomy.frame import Frame, Points
from spondyl.anatomy.measured.profile import STEP_MM, Profile, profile_of
from spondyl.anatomy.measured.values import Known, plus_minus
from spondyl.anatomy.structure import Structure

BANDS: Mapping[str, tuple[float, float]] = {"anterior": (0.06, 0.20), "middle": (0.40, 0.60), "posterior": (0.80, 0.94)}
"""Shares of the body's depth, from its front: those of the reference heights of the bundled T11 (its README)."""
HEIGHTS = ("anterior", "middle", "middle_minimum", "posterior")
TURNS = 8
"""The columns turn until they stand at right angles to both endplates' bisector; three or four turns suffice."""
STILL_RAD = 1e-3


@dataclass(frozen=True)
class BodyHeights:
    """One vertebral body in its mid-sagittal slab.

    Parameters
    ----------
    level
        Of the vertebra.
    height_mm
        By the names of `HEIGHTS`; the uncertainty is that of one voxel along the columns and of the slab's place.
    profile
        The endplates.
    rims_mm
        (x, y, z) of the middles of the anterior and posterior bands on both endplates: "upper_anterior", ... The line
        through two of them is the endplate's line, also where the endplate between them is pressed in.
    voxel_mm
        A voxel's extent along the columns.
    """

    level: str
    height_mm: Mapping[str, Known]
    profile: Profile
    rims_mm: Mapping[str, Points]
    voxel_mm: float

    def band(self, name: str) -> NDArray[np.bool_]:
        """Which positions of the profile lie in a band."""
        share = self.profile.share_of_depth
        low, high = BANDS[name]
        return (share >= low) & (share <= high)

    @property
    def depth_mm(self) -> float:
        return float(self.profile.depth_mm[-1] - self.profile.depth_mm[0])


@dataclass(frozen=True)
class HeightLoss:
    """Loss of height in percent of the neighbours' mean, by the names of `HEIGHTS`; negative where higher.

    Parameters
    ----------
    against
        Levels of the neighbours, cranial first.
    percent
        With the uncertainty of this body's and the neighbours' heights.
    voxel_percent
        What one voxel is, in percentage points of the neighbours' middle height.
    """

    against: tuple[str, ...]
    percent: Mapping[str, Known]
    voxel_percent: float

    @property
    def greatest(self) -> tuple[str, Known]:
        """Where of anterior, middle and posterior the loss is greatest."""
        name = max(BANDS, key=lambda band: self.percent[band].value)
        return name, self.percent[name]


def measure_heights(body: Structure, frame: Frame, level: str) -> BodyHeights:
    """Measure a vertebral body in a mid-sagittal slab 10 mm wide.

    The plane goes through the canal's axis and the body's centroid (`Frame`); the columns in it stand at right angles
    to the bisector of the two endplates' lines.

    Parameters
    ----------
    body
        The vertebral body alone, without pedicles.
    frame
        Of its vertebra.

    Raises
    ------
    VolumeError
        If the slab holds no body.
    """
    tilt, profile = _upright(body, frame)
    voxel = float(np.linalg.norm(profile.axes[2] * body.grid.spacing_mm))
    aside = max(body.grid.spacing_mm[:2])
    values = _heights(profile, voxel)
    beside = [_heights(profile_of(body, frame, tilt, side), voxel) for side in (-aside, aside)]
    spread = {name: max(abs(other[name] - values[name]) for other in beside) for name in HEIGHTS}
    known = {name: plus_minus(values[name], float(np.hypot(voxel, spread[name]))) for name in HEIGHTS}
    return BodyHeights(level, known, profile, _rims(profile), voxel)


def height_loss(level: BodyHeights, neighbours: tuple[BodyHeights, ...]) -> HeightLoss:
    """Loss against the mean of the neighbours, both or one.

    The uncertainties of the bodies are taken as independent.
    """
    percent: dict[str, Known] = {}
    for name in HEIGHTS:
        # A neighbour's own deepest place says nothing of how high this body once was.
        whole = "middle" if name == "middle_minimum" else name
        references = [n.height_mm[whole] for n in neighbours]
        reference = float(np.mean([r.value for r in references]))
        of_reference = float(np.linalg.norm([r.uncertainty for r in references])) / len(references)
        own = level.height_mm[name]
        ratio = own.value / reference
        off = np.hypot(own.uncertainty, ratio * of_reference) / reference
        percent[name] = plus_minus(100 * (1 - ratio), 100 * float(off))
    middle = float(np.mean([n.height_mm["middle"].value for n in neighbours]))
    return HeightLoss(tuple(n.level for n in neighbours), percent, 100 * level.voxel_mm / middle)


def _upright(body: Structure, frame: Frame) -> tuple[float, Profile]:
    """Turn the columns until both endplates' lines lean equally to both sides."""
    tilt = 0.0
    profile = profile_of(body, frame, tilt)
    for _ in range(TURNS):
        upper, lower = endplate_slopes_rad(profile)
        step = (upper + lower) / 2
        if abs(step) < STILL_RAD:
            break
        tilt += step
        profile = profile_of(body, frame, tilt)
    return tilt, profile


def endplate_slopes_rad(profile: Profile) -> tuple[float, float]:
    """How far the lines of upper and lower endplate rise from back to front, in the profile's axes."""
    rims = _rims_in_plane(profile)
    slopes = [
        float(np.arctan2(front[1] - back[1], front[0] - back[0]))
        for front, back in ((rims[f"{plate}_anterior"], rims[f"{plate}_posterior"]) for plate in ("upper", "lower"))
    ]
    return slopes[0], slopes[1]


def _rims_in_plane(profile: Profile) -> dict[str, tuple[float, float]]:
    """(depth, height) of the middle of the anterior and posterior band on each endplate."""
    rims: dict[str, tuple[float, float]] = {}
    share = profile.share_of_depth
    for place in ("anterior", "posterior"):
        within = (share >= BANDS[place][0]) & (share <= BANDS[place][1])
        for plate, heights in (("upper", profile.upper_mm), ("lower", profile.lower_mm)):
            rims[f"{plate}_{place}"] = float(profile.depth_mm[within].mean()), float(heights[within].mean())
    return rims


def _rims(profile: Profile) -> dict[str, Points]:
    return {name: profile.point_mm(*at) for name, at in _rims_in_plane(profile).items()}


def _heights(profile: Profile, voxel_mm: float) -> dict[str, float]:
    """Means over the bands, and the least mean over one voxel's width within the middle one."""
    height, share = profile.upper_mm - profile.lower_mm, profile.share_of_depth
    found = {name: height[(share >= low) & (share <= high)] for name, (low, high) in BANDS.items()}
    means = {name: float(values.mean()) for name, values in found.items()}
    width = max(1, round(voxel_mm / STEP_MM))
    return {**means, "middle_minimum": float(uniform_filter1d(found["middle"], width, mode="nearest").min())}
