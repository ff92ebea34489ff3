"""A rigid motion: a rotation and a shift of points in the patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spondyl.core.errors import GridError

Vector = NDArray[np.float64]
ORTHOGONAL_WITHIN = 1e-4
"""How far a matrix may be from a rotation: DICOM writes its elements as decimal strings of up to 16 characters."""


@dataclass(frozen=True, eq=False)
class Rigid:
    """A point p goes to ``rotation @ p + shift_mm``.

    Parameters
    ----------
    rotation
        Shape (3, 3), orthogonal with determinant +1.
    shift_mm
        (x, y, z) in mm.

    Raises
    ------
    GridError
        If shapes are wrong, a number is not finite, or the matrix scales, shears or mirrors.
    """

    rotation: Vector
    shift_mm: Vector

    def __post_init__(self) -> None:
        rotation = np.asarray(self.rotation, dtype=np.float64)
        shift = np.asarray(self.shift_mm, dtype=np.float64)
        if rotation.shape != (3, 3) or shift.shape != (3,):
            raise GridError(
                f"a rigid motion needs a rotation of shape (3, 3) and a shift of shape (3,), got {rotation.shape} and "
                f"{shift.shape}"
            )
        off = np.abs(rotation.T @ rotation - np.eye(3)).max() if np.isfinite(rotation).all() else np.inf
        if not np.isfinite(shift).all() or off > ORTHOGONAL_WITHIN or np.linalg.det(rotation) < 0:
            raise GridError(
                f"a rigid motion needs a pure rotation and a finite shift, got {rotation.tolist()} and "
                f"{shift.tolist()}; scaling, shear and mirrors are refused"
            )
        object.__setattr__(self, "rotation", rotation)
        object.__setattr__(self, "shift_mm", shift)

    @property
    def matrix(self) -> Vector:
        """Shape (4, 4), for points (x, y, z, 1)."""
        whole = np.eye(4)
        whole[:3, :3], whole[:3, 3] = self.rotation, self.shift_mm
        return whole

    @property
    def inverse(self) -> Rigid:
        back = self.rotation.T
        return Rigid(back, -back @ self.shift_mm)

    @property
    def turn_deg(self) -> float:
        """Angle of the whole rotation about its own axis, 0 to 180."""
        cosine = np.clip((np.trace(self.rotation) - 1.0) / 2.0, -1.0, 1.0)
        return float(np.rad2deg(np.arccos(cosine)))

    def moves(self, points_mm: ArrayLike) -> Vector:
        """Points (..., 3) where they go."""
        return np.asarray(points_mm, dtype=np.float64) @ self.rotation.T + self.shift_mm

    def turns(self, vectors: ArrayLike) -> Vector:
        """Vectors (..., 3), which have a direction but no place."""
        return np.asarray(vectors, dtype=np.float64) @ self.rotation.T

    def then(self, later: Rigid) -> Rigid:
        """This motion, and `later` after it."""
        return Rigid(later.rotation @ self.rotation, later.moves(self.shift_mm))

    def shift_at(self, point_mm: ArrayLike) -> Vector:
        """How far a point goes (x, y, z): the shift as seen from it, while the rotation turns about it."""
        point = np.asarray(point_mm, dtype=np.float64)
        return self.moves(point) - point


IDENTITY = Rigid(np.eye(3), np.zeros(3))


def rotation_about(axis: ArrayLike, angle_deg: float) -> Vector:
    """Right-handed rotation about an axis through the origin (Rodrigues), shape (3, 3).

    >>> (rotation_about((0, 0, 1), 90.0) @ [1, 0, 0]).round(9).tolist()
    [0.0, 1.0, 0.0]
    """
    x, y, z = np.asarray(axis, dtype=np.float64) / np.linalg.norm(axis)
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    angle = np.deg2rad(angle_deg)
    return np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * cross @ cross


def about_point(rotation: ArrayLike, centre_mm: ArrayLike, shift_mm: ArrayLike = (0.0, 0.0, 0.0)) -> Rigid:
    """Turn about `centre_mm` and then shift."""
    turn, centre = np.asarray(rotation, dtype=np.float64), np.asarray(centre_mm, dtype=np.float64)
    return Rigid(turn, centre - turn @ centre + np.asarray(shift_mm, dtype=np.float64))


def from_matrix(matrix: ArrayLike) -> Rigid:
    """From a (4, 4) matrix for points (x, y, z, 1).

    Raises
    ------
    GridError
        If it is not (4, 4), its last row is not (0, 0, 0, 1), or it is not rigid.
    """
    whole = np.asarray(matrix, dtype=np.float64)
    if whole.shape != (4, 4) or not np.allclose(whole[3], (0, 0, 0, 1), atol=1e-9):
        raise GridError(
            f"a rigid motion needs a matrix of shape (4, 4) with last row 0 0 0 1, got {whole.tolist()}; check the file"
        )
    return Rigid(whole[:3, :3], whole[:3, 3])
