"""What a couch with six degrees of freedom must do to bring the patient back, in IEC 61217 terms.

Axes of the fixed system, for a head-first supine patient on a couch at zero: x to the patient's left, y to the gantry
(superior), z up (anterior); in DICOM patient coordinates +x, +z and -y. All rotations are right-handed about their
axis: pitch about x lifts the head, roll about y raises the patient's right side, rotation about z turns the
couch counter-clockwise as seen from above (IEC 61217; DICOM PS3.3 C.8.8.14.12: clockwise as seen from the origin along
the positive axis, pitch before roll). The systems nest: rotation, in it pitch, in it roll, so that a patient's point q
goes to ``Rz(rotation) Rx(pitch) Ry(roll) q + shift``, here about the isocentre.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spondyl.core.errors import GridError
from spondyl.core.rigid import Rigid, about_point, rotation_about

IEC_FROM_LPS: NDArray[np.float64] = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Rows are the IEC fixed axes in DICOM patient coordinates, head-first supine."""
UPRIGHT_DEG = 89.0
"""Pitches beyond this leave roll and rotation undefined; no couch pitches by more than a few degrees."""


@dataclass(frozen=True)
class CouchMove:
    """Shifts in mm and rotations in degrees, IEC 61217, about the isocentre.

    Parameters
    ----------
    lateral_mm, longitudinal_mm, vertical_mm
        Along IEC x (to the patient's left), y (to the gantry), z (up).
    pitch_deg, roll_deg, rotation_deg
        About IEC x, y, z, right-handed.
    """

    lateral_mm: float
    longitudinal_mm: float
    vertical_mm: float
    pitch_deg: float
    roll_deg: float
    rotation_deg: float

    def motion(self, isocentre_mm: ArrayLike) -> Rigid:
        """The same as a motion of points in DICOM patient coordinates, about the isocentre (x, y, z)."""
        turn = (
            rotation_about((0, 0, 1), self.rotation_deg)
            @ rotation_about((1, 0, 0), self.pitch_deg)
            @ rotation_about((0, 1, 0), self.roll_deg)
        )
        shift = np.array([self.lateral_mm, self.longitudinal_mm, self.vertical_mm])
        back = IEC_FROM_LPS.T
        return about_point(back @ turn @ IEC_FROM_LPS, isocentre_mm, back @ shift)


def couch_move(motion: Rigid, isocentre_mm: ArrayLike) -> CouchMove:
    """A motion of the patient as the six numbers of a couch that makes it.

    Parameters
    ----------
    motion
        Of points in DICOM patient coordinates.
    isocentre_mm
        (x, y, z) about which the couch turns.

    Raises
    ------
    GridError
        If it pitches by more than `UPRIGHT_DEG`.
    """
    shift = IEC_FROM_LPS @ motion.shift_at(isocentre_mm)
    turn = IEC_FROM_LPS @ motion.rotation @ IEC_FROM_LPS.T
    pitch = float(np.rad2deg(np.arcsin(np.clip(turn[2, 1], -1.0, 1.0))))
    if abs(pitch) > UPRIGHT_DEG:
        raise GridError(f"a couch would have to pitch by {pitch:.1f} degrees, expected a few; check the registration")
    roll = np.rad2deg(np.arctan2(-turn[2, 0], turn[2, 2]))
    rotation = np.rad2deg(np.arctan2(-turn[0, 1], turn[1, 1]))
    return CouchMove(float(shift[0]), float(shift[1]), float(shift[2]), pitch, float(roll), float(rotation))


def couch_correction(patient: Rigid, isocentre_mm: ArrayLike) -> CouchMove:
    """What the couch must do where the patient lies moved by `patient` from where the plan expects: undo it."""
    return couch_move(patient.inverse, isocentre_mm)
