"""Make the two bundled cases from the full-size originals: crop in z, blank the air outside the body.

    python tools/bundle_cases.py SOURCE_DIR src/spondyl/data/cases

`SOURCE_DIR` holds lumbar_l3/ and thoracic_t11/ with ct.nii.gz, structures/, structures.json, case.yaml, README.md
and LICENSE. The lumbar case stays NIfTI; the thoracic CT becomes a DICOM series (JPEG 2000, lossless), so that both
ways in are in daily use and no file is large. Inside the body no HU is changed but for a clip to [-1024, 3071].
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, JPEG2000Lossless, generate_uid
from scipy import ndimage

SLICES = {"lumbar_l3": (52, 160), "thoracic_t11": (0, 111)}
CROPPED = """
## As bundled with spondyl

Slices {first} to {last} of the original (z {low:.1f} to {high:.1f} mm). Outside `BODY` (and a rim of 2 voxels) the HU
are set to -1024; inside they are unchanged but for a clip to [-1024, 3071]. {form} The volumes in `structures.json`
are those of the cropped masks; the table above is of the original. Made by `tools/bundle_cases.py`.
"""


def bundle(source: Path, target: Path) -> None:
    """Write one bundled case folder."""
    first, stop = SLICES[source.name]
    target.mkdir(parents=True)
    ct = sitk.ReadImage(str(source / "ct.nii.gz"))[:, :, first:stop]
    body = sitk.GetArrayFromImage(sitk.ReadImage(str(source / "structures/BODY.nii.gz")))[first:stop] > 0
    hu = np.clip(sitk.GetArrayFromImage(ct), -1024, 3071)
    hu = np.where(ndimage.binary_dilation(body, iterations=2), hu, -1024).astype(np.int16)
    cropped = sitk.GetImageFromArray(hu)
    cropped.CopyInformation(ct)
    if source.name == "lumbar_l3":
        sitk.WriteImage(cropped, str(target / "ct.nii.gz"), useCompression=True, compressionLevel=9)
        form = "The CT is NIfTI."
    else:
        write_dicom_series(cropped, target / "ct", source.name)
        form = "The CT is a DICOM series, JPEG 2000 lossless, with invented identifiers."
    copy_structures(source, target, first, stop)
    for name in ("LICENSE", "case.yaml"):
        shutil.copy(source / name, target / name)
    with (target / "case.yaml").open("a") as stream:
        stream.write("prescription: sib-sbrt-30in5\n")
    low = ct.GetOrigin()[2]
    note = CROPPED.format(
        first=first, last=stop - 1, low=low, high=low + (stop - first - 1) * ct.GetSpacing()[2], form=form
    )
    (target / "README.md").write_text((source / "README.md").read_text() + note)
    for file in target.rglob("*"):
        file.chmod(0o755 if file.is_dir() else 0o644)


def copy_structures(source: Path, target: Path, first: int, stop: int) -> None:
    """Crop each mask; one that is empty after the crop is left out."""
    (target / "structures").mkdir()
    listed = json.loads((source / "structures.json").read_text())
    kept = {}
    for name, entry in listed.items():
        mask = sitk.ReadImage(str(source / entry["file"]))[:, :, first:stop]
        voxels = int((sitk.GetArrayViewFromImage(mask) > 0).sum())
        if voxels == 0:
            continue
        sitk.WriteImage(mask, str(target / entry["file"]), useCompression=True, compressionLevel=9)
        kept[name] = {**entry, "volume_cm3": round(voxels * float(np.prod(mask.GetSpacing())) / 1000, 2)}
    (target / "structures.json").write_text(json.dumps(kept, indent=1) + "\n")


def write_dicom_series(ct: sitk.Image, folder: Path, name: str) -> None:
    """One CT slice a file, JPEG 2000 lossless, UIDs from the case's name."""
    folder.mkdir()
    hu, spacing, origin = sitk.GetArrayFromImage(ct), ct.GetSpacing(), ct.GetOrigin()
    study, series, frame = (generate_uid(entropy_srcs=["spondyl", name, part]) for part in ("study", "series", "frame"))
    for k, plane in enumerate(hu):
        ds = Dataset()
        ds.file_meta = FileMetaDataset()
        ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = CTImageStorage
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = generate_uid(
            entropy_srcs=["spondyl", name, str(k)]
        )
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = study, series, frame
        ds.Modality, ds.ImageType = "CT", ["DERIVED", "SECONDARY", "AXIAL"]
        ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.PatientSex = "Test^Thoracic", f"spondyl-{name}", "", ""
        ds.StudyDate = ds.StudyTime = ds.AccessionNumber = ds.ReferringPhysicianName = ds.StudyID = ""
        ds.Manufacturer, ds.SeriesNumber, ds.InstanceNumber = "spondyl", 1, k + 1
        ds.PositionReferenceIndicator, ds.PatientPosition, ds.KVP, ds.AcquisitionNumber = "", "HFS", None, None
        ds.ImagePositionPatient = [round(origin[0], 4), round(origin[1], 4), round(origin[2] + k * spacing[2], 4)]
        ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        ds.PixelSpacing, ds.SliceThickness = [spacing[1], spacing[0]], spacing[2]
        ds.Rows, ds.Columns = plane.shape
        ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME2", 0
        ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 12, 11
        ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = -1024, 1, "HU"
        ds.PixelData = (plane.astype(np.int32) + 1024).astype("<u2").tobytes()
        ds.compress(JPEG2000Lossless)
        ds.save_as(folder / f"{k:03d}.dcm", enforce_file_format=True)


if __name__ == "__main__":
    for case in SLICES:
        bundle(Path(sys.argv[1]) / case, Path(sys.argv[2]) / case)
