"""A CT out as a DICOM series, so that structures and dose of a NIfTI case refer to images that exist."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from spondyl.anatomy import Case
from spondyl.core.errors import OutputError
from spondyl.core.files import writing_folder
from spondyl.core.progress import Progress, silent
from spondyl.io.dicom_file import CT
from spondyl.io.references import axial_geometry, decimal, new_file, references_of, uid_from


def write_ct_series(folder: Path, case: Case, progress: Progress = silent) -> tuple[Path, ...]:
    """Write the case's CT into `folder`, one axial slice a file (ct_000.dcm is the most inferior).

    A CT that came as axial DICOM keeps its slices' and series' UIDs; HU are stored as signed 16-bit integers with
    slope 1, so that they read back equal (a CT in fractions of a HU is rounded).

    Raises
    ------
    OutputError
        If the folder cannot be written, or HU do not fit 16 bits.
    """
    references = references_of(case)
    values = np.rint(case.ct.values)
    if values.min() < -32768 or values.max() > 32767:
        raise OutputError(
            f"CT of {case.name} holds {values.min():g} to {values.max():g} HU, which 16 bits do not hold; "
            "check its values"
        )
    images = references.images or tuple(uid_from(references.key, "axial", str(k)) for k in range(len(values)))
    grid = case.ct.grid
    with writing_folder(folder) as temporary:
        for k, image in enumerate(values.astype("<i2")):
            dataset = new_file(CT, images[k], references, "CT", "")
            dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = (
                references.series_uid,
                references.frame_of_reference_uid,
            )
            dataset.PositionReferenceIndicator = references.patient["PositionReferenceIndicator"]
            dataset.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
            dataset.InstanceNumber, dataset.AcquisitionNumber, dataset.KVP, dataset.Laterality = k + 1, None, None, ""
            dataset.PatientPosition = case.dicom.get("PatientPosition", "") or "HFS"
            axial_geometry(dataset, grid, grid.origin_mm[2] + k * grid.spacing_mm[2])
            dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
            dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 1
            dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = decimal(0), decimal(1), "HU"
            dataset.PixelData = image.tobytes()
            dataset["PixelData"].VR = "OW"
            dataset.save_as(temporary / f"ct_{k:03d}.dcm", enforce_file_format=True)
            progress("writing CT", (k + 1) / len(values))
    return tuple(folder / f"ct_{k:03d}.dcm" for k in range(len(values)))
