"""Registrations read: our JSON, a DICOM REG in either direction, and what is neither."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from spondyl.core import Rigid
from spondyl.core.errors import DicomError, GridError
from spondyl.core.rigid import rotation_about
from spondyl.io.registration_file import KEY, SPATIAL_REGISTRATION, matrix_rows, read_registration

PLANNING, PRIOR = "1.2.3.1", "1.2.3.2"
PRIOR_TO_PLANNING = Rigid(rotation_about((1, 1, 0), 5.0), np.array([4.0, -3.0, 20.0]))
POINT = np.array([10.0, -50.0, 300.0])


def reg(path: Path, home: str, other: str, motion: Rigid, kind: str = "RIGID") -> Path:
    """A Spatial Registration whose matrix takes `other` to `home`."""
    step = Dataset()
    step.FrameOfReferenceTransformationMatrixType = kind
    step.FrameOfReferenceTransformationMatrix = [f"{v:.10g}" for v in motion.matrix.ravel()]
    matrices, item = Dataset(), Dataset()
    matrices.MatrixSequence = Sequence([step])
    item.FrameOfReferenceUID = other
    item.MatrixRegistrationSequence = Sequence([matrices])
    whole = Dataset()
    whole.SOPClassUID, whole.SOPInstanceUID = SPATIAL_REGISTRATION, generate_uid()
    whole.Modality, whole.FrameOfReferenceUID = "REG", home
    whole.RegistrationSequence = Sequence([item])
    whole.file_meta = FileMetaDataset()
    whole.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    whole.file_meta.MediaStorageSOPClassUID, whole.file_meta.MediaStorageSOPInstanceUID = (
        whole.SOPClassUID, whole.SOPInstanceUID
    )  # fmt: skip
    whole.save_as(path, enforce_file_format=True)
    return path


@pytest.mark.parametrize("registered_to", ["planning", "prior"])
def test_a_dicom_registration_in_either_direction(tmp_path: Path, registered_to: str) -> None:
    if registered_to == "planning":
        path = reg(tmp_path / "r.dcm", PLANNING, PRIOR, PRIOR_TO_PLANNING)
    else:
        path = reg(tmp_path / "r.dcm", PRIOR, PLANNING, PRIOR_TO_PLANNING.inverse)
    found = read_registration(path, planning_frame=PLANNING, other_frame=PRIOR)
    np.testing.assert_allclose(found.moves(POINT), PRIOR_TO_PLANNING.inverse.moves(POINT), atol=1e-5)


def test_a_registration_of_other_images_or_not_rigid_is_refused(tmp_path: Path) -> None:
    path = reg(tmp_path / "r.dcm", PLANNING, PRIOR, PRIOR_TO_PLANNING)
    with pytest.raises(DicomError, match=r"expected the other image's 9\.9 among them"):
        read_registration(path, planning_frame=PLANNING, other_frame="9.9")
    scaled = reg(tmp_path / "s.dcm", PLANNING, PRIOR, PRIOR_TO_PLANNING, "RIGID_SCALE")
    with pytest.raises(DicomError, match="RIGID_SCALE, expected RIGID"):
        read_registration(scaled, planning_frame=PLANNING, other_frame=PRIOR)


def test_our_own_file_and_what_is_none(tmp_path: Path) -> None:
    own = tmp_path / "registration.json"
    own.write_text(json.dumps({KEY: matrix_rows(PRIOR_TO_PLANNING)}))
    np.testing.assert_allclose(read_registration(own).moves(POINT), PRIOR_TO_PLANNING.moves(POINT), atol=1e-8)
    own.write_text("{}")
    with pytest.raises(GridError, match=f'neither DICOM nor JSON with a 4 x 4 matrix "{KEY}"'):
        read_registration(own)
    own.write_text(json.dumps({KEY: np.diag([1, 1, 2, 1]).tolist()}))
    with pytest.raises(GridError, match="scaling, shear and mirrors are refused"):
        read_registration(own)
    with pytest.raises(GridError, match="run spondyl register"):
        read_registration(tmp_path / "none.json")
