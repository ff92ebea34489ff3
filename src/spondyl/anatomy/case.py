"""One patient's lesion to treat: facts, images and structures on one grid."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from spondyl.anatomy.structure import Structures
from spondyl.clinic.facts import Facts
from spondyl.core.errors import GridError
from spondyl.core.image import Image


@dataclass(frozen=True)
class Case:
    """What a case folder holds.

    Parameters
    ----------
    name
        The folder's name or the file's case_id; never a patient's name.
    facts
        Clinical facts.
    ct
        CT in HU.
    structures
        On the CT's grid.
    folder
        Where it came from.
    warnings
        What was noticed while reading and must be said in the report.
    dicom
        UIDs and patient-module fields that outputs must repeat, as plain strings by DICOM keyword
        (StudyInstanceUID, SeriesInstanceUID, FrameOfReferenceUID, PatientID, ...); empty for NIfTI input.
        "SOPInstanceUIDs" lists the CT slices' UIDs from inferior to superior, joined by backslashes.
    """

    name: str
    facts: Facts
    ct: Image
    structures: Structures
    folder: Path | None = None
    warnings: tuple[str, ...] = ()
    dicom: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for structure in self.structures.values():
            if not structure.grid.same_space(self.ct.grid):
                raise GridError(f'structure "{structure.name}" is not on the grid of the CT of case {self.name}')
