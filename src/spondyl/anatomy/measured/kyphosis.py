"""Angles in the sagittal plane: of one vertebra's wedge, and over a level from endplate to endplate (Cobb)."""

from __future__ import annotations

import numpy as np

from spondyl.anatomy.frame import Frame, Points
from spondyl.anatomy.measured.heights import BodyHeights
from spondyl.anatomy.measured.values import Known, plus_minus


def kyphosis_deg(above: BodyHeights, below: BodyHeights, frame: Frame) -> Known:
    """Angle between the upper endplate of one vertebra and the lower endplate of another, positive in kyphosis.

    Parameters
    ----------
    above, below
        The vertebra whose upper and the one whose lower endplate count; the same for the wedge of one vertebra.
    frame
        Of the vertebra between them: both endplates are seen in its sagittal plane.

    Notes
    -----
    An endplate's line goes through the middles of its anterior and posterior bands. Each of the four may lie off by
    half a voxel, independently.
    """
    upper, upper_mm = _rise(above, "upper", frame)
    lower, lower_mm = _rise(below, "lower", frame)
    off = np.hypot(np.arctan(above.voxel_mm / np.sqrt(2) / upper_mm), np.arctan(below.voxel_mm / np.sqrt(2) / lower_mm))
    return plus_minus(float(np.degrees(lower - upper)), float(np.degrees(off)))


def _rise(body: BodyHeights, plate: str, frame: Frame) -> tuple[float, float]:
    """How far an endplate rises from back to front in the frame's sagittal plane, in rad; and its length in mm."""
    _, anterior, superior = frame.axes
    line: Points = body.rims_mm[f"{plate}_anterior"] - body.rims_mm[f"{plate}_posterior"]
    return float(np.arctan2(line @ superior, line @ anterior)), float(np.hypot(line @ superior, line @ anterior))
