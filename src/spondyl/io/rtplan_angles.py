"""Angles of an RTPLAN's control points as they are gone through, and in the frame of a head first, supine patient."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import DicomError
from spondyl.io.dicom_file import text

Floats = NDArray[np.float64]
ANGLES = {
    "GantryAngle": "GantryRotationDirection",
    "BeamLimitingDeviceAngle": "BeamLimitingDeviceRotationDirection",
    "PatientSupportAngle": "PatientSupportRotationDirection",
}
STILL_DEG = 0.1
"""A step this near to none, on either side, is rounding: it is taken the short way whatever the direction says."""
POSITIONS = ("HFS", "HFP", "FFS", "FFP")


def inherited(points: Sequence[Any], keyword: str) -> list[Any]:
    """An element at each control point, the last one said where a point does not; None until one is said."""
    found: list[Any] = []
    for point in points:
        value = point.get(keyword)
        found.append(value if value not in (None, "") else (found[-1] if found else None))
    return found


def turned(points: Sequence[Any], keyword: str, path: Path, what: str) -> Floats:
    """An angle at each control point, in degrees: from point to point it goes the way that the gantry goes.

    Starts within 0 to 360 and leaves that range where the rotation passes it (350, 355, 360, 365), so that an angle
    between two points is their mean.

    Raises
    ------
    DicomError
        If the first point does not say the angle, or it changes without a direction.
    """
    stated, ways = inherited(points, keyword), inherited(points, ANGLES[keyword])
    if not stated or stated[0] is None:
        raise DicomError(f"{path}: {what} does not say its {keyword}; export it again")
    if not np.isfinite([float(angle) for angle in stated]).all():
        raise DicomError(f"{path}: {what} has a {keyword} that is not a number; export it again")
    angles = [float(stated[0]) % 360.0]
    for number in range(1, len(stated)):
        step = (float(stated[number]) - float(stated[number - 1]) + 180.0) % 360.0 - 180.0
        way = str(ways[number - 1] or "NONE").upper()
        if abs(step) > STILL_DEG:
            if way not in ("CW", "CC"):
                raise DicomError(
                    f"{path}: {what} goes from {keyword} {float(stated[number - 1]):g} to {float(stated[number]):g} at "
                    f"control point {number} with direction {way}, expected CW or CC; export it again"
                )
            step = step % 360.0 if way == "CW" else -((-step) % 360.0)
        elif len(stated) == 2 and way in ("CW", "CC"):
            raise DicomError(
                f"{path}: {what} goes {way} from {keyword} {float(stated[0]):g} to the same angle in two control "
                "points: a full turn, or none; export it with more control points"
            )
        angles.append(angles[-1] + step)
    return np.array(angles)


def as_head_first_supine(
    position: str, gantry_deg: Floats, collimator_deg: Floats, couch_deg: Floats
) -> tuple[Floats, Floats, Floats]:
    """The angles that a head first, supine patient would need for the same beam through the same anatomy.

    A prone patient is a supine one turned by 180 degrees about the long axis: the gantry stands opposite and the couch
    turns the other way. Feet first is a couch turned by 180 degrees.

    >>> g, c, t = as_head_first_supine("HFP", np.array([30.0]), np.array([5.0]), np.array([10.0]))
    >>> float(g[0]), float(c[0]), float(t[0])
    (210.0, 5.0, -10.0)
    """
    if position.endswith("P"):
        gantry_deg, couch_deg = gantry_deg + 180.0, -couch_deg
    if position.startswith("FF"):
        couch_deg = couch_deg + 180.0
    return gantry_deg, collimator_deg, couch_deg


def patient_position(dataset: Any, beam: Any, path: Path) -> str:
    """How the patient lies for a beam: "HFS", "HFP", "FFS" or "FFP"; HFS where the file does not say.

    Raises
    ------
    DicomError
        If the patient lies another way.
    """
    setups = dataset.get("PatientSetupSequence") or []
    wanted = beam.get("ReferencedPatientSetupNumber")
    found = [one for one in setups if wanted in (None, "", one.get("PatientSetupNumber"))] or list(setups)
    position = text(found[0], "PatientPosition").upper() if found else ""
    if position not in ("", *POSITIONS):
        raise DicomError(
            f"{path}: the patient lies {position}, expected one of {', '.join(POSITIONS)}; no dose is computed for it"
        )
    return position or "HFS"
