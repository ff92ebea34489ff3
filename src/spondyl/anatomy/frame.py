"""A vertebra's own axes: left, anterior and superior, from its canal and its body, whatever its tilt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy.structure import Structure
from spondyl.core.errors import VolumeError
from spondyl.core.grid import Box

Points = NDArray[np.float64]
ITERATIONS = 4


@dataclass(frozen=True)
class Frame:
    """Axes of one vertebra; the origin lies on the axis of its canal.

    Parameters
    ----------
    origin_mm
        A point of the canal's axis (x, y, z), at the height of the middle of the vertebra.
    axes
        Rows are the unit vectors left, anterior, superior in patient coordinates, shape (3, 3).
    """

    origin_mm: Points
    axes: Points

    def local_mm(self, points_mm: Points) -> Points:
        """(left, anterior, superior) coordinates in mm, shape (n, 3), of points (x, y, z), shape (n, 3)."""
        return (points_mm - self.origin_mm) @ self.axes.T


def voxel_points(structure: Structure, at_least: float = 0.5) -> tuple[Points, NDArray[np.intp]]:
    """Centres (x, y, z) in mm, shape (n, 3), of the voxels inside, and their flat indices in the box."""
    inside = np.flatnonzero(structure.coverage >= at_least)
    index = np.stack(np.unravel_index(inside, structure.coverage.shape), axis=-1)
    return structure.local_grid.point_at(index), inside


def vertebra_frame(vertebra: Structure, canal: Structure) -> Frame:
    """Fit the axes of a vertebra.

    Superior is the canal's direction: a line through the centroids of its axial slices within the vertebra.
    Anterior is the direction, at right angles to it, from that line to the centroid of the bone in front of
    the canal, found by iteration. Left completes them.

    Raises
    ------
    VolumeError
        If the canal does not pass through the vertebra's height, or no bone lies in front of it.
    """
    bone, _ = voxel_points(vertebra)
    inside, _ = voxel_points(canal)
    if not len(bone):
        raise VolumeError(f'structure "{vertebra.name}" fills no voxel by half; check the mask')
    low, high = bone[:, 2].min(), bone[:, 2].max()
    inside = inside[(inside[:, 2] >= low) & (inside[:, 2] <= high)]
    heights = np.unique(inside[:, 2])
    if len(heights) < 3:
        raise VolumeError(
            f'"{canal.name}" has {len(heights)} slices within "{vertebra.name}" (z {low:.1f} to {high:.1f} mm), '
            "expected at least 3; extend the canal through the vertebra"
        )
    origin, superior = _axis(inside, heights, (low + high) / 2)
    return _with_anterior(bone, inside, origin, superior, vertebra.name)


def _axis(inside: Points, heights: Points, middle: float) -> tuple[Points, Points]:
    centroids = np.array([inside[inside[:, 2] == z, :2].mean(axis=0) for z in heights])
    slope = np.polyfit(heights - middle, centroids, 1)
    superior = np.array([slope[0, 0], slope[0, 1], 1.0])
    return np.array([slope[1, 0], slope[1, 1], middle]), superior / np.linalg.norm(superior)


def _with_anterior(bone: Points, inside: Points, origin: Points, superior: Points, name: str) -> Frame:
    anterior = _across(bone.mean(axis=0) - origin, superior)
    for _ in range(ITERATIONS):
        edge = np.percentile((inside - origin) @ anterior, 95)
        front = bone[(bone - origin) @ anterior > edge]
        if not len(front):
            raise VolumeError(
                f'no bone of "{name}" lies in front of its canal; check both masks and their left/right order'
            )
        anterior = _across(front.mean(axis=0) - origin, superior)
    return Frame(origin, np.stack([np.cross(superior, anterior), anterior, superior]))


def _across(vector: Points, superior: Points) -> Points:
    flat = vector - (vector @ superior) * superior
    return flat / np.linalg.norm(flat)


def box_around(*structures: Structure) -> Box:
    """The smallest box that holds all `structures`, none of them empty."""
    starts = np.min([[s.start for s in structure.box] for structure in structures], axis=0)
    stops = np.max([[s.stop for s in structure.box] for structure in structures], axis=0)
    ranges = [slice(int(a), int(b)) for a, b in zip(starts, stops, strict=True)]
    return ranges[0], ranges[1], ranges[2]
