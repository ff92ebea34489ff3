"""Tiny DICOM objects made without spondyl's writers, so that readers are tested against something else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

STUDY, SERIES, FRAME, STRUCT = "1.2.3.1", "1.2.3.2", "1.2.3.3", "1.2.3.4"
CT, RTSTRUCT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.481.3"
RTDOSE, RTPLAN = "1.2.840.10008.5.1.4.1.1.481.2", "1.2.840.10008.5.1.4.1.1.481.5"


def new(sop_class: str, sop_uid: str, modality: str, syntax: str = ExplicitVRLittleEndian) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID, meta.TransferSyntaxUID = sop_class, sop_uid, syntax
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID, ds.Modality = sop_class, sop_uid, modality
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = "Doe^Jane", "4711", "19500101"
    ds.StudyInstanceUID, ds.FrameOfReferenceUID, ds.SeriesInstanceUID = STUDY, FRAME, SERIES
    return ds


def voxels(nz: int = 6, ny: int = 8, nx: int = 10) -> np.ndarray:
    """HU with a different number in every voxel (the first 1300), air included."""
    return (np.arange(nz * ny * nx).reshape(nz, ny, nx) % 1300 * 3 - 1000).astype(np.int16)


def ct_slice(hu: np.ndarray, z: float, number: int, row=(1, 0, 0), column=(0, 1, 0), xy=(-20.0, -16.0)) -> FileDataset:
    ds = new(CT, f"1.2.3.9.{number}", "CT")
    ds.ImageType, ds.PatientPosition, ds.InstanceNumber = ["ORIGINAL", "PRIMARY", "AXIAL"], "HFS", number
    ds.ImagePositionPatient, ds.ImageOrientationPatient = [*xy, z], [*row, *column]
    ds.PixelSpacing, ds.SliceThickness = [2.0, 1.5], 3.0
    ds.Rows, ds.Columns = hu.shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.RescaleIntercept, ds.RescaleSlope = -1024, 1
    ds.PixelData = (hu.astype(np.int32) + 1024).astype("<u2").tobytes()
    return ds


def write_series(folder: Path, slices: list[FileDataset]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for n, ds in enumerate(slices):
        ds.save_as(folder / f"s{n:02d}.dcm", enforce_file_format=True)
    return folder


def series(nz: int = 6, ny: int = 8, nx: int = 10) -> list[FileDataset]:
    return [ct_slice(hu, 100.0 + 3.0 * k, k) for k, hu in enumerate(voxels(nz, ny, nx))]


def item(**values: object) -> Dataset:
    ds = Dataset()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def square(z: float, low: float = -14.0, high: float = -8.0) -> list[float]:
    """Corners of a square (x = y from low to high) at z."""
    return [low, low, z, high, low, z, high, high, z, low, high, z]


def rtstruct(rois: dict[str, tuple[str, list[list[float]]]], frame: str = FRAME) -> FileDataset:
    """{name: (interpreted type, contours)}."""
    ds = new(RTSTRUCT, STRUCT, "RTSTRUCT")
    ds.SeriesInstanceUID, ds.FrameOfReferenceUID, ds.StructureSetLabel = "1.2.3.5", frame, "tiny"
    series_item = item(SeriesInstanceUID=SERIES, ContourImageSequence=[])
    study = item(
        ReferencedSOPClassUID="1.2.840.10008.3.1.2.3.1",
        ReferencedSOPInstanceUID=STUDY,
        RTReferencedSeriesSequence=[series_item],
    )
    ds.ReferencedFrameOfReferenceSequence = [item(FrameOfReferenceUID=frame, RTReferencedStudySequence=[study])]
    ds.StructureSetROISequence, ds.ROIContourSequence, ds.RTROIObservationsSequence = [], [], []
    for number, (name, (kind, contours)) in enumerate(rois.items(), start=1):
        ds.StructureSetROISequence.append(
            item(ROINumber=number, ROIName=name, ReferencedFrameOfReferenceUID=frame, ROIGenerationAlgorithm="")
        )
        drawn = item(ReferencedROINumber=number, ROIDisplayColor=[255, 128, 0])
        if contours:
            drawn.ContourSequence = [
                item(ContourGeometricType="CLOSED_PLANAR", NumberOfContourPoints=len(c) // 3, ContourData=c)
                for c in contours
            ]
        ds.ROIContourSequence.append(drawn)
        ds.RTROIObservationsSequence.append(
            item(ObservationNumber=number, ReferencedROINumber=number, RTROIInterpretedType=kind)
        )
    return ds


def rtdose(
    stored: np.ndarray, scaling: float = 1e-3, offsets=None, z: float = 100.0, axes=(1, 0, 0, 0, 1, 0)
) -> FileDataset:
    """`stored` is [frame, row, column], uint16 or uint32."""
    ds = new(RTDOSE, "1.2.3.7", "RTDOSE")
    ds.SeriesInstanceUID = "1.2.3.8"
    bits = stored.dtype.itemsize * 8
    ds.NumberOfFrames, ds.Rows, ds.Columns = stored.shape
    ds.FrameIncrementPointer = 0x3004000C
    ds.GridFrameOffsetVector = list(3.0 * np.arange(len(stored))) if offsets is None else list(offsets)
    ds.ImagePositionPatient, ds.ImageOrientationPatient, ds.PixelSpacing = [-20.0, -30.0, z], list(axes), [2.0, 1.5]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = bits, bits, bits - 1, 0
    ds.DoseUnits, ds.DoseType, ds.DoseSummationType, ds.DoseGridScaling = "GY", "PHYSICAL", "PLAN", str(scaling)
    ds.ReferencedRTPlanSequence = [item(ReferencedSOPClassUID=RTPLAN, ReferencedSOPInstanceUID="1.2.3.6")]
    ds.PixelData = stored.tobytes()
    ds["PixelData"].VR = "OW"
    return ds


def rtplan() -> FileDataset:
    ds = new(RTPLAN, "1.2.3.6", "RTPLAN")
    ds.SeriesInstanceUID, ds.RTPlanLabel = "1.2.3.10", "A1"
    ds.ReferencedStructureSetSequence = [item(ReferencedSOPClassUID=RTSTRUCT, ReferencedSOPInstanceUID=STRUCT)]
    ds.DoseReferenceSequence = [item(DoseReferenceNumber=1, TargetPrescriptionDose=30.0)]
    beam = item(BeamNumber=1, BeamName="a", BeamType="STATIC", RadiationType="PHOTON")
    beam.ControlPointSequence = [item(ControlPointIndex=0, NominalBeamEnergy=6, GantryAngle=180.0)]
    ds.BeamSequence = [beam]
    ds.FractionGroupSequence = [
        item(
            FractionGroupNumber=1,
            NumberOfFractionsPlanned=5,
            ReferencedBeamSequence=[item(ReferencedBeamNumber=1, BeamMeterset=512.5)],
        )
    ]
    return ds


def jpeg_lossless(image: np.ndarray) -> bytes:
    """An image of uint16 as JPEG lossless, process 14, selection value 1 (ITU-T T.81 annex H): pydicom writes none.

    All 17 Huffman codes have 5 bits, so a code is its category.
    """
    rows, columns = image.shape
    padded = image.astype(np.int64)
    predicted = np.empty_like(padded)
    predicted[:, 1:], predicted[1:, 0], predicted[0, 0] = padded[:, :-1], padded[:-1, 0], 1 << 15
    bits: list[str] = []
    for difference in ((padded - predicted + 32768) % 65536 - 32768).ravel():
        size = int(abs(difference)).bit_length()
        value = difference if difference > 0 else difference + (1 << size) - 1
        bits.append(f"{size:05b}" + (f"{value:0{size}b}" if 0 < size < 16 else ""))
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    scan = int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\x00")
    table = bytes([0, 0, 0, 0, 0, 17, *[0] * 11, *range(17)])
    frame = bytes([16, *rows.to_bytes(2, "big"), *columns.to_bytes(2, "big"), 1, 1, 0x11, 0])
    parts = [(0xC3, frame), (0xC4, table), (0xDA, bytes([1, 1, 0, 1, 0, 0]))]
    headers = b"".join(bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body for marker, body in parts)
    return b"\xff\xd8" + headers + scan + b"\xff\xd9"
