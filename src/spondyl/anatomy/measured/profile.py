"""The two endplates of a vertebral body in a mid-sagittal slab."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy.frame import Frame, Points, voxel_points
from spondyl.anatomy.measured.moved import coverage_at
from spondyl.anatomy.structure import Structure
from spondyl.core.errors import VolumeError

SLAB_HALF_MM = 5.0
"""Half the width of the mid-sagittal slab: our own setting, about the seven 1.5 mm columns of the reference heights."""
STEP_MM = 0.5
"""Distance between the points at which the mask is asked; borders are found between them by interpolation."""
LEAST_DEPTH_MM = 8.0
"""A slab with less bone than this from front to back is not a vertebral body."""


@dataclass(frozen=True)
class Profile:
    """Endplates in the mid-sagittal plane, averaged over the slab.

    Parameters
    ----------
    origin_mm
        (x, y, z) where `depth_mm`, height and side are 0.
    axes
        Rows are left, anterior along the endplates, and superior at right angles to them, shape (3, 3).
    depth_mm
        Positions along the anterior axis, increasing, shape (n,): the body's depth at half its height.
    upper_mm, lower_mm
        Height of the upper and lower endplate there, shape (n,).
    side_mm
        Where the slab's middle lies, to the left of the frame's plane.
    """

    origin_mm: Points
    axes: Points
    depth_mm: NDArray[np.float64]
    upper_mm: NDArray[np.float64]
    lower_mm: NDArray[np.float64]
    side_mm: float

    @property
    def share_of_depth(self) -> NDArray[np.float64]:
        """0 at the front of the body, 1 at its back."""
        depth = self.depth_mm
        return (depth[-1] - depth) / (depth[-1] - depth[0])

    def point_mm(self, depth_mm: float, height_mm: float) -> Points:
        """(x, y, z) of a point in the slab's middle."""
        return self.origin_mm + np.array([self.side_mm, depth_mm, height_mm]) @ self.axes


def profile_of(body: Structure, frame: Frame, tilt_rad: float, side_mm: float = 0.0) -> Profile:
    """Find both endplates in columns that lean by `tilt_rad` from the frame's superior axis towards posterior.

    Parameters
    ----------
    body
        The vertebral body alone.
    frame
        Of its vertebra.
    tilt_rad
        Turns the frame's anterior axis upwards.
    side_mm
        Moves the slab to the left.

    Raises
    ------
    VolumeError
        If the slab holds no body.
    """
    left, anterior, superior = frame.axes
    cos, sin = np.cos(tilt_rad), np.sin(tilt_rad)
    axes = np.stack([left, cos * anterior + sin * superior, cos * superior - sin * anterior])
    local = (voxel_points(body)[0] - frame.origin_mm) @ axes.T
    if not len(local):
        raise VolumeError(f'"{body.name}" fills no voxel by half; check the mask')
    room = 2 * max(body.grid.spacing_mm)
    low, high = local.min(axis=0) - room, local.max(axis=0) + room
    across = np.linspace(side_mm - SLAB_HALF_MM, side_mm + SLAB_HALF_MM, int(2 * SLAB_HALF_MM / STEP_MM) + 1)
    depth, height = np.arange(low[1], high[1], STEP_MM), np.arange(low[2], high[2], STEP_MM)
    lattice = np.stack(np.meshgrid(across, depth, height, indexing="ij"), axis=-1) @ axes + frame.origin_mm
    coverage = coverage_at(body, lattice)
    upper, lower = _ends(coverage, height)
    # At half height, since above and below it walls that do not stand at right angles to the endplates, and
    # osteophytes, would count as depth.
    half = np.abs(height - local[:, 2].mean()).argmin()
    filled = np.flatnonzero((coverage[:, :, half] >= 0.5).mean(axis=0) >= 0.5)
    if len(filled) < LEAST_DEPTH_MM / STEP_MM:
        raise VolumeError(
            f'the mid-sagittal slab of "{body.name}" holds {len(filled) * STEP_MM:.0f} mm of bone from front to back, '
            f"expected at least {LEAST_DEPTH_MM:g} mm; check the mask and the canal"
        )
    run = slice(filled[0], filled[-1] + 1)
    top, bottom = (np.nanmean(ends[:, run], axis=0) for ends in (upper, lower))
    return Profile(frame.origin_mm, axes, depth[run], top, bottom, side_mm)


def _ends(
    coverage: NDArray[np.float64], height_mm: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Heights where each column's coverage last and first crosses one half; NaN where it never reaches it."""
    inside = coverage >= 0.5
    found = inside.any(axis=-1)
    last = len(height_mm) - 1 - inside[..., ::-1].argmax(axis=-1)
    first = inside.argmax(axis=-1)
    upper = height_mm[last] + STEP_MM * _fraction(coverage, last, np.minimum(last + 1, len(height_mm) - 1))
    lower = height_mm[first] - STEP_MM * _fraction(coverage, first, np.maximum(first - 1, 0))
    return np.where(found, upper, np.nan), np.where(found, lower, np.nan)


def _fraction(coverage: NDArray[np.float64], inner: NDArray[np.intp], outer: NDArray[np.intp]) -> NDArray[np.float64]:
    """How far from `inner` towards `outer` the coverage falls to one half."""
    at, beyond = (np.take_along_axis(coverage, i[..., None], axis=-1)[..., 0] for i in (inner, outer))
    fall = at - beyond
    return np.divide(at - 0.5, fall, out=np.zeros_like(at), where=fall > 0)
