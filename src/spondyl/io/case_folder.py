"""The case folder: facts, CT and structures of one lesion, read and checked as a whole."""

from __future__ import annotations

from pathlib import Path

from spondyl.anatomy import Cap, Case, Structures, check_structures
from spondyl.core.errors import CaseError
from spondyl.core.image import Image
from spondyl.core.progress import Progress, silent
from spondyl.io.case_yaml import read_case_yaml
from spondyl.io.ct_series import CtSeries, read_ct_series
from spondyl.io.hounsfield import checked_hu
from spondyl.io.masks import read_masks
from spondyl.io.nifti import read_nifti
from spondyl.io.rtstruct import check_frame, read_contours, structure_of


def open_case(path: Path | str, cap: Cap = "half-slice", progress: Progress = silent) -> Case:
    """Open a case folder.

    Parameters
    ----------
    path
        Folder with ``case.yaml``, ``ct/`` (DICOM) or ``ct.nii.gz``, and ``structures.dcm`` or
        ``structures/*.nii.gz`` with ``structures.json``.
    cap
        How far structures from contours reach beyond their last contour: "half-slice" (the default of most
        planning systems) or "none".

    Returns
    -------
    Case
        With all structures on the CT's grid; `Case.warnings` says what was odd but usable.

    Raises
    ------
    SpondylError
        `CaseError`, `DicomError`, `ImageError`, `GridError` or `StructureError`: what is wrong and what to do.
    """
    folder = Path(path)
    if not folder.is_dir():
        found = f"{folder} is a file, case folder" if folder.exists() else f"case folder {folder}"
        raise CaseError(f"{found} not found; expected a folder with case.yaml, a CT and structures")
    if cap not in ("half-slice", "none"):
        raise CaseError(f'cap is "{cap}", expected "half-slice" or "none"')
    if (folder / "plan.json").is_file() and not (folder / "case.yaml").exists():
        raise CaseError(
            f"{folder} is what `spondyl plan` wrote, expected a case folder with case.yaml, a CT and structures; give "
            "the case, or look at the plan with spondyl report or spondyl evaluate"
        )
    facts = read_case_yaml(folder / "case.yaml")
    ct, right_handed = _ct(folder, progress)
    structures, notes = _structures(folder, ct, right_handed, cap, progress)
    name = facts.case_id or folder.resolve().name
    case = Case(name, facts, ct.image, structures, folder, (*ct.warnings, *notes), ct.dicom)
    return Case(name, facts, ct.image, structures, folder, (*case.warnings, *check_structures(case)), ct.dicom)


def _one_of(folder: Path, names: tuple[str, ...], what: str) -> Path | None:
    found = [folder / name for name in names if (folder / name).exists()]
    if len(found) > 1:
        raise CaseError(
            f"{folder} holds its {what} twice ({' and '.join(p.name for p in found)}), expected one; move the "
            "other away"
        )
    return found[0] if found else None


def _ct(folder: Path, progress: Progress) -> tuple[CtSeries, bool | None]:
    path = _one_of(folder, ("ct", "ct.nii.gz", "ct.nii"), "CT")
    if path is None:
        raise CaseError(f"{folder} has no CT; expected ct/ with a DICOM series, or ct.nii.gz")
    if path.name == "ct":
        series = read_ct_series(path, progress)
        position = series.dicom.get("PatientPosition", "")
        if position not in ("", "HFS"):
            turned = f"the CT was scanned in position {position}, and is planned as head first supine: check the beams"
            series = CtSeries(series.image, series.dicom, (*series.warnings, turned))
        return series, None
    volume = read_nifti(path)
    if min(volume.grid.shape) < 2:
        raise CaseError(f"{path} has {volume.grid.shape} voxels, expected a volume of at least 2 along each axis")
    values, notes = checked_hu(volume.values, str(path))
    return CtSeries(Image(volume.grid, values), {}, notes), volume.right_handed


def _structures(
    folder: Path, ct: CtSeries, right_handed: bool | None, cap: Cap, progress: Progress
) -> tuple[Structures, tuple[str, ...]]:
    path = _one_of(folder, ("structures.dcm", "structures"), "structures")
    grid = ct.image.grid
    if path is None:
        return Structures(), (
            f"{folder.name} has no structures; add structures.dcm, or structures/ with structures.json",
        )
    if path.name == "structures":
        return read_masks(folder, grid, right_handed, progress)
    rois = read_contours(path)
    check_frame(rois, grid.frame_of_reference_uid, path)
    notes = [f'"{roi.name}" has no contours' for roi in rois.values() if not roi.contours]
    notes += [f'"{roi.name}": left out {what}' for roi in rois.values() for what in roi.left_out]
    notes += [f'"{roi.name}": {said}' for roi in rois.values() for said in roi.notes]
    known = set(ct.dicom.get("SOPInstanceUIDs", "").split("\\"))
    strangers = {image for roi in rois.values() for image in roi.images} - known
    if known != {""} and strangers:
        notes.append(
            f"{path.name} was drawn on {len(strangers)} images that are not in ct/: another series, or slices "
            "are missing"
        )
    structures = []
    for index, roi in enumerate(rois.values()):
        structures.append(structure_of(roi, grid, cap, path.name))
        progress("contours to masks", (index + 1) / len(rois))
    return Structures(structures), tuple(notes)
