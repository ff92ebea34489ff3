"""A registration in and out: JSON of our own, or a DICOM Spatial Registration object that is rigid."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spondyl.core import Rigid
from spondyl.core.errors import DicomError, GridError
from spondyl.core.rigid import IDENTITY, from_matrix
from spondyl.io.dicom_file import is_dicom, numbers, read_dicom, refusing, text

SPATIAL_REGISTRATION = "1.2.840.10008.5.1.4.1.1.66.1"
KEY = "planning_to_image"
"""In registration.json: the matrix, by rows, that takes points of the planning CT to the other image, LPS mm."""


def read_registration(path: Path, *, planning_frame: str = "", other_frame: str = "") -> Rigid:
    """The motion that takes a point of the planning CT to the same tissue in the other image.

    Parameters
    ----------
    path
        registration.json as `spondyl register` writes it, or a DICOM REG object.
    planning_frame, other_frame
        Frame of reference UIDs; a REG names its matrices by them.

    Raises
    ------
    GridError
        If the file is missing, is neither, or its matrix is not rigid.
    DicomError
        If a REG does not speak of the two frames, or is not rigid.
    """
    if not path.is_file():
        raise GridError(
            f"registration {path} not found, expected registration.json or a DICOM REG file; run spondyl register"
        )
    if is_dicom(path):
        return _read_reg(path, planning_frame, other_frame)
    try:
        record: Any = json.loads(path.read_text(encoding="utf-8"))
        return from_matrix(record[KEY])
    except (ValueError, TypeError, KeyError, UnicodeDecodeError) as error:
        raise GridError(
            f'registration {path} is neither DICOM nor JSON with a 4 x 4 matrix "{KEY}"; write it with spondyl register'
        ) from error


def matrix_rows(motion: Rigid) -> list[list[float]]:
    """The matrix as JSON keeps it."""
    return [[float(f"{value:.12g}") for value in row] for row in motion.matrix]


def _read_reg(path: Path, planning_frame: str, other_frame: str) -> Rigid:
    dataset = read_dicom(path, pixels=False)
    with refusing(path):
        if text(dataset, "SOPClassUID") != SPATIAL_REGISTRATION:
            raise DicomError(f"{path} is not a Spatial Registration, expected one; give the REG object")
        home = text(dataset, "FrameOfReferenceUID")
        found = {home: IDENTITY, **{text(item, "FrameOfReferenceUID"): _rigid(item, path)
                                    for item in dataset.RegistrationSequence}}  # fmt: skip
        for what, frame in (("planning CT", planning_frame), ("other image", other_frame)):
            if not frame or frame not in found:
                raise DicomError(
                    f"{path} registers the frames of reference {', '.join(found)}, expected the {what}'s "
                    f"{frame or '(not known)'} among them; give the registration of these two images"
                )
        return found[planning_frame].then(found[other_frame].inverse)


def _rigid(item: Any, path: Path) -> Rigid:
    """Product of the item's matrices, which take its frame to the registered one."""
    whole: NDArray[np.float64] = np.eye(4)
    for registration in item.MatrixRegistrationSequence:
        for step in registration.MatrixSequence:
            kind = text(step, "FrameOfReferenceTransformationMatrixType")
            if kind != "RIGID":
                raise DicomError(f"{path} holds a matrix of type {kind or 'none'}, expected RIGID; register rigidly")
            whole = numbers(step, "FrameOfReferenceTransformationMatrix", 16, path).reshape(4, 4) @ whole
    return from_matrix(whole)
