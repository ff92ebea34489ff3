"""A folder of DICOM files, sorted: what each file is, where it belongs, and what is left out and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydicom.uid import UID

from spondyl.core.errors import DicomError
from spondyl.core.progress import Progress, silent
from spondyl.io.dicom_file import ENHANCED, EXPORT_SINGLE, KINDS, is_dicom, read_dicom, refusing, text

MAX_FILES = 20_000


@dataclass(frozen=True)
class Skipped:
    """A file that is not used, and why."""

    file: str
    reason: str


@dataclass(frozen=True)
class Entry:
    """One usable DICOM file.

    Parameters
    ----------
    refers_to
        UIDs of instances and series that it says it belongs to.
    label
        Series description or structure set label: no patient's data.
    """

    path: Path
    kind: str
    sop_uid: str
    study_uid: str
    series_uid: str
    frame_of_reference_uid: str
    refers_to: frozenset[str]
    label: str


def sort_folder(folder: Path, progress: Progress = silent) -> tuple[tuple[Entry, ...], tuple[Skipped, ...]]:
    """Read every file below `folder`, damaged and foreign ones named with the reason.

    Raises
    ------
    DicomError
        If the folder does not exist or holds too many files to be one patient's.
    """
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "not found"
        raise DicomError(f"{folder} {what}; expected a folder with DICOM files")
    paths = [p for p in sorted(folder.rglob("*")) if p.is_file() or p.is_symlink()]
    if len(paths) > MAX_FILES:
        raise DicomError(f"{folder} holds {len(paths)} files, at most {MAX_FILES} are read; give one patient's folder")
    entries: list[Entry] = []
    skipped: list[Skipped] = []
    seen: dict[str, Path] = {}
    for index, path in enumerate(paths):
        name = str(path.relative_to(folder))
        try:
            entry = _entry(path, folder)
            if isinstance(entry, str):
                skipped.append(Skipped(name, entry))
            elif entry.sop_uid in seen:
                skipped.append(Skipped(name, f"the same instance as {seen[entry.sop_uid].relative_to(folder)}"))
            else:
                seen[entry.sop_uid] = path
                entries.append(entry)
        except DicomError as error:
            skipped.append(Skipped(name, str(error).replace(str(path), name)))
        progress("sorting files", (index + 1) / len(paths))
    return tuple(entries), tuple(skipped)


def _entry(path: Path, folder: Path) -> Entry | str:
    """The file's entry, or why it is skipped."""
    if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
        return "a link that leads out of the folder"
    if path.name.upper() == "DICOMDIR":
        return "an index of a medium (DICOMDIR), not needed"
    if not is_dicom(path):
        return "not a DICOM file (no DICM at byte 128)"
    dataset = read_dicom(path, pixels=False)
    with refusing(path):
        kind = KINDS.get(text(dataset, "SOPClassUID"))
        if kind is None:
            found = text(dataset, "SOPClassUID")
            if found in ENHANCED:
                return f"{ENHANCED[found]}, which is not read; {EXPORT_SINGLE}"
            return f"{UID(found).name or 'an object without SOP class'}, not a CT, RTSTRUCT, RTPLAN or RTDOSE"
        if kind == "CT" and "LOCALIZER" in [str(v).upper() for v in dataset.get("ImageType") or []]:
            return "a localizer, not a slice"
        if not text(dataset, "SOPInstanceUID"):
            return f"{kind} without SOPInstanceUID"
        frame, refers = text(dataset, "FrameOfReferenceUID"), set[str]()
        for one in dataset.get("ReferencedFrameOfReferenceSequence") or []:
            frame = frame or text(one, "FrameOfReferenceUID")
            for study in one.get("RTReferencedStudySequence") or []:
                refers |= {
                    text(series, "SeriesInstanceUID") for series in study.get("RTReferencedSeriesSequence") or []
                }
        for keyword in ("ReferencedRTPlanSequence", "ReferencedStructureSetSequence"):
            refers |= {text(one, "ReferencedSOPInstanceUID") for one in dataset.get(keyword) or []}
        label = text(dataset, "StructureSetLabel") or text(dataset, "RTPlanLabel") or text(dataset, "DoseSummationType")
        return Entry(
            path,
            kind,
            text(dataset, "SOPInstanceUID"),
            text(dataset, "StudyInstanceUID"),
            text(dataset, "SeriesInstanceUID"),
            frame,
            frozenset(refers - {""}),
            label,
        )
