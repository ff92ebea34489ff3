"""RTSTRUCT out: every structure with how it was made, under its standard name, on the CT's images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from spondyl.anatomy import Case, Contour, Structure, structure_to_contours, tg263_name
from spondyl.core.files import writing
from spondyl.core.provenance import DISCLAIMER
from spondyl.io.dicom_file import CT, RTSTRUCT
from spondyl.io.references import References, content_hash, item, new_file, references_of, uid_from
from spondyl.io.roles import interpreted_type

_STUDY_MANAGEMENT = "1.2.840.10008.3.1.2.3.1"


def write_rtstruct(
    path: Path, case: Case, structures: Mapping[str, Structure], *, label: str = "spondyl", standard: bool = True
) -> str:
    """Write structures as an RTSTRUCT in the CT's study and frame of reference.

    Contours are written as they were read where a structure has them, else drawn around its coverage; the steps
    of `Structure.made` go into the ROI's description. An empty structure is written without contours.

    Parameters
    ----------
    standard
        Whether names that TG-263 knows another way are written that way (`kidney_left` as `Kidney_L`); the name
        in the case is then kept in the description.

    Returns
    -------
    str
        The file's SOPInstanceUID.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    references = references_of(case)
    names = standard_names(structures) if standard else {name: name for name in structures}
    outlines = {name: s.contours or structure_to_contours(s) for name, s in structures.items()}
    key = content_hash(*(c.points_mm for contours in outlines.values() for c in contours)) + "|".join(structures)
    dataset = new_file(RTSTRUCT, uid_from(references.key, "structures", key), references, "RTSTRUCT", "structures")
    dataset.OperatorsName, dataset.InstanceNumber = "", 1
    dataset.FrameOfReferenceUID = references.frame_of_reference_uid
    dataset.PositionReferenceIndicator = references.patient["PositionReferenceIndicator"]
    dataset.StructureSetLabel, dataset.StructureSetDescription = label[:16], DISCLAIMER
    dataset.StructureSetDate, dataset.StructureSetTime = "", ""
    dataset.ReferencedFrameOfReferenceSequence = [_frame(references)]
    dataset.StructureSetROISequence = [
        _roi(number, names[name], s, references) for number, (name, s) in enumerate(structures.items(), start=1)
    ]
    dataset.ROIContourSequence = [
        _contours(number, s, outlines[name], case, references)
        for number, (name, s) in enumerate(structures.items(), start=1)
    ]
    dataset.RTROIObservationsSequence = [
        _observation(number, s) for number, s in enumerate(structures.values(), start=1)
    ]
    dataset.ApprovalStatus = "UNAPPROVED"
    with writing(path) as temporary:
        dataset.save_as(temporary, enforce_file_format=True)
    return str(dataset.SOPInstanceUID)


def standard_names(names: Iterable[str]) -> dict[str, str]:
    """The name each structure is written under: TG-263 where known, short enough and not taken, else its own.

    >>> standard_names(("SpinalCord", "spinal_cord", "kidney_left"))
    {'SpinalCord': 'SpinalCord', 'spinal_cord': 'spinal_cord', 'kidney_left': 'Kidney_L'}
    """
    wanted = tuple(names)
    taken = set(wanted)
    given: dict[str, str] = {}
    for name in wanted:
        standard = tg263_name(name)
        given[name] = name if standard in taken else standard
        taken.add(given[name])
    return given


def _frame(references: References) -> Dataset:
    images = [_image(uid) for uid in references.images]
    frame = item(FrameOfReferenceUID=references.frame_of_reference_uid)
    if images:
        series = item(SeriesInstanceUID=references.series_uid, ContourImageSequence=images)
        frame.RTReferencedStudySequence = [
            item(
                ReferencedSOPClassUID=_STUDY_MANAGEMENT,
                ReferencedSOPInstanceUID=references.study_uid,
                RTReferencedSeriesSequence=[series],
            )
        ]
    return frame


def _image(uid: str) -> Dataset:
    return item(ReferencedSOPClassUID=CT, ReferencedSOPInstanceUID=uid)


def _roi(number: int, name: str, structure: Structure, references: References) -> Dataset:
    steps = structure.made if name == structure.name else (f"in the case: {structure.name}", *structure.made)
    read = bool(steps) and all("read from" in step or step.startswith("in the case") for step in steps)
    return item(
        ROINumber=number,
        ReferencedFrameOfReferenceUID=references.frame_of_reference_uid,
        ROIName=name[:64],
        ROIDescription="\n".join(steps)[:1024],
        ROIGenerationAlgorithm="" if read else "AUTOMATIC",
        ROIGenerationDescription=(structure.made[-1] if structure.made else "")[:64].replace("\\", "/"),
    )


def _contours(
    number: int, structure: Structure, contours: tuple[Contour, ...], case: Case, references: References
) -> Dataset:
    colour = [str(int(structure.colour[i : i + 2], 16)) for i in (1, 3, 5)]
    roi = item(ROIDisplayColor=colour, ReferencedROINumber=number)
    grid = case.ct.grid
    drawn: list[Dataset] = []
    for contour in contours:
        one = Dataset()
        k = (contour.z_mm - grid.origin_mm[2]) / grid.spacing_mm[2]
        if references.images and abs(k - round(k)) < 0.01 and 0 <= round(k) < len(references.images):
            one.ContourImageSequence = [_image(references.images[round(k)])]
        one.ContourGeometricType = "CLOSED_PLANAR"
        one.NumberOfContourPoints = len(contour.points_mm)
        one.ContourData = _coordinates(contour)
        drawn.append(one)
    if drawn:
        roi.ContourSequence = drawn
    return roi


def _coordinates(contour: Contour) -> list[str]:
    """x, y, z of each point in mm, to 1e-5 mm."""
    points = np.column_stack([contour.points_mm, np.full(len(contour.points_mm), contour.z_mm)])
    return [f"{value:.5f}".rstrip("0").rstrip(".") for value in points.ravel() + 0.0]


def _observation(number: int, structure: Structure) -> Dataset:
    return item(
        ObservationNumber=number,
        ReferencedROINumber=number,
        RTROIInterpretedType=interpreted_type(structure.name, structure.role),
        ROIInterpreter="",
    )
