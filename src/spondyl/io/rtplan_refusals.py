"""What a beam of an RTPLAN has that spondyl computes no dose for, refused by name; and what is no treatment beam."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from spondyl.core.errors import DicomError
from spondyl.io.dicom_file import text
from spondyl.physics import Linac

NO_TREATMENT = frozenset({"SETUP", "OPEN_PORTFILM", "TRMT_PORTFILM", "CONTINUATION"})
"""Delivery types of beams that give no dose of the plan, or repeat another beam (DICOM PS3.3 C.8.8.14)."""
COUNTED = {
    "NumberOfWedges": "a wedge",
    "NumberOfCompensators": "a compensator",
    "NumberOfBlocks": "a block",
    "NumberOfBoli": "a bolus",
}
LISTED = {
    "ApplicatorSequence": "an applicator or cone",
    "GeneralAccessorySequence": "an accessory in the beam",
}
TILTS = {
    "GantryPitchAngle": "a pitched gantry",
    "TableTopPitchAngle": "a pitched table top",
    "TableTopRollAngle": "a rolled table top",
    "TableTopEccentricAngle": "an eccentric table turn",
}
TILT_DEG = 0.05
"""Below this an angle is a file's way to write none."""
SAD_WITHIN_MM = 0.5
ENERGY_WITHIN_MV = 0.01
HARMLESS_ACCESSORIES = frozenset({"GRATICULE", "IMAGE_DETECTOR", "RETICLE"})


def is_treatment(beam: Any) -> bool:
    """Whether the beam treats: an unknown delivery type counts as treatment, as the standard has it."""
    return text(beam, "TreatmentDeliveryType").upper() not in NO_TREATMENT


def refuse_foreign(beam: Any, path: Path, what: str) -> None:
    """Refuse what changes the dose in a way that is not computed; `what` names the beam.

    Raises
    ------
    DicomError
        With the name of what is in the way.
    """
    radiation, unit = text(beam, "RadiationType").upper(), text(beam, "PrimaryDosimeterUnit").upper()
    if radiation not in ("PHOTON", ""):
        raise DicomError(f"{path}: {what} is a beam of {radiation}, expected PHOTON; it cannot be recomputed")
    if unit not in ("MU", ""):
        raise DicomError(f"{path}: {what} is given in {unit}, expected MU; it cannot be recomputed")
    found = [name for keyword, name in COUNTED.items() if int(beam.get(keyword) or 0) > 0]
    found += [name for keyword, name in LISTED.items() if _in_the_way(beam, keyword)]
    if found:
        raise DicomError(
            f"{path}: {what} has {' and '.join(found)}, expected jaws and leaves alone; no dose is computed behind it, "
            "leave the beam out or plan it without"
        )


def _in_the_way(beam: Any, keyword: str) -> bool:
    items = beam.get(keyword) or []
    return any(text(one, "GeneralAccessoryType").upper() not in HARMLESS_ACCESSORIES for one in items)


def refuse_tilted(point: Any, path: Path, what: str) -> None:
    """Refuse turns of gantry or table about axes that the dose does not know.

    Raises
    ------
    DicomError
        With the angle.
    """
    for keyword, name in TILTS.items():
        angle = float(point.get(keyword) or 0.0)
        if abs((angle + 180) % 360 - 180) > TILT_DEG:
            raise DicomError(
                f"{path}: {what} has {name} ({angle:g} degrees), expected none; the turn is not computed, set it to 0"
            )


def check_beam(beam: Any, energy_mv: float | None, linac: Linac, sad_mm: float, path: Path, what: str) -> None:
    """See that the file's beam is the linac's: energy, flattening filter, distance from source to axis.

    Raises
    ------
    DicomError
        With both numbers.
    """
    if energy_mv is not None and abs(energy_mv - linac.nominal_mv) > ENERGY_WITHIN_MV:
        raise DicomError(
            f'{path}: {what} has {energy_mv:g} MV, linac "{linac.name}" {linac.nominal_mv:g} MV; '
            "give --linac FILE.yaml of a linac with that beam (spondyl machine fit makes it from measurements)"
        )
    modes = [text(one, "FluenceMode").upper() for one in beam.get("PrimaryFluenceModeSequence") or []]
    flattened = "NON_STANDARD" not in modes
    if modes and flattened != linac.flattened:
        words = {True: "a flattened beam", False: "a beam of non-standard fluence (without flattening filter)"}
        raise DicomError(
            f'{path}: {what} is {words[flattened]}, linac "{linac.name}" has {words[linac.flattened]}; '
            "give --linac with the name of another, or FILE.yaml"
        )
    stated = beam.get("SourceAxisDistance")
    if stated not in (None, "") and abs(float(stated) - sad_mm) > SAD_WITHIN_MM:
        raise DicomError(
            f'{path}: {what} has its source {float(stated):g} mm from the axis, linac "{linac.name}" {sad_mm:g} mm; '
            "give --linac FILE.yaml of the machine that it was planned for"
        )
