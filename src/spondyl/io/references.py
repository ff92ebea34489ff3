"""Which patient, study, frame of reference and images an output belongs to.

From the CT's DICOM where there is one; a NIfTI case gets identifiers computed from its voxels, so that every
output of the same case, and its CT written as DICOM, belong together, and the same input gives the same file.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from spondyl.anatomy import Case
from spondyl.core.grid import Grid
from spondyl.core.provenance import DISCLAIMER

_NAMESPACE = uuid.UUID("6b1c2d62-2f0b-5c57-9c0e-3a7f1f6f5d11")
IMPLEMENTATION_UID = UID("2.25.142388301530337163519437215093247532305")
"""UUID-derived (PS3.5 B.2), made once for spondyl's files."""

_SERIES_NUMBER = {"CT": 1, "RTSTRUCT": 2, "RTPLAN": 3, "RTDOSE": 4}


def uid_from(*entropy: str) -> str:
    """A UID that depends on `entropy` alone: a version 5 UUID under 2.25 (PS3.5 B.2).

    >>> uid_from("a") == uid_from("a") != uid_from("b")
    True
    """
    return f"2.25.{uuid.uuid5(_NAMESPACE, chr(0).join(entropy)).int}"


@dataclass(frozen=True)
class References:
    """Identifiers that outputs repeat.

    Parameters
    ----------
    images
        SOPInstanceUIDs of the CT's axial slices from inferior to superior, one for each z of the CT grid; empty
        where the CT's slices are not axial.
    patient
        Values of the patient and study modules by DICOM keyword.
    """

    study_uid: str
    series_uid: str
    frame_of_reference_uid: str
    images: tuple[str, ...]
    patient: dict[str, str]
    key: str


def references_of(case: Case) -> References:
    """The identifiers of a case, read or computed."""
    known = case.dicom
    key = known.get("SeriesInstanceUID") or _fingerprint(case)
    slices = case.ct.grid.shape[0]
    images = (
        tuple(known.get("SOPInstanceUIDs", "").split("\\"))
        if known
        else tuple(uid_from(key, "ct", str(k)) for k in range(slices))
    )
    patient = {
        "PatientName": known.get("PatientName", "") or f"spondyl^{case.name}"[:64],
        "PatientID": known.get("PatientID", "") or case.name[:64],
        **{
            k: known.get(k, "")
            for k in ("PatientBirthDate", "PatientSex", "StudyID", "StudyDate", "StudyTime", "AccessionNumber")
        },
        "ReferringPhysicianName": known.get("ReferringPhysicianName", ""),
        "PositionReferenceIndicator": known.get("PositionReferenceIndicator", ""),
    }
    return References(
        known.get("StudyInstanceUID") or uid_from(key, "study"),
        known.get("SeriesInstanceUID") or uid_from(key, "ct"),
        known.get("FrameOfReferenceUID") or case.ct.grid.frame_of_reference_uid or uid_from(key, "frame"),
        images if len(images) == slices else (),
        patient,
        key,
    )


def _fingerprint(case: Case) -> str:
    grid: Grid = case.ct.grid
    return _hash(case.ct.values.tobytes(), f"{grid.origin_mm}{grid.spacing_mm}{grid.shape}{case.name}")


@lru_cache(maxsize=2)
def _hash(voxels: bytes, where: str) -> str:
    return hashlib.sha256(voxels + where.encode()).hexdigest()


def new_file(sop_class: str, sop_uid: str, references: References, modality: str, series: str) -> FileDataset:
    """A data set with the modules that every output shares: SOP common, patient, study, series, equipment."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = UID(sop_class), UID(sop_uid)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID, meta.ImplementationVersionName = (
        IMPLEMENTATION_UID,
        f"SPONDYL_{version('spondyl')}"[:16],
    )
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID, dataset.SOPInstanceUID = sop_class, sop_uid
    for keyword, value in references.patient.items():
        if keyword != "PositionReferenceIndicator":
            setattr(dataset, keyword, value)
    dataset.StudyInstanceUID = references.study_uid
    dataset.SeriesInstanceUID = uid_from(references.key, modality, series)
    dataset.SeriesDescription = DISCLAIMER
    dataset.Modality, dataset.SeriesNumber = modality, _SERIES_NUMBER[modality]
    dataset.Manufacturer, dataset.ManufacturerModelName, dataset.SoftwareVersions = (
        "spondyl",
        "spondyl",
        version("spondyl"),
    )
    return dataset


def item(**values: object) -> Dataset:
    """A sequence item."""
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def decimal(value: float) -> str:
    """A decimal string of at most 16 characters, to 1e-6 of small numbers and ten digits of large ones.

    >>> decimal(-185.04367065429688), decimal(2.0), decimal(-1e-12)
    ('-185.043671', '2', '0')
    """
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else (text if len(text) <= 16 else f"{value:.9g}")


def axial_geometry(dataset: Dataset, grid: Grid, z_mm: float) -> None:
    """Image plane module for axial slices on `grid`, the first at `z_mm`."""
    dataset.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    dataset.ImagePositionPatient = [decimal(grid.origin_mm[0]), decimal(grid.origin_mm[1]), decimal(z_mm)]
    dataset.PixelSpacing = [decimal(grid.spacing_mm[1]), decimal(grid.spacing_mm[0])]
    dataset.SliceThickness = decimal(grid.spacing_mm[2])
    dataset.Rows, dataset.Columns = grid.shape[1], grid.shape[2]


def content_hash(*arrays: np.ndarray) -> str:
    """A short hash of arrays, for identifiers of what holds them."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
