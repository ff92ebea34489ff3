"""Dose out: RTDOSE that reads back equal bit for bit, and NIfTI."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy import Case
from spondyl.core.errors import DoseError
from spondyl.core.files import writing
from spondyl.core.provenance import DISCLAIMER
from spondyl.dose import Dose
from spondyl.io.dicom_file import RTDOSE, RTPLAN
from spondyl.io.nifti import write_nifti
from spondyl.io.references import axial_geometry, content_hash, decimal, item, new_file, references_of, uid_from


def scaling_gy(highest_gy: float, bits: int) -> str:
    """The DoseGridScaling for a dose up to `highest_gy`: 1, 2 or 5 times a power of ten, as DICOM writes it.

    >>> scaling_gy(45.0, 32), scaling_gy(45.0, 16)
    ('2e-8', '1e-3')
    """
    room = 2.0**bits * (1 - 1e-6) - 1
    for exponent in range(-12, 6):
        for digit in "125":
            text = f"{digit}e{exponent}"
            if highest_gy <= float(text) * room:
                return text
    raise DoseError(f"dose of {highest_gy:g} Gy does not fit an RTDOSE, expected a patient's dose; check its unit")


def stored_dose(dose: Dose, bits: int = 32) -> tuple[NDArray[np.unsignedinteger], str]:
    """Integers and the scaling that an RTDOSE of `dose` holds.

    Raises
    ------
    DoseError
        If the dose is not in Gy, negative, or does not fit.
    """
    if bits not in (16, 32):
        raise DoseError(f"RTDOSE with {bits} bits, expected 16 or 32")
    if dose.unit != "Gy":
        raise DoseError(
            f'dose has the unit "{dose.unit}", expected "Gy" for an RTDOSE; scale it by its monitor units first'
        )
    lowest, highest = float(dose.values.min()), float(dose.values.max())
    if lowest < 0:
        raise DoseError(f"dose holds {lowest:g} Gy, expected none below 0; check the engine")
    scaling = scaling_gy(highest, bits)
    return np.rint(dose.values.astype(np.float64) / float(scaling)).astype(np.dtype(f"<u{bits // 8}")), scaling


def as_stored(dose: Dose, bits: int = 32) -> Dose:
    """`dose` as its RTDOSE will give it back: what is reported from it is what anyone reads from the file.

    With 32 bits the step is below 3e-8 of the maximum. A dose that was stored once is not changed by storing again.
    """
    stored, scaling = stored_dose(dose, bits)
    return replace(dose, values=(stored * np.float64(float(scaling))).astype(np.float32))


def write_rtdose(path: Path, dose: Dose, case: Case, *, bits: int = 32, plan_uid: str = "", label: str = "") -> Dose:
    """Write an RTDOSE in the CT's study and frame of reference.

    Parameters
    ----------
    bits
        32, or 16 for software that knows no more (the step is then 1/65535 of a rounded-up maximum).
    plan_uid
        SOPInstanceUID of the RTPLAN it belongs to; computed where none is given, since the standard wants one. (A
        structure set is only referred to by the DVH module, which spondyl does not write.)
    label
        What it is, where it is not the plan's dose: it then is a series of its own, and description and comment begin
        with the label, of at most 18 characters.

    Returns
    -------
    Dose
        As it reads back (`as_stored`).

    Raises
    ------
    DoseError
        If the dose is not in Gy, negative or does not fit.
    OutputError
        If the file cannot be written.
    """
    stored, scaling = stored_dose(dose, bits)
    references = references_of(case)
    key = content_hash(stored) + scaling
    uid = uid_from(references.key, "dose", label + key)
    dataset = new_file(RTDOSE, uid, references, "RTDOSE", label or "dose")
    if label:
        dataset.SeriesDescription = f"{label}. {DISCLAIMER}"[:64]
    dataset.InstanceNumber, dataset.OperatorsName = 1, ""
    dataset.FrameOfReferenceUID = references.frame_of_reference_uid
    dataset.PositionReferenceIndicator = references.patient["PositionReferenceIndicator"]
    axial_geometry(dataset, dose.grid, dose.grid.origin_mm[2])
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.NumberOfFrames, dataset.FrameIncrementPointer = dose.grid.shape[0], 0x3004000C
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = bits, bits, bits - 1, 0
    dataset.DoseUnits, dataset.DoseType, dataset.DoseSummationType = "GY", "PHYSICAL", "PLAN"
    kind = f"{dose.kind.removeprefix('dose-')}, {dose.engine}".strip(" ,")
    dataset.DoseComment = f"{label}, {kind}. {DISCLAIMER}"[:64] if label else f"{DISCLAIMER} {kind}"[:64]
    dataset.GridFrameOffsetVector = [decimal(k * dose.grid.spacing_mm[2]) for k in range(dose.grid.shape[0])]
    dataset.DoseGridScaling = scaling
    dataset.TissueHeterogeneityCorrection = "IMAGE"
    dataset.ReferencedRTPlanSequence = [
        item(ReferencedSOPClassUID=RTPLAN, ReferencedSOPInstanceUID=plan_uid or uid_from(references.key, "plan", key))
    ]
    dataset.PixelData = stored.tobytes()
    dataset["PixelData"].VR = "OW"
    with writing(path) as temporary:
        dataset.save_as(temporary, enforce_file_format=True)
    return replace(dose, values=(stored * np.float64(float(scaling))).astype(np.float32))


def write_nifti_dose(path: Path, dose: Dose) -> None:
    """Write the dose as a float32 NIfTI, its values untouched."""
    write_nifti(
        path, dose.values.astype(np.float32, copy=False), dose.grid, f"{dose.unit} {dose.engine}. {DISCLAIMER}"[:79]
    )
