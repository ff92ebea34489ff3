"""From a folder of DICOM files to a case folder."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spondyl.core.errors import DicomError, OutputError, SpondylError
from spondyl.core.files import check_output, writing_folder
from spondyl.core.grid import Grid
from spondyl.core.progress import Progress, silent
from spondyl.core.provenance import DISCLAIMER, Provenance
from spondyl.io.case_yaml import template
from spondyl.io.ct_series import CtSeries, read_ct_series
from spondyl.io.deidentify import deidentified, pseudonym
from spondyl.io.dicom_file import read_dicom, refusing
from spondyl.io.rtdose import read_rtdose
from spondyl.io.rtplan import read_rtplan
from spondyl.io.rtstruct import RoiContours, check_frame, read_contours
from spondyl.io.sorting import Entry, Skipped, sort_folder


@dataclass(frozen=True)
class ImportReport:
    """What a folder of DICOM files holds, and which of it makes the case.

    Parameters
    ----------
    ct
        Files of the chosen CT series.
    structures
        The chosen RTSTRUCT, None where there is none.
    plans, doses
        RTPLAN and RTDOSE files in the CT's frame of reference.
    skipped
        Every file that is not used, with the reason.
    rois
        Names of the chosen structure set's ROIs, with their number of contours.
    """

    folder: Path
    study_uid: str
    series_uid: str
    frame_of_reference_uid: str
    ct: tuple[Path, ...]
    structures: Path | None
    plans: tuple[Path, ...]
    doses: tuple[Path, ...]
    skipped: tuple[Skipped, ...]
    grid: Grid
    rois: dict[str, int]
    warnings: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """For `--json`: no patient's name or identifier."""
        relative = [str(p.relative_to(self.folder)) for p in self.ct]
        return {
            "disclaimer": DISCLAIMER,
            "study_uid": self.study_uid,
            "series_uid": self.series_uid,
            "frame_of_reference_uid": self.frame_of_reference_uid,
            "ct": {
                "slices": len(relative),
                "files": relative,
                "shape_xyz": list(self.grid.shape[::-1]),
                "spacing_mm": list(self.grid.spacing_mm),
                "origin_mm": list(self.grid.origin_mm),
            },
            "structures": None if self.structures is None else str(self.structures.relative_to(self.folder)),
            "rois": [{"name": name, "contours": count} for name, count in self.rois.items()],
            "plans": [str(p.relative_to(self.folder)) for p in self.plans],
            "doses": [str(p.relative_to(self.folder)) for p in self.doses],
            "skipped": [{"file": s.file, "reason": s.reason} for s in self.skipped],
            "warnings": list(self.warnings),
        }


def import_dicom(folder: Path, *, series: str = "", structures: str = "", progress: Progress = silent) -> ImportReport:
    """Sort a folder of DICOM files and choose the CT, structures, plans and doses that belong together.

    Parameters
    ----------
    series
        SeriesInstanceUID of the CT to take, where several could be meant.
    structures
        File name or SOPInstanceUID of the RTSTRUCT to take, where several could be meant.

    Raises
    ------
    SpondylError
        If there is no usable CT, several could be meant, or the chosen files cannot be used.
    """
    entries, skipped = sort_folder(folder, progress)
    chosen = _choose_ct(entries, series, folder, skipped)
    frame, study = chosen[0].frame_of_reference_uid, chosen[0].study_uid
    ct = read_ct_series([e.path for e in chosen], progress)
    same = [e for e in entries if e.kind != "CT" and _belongs(e, chosen)]
    struct = _choose_structures([e for e in same if e.kind == "RTSTRUCT"], chosen, same, structures)
    rois = {} if struct is None else read_contours(struct.path)
    if struct is not None:
        check_frame(rois, frame, struct.path)
    plans, bad_plans = _usable([e for e in same if e.kind == "RTPLAN"], folder)
    doses, bad_doses = _usable([e for e in same if e.kind == "RTDOSE"], folder)
    used = {e.path for e in (*chosen, *plans, *doses)} | ({struct.path} if struct else set())
    named = {s.file for s in (*bad_plans, *bad_doses)}
    left = [
        Skipped(name, _why_left(e, chosen[0]))
        for e in entries
        if e.path not in used and (name := str(e.path.relative_to(folder))) not in named
    ]
    return ImportReport(
        folder,
        study,
        chosen[0].series_uid,
        frame,
        tuple(e.path for e in chosen),
        struct.path if struct else None,
        tuple(e.path for e in plans),
        tuple(e.path for e in doses),
        (*skipped, *bad_plans, *bad_doses, *left),
        ct.image.grid,
        {name: len(roi.contours) for name, roi in rois.items()},
        _notes(ct, rois, struct, study),
    )


def _choose_ct(entries: tuple[Entry, ...], wanted: str, folder: Path, skipped: tuple[Skipped, ...]) -> list[Entry]:
    by_series: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.kind == "CT":
            by_series[entry.series_uid].append(entry)
    if not by_series:
        first = f"; the first skipped: {skipped[0].file}: {skipped[0].reason}" if skipped else ""
        raise DicomError(
            f"{folder} holds no CT slice among {len(entries) + len(skipped)} files, expected a CT series{first}"
        )
    if wanted:
        if wanted not in by_series:
            raise DicomError(f"{folder} holds no CT series {wanted}; there are {_listed(by_series)}")
        return by_series[wanted]
    by_series = {uid: slices for uid, slices in by_series.items() if len(slices) > 1} or by_series
    referred = {uid for e in entries if e.kind == "RTSTRUCT" for uid in e.refers_to}
    frames = {e.frame_of_reference_uid for e in entries if e.kind == "RTSTRUCT"}
    for candidates in (
        [s for s in by_series if s in referred],
        [s for s, slices in by_series.items() if slices[0].frame_of_reference_uid in frames],
        list(by_series),
    ):
        if len(candidates) == 1:
            return by_series[candidates[0]]
        if candidates:
            raise DicomError(
                f"{folder} holds {len(candidates)} CT series that could be meant, expected one; choose with --series: "
                f"{_listed({s: by_series[s] for s in candidates})}"
            )
    raise AssertionError("the last list of candidates is never empty")


def _listed(by_series: dict[str, list[Entry]]) -> str:
    return ", ".join(f"{uid} ({len(slices)} slices)" for uid, slices in by_series.items())


def _belongs(entry: Entry, ct: list[Entry]) -> bool:
    """In the CT's frame of reference; where a file says none, in its study."""
    if entry.frame_of_reference_uid:
        return entry.frame_of_reference_uid == ct[0].frame_of_reference_uid
    return entry.study_uid == ct[0].study_uid


def _choose_structures(sets: list[Entry], ct: list[Entry], same: list[Entry], wanted: str) -> Entry | None:
    if wanted:
        found = [e for e in sets if wanted in (e.sop_uid, e.path.name)]
        if len(found) != 1:
            raise DicomError(f"{len(found)} structure sets are called {wanted}, expected one; there are {_sets(sets)}")
        return found[0]
    referred = {uid for e in same if e.kind in ("RTPLAN", "RTDOSE") for uid in e.refers_to}
    drawn_here = [e for e in sets if not e.refers_to or ct[0].series_uid in e.refers_to] or sets
    for candidates in ([e for e in drawn_here if e.sop_uid in referred], drawn_here):
        if len(candidates) == 1:
            return candidates[0]
    if not drawn_here:
        return None
    raise DicomError(
        f"{len(drawn_here)} structure sets could be meant, expected one; choose with --structures: {_sets(drawn_here)}"
    )


def _sets(sets: list[Entry]) -> str:
    return ", ".join(f"{e.path.name} ({e.label or 'no label'})" for e in sets) or "none in the CT's frame of reference"


def _usable(entries: list[Entry], folder: Path) -> tuple[list[Entry], list[Skipped]]:
    good: list[Entry] = []
    bad: list[Skipped] = []
    for entry in entries:
        try:
            read_rtplan(entry.path) if entry.kind == "RTPLAN" else read_rtdose(entry.path)
            good.append(entry)
        except SpondylError as error:
            name = str(entry.path.relative_to(folder))
            bad.append(Skipped(name, str(error).replace(str(entry.path), name)))
    return good, bad


def _why_left(entry: Entry, ct: Entry) -> str:
    if entry.kind == "CT":
        other = "" if entry.frame_of_reference_uid == ct.frame_of_reference_uid else " in another frame of reference"
        return f"CT of another series{other}"
    if entry.frame_of_reference_uid and entry.frame_of_reference_uid != ct.frame_of_reference_uid:
        return f"{entry.kind} in another frame of reference than the CT"
    return f"{entry.kind} of another study" if entry.study_uid != ct.study_uid else f"{entry.kind} that was not chosen"


def _notes(ct: CtSeries, rois: dict[str, RoiContours], struct: Entry | None, study: str) -> tuple[str, ...]:
    notes = list(ct.warnings)
    if struct is None:
        notes.append("there is no RTSTRUCT in the CT's frame of reference: the case has no structures")
    elif struct.study_uid != study:
        notes.append("the RTSTRUCT is of another study than the CT, in the same frame of reference")
    notes += [f'"{roi.name}" has no contours' for roi in rois.values() if not roi.contours]
    notes += [f'"{roi.name}": left out {what}' for roi in rois.values() for what in roi.left_out]
    return tuple(notes)


def check_new_case(out: Path) -> None:
    """Refuse a folder for a new case, before any work is done for it.

    Raises
    ------
    OutputError
        If `out` already holds a CT or structures, or could not be written to.
    """
    check_output(out)
    for name in ("ct", "ct.nii.gz", "ct.nii", "structures.dcm", "structures"):
        if (out / name).exists():
            raise OutputError(
                f"{out} already holds {name}, expected a new or empty folder; choose another name with -o"
            )


def write_case(
    report: ImportReport,
    out: Path,
    *,
    keep_identity: bool = False,
    record: Provenance | None = None,
    progress: Progress = silent,
) -> None:
    """Write the case folder of an import: ct/, structures.dcm, imported/ (plans and doses), case.yaml.

    Nothing is written unless everything is. An existing case.yaml is kept.

    Parameters
    ----------
    keep_identity
        Copy the files as they are; by default names and identifiers are taken out (`spondyl.io.deidentify`).
    record
        Of the run, for provenance.json.

    Raises
    ------
    OutputError
        If `out` already holds a CT or structures, or cannot be written.
    """
    check_new_case(out)
    files = [(path, f"ct/{index:04d}.dcm") for index, path in enumerate(report.ct)]
    files += [(report.structures, "structures.dcm")] if report.structures else []
    files += [(path, f"imported/rtplan_{n}.dcm") for n, path in enumerate(report.plans, start=1)]
    files += [(path, f"imported/rtdose_{n}.dcm") for n, path in enumerate(report.doses, start=1)]
    with writing_folder(out) as temporary:
        for index, (source, name) in enumerate(files):
            target = temporary / name
            target.parent.mkdir(exist_ok=True)
            _copy(source, target, keep_identity)
            progress("writing case", (index + 1) / len(files))
        if not (out / "case.yaml").exists():
            notes = (DISCLAIMER, f"Imported: {len(report.ct)} CT slices, {len(report.rois)} structures.")
            (temporary / "case.yaml").write_text(template(pseudonym(report.study_uid), notes), encoding="utf-8")
        if record is not None:
            record.write(temporary / "provenance.json")


def _copy(source: Path, target: Path, keep_identity: bool) -> None:
    if keep_identity:
        target.write_bytes(source.read_bytes())
        return
    dataset = read_dicom(source)
    with refusing(source):
        deidentified(dataset).save_as(target)
