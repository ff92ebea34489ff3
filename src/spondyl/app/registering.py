"""A second image registered to a case's planning CT, in terms of a couch."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from spondyl.anatomy import Case, Structure
from spondyl.anatomy.registration import Registration, register
from spondyl.anatomy.registration_couch import CouchMove, couch_correction
from spondyl.anatomy.targets import find_gtv
from spondyl.core import DISCLAIMER, Image, Rigid
from spondyl.core.errors import GridError
from spondyl.io.registration_file import KEY, matrix_rows

Point = tuple[float, float, float]


@dataclass(frozen=True)
class Registered:
    """A finished registration.

    Parameters
    ----------
    case, second, around
        What was registered, and the structure it was registered around.
    found
        From the planning CT to the second image.
    isocentre_mm, image_isocentre_mm
        The same point of the room in the coordinates of both.
    patient
        How the patient lies moved in the room, in planning coordinates.
    couch
        What undoes it.
    notes
        What was assumed.
    """

    case: Case
    second: Image
    around: Structure
    found: Registration
    isocentre_mm: Point
    image_isocentre_mm: Point
    patient: Rigid
    couch: CouchMove
    notes: tuple[str, ...] = field(default=())

    def record(self) -> dict[str, Any]:
        """As `registration.json` keeps it."""
        return {
            "disclaimer": DISCLAIMER,
            KEY: matrix_rows(self.found.motion),
            "frames_of_reference": {
                "planning": self.case.ct.grid.frame_of_reference_uid,
                "image": self.second.grid.frame_of_reference_uid,
            },
            "isocentre_mm": list(self.isocentre_mm),
            "image_isocentre_mm": list(self.image_isocentre_mm),
            "patient_moved_by": {
                "shift_mm": self.patient.shift_at(self.isocentre_mm).round(4).tolist(),
                "turn_deg": round(self.patient.turn_deg, 4),
            },
            "couch_iec61217": {name: round(value, 4) for name, value in vars(self.couch).items()},
            "likeness": {"before": round(self.found.likeness_before, 4), "after": round(self.found.likeness_after, 4)},
            "overlap": round(self.found.overlap, 4),
            "around": self.around.name,
            "notes": list(self.notes),
        }


def register_image(
    case: Case,
    second: Image,
    *,
    around: str = "",
    isocentre_mm: Point | None = None,
    image_isocentre_mm: Point | None = None,
) -> Registered:
    """Register an image to the case's CT around a structure.

    Parameters
    ----------
    around
        Name; the GTV by default.
    isocentre_mm
        In the planning CT; by default the middle of the structure, to a millimetre.
    image_isocentre_mm
        Where the image shows the machine's isocentre; by default at the same numbers as in the planning CT.

    Raises
    ------
    GridError
        If the two images have frames of reference of their own and nothing says where the isocentre lies.
    ImageError, StructureError
        As `register`, or where the structure is not there.
    """
    structure = case.structures[around] if around else find_gtv(case.structures, "")
    notes: list[str] = []
    if isocentre_mm is None:
        isocentre_mm = _middle(structure)
        notes.append(f"isocentre: the middle of {structure.name}; give the plan, or --isocentre")
    if image_isocentre_mm is None:
        _refuse_two_frames(case, second)
        image_isocentre_mm = isocentre_mm
        notes.append("the image is taken to be in the planning CT's coordinates; else give --image-isocentre")
    to_image = Rigid(np.eye(3), np.subtract(image_isocentre_mm, isocentre_mm))
    found = register(case.ct, second, structure, to_image)
    patient = found.motion.then(to_image.inverse)
    couch = couch_correction(patient, isocentre_mm)
    return Registered(
        case, second, structure, found, isocentre_mm, image_isocentre_mm, patient, couch, tuple(notes)
    )  # fmt: skip


def plan_isocentre(path: Path) -> Point:
    """Where the fields of a plan (plan.json, or the folder that holds it) meet.

    Raises
    ------
    GridError
        If they do not share one isocentre.
    PlanError
        If it is no plan.
    """
    from spondyl.plan import load_plan

    plan = load_plan(path / "plan.json" if path.is_dir() else path)
    places = sorted({f.isocentre_mm for f in plan.fields})
    if len(places) != 1:
        raise GridError(f"{path} has {len(places)} isocentres, expected one; say which with --isocentre")
    return places[0]


def _middle(structure: Structure) -> Point:
    low, high = structure.local_grid.bounds_mm()
    x, y, z = np.rint((low + high) / 2)
    return float(x), float(y), float(z)


def _refuse_two_frames(case: Case, second: Image) -> None:
    mine, theirs = case.ct.grid.frame_of_reference_uid, second.grid.frame_of_reference_uid
    if mine and theirs and mine != theirs:
        raise GridError(
            f"the image's frame of reference is {theirs}, the planning CT's {mine}, so the same numbers are not the "
            "same place; give --image-isocentre x,y,z (0,0,0 for most machines)"
        )
