"""RTPLANs as other systems write them, made with pydicom alone; beams of ours to write."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from dicom_maker import RTPLAN, item, new
from pydicom.dataset import Dataset, FileDataset

from spondyl.dose import LeafAperture
from spondyl.physics import load_linac
from spondyl.plan import Plan, Prescription, plan_of_beams
from spondyl.plan.external import Beam, ControlPoint

HD = load_linac("hd120-6mv")
ISOCENTRE = (1.5, -20.25, 103.125)


def position(kind: str, values) -> Dataset:
    return item(RTBeamLimitingDeviceType=kind, LeafJawPositions=[float(v) for v in values])


def device(kind: str, edges=None) -> Dataset:
    made = item(RTBeamLimitingDeviceType=kind, NumberOfLeafJawPairs=1 if edges is None else len(edges) - 1)
    if edges is not None:
        made.LeafPositionBoundaries = [float(e) for e in edges]
    return made


def leaves(half_mm: float, pairs: int = 60) -> np.ndarray:
    """Bank X1 then X2, an opening of `half_mm` to both sides."""
    return np.concatenate([np.full(pairs, -half_mm), np.full(pairs, half_mm)])


def foreign_beam(number: int = 1, **changes: object) -> Dataset:
    """Two control points at gantry 30: jaws in the first only, leaves in both."""
    first = item(
        ControlPointIndex=0, NominalBeamEnergy=6, DoseRateSet=600, GantryAngle=30.0, GantryRotationDirection="NONE",
        BeamLimitingDeviceAngle=10.0, BeamLimitingDeviceRotationDirection="NONE", PatientSupportAngle=0.0,
        PatientSupportRotationDirection="NONE", IsocenterPosition=list(ISOCENTRE), CumulativeMetersetWeight=0.0,
        BeamLimitingDevicePositionSequence=[
            position("ASYMX", (-30, 35)), position("ASYMY", (-40, 45)), position("MLCX", leaves(20.0)),
        ],
    )  # fmt: skip
    second = item(
        ControlPointIndex=1,
        CumulativeMetersetWeight=50.0,
        BeamLimitingDevicePositionSequence=[position("MLCX", leaves(10.0))],
    )
    beam = item(
        BeamNumber=number, BeamName=f"b{number}", BeamType="DYNAMIC", RadiationType="PHOTON",
        TreatmentMachineName="hd120-6mv", PrimaryDosimeterUnit="MU", SourceAxisDistance=1000.0,
        TreatmentDeliveryType="TREATMENT", NumberOfWedges=0, NumberOfCompensators=0, NumberOfBoli=0, NumberOfBlocks=0,
        FinalCumulativeMetersetWeight=50.0, NumberOfControlPoints=2, ControlPointSequence=[first, second],
        BeamLimitingDeviceSequence=[device("ASYMX"), device("ASYMY"), device("MLCX", HD.mlc.leaf_edges_mm)],
    )  # fmt: skip
    for keyword, value in changes.items():
        setattr(beam, keyword, value)
    return beam


def foreign_plan(*beams: Dataset, mu: float | None = 120.0, position: str = "HFS") -> FileDataset:
    ds = new(RTPLAN, "1.2.3.6", "RTPLAN")
    ds.SeriesInstanceUID, ds.RTPlanLabel, ds.RTPlanGeometry = "1.2.3.10", "foreign", "PATIENT"
    ds.DoseReferenceSequence = [item(DoseReferenceNumber=1, DoseReferenceType="TARGET", TargetPrescriptionDose=20.0)]
    ds.PatientSetupSequence = [item(PatientSetupNumber=1, PatientPosition=position)]
    ds.BeamSequence = list(beams) or [foreign_beam()]
    references = [item(ReferencedBeamNumber=b.BeamNumber) for b in ds.BeamSequence]
    for reference in references:
        if mu is not None:
            reference.BeamMeterset = mu
    ds.FractionGroupSequence = [
        item(FractionGroupNumber=1, NumberOfFractionsPlanned=5, ReferencedBeamSequence=references)
    ]
    return ds


def saved(ds: FileDataset, folder: Path) -> Path:
    ds.save_as(folder / "plan.dcm", enforce_file_format=True)
    return folder / "plan.dcm"


def opening(rng: np.random.Generator, jaws=(-45.0, 45.0, -50.0, 50.0)) -> LeafAperture:
    """Leaves at random places, not round ones."""
    middle, half = rng.uniform(-20, 20, HD.mlc.pairs), rng.uniform(0, 20, HD.mlc.pairs)
    return LeafAperture(np.stack([middle - half, middle + half], axis=1), jaws)


def our_plan(seed: int = 5) -> Plan:
    """An arc across gantry 0 against the clock, a step-and-shoot field with moving jaws, a static field."""
    rng = np.random.default_rng(seed)
    given = np.concatenate([[0.0], np.cumsum(rng.uniform(1.0, 9.0, 6))])
    arc = tuple(
        ControlPoint((6.0 - 2 * k) % 360, 45.0, 10.0, opening(rng, (-40.0 - k, 40.0, -45.0, 45.0)), float(mu))
        for k, mu in enumerate(given)
    )
    shapes = [opening(rng) for _ in range(3)]
    steps = tuple(
        ControlPoint(150.0, 0.0, 0.0, shapes[n // 2], mu)
        for n, mu in enumerate((0.0, 11.1, 11.1, 33.3, 33.3, 100.0 / 3 + 7))
    )
    still = tuple(ControlPoint(270.0, 90.0, 0.0, shapes[0], mu) for mu in (0.0, 77.7))
    beams = tuple(
        Beam(name, HD.name, ISOCENTRE, points) for name, points in (("arc", arc), ("steps", steps), ("still", still))
    )
    prescription = Prescription("PTV_Eval", 30.0, 5, "D90%")
    return plan_of_beams("tiny", "vmat", "sib-sbrt-30in5", HD.beam, prescription, beams)
