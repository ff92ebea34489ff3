"""RTPLAN out: the beams of a plan as control points, with what they are prescribed for, for research only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.valuerep import format_number_as_ds

from spondyl.anatomy import Case
from spondyl.core.errors import PlanError
from spondyl.core.files import writing
from spondyl.core.provenance import DISCLAIMER
from spondyl.dose import LeafAperture
from spondyl.io.dicom_file import RTPLAN, RTSTRUCT
from spondyl.io.references import decimal, item, new_file, references_of, uid_from
from spondyl.physics import Linac, load_linac, load_machine
from spondyl.plan import Plan
from spondyl.plan.external import Beam, ControlPoint, turn_deg

STILL = {
    "BeamLimitingDeviceRotationDirection": "NONE",
    "PatientSupportRotationDirection": "NONE",
    "TableTopEccentricAngle": "0",
    "TableTopEccentricRotationDirection": "NONE",
    "TableTopVerticalPosition": "",
    "TableTopLongitudinalPosition": "",
    "TableTopLateralPosition": "",
}
"""Of the first control point: nothing but gantry, leaves and jaws moves; where the table stands is not planned."""
LABEL_CHARACTERS, NAME_CHARACTERS = 16, 64
"""A DICOM SH and LO hold so many (PS3.5 6.2)."""


def can_write(plan: Plan) -> bool:
    """Whether an RTPLAN can hold the plan: it has beams, all of leaves and jaws, with table and couch at rest."""
    return bool(plan.beams) and all(_writable(beam) for beam in plan.beams)


def write_rtplan(path: Path, plan: Plan, case: Case, structure_set_uid: str, roi_names: Sequence[str] = ()) -> str:
    """Write the beams of a plan as an RTPLAN in the CT's study and frame of reference.

    Positions are written to 1e-6 mm, MU and their weights to at least 13 digits.

    Parameters
    ----------
    structure_set_uid
        SOPInstanceUID of the structure set that the plan belongs to (`write_rtstruct` returns it).
    roi_names
        Names of its structures in its order, to refer to what is prescribed to.

    Returns
    -------
    str
        The file's SOPInstanceUID, for the RTDOSE to refer to.

    Raises
    ------
    PlanError
        If the plan has no beams, or a beam is not one of leaves and jaws about a point at rest.
    OutputError
        If the file cannot be written.
    """
    if not can_write(plan):
        odd = next((beam.name for beam in plan.beams if not _writable(beam)), "")
        why = f'beam "{odd}" is not one of leaves and jaws about a point at rest' if odd else "it has no beams"
        raise PlanError(f"plan of {plan.case} cannot be written as RTPLAN: {why}; hand over its dose instead")
    references = references_of(case)
    beams = [_beam(number, beam) for number, beam in enumerate(plan.beams, start=1)]
    prescribed = _dose_reference(plan, roi_names)
    key = "".join(one.to_json() for one in (*beams, prescribed)) + f"{plan.fractions}{structure_set_uid}"
    dataset = new_file(RTPLAN, uid_from(references.key, "plan", key), references, "RTPLAN", "plan")
    dataset.OperatorsName, dataset.InstanceNumber = "", 1
    dataset.FrameOfReferenceUID = references.frame_of_reference_uid
    dataset.PositionReferenceIndicator = references.patient["PositionReferenceIndicator"]
    dataset.RTPlanLabel, dataset.RTPlanName = f"spondyl {plan.technique}"[:LABEL_CHARACTERS], "RESEARCH ONLY"
    dataset.RTPlanDescription, dataset.PlanIntent = DISCLAIMER, "RESEARCH"
    dataset.RTPlanDate, dataset.RTPlanTime, dataset.RTPlanGeometry = "", "", "PATIENT"
    dataset.DoseReferenceSequence = [prescribed]
    dataset.FractionGroupSequence = [_fraction_group(plan)]
    dataset.PatientSetupSequence = [item(PatientPosition="HFS", PatientSetupNumber=1)]
    dataset.BeamSequence = beams
    dataset.ReferencedStructureSetSequence = [
        item(ReferencedSOPClassUID=RTSTRUCT, ReferencedSOPInstanceUID=structure_set_uid)
    ]
    dataset.ApprovalStatus = "UNAPPROVED"
    with writing(path) as temporary:
        dataset.save_as(temporary, enforce_file_format=True)
    return str(dataset.SOPInstanceUID)


def _writable(beam: Beam) -> bool:
    first = beam.points[0]
    return all(
        isinstance(p.aperture, LeafAperture)
        and (p.collimator_deg, p.couch_deg, p.table_mm) == (first.collimator_deg, first.couch_deg, first.table_mm)
        for p in beam.points
    ) and not any(first.table_mm)


def _dose_reference(plan: Plan, roi_names: Sequence[str]) -> Dataset:
    asked = plan.prescription
    named = asked.structure in roi_names
    reference = item(
        DoseReferenceNumber=1,
        DoseReferenceStructureType="VOLUME" if named else "SITE",
        DoseReferenceDescription=f"{asked.structure} {asked.coverage}"[:NAME_CHARACTERS],
        DoseReferenceType="TARGET",
        TargetPrescriptionDose=decimal(asked.dose_gy),
    )
    if named:
        reference.ReferencedROINumber = list(roi_names).index(asked.structure) + 1
    return reference


def _fraction_group(plan: Plan) -> Dataset:
    return item(
        FractionGroupNumber=1,
        NumberOfFractionsPlanned=plan.fractions,
        NumberOfBeams=len(plan.beams),
        NumberOfBrachyApplicationSetups=0,
        ReferencedBeamSequence=[
            item(BeamMeterset=_exact(beam.mu), ReferencedBeamNumber=number)
            for number, beam in enumerate(plan.beams, start=1)
        ],
    )


def _beam(number: int, beam: Beam) -> Dataset:
    linac = load_linac(beam.linac)
    moves = _moves(beam)
    return item(
        Manufacturer="spondyl",
        TreatmentMachineName=linac.name[:LABEL_CHARACTERS],
        PrimaryDosimeterUnit="MU",
        SourceAxisDistance=decimal(load_machine(linac.beam).sad_mm),
        BeamLimitingDeviceSequence=_devices(linac),
        BeamNumber=number,
        BeamName=beam.name[:NAME_CHARACTERS],
        BeamDescription=DISCLAIMER,
        BeamType="DYNAMIC" if moves or _turns(beam) else "STATIC",
        RadiationType="PHOTON",
        PrimaryFluenceModeSequence=[_fluence_mode(linac)],
        TreatmentDeliveryType="TREATMENT",
        NumberOfWedges=0,
        NumberOfCompensators=0,
        NumberOfBoli=0,
        NumberOfBlocks=0,
        FinalCumulativeMetersetWeight="1",
        NumberOfControlPoints=len(beam.points),
        ControlPointSequence=[_control_point(n, beam, linac, moves) for n in range(len(beam.points))],
        ReferencedPatientSetupNumber=1,
    )


def _fluence_mode(linac: Linac) -> Dataset:
    return item(FluenceMode="STANDARD") if linac.flattened else item(FluenceMode="NON_STANDARD", FluenceModeID="FFF")


def _devices(linac: Linac) -> list[Dataset]:
    return [
        item(RTBeamLimitingDeviceType="ASYMX", NumberOfLeafJawPairs=1),
        item(RTBeamLimitingDeviceType="ASYMY", NumberOfLeafJawPairs=1),
        item(
            RTBeamLimitingDeviceType="MLCX",
            NumberOfLeafJawPairs=linac.mlc.pairs,
            LeafPositionBoundaries=[decimal(float(edge)) for edge in linac.mlc.leaf_edges_mm],
        ),
    ]


def _moves(beam: Beam) -> bool:
    """Whether leaves or jaws do not stay where they are at first."""
    first = _positions(beam.points[0])
    return any(_positions(point) != first for point in beam.points)


def _turns(beam: Beam) -> bool:
    return any(point.gantry_deg != beam.points[0].gantry_deg for point in beam.points)


def _positions(point: ControlPoint) -> dict[str, list[str]]:
    """Positions by device; of leaves the whole of bank X1 before that of X2 (PS3.3 C.8.8.14)."""
    opening = point.aperture
    if not isinstance(opening, LeafAperture):
        raise PlanError(f"a {type(opening).__name__} is not one of leaves and jaws; hand over the dose instead")
    jaws = [decimal(jaw) for jaw in opening.jaws_mm]
    return {"ASYMX": jaws[:2], "ASYMY": jaws[2:], "MLCX": [decimal(float(x)) for x in opening.leaves_mm.T.ravel()]}


def _control_point(number: int, beam: Beam, linac: Linac, moves: bool) -> Dataset:
    """The first says where everything stands, the others what turns; every device where one moves, since there are
    readers that want all of them or none (pymedphys 0.41)."""
    point = beam.points[number]
    made = item(ControlPointIndex=number, CumulativeMetersetWeight=_exact(point.mu / beam.mu))
    if number == 0 or moves:
        made.BeamLimitingDevicePositionSequence = [
            item(RTBeamLimitingDeviceType=kind, LeafJawPositions=at) for kind, at in _positions(point).items()
        ]
    if number == 0 or _turns(beam):
        made.GantryAngle, made.GantryRotationDirection = _angle(point.gantry_deg), _direction(beam, number)
    if number == 0:
        made.NominalBeamEnergy = decimal(linac.nominal_mv)
        made.DoseRateSet = decimal(linac.dose_rate_mu_per_min)
        made.BeamLimitingDeviceAngle = _angle(point.collimator_deg)
        made.PatientSupportAngle = _angle(point.couch_deg)
        for keyword, value in STILL.items():
            setattr(made, keyword, value)
        made.IsocenterPosition = [decimal(x) for x in beam.isocentre_mm]
    return made


def _direction(beam: Beam, number: int) -> str:
    """Which way the gantry goes from this control point to the next."""
    following = beam.points[min(number + 1, len(beam.points) - 1)]
    turn = turn_deg(beam.points[number].gantry_deg, following.gantry_deg)
    return "NONE" if abs(turn) < 1e-6 else ("CW" if turn > 0 else "CC")


def _angle(degrees: float) -> str:
    """An angle from 0 to below 360."""
    return decimal(round(degrees % 360.0, 6) % 360.0)


def _exact(value: float) -> str:
    """A decimal string with all the digits that 16 characters hold.

    >>> _exact(1 / 3), _exact(512.0)
    ('0.33333333333333', '512.0')
    """
    return format_number_as_ds(float(value))
