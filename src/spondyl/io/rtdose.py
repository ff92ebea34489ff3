"""RTDOSE in: units, scaling, frame offsets of both kinds, any axis order, or a refusal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spondyl.core import Grid
from spondyl.core.errors import DicomError, DoseError, DoseGridError
from spondyl.dose import Dose
from spondyl.io.axes import to_lps
from spondyl.io.dicom_file import numbers, pixels_of, read_dicom, refusing, text

WHOLE_PLAN = ("PLAN", "MULTI_PLAN", "PLAN_OVERVIEW")
MOST_GY = 1000.0
BEYOND_CM3 = 1.0
"""More than `MOST_GY` in more than this is no treatment: a course in Gy stays below, one in cGy does not. Only within
millimetres of a source in tissue is it real, in some 0.1 cm3."""
OFFSET_TOLERANCE_MM = 0.02


def read_rtdose(path: Path, *, summations: tuple[str, ...] = WHOLE_PLAN, frame_of_reference_uid: str = "") -> Dose:
    """Read an RTDOSE file in Gy.

    Parameters
    ----------
    summations
        DoseSummationType values to accept; one beam's or one fraction's dose is refused by default because it
        would be judged as if it were the plan's.
    frame_of_reference_uid
        The CT's, where the dose must lie in it.

    Returns
    -------
    Dose
        Values are ``stored * DoseGridScaling`` in float64, rounded once to float32.

    Raises
    ------
    DicomError
        If the file is not a readable RTDOSE.
    DoseError
        If the units are not GY, the type is an error, or the summation is not accepted.
    DoseGridError
        If the frames are not evenly spaced, the grid is oblique, or the frame of reference is another one.
    """
    dataset = read_dicom(path, "RTDOSE")
    with refusing(path):
        made = _check_kind(dataset, path, summations)
        frame = text(dataset, "FrameOfReferenceUID")
        if frame_of_reference_uid and frame and frame != frame_of_reference_uid:
            raise DoseGridError(
                f"{path}: frame of reference is {frame}, expected the CT's {frame_of_reference_uid}; register first"
            )
        stored = pixels_of(dataset, path)
        values = _in_gy(stored, float(numbers(dataset, "DoseGridScaling", 1, path)[0]), path)
        turned, grid = to_lps(values, _affine(dataset, len(stored), path), str(path), frame, DoseGridError)
        _refuse_beyond(turned, grid, path)
        return Dose(grid, turned, "Gy", "RTDOSE", fractions=None, made=made)


def _check_kind(dataset: Any, path: Path, summations: tuple[str, ...]) -> tuple[str, ...]:
    units, kind, summation = (text(dataset, k).upper() for k in ("DoseUnits", "DoseType", "DoseSummationType"))
    if units != "GY":
        raise DoseError(f"{path} has dose units {units or 'none'}, expected GY; export the absolute dose")
    if kind not in ("PHYSICAL", "EFFECTIVE", ""):
        raise DoseError(f"{path} has dose type {kind}, expected PHYSICAL or EFFECTIVE; export the dose itself")
    if summation not in summations:
        raise DoseError(
            f"{path} is the dose of one {summation or 'unknown summation'}, expected "
            f"{' or '.join(summations)}; export the whole plan's dose"
        )
    return (
        f"read from {path.name}: {kind or 'no'} type, summation {summation}, scaling "
        f"{text(dataset, 'DoseGridScaling')}",
    )


def _in_gy(stored: NDArray[Any], scaling: float, path: Path) -> NDArray[np.float32]:
    if scaling <= 0:
        raise DoseError(f"{path} has DoseGridScaling {scaling:g}, expected a positive number; export it again")
    if stored.min() < 0:
        raise DoseError(
            f"{path} holds negative dose ({int(stored.min())} stored), expected none; export the dose, not a difference"
        )
    return (stored * np.float64(scaling)).astype(np.float32)


def _refuse_beyond(values: NDArray[np.float32], grid: Grid, path: Path) -> None:
    beyond_cm3 = int(np.count_nonzero(values > MOST_GY)) * grid.voxel_volume_cm3
    if beyond_cm3 > BEYOND_CM3:
        raise DoseError(
            f"{path} holds up to {float(values.max()):g} Gy, and more than {MOST_GY:g} Gy in {beyond_cm3:.3g} cm3, "
            f"expected at most {BEYOND_CM3:g} cm3; its scaling is damaged or its unit is not Gy, export it again"
        )


def _affine(dataset: Any, frames: int, path: Path) -> NDArray[np.float64]:
    axes = numbers(dataset, "ImageOrientationPatient", 6, path)
    row, column = axes[:3], axes[3:]
    spacing = numbers(dataset, "PixelSpacing", 2, path)
    origin = numbers(dataset, "ImagePositionPatient", 3, path)
    normal = np.cross(row, column)
    if spacing.min() <= 0 or abs(np.linalg.norm(row) - 1) > 1e-3 or abs(np.linalg.norm(normal) - 1) > 1e-3:
        raise DoseGridError(
            f"{path}: orientation {axes.tolist()} and spacing {spacing.tolist()} do not make a grid; export it again"
        )
    start, step = _offsets(dataset, frames, origin, normal, path)
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1], affine[:3, 2] = row * spacing[1], column * spacing[0], step
    affine[:3, 3] = start
    return affine


def _offsets(
    dataset: Any, frames: int, origin: NDArray[np.float64], normal: NDArray[np.float64], path: Path
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """First frame's position and the step between frames (DICOM PS3.3 C.8.8.3.2: relative or absolute offsets)."""
    if frames < 2:
        raise DoseGridError(
            f"{path} has {frames} dose plane, expected a volume of at least 2; export the dose grid, not a plane"
        )
    offsets = numbers(dataset, "GridFrameOffsetVector", 0, path)
    if len(offsets) != frames:
        raise DoseGridError(
            f"{path} has {len(offsets)} frame offsets for {frames} frames, expected as many; export it again"
        )
    steps = np.diff(offsets)
    step = float(offsets[-1] - offsets[0]) / (frames - 1)
    if abs(step) < 1e-3 or np.abs(steps - step).max() > OFFSET_TOLERANCE_MM:
        raise DoseGridError(
            f"{path} has frames {steps.min():g} to {steps.max():g} mm apart, expected one spacing; export it "
            "on a regular grid"
        )
    axial = abs(abs(normal[2]) - 1) < 1e-3
    if abs(offsets[0]) < 1e-6:
        return origin, normal * step
    if axial and abs(offsets[0] - origin[2]) <= OFFSET_TOLERANCE_MM:
        return origin, np.array([0.0, 0.0, step])
    raise DoseGridError(
        f"{path}: first frame offset is {offsets[0]:g}, expected 0 (relative) or the z of ImagePositionPatient "
        f"{origin[2]:g} (absolute); "
        "export it again"
    )


def check_same_frame(dose_frame: str, other_frame: str, path: Path) -> None:
    """Refuse a dose and structures of two frames of reference, where both are known.

    Raises
    ------
    DicomError
        If they differ.
    """
    if dose_frame and other_frame and dose_frame != other_frame:
        raise DicomError(
            f"{path}: frame of reference is {other_frame}, expected the dose's {dose_frame}; register first"
        )
