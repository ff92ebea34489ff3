"""A folder of CT slices becomes one image on a regular grid, or is refused with what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import DicomError
from spondyl.core.image import Image
from spondyl.core.progress import Progress, silent
from spondyl.io.axes import to_lps
from spondyl.io.dicom_file import EXPORT_SINGLE, numbers, pixels_of, read_dicom, refusing, text
from spondyl.io.hounsfield import checked_hu

POSITION_TOLERANCE_MM = 0.02
"""Slice positions are decimal strings of about four digits; a real irregularity is larger."""
MAX_VOXELS = 1 << 28
TILT_TOLERANCE_DEGREES = 0.1

KEPT = (
    "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "PatientID", "PatientName", "PatientSex",
    "PatientBirthDate", "StudyID", "StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName",
    "PatientPosition", "PositionReferenceIndicator", "PatientIdentityRemoved",
    "DeidentificationMethod", "SpecificCharacterSet",
)  # fmt: skip
"""What outputs must repeat so that they belong to the same patient, study and frame of reference."""


@dataclass(frozen=True)
class Slice:
    """One slice's header facts.

    Parameters
    ----------
    position_mm, row, column
        Centre of the first pixel; unit vectors along a row and a column, LPS.
    spacing_mm
        Between rows (along a column), between columns (along a row).
    """

    path: Path
    sop_uid: str
    series_uid: str
    frame_of_reference_uid: str
    position_mm: NDArray[np.float64]
    row: NDArray[np.float64]
    column: NDArray[np.float64]
    spacing_mm: tuple[float, float]
    size: tuple[int, int]
    tilt_degrees: float

    @property
    def normal(self) -> NDArray[np.float64]:
        return np.cross(self.row, self.column)


@dataclass(frozen=True)
class CtSeries:
    """A CT and what its files say beside the pixels."""

    image: Image
    dicom: dict[str, str]
    warnings: tuple[str, ...]


def read_ct_series(files: Path | Iterable[Path], progress: Progress = silent) -> CtSeries:
    """Read a CT series from a folder or a list of files.

    Raises
    ------
    DicomError
        If a file is not a readable CT slice, slices are missing, double or irregular, the gantry is tilted, or
        slices of several series or frames of reference are mixed.
    ImageError
        If the values cannot be HU.
    """
    paths = _files(files) if isinstance(files, Path) else tuple(files)
    what = f"CT series in {files}" if isinstance(files, Path) else f"CT series of {len(paths)} files"
    if len(paths) < 2:
        for path in paths:
            _refuse_frames(path)
        raise DicomError(f"{what} has {len(paths)} slices, expected at least 2; export the whole series")
    slices = check_slices([read_slice(path) for path in paths], what)
    rows, columns = slices[0].size
    if rows * columns * len(slices) > MAX_VOXELS:
        raise DicomError(
            f"{what} has {rows} x {columns} x {len(slices)} voxels, at most {MAX_VOXELS} are read; is it one scan?"
        )
    stored: list[NDArray[Any]] = []
    padded: list[NDArray[np.bool_]] = []
    for index, one in enumerate(slices):
        values, padding = _hounsfield(one.path)
        stored.append(values)
        padded.append(padding)
        progress("reading CT", (index + 1) / len(slices))
    padding = np.stack(padded)
    values, notes = checked_hu(np.stack(stored), what, padding if padding.any() else None)
    turned, grid = to_lps(values, _affine(slices), what, slices[0].frame_of_reference_uid, DicomError)
    upward = slices if slices[-1].position_mm[2] >= slices[0].position_mm[2] else slices[::-1]
    return CtSeries(
        Image(grid, turned), {**_kept(slices[0].path), "SOPInstanceUIDs": "\\".join(s.sop_uid for s in upward)}, notes
    )


def _files(folder: Path) -> tuple[Path, ...]:
    if not folder.is_dir():
        raise DicomError(f"{folder} not found; expected a folder with the slices of one CT series")
    return tuple(
        p for p in sorted(folder.iterdir()) if p.is_file() and not p.name.startswith(".") and p.name != "DICOMDIR"
    )


def _refuse_frames(path: Path) -> None:
    """Say of a lone file that holds a whole scan what it is, before its other slices are missed."""
    header = read_dicom(path, "CT", pixels=False)
    with refusing(path):
        frames = int(header.get("NumberOfFrames") or 1)
    if frames > 1:
        raise DicomError(f"{path} holds {frames} slices in one file, expected one; {EXPORT_SINGLE}")


def read_slice(path: Path) -> Slice:
    """Read where one CT slice lies.

    Raises
    ------
    DicomError
        If it is not a CT slice or lacks its place in the patient.
    """
    header = read_dicom(path, "CT", pixels=False)
    with refusing(path):
        axes = numbers(header, "ImageOrientationPatient", 6, path)
        row, column = axes[:3], axes[3:]
        lengths = np.linalg.norm(row), np.linalg.norm(column)
        if not (abs(lengths[0] - 1) < 1e-3 and abs(lengths[1] - 1) < 1e-3 and abs(row @ column) < 1e-3):
            raise DicomError(
                f"{path}: ImageOrientationPatient {axes.tolist()} is not two perpendicular unit vectors; "
                "export it again"
            )
        spacing = numbers(header, "PixelSpacing", 2, path)
        if spacing.min() <= 0 or spacing.max() > 100:
            raise DicomError(
                f"{path}: PixelSpacing is {spacing.tolist()} mm, expected two positive numbers; export it again"
            )
        tilt = header.get("GantryDetectorTilt")
        return Slice(
            path,
            text(header, "SOPInstanceUID"),
            text(header, "SeriesInstanceUID"),
            text(header, "FrameOfReferenceUID"),
            numbers(header, "ImagePositionPatient", 3, path),
            row / lengths[0],
            column / lengths[1],
            (float(spacing[0]), float(spacing[1])),
            (int(header.Rows), int(header.Columns)),
            float(tilt or 0.0),
        )


def check_slices(slices: Sequence[Slice], what: str) -> list[Slice]:
    """The slices in order along their normal, after every check that needs no pixels.

    Raises
    ------
    DicomError
        If they are not one regular, untilted series in one frame of reference.
    """
    _one("series", [s.series_uid for s in slices], what, "split them into one folder a series, or run `spondyl import`")
    _one(
        "frame of reference",
        [s.frame_of_reference_uid for s in slices],
        what,
        "keep the slices of one frame of reference",
    )
    if not slices[0].frame_of_reference_uid:
        raise DicomError(f"{what} has no FrameOfReferenceUID, so nothing can be placed in it; export it again")
    _one("matrix size", [f"{s.size[0]} x {s.size[1]}" for s in slices], what, "export one reconstruction")
    first = slices[0]
    for one in slices:
        same = np.allclose((*one.row, *one.column), (*first.row, *first.column), atol=1e-4) and np.allclose(
            one.spacing_mm, first.spacing_mm, atol=1e-4
        )
        if not same:
            raise DicomError(
                f"{what}: {one.path.name} has another orientation or pixel spacing than {first.path.name}; "
                "export one reconstruction"
            )
        if abs(one.tilt_degrees) > TILT_TOLERANCE_DEGREES:
            raise DicomError(
                f"{what}: {one.path.name} was scanned with the gantry tilted by {one.tilt_degrees:g} degrees, "
                "expected 0; "
                "resample it to an untilted grid or scan again"
            )
    ordered = sorted(slices, key=lambda s: float(s.position_mm @ first.normal))
    _check_spacing(ordered, what)
    return ordered


def _one(name: str, values: list[str], what: str, remedy: str) -> None:
    counted = Counter(values)
    if len(counted) > 1:
        shown = ", ".join(f"{count} slices of {value or 'none'}" for value, count in counted.most_common(3))
        raise DicomError(f"{what} mixes {len(counted)} values of {name} ({shown}), expected one; {remedy}")


def _check_spacing(ordered: list[Slice], what: str) -> None:
    along = np.array([float(s.position_mm @ ordered[0].normal) for s in ordered])
    steps = np.diff(along)
    double = np.flatnonzero(steps < POSITION_TOLERANCE_MM)
    uids = Counter(s.sop_uid for s in ordered)
    if double.size:
        a, b = ordered[int(double[0])], ordered[int(double[0]) + 1]
        raise DicomError(
            f"{what} has duplicated slices: {a.path.name} and {b.path.name} both lie at {a.position_mm[2]:.2f} mm, "
            "expected one a position; remove one"
        )
    if max(uids.values()) > 1:
        raise DicomError(
            f"{what} holds the SOPInstanceUID {uids.most_common(1)[0][0]} twice at different positions; export it again"
        )
    step = float(np.median(steps))
    for index in np.flatnonzero(np.abs(steps - step) > POSITION_TOLERANCE_MM + 1e-3 * step):
        low, high, gap = ordered[index], ordered[index + 1], float(steps[index])
        where = f"between {low.position_mm[2]:.2f} and {high.position_mm[2]:.2f} mm ({low.path.name}, {high.path.name})"
        missing = round(gap / step) - 1
        if missing >= 1 and abs(gap - (missing + 1) * step) < 0.1 * step:
            raise DicomError(
                f"{what} misses {missing} slice{'s' * (missing > 1)} {where}: step {gap:.2f}, expected "
                f"{step:.2f} mm; export it again"
            )
        raise DicomError(
            f"{what} has varying slice spacing: {gap:.3f} mm {where}, {step:.3f} mm elsewhere; resample it to "
            "one spacing"
        )
    shift = (ordered[-1].position_mm - ordered[0].position_mm) - ordered[0].normal * (along[-1] - along[0])
    if np.abs(shift).max() > 0.3:
        raise DicomError(
            f"{what} is sheared: its slices shift by {np.abs(shift).max():.2f} mm across the stack, as with a "
            "tilted gantry; resample it"
        )


def _affine(ordered: Sequence[Slice]) -> NDArray[np.float64]:
    first, last = ordered[0], ordered[-1]
    affine = np.eye(4)
    affine[:3, 0] = first.row * first.spacing_mm[1]
    affine[:3, 1] = first.column * first.spacing_mm[0]
    affine[:3, 2] = (last.position_mm - first.position_mm) / (len(ordered) - 1)
    affine[:3, 3] = first.position_mm
    return affine


def _hounsfield(path: Path) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """HU of one slice, int16 where that loses nothing, and where the file says it is padding."""
    dataset = read_dicom(path, "CT")
    with refusing(path):
        stored = pixels_of(dataset, path)[0]
        for keyword in ("RescaleSlope", "RescaleIntercept"):
            if dataset.get(keyword) is None:
                raise DicomError(
                    f"{path} has no {keyword}, so its numbers are not HU; export it again with the modality rescale"
                )
        units = text(dataset, "RescaleType")
        if units not in ("", "HU", "HU_MOD", "US"):
            raise DicomError(f"{path} has RescaleType {units}, expected HU; export the HU reconstruction")
        slope = numbers(dataset, "RescaleSlope", 1, path)[0]
        intercept = numbers(dataset, "RescaleIntercept", 1, path)[0]
        if slope <= 0:
            raise DicomError(f"{path} has RescaleSlope {slope:g}, expected a positive number; export it again")
        values = stored.astype(np.float64) * slope + intercept
        whole = float(slope).is_integer() and float(intercept).is_integer()
        small = np.abs(values).max(initial=0) < 2**15
        kind = (np.int16 if small else np.int32) if whole else np.float32
        return values.astype(kind), _padding(dataset, stored)


def _padding(dataset: Any, stored: NDArray[Any]) -> NDArray[np.bool_]:
    """PixelPaddingValue, with its range limit where given; a signed one read as unsigned is understood."""
    value = dataset.get("PixelPaddingValue")
    if value is None:
        return np.zeros(stored.shape, dtype=bool)
    bits = int(dataset.BitsAllocated)
    low = _as_stored(int(value), bits, signed=stored.dtype.kind == "i")
    limit = dataset.get("PixelPaddingRangeLimit")
    high = low if limit is None else _as_stored(int(limit), bits, signed=stored.dtype.kind == "i")
    return (stored >= min(low, high)) & (stored <= max(low, high))


def _as_stored(value: int, bits: int, *, signed: bool) -> int:
    value %= 1 << bits
    return value - (1 << bits) if signed and value >= 1 << (bits - 1) else value


def _kept(path: Path) -> dict[str, str]:
    header = read_dicom(path, "CT", pixels=False)
    with refusing(path):
        return {keyword: text(header, keyword) for keyword in KEPT if keyword in header}
