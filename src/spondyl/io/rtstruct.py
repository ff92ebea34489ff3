"""RTSTRUCT in: every ROI, what was left out of it and why, as contours or as structures on a grid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spondyl.anatomy import Cap, Contour, Role, Structure, Structures, contours_to_structure, joined_crossing
from spondyl.core.errors import DicomError, StructureError
from spondyl.core.grid import Grid
from spondyl.core.progress import Progress, silent
from spondyl.io.contour_items import ContourItem, contour_items
from spondyl.io.dicom_file import read_dicom, refusing, text
from spondyl.io.roles import role_of

MAX_POINTS = 20_000_000
MOST_TOLD = 5
"""Of planes, in a note."""
_EXCLUSIVE = "CLOSEDPLANAR_XOR"
_CLOSED = ("CLOSED_PLANAR", _EXCLUSIVE)
_PLANAR_TOLERANCE_MM = 0.02


@dataclass(frozen=True)
class RoiContours:
    """One ROI of an RTSTRUCT.

    Parameters
    ----------
    contours
        Closed axial polygons in file order, empty for an ROI without any.
    left_out
        What of it was not read, and why.
    images
        SOPInstanceUIDs of the images that its contours say they were drawn on.
    notes
        What was read otherwise than drawn: contours that cross on their plane, and where.
    """

    name: str
    number: int
    role: Role
    interpreted_type: str
    colour: str
    contours: tuple[Contour, ...]
    frame_of_reference_uid: str = ""
    description: str = ""
    left_out: tuple[str, ...] = ()
    images: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


def read_contours(path: Path) -> dict[str, RoiContours]:
    """Read every ROI of an RTSTRUCT, in the order of its structure set; needs no CT.

    Raises
    ------
    DicomError
        If the file is not an RTSTRUCT, is damaged, or its contours hold what is not a finite coordinate.
    StructureError
        If two ROIs with contours have one name.
    """
    dataset = read_dicom(path, "RTSTRUCT")
    with refusing(path):
        drawn = {int(item.ReferencedROINumber): item for item in dataset.get("ROIContourSequence") or []}
        seen = {int(item.ReferencedROINumber): item for item in dataset.get("RTROIObservationsSequence") or []}
        sets = dataset.get("ReferencedFrameOfReferenceSequence") or []
        usual = text(sets[0], "FrameOfReferenceUID") if len(sets) else ""
        rois: dict[str, RoiContours] = {}
        points = 0
        for item in dataset.get("StructureSetROISequence") or []:
            number = int(item.ROINumber)
            roi = _roi(item, drawn.get(number), seen.get(number), usual, path)
            points += sum(len(c.points_mm) for c in roi.contours)
            if points > MAX_POINTS:
                raise DicomError(
                    f"{path} has more than {MAX_POINTS} contour points; it is not a patient's structure set"
                )
            _add(rois, roi, path)
        return rois


def _add(rois: dict[str, RoiContours], roi: RoiContours, path: Path) -> None:
    other = rois.get(roi.name)
    if other is None or not other.contours:
        rois[roi.name] = roi
    elif roi.contours:
        raise StructureError(
            f'{path} has two ROIs named "{roi.name}" (numbers {other.number} and {roi.number}), expected one; '
            "rename one where it was drawn"
        )


def _vertices(contour: Contour) -> list[tuple[float, ...]]:
    """Equal for two contours of the same vertices, wherever they start and whichever way they run."""
    return sorted(map(tuple, np.round(contour.points_mm, 2).tolist()))


def _roi(item: Any, drawn: Any, seen: Any, usual_frame: str, path: Path) -> RoiContours:
    number = int(item.ROINumber)
    name = text(item, "ROIName") or f"ROI {number}"
    kind = text(seen, "RTROIInterpretedType") if seen is not None else ""
    contours: list[Contour] = []
    left_out: dict[str, int] = {}
    images: set[str] = set()
    met: dict[tuple[float, int], list[Contour]] = {}
    exclusive = False
    for contour in contour_items(drawn):
        read, why = _contour(contour, name, path)
        if read is not None:
            alike = met.setdefault((round(read.z_mm, 2), len(read.points_mm)), [])
            if alike and _vertices(read) in map(_vertices, alike):
                read, why = None, "contours stored twice on their plane"
            else:
                alike.append(read)
        if read is not None:
            contours.append(read)
            exclusive |= contour.kind == _EXCLUSIVE
        else:
            left_out[why] = left_out.get(why, 0) + 1
        images.update(contour.images)
    kept, notes = (tuple(contours), ()) if exclusive else _joined(contours)
    return RoiContours(
        name,
        number,
        role_of(name, kind),
        kind,
        _colour(drawn),
        kept,
        text(item, "ReferencedFrameOfReferenceUID") or usual_frame,
        text(item, "ROIDescription") or text(item, "ROIGenerationDescription"),
        tuple(f"{count} {why}" for why, count in left_out.items()),
        frozenset(images - {""}),
        notes,
    )


def _joined(contours: list[Contour]) -> tuple[tuple[Contour, ...], tuple[str, ...]]:
    """The contours with those joined that overlap in part, and notes of the planes."""
    kept, joined, left = joined_crossing(contours)
    notes: list[str] = []
    if joined:
        notes.append(
            f"contours that overlap in part at z {_heights(joined)} mm counted as one (union); check the drawing"
        )
    if left:
        notes.append(f"contours cross at z {_heights(left)} mm, what they share left out (XOR); check the drawing")
    return kept, tuple(notes)


def _heights(z_mm: tuple[float, ...]) -> str:
    told = ", ".join(f"{z:.1f}" for z in sorted(z_mm)[:MOST_TOLD])
    return told + (f" and {len(z_mm) - MOST_TOLD} more planes" if len(z_mm) > MOST_TOLD else "")


def _contour(item: ContourItem, name: str, path: Path) -> tuple[Contour | None, str]:
    """A closed axial polygon, or None and why it is left out."""
    if item.kind not in _CLOSED:
        return None, f"{item.kind or 'untyped'} contours, only closed planar ones enclose a volume"
    values, stated = item.values, item.stated
    if values.size == 0:
        return None, "contours without points"
    whole = values.size % 3 == 0 and (stated is None or 3 * stated == values.size)
    low, high, mean, farthest = item.extent if whole else (0.0, 0.0, 0.0, math.inf)
    if not math.isfinite(farthest):
        raise DicomError(
            f'{path}: a contour of "{name}" has {values.size} numbers, expected 3 finite ones for each of its '
            f"{stated if stated is not None else ''} points; it is damaged, export it again"
        )
    if values.size < 9:
        return None, "contours of fewer than 3 points"
    if farthest > 1e5:
        raise DicomError(
            f'{path}: a contour of "{name}" lies {farthest:g} mm from the origin; it is damaged, export it again'
        )
    if high - low > _PLANAR_TOLERANCE_MM:
        raise StructureError(
            f'{path}: a contour of "{name}" spans {high - low:.2f} mm along z, expected axial contours; '
            "export the structures on the axial CT"
        )
    return Contour(mean, values.reshape(-1, 3)[:, :2].copy()), ""


def _colour(drawn: Any) -> str:
    value = drawn.get("ROIDisplayColor") if drawn is not None else None
    if value is None or isinstance(value, str) or len(value) != 3:
        return "#808080"
    return "#" + "".join(f"{min(255, max(0, int(v))):02x}" for v in value)


def read_rtstruct(path: Path, grid: Grid, cap: Cap = "half-slice", progress: Progress = silent) -> Structures:
    """Read an RTSTRUCT onto `grid`.

    Parameters
    ----------
    grid
        The CT's; its frame of reference, where known, must be the structures'.
    cap
        How far a structure reaches beyond its first and last contour: "half-slice" or "none".

    Returns
    -------
    Structures
        One a ROI, with its contours kept; an ROI without contours is an empty structure.

    Raises
    ------
    DicomError
        If the file is not a readable RTSTRUCT, or belongs to another frame of reference.
    StructureError
        If a contour is not axial, or two ROIs share a name.
    """
    rois = read_contours(path)
    check_frame(rois, grid.frame_of_reference_uid, path)
    made: list[Structure] = []
    for index, roi in enumerate(rois.values()):
        made.append(structure_of(roi, grid, cap, path.name))
        progress("contours to masks", (index + 1) / len(rois))
    return Structures(made)


def structure_of(roi: RoiContours, grid: Grid, cap: Cap, source: str) -> Structure:
    """The structure of one ROI on `grid`."""
    how = [
        f"read from {source}: {len(roi.contours)} contours"
        + (f", type {roi.interpreted_type}" if roi.interpreted_type else "")
    ]
    how += [f"left out: {what}" for what in roi.left_out]
    how += roi.notes
    how += roi.description.splitlines()
    return contours_to_structure(roi.name, roi.role, roi.contours, grid, cap=cap, colour=roi.colour, made=tuple(how))


def check_frame(rois: dict[str, RoiContours], frame_of_reference_uid: str, path: Path) -> None:
    """Refuse structures that were drawn in another frame of reference.

    Raises
    ------
    DicomError
        If the frames differ, where both are known.
    """
    for roi in rois.values():
        ours, theirs = frame_of_reference_uid, roi.frame_of_reference_uid
        if ours and theirs and ours != theirs:
            raise DicomError(
                f'{path}: frame of reference of "{roi.name}" is {theirs}, expected the CT\'s {ours}; register it first'
            )


def grid_for(rois: dict[str, RoiContours], spacing_mm: tuple[float, float] = (1.0, 1.0)) -> Grid:
    """A grid that holds every contour, where no CT says which to use.

    Parameters
    ----------
    spacing_mm
        Along x and y; along z it is the commonest distance between neighbouring contour planes.

    Raises
    ------
    StructureError
        If no ROI has a contour.
    """
    contours = [c for roi in rois.values() for c in roi.contours]
    if not contours:
        raise StructureError("the structure set has no contours, expected at least one; export it with its contours")
    planes = np.unique(np.round([c.z_mm for c in contours], 2))
    steps = np.round(np.diff(planes), 2)
    values, counts = np.unique(steps[steps > 0.1], return_counts=True)
    step = float(values[counts.argmax()]) if values.size else 3.0
    every = np.concatenate([c.points_mm for c in contours])
    low, high = every.min(axis=0) - 2 * np.asarray(spacing_mm), every.max(axis=0) + 2 * np.asarray(spacing_mm)
    count = np.ceil((high - low) / np.asarray(spacing_mm)).astype(int) + 1
    slices = round(float(planes[-1] - planes[0]) / step) + 3
    frame = next((r.frame_of_reference_uid for r in rois.values() if r.contours), "")
    return Grid(
        (low[0], low[1], float(planes[0]) - step),
        (spacing_mm[0], spacing_mm[1], step),
        (slices, int(count[1]), int(count[0])),
        frame,
    )
