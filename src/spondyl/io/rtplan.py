"""RTPLAN in, facts only: how many fractions, what dose, which beams. Nothing is computed from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spondyl.io.dicom_file import read_dicom, refusing, text


@dataclass(frozen=True)
class BeamFacts:
    """One beam of an RTPLAN; None where the file does not say."""

    number: int
    name: str
    kind: str
    radiation: str
    energy_mv: float | None
    gantry_deg: float | None
    control_points: int
    mu: float | None


@dataclass(frozen=True)
class PlanFacts:
    """What an RTPLAN says.

    Parameters
    ----------
    fractions
        Planned fractions of the fraction groups together, None where not said.
    prescription_gy
        The highest target prescription dose, total, None where not said.
    prescribed_to
        What its dose reference calls itself, a structure and metric in our own files.
    """

    sop_uid: str
    label: str
    fractions: int | None
    prescription_gy: float | None
    prescribed_to: str
    beams: tuple[BeamFacts, ...]
    structure_set_uid: str
    frame_of_reference_uid: str
    approval: str


def read_rtplan(path: Path) -> PlanFacts:
    """Read the facts of an RTPLAN.

    Raises
    ------
    DicomError
        If the file is not a readable RTPLAN.
    """
    dataset = read_dicom(path, "RTPLAN")
    with refusing(path):
        return plan_facts(dataset)


def plan_facts(dataset: Any) -> PlanFacts:
    """The facts of an RTPLAN that is read already."""
    groups = dataset.get("FractionGroupSequence") or []
    planned = [int(g.NumberOfFractionsPlanned) for g in groups if g.get("NumberOfFractionsPlanned") is not None]
    doses = [(_number(r, "TargetPrescriptionDose"), r) for r in dataset.get("DoseReferenceSequence") or []]
    highest, reference = max(((d, r) for d, r in doses if d is not None), key=lambda pair: pair[0], default=(None, {}))
    meterset = {
        int(b.ReferencedBeamNumber): _number(b, "BeamMeterset")
        for g in groups
        for b in g.get("ReferencedBeamSequence") or []
    }
    sets = dataset.get("ReferencedStructureSetSequence") or []
    return PlanFacts(
        text(dataset, "SOPInstanceUID"),
        text(dataset, "RTPlanLabel"),
        sum(planned) if planned else None,
        highest,
        text(reference, "DoseReferenceDescription"),
        tuple(_beam(b, meterset) for b in dataset.get("BeamSequence") or []),
        text(sets[0], "ReferencedSOPInstanceUID") if len(sets) else "",
        text(dataset, "FrameOfReferenceUID"),
        text(dataset, "ApprovalStatus"),
    )


def _beam(beam: Any, meterset: dict[int, float | None]) -> BeamFacts:
    points = beam.get("ControlPointSequence") or []
    first = points[0] if len(points) else None
    number = int(beam.BeamNumber)
    return BeamFacts(
        number,
        text(beam, "BeamName"),
        text(beam, "BeamType"),
        text(beam, "RadiationType"),
        _number(first, "NominalBeamEnergy"),
        _number(first, "GantryAngle"),
        len(points),
        meterset.get(number),
    )


def _number(dataset: Any, keyword: str) -> float | None:
    value = None if dataset is None else dataset.get(keyword)
    return None if value is None or value == "" else float(value)
