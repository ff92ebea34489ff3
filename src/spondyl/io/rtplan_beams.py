"""RTPLAN in: beams with their control points, ours or another planning system's, and what is prescribed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import DicomError
from spondyl.dose import LeafAperture
from spondyl.io.dicom_file import numbers, read_dicom, refusing, text
from spondyl.io.rtplan import PlanFacts, plan_facts
from spondyl.io.rtplan_angles import as_head_first_supine, inherited, patient_position, turned
from spondyl.io.rtplan_arcs import finer
from spondyl.io.rtplan_devices import aperture, check_leaves, positions, read_devices
from spondyl.io.rtplan_refusals import check_beam, is_treatment, refuse_foreign, refuse_tilted
from spondyl.physics import Linac, linac_names, load_linac, load_machine
from spondyl.plan.external import Beam, ControlPoint

Floats = NDArray[np.float64]
WEIGHT_WITHIN = 1e-3
"""How far the last control point's weight may lie from the final one, relative: what rounding of weights does."""
MOVED_MM = 0.1
"""How far isocentre or table may move within a beam before it is no longer an isocentric one."""


@dataclass(frozen=True)
class PlannedBeams:
    """An RTPLAN that can be computed.

    Parameters
    ----------
    facts
        What the file says in words and numbers.
    beams
        Its treatment beams; cumulative MU are of one fraction.
    fractions
        Of its one fraction group, None where the file does not say.
    notes
        What was left out or taken another way, one sentence each.
    """

    facts: PlanFacts
    beams: tuple[Beam, ...]
    fractions: int | None
    notes: tuple[str, ...]


def read_beams(path: Path, linac: str = "") -> PlannedBeams:
    """Read the treatment beams of an RTPLAN.

    Parameters
    ----------
    linac
        Name or file of the linac to take, where the file's machine is not one of `linac_names`.

    Raises
    ------
    DicomError
        If the file is not a readable RTPLAN, names an unknown machine, or a beam has no control points, no MU, or
        what no dose is computed for.
    """
    dataset = read_dicom(path, "RTPLAN")
    with refusing(path):
        group = _fraction_group(dataset, path)
        references = group.get("ReferencedBeamSequence") or []
        metersets = {int(one.ReferencedBeamNumber): one for one in references}
        numbered = [int(beam.BeamNumber) for beam in dataset.get("BeamSequence") or []]
        if len(metersets) < len(references) or len(set(numbered)) < len(numbered):
            raise DicomError(f"{path} has beams {numbered}, expected each number once; export it again")
        beams: list[Beam] = []
        notes: list[str] = []
        for beam in dataset.get("BeamSequence") or []:
            what = _named(beam)
            if not is_treatment(beam):
                notes.append(f"{what} is left out: it is of type {text(beam, 'TreatmentDeliveryType').lower()}")
            elif int(beam.BeamNumber) not in metersets:
                notes.append(f"{what} is left out: the fraction group does not refer to it")
            else:
                mu = _meterset(metersets[int(beam.BeamNumber)], path, what)
                made, said = _beam(dataset, beam, mu, linac, path)
                beams.append(made)
                notes += said
        if not beams:
            raise DicomError(f"{path} has no treatment beam among {len(notes)}, expected one or more; export the plan")
        planned = group.get("NumberOfFractionsPlanned")
        return PlannedBeams(plan_facts(dataset), tuple(beams), int(planned) if planned else None, _once(notes))


def _fraction_group(dataset: Any, path: Path) -> Any:
    groups = dataset.get("FractionGroupSequence") or []
    if len(groups) != 1:
        raise DicomError(
            f"{path} has {len(groups)} fraction groups, expected one; export each prescription as a plan of its own"
        )
    return groups[0]


def _meterset(reference: Any, path: Path, what: str) -> float:
    stated = reference.get("BeamMeterset")
    mu = 0.0 if stated in (None, "") else float(stated)
    if not (np.isfinite(mu) and mu > 0):
        told = "no MU" if stated in (None, "") else f"{mu:g} MU"
        raise DicomError(
            f"{path}: {what} has {told}, expected its monitor units; export the plan with its dose computed, or leave "
            "the beam out"
        )
    return mu


def _beam(dataset: Any, beam: Any, mu: float, linac: str, path: Path) -> tuple[Beam, list[str]]:
    what = _named(beam)
    refuse_foreign(beam, path, what)
    points = beam.get("ControlPointSequence") or []
    if len(points) < 2:
        raise DicomError(
            f"{path}: {what} has {len(points)} control points, expected two or more; export the plan with its beams "
            "complete"
        )
    for point in points:
        refuse_tilted(point, path, what)
    machine = _linac(text(beam, "TreatmentMachineName"), linac, path, what)
    energies = {float(e) for e in inherited(points, "NominalBeamEnergy") if e is not None}
    for energy in energies or {None}:
        check_beam(beam, energy, machine, load_machine(machine.beam).sad_mm, path, what)
    position = patient_position(dataset, beam, path)
    angles = as_head_first_supine(position, *_angles(points, path, what))
    openings = _openings(beam, points, machine, path, what)
    cumulative = _cumulative_mu(beam, points, mu, path, what)
    made = tuple(
        ControlPoint(float(g), float(c), float(t), opening, float(m))
        for g, c, t, opening, m in zip(*angles, openings, cumulative, strict=True)
    )
    read = Beam(text(beam, "BeamName") or f"{int(beam.BeamNumber)}", machine.name, _isocentre(points, path, what), made)
    refined, notes = finer(read)
    if position != "HFS":
        notes = [*notes, f"the patient lies {position}: angles are told as of a head first, supine patient (HFS)"]
    if not energies:
        notes = [*notes, f"{what} does not say its energy; computed with {machine.nominal_mv:g} MV"]
    return refined, notes


def _linac(stated: str, asked: str, path: Path, what: str) -> Linac:
    """The linac that was asked for, else the one that the file names."""
    if not asked and stated not in linac_names():
        raise DicomError(
            f'{path}: {what} is for machine "{stated}", which is unknown; give --linac with one of '
            f"{', '.join(linac_names())}, or FILE.yaml"
        )
    return load_linac(asked or stated)


def _angles(points: Any, path: Path, what: str) -> tuple[Floats, Floats, Floats]:
    gantry, collimator, couch = (
        turned(points, keyword, path, what)
        for keyword in ("GantryAngle", "BeamLimitingDeviceAngle", "PatientSupportAngle")
    )
    return gantry, collimator, couch


def _openings(beam: Any, points: Any, linac: Linac, path: Path, what: str) -> list[LeafAperture]:
    devices = read_devices(beam, path, what)
    check_leaves(devices, linac, path, what)
    stands = positions(points, devices, path, what)
    return [aperture(at, devices, linac, path, f"{what}, control point {n},") for n, at in enumerate(stands)]


def _cumulative_mu(beam: Any, points: Any, mu: float, path: Path, what: str) -> Floats:
    """MU at each control point: the meterset times the point's weight over the final one (PS3.3 C.8.8.14.1)."""
    stated = [point.get("CumulativeMetersetWeight") for point in points]
    final = float(beam.get("FinalCumulativeMetersetWeight") or 0.0)
    if any(weight in (None, "") for weight in stated) or not final > 0:
        raise DicomError(
            f"{path}: {what} has control points without cumulative meterset weight, or no final weight; export the "
            "plan with its dose computed"
        )
    weights = np.array([float(weight) for weight in stated])
    if weights[0] != 0 or bool((np.diff(weights) < 0).any()) or abs(weights[-1] - final) > WEIGHT_WITHIN * final:
        raise DicomError(
            f"{path}: {what} has meterset weights from {weights[0]:g} to {weights[-1]:g} of {final:g}, expected them "
            f"to rise from 0 to {final:g}; export it again"
        )
    return mu * weights / weights[-1]


def _isocentre(points: Any, path: Path, what: str) -> tuple[float, float, float]:
    """The isocentre, which neither it nor the table may leave during the beam."""
    at = [numbers(p, "IsocenterPosition", 3, path) for p in points if p.get("IsocenterPosition") not in (None, "")]
    if not at:
        raise DicomError(f"{path}: {what} does not say its isocentre; export it again")
    moved = float(np.ptp(np.array(at), axis=0).max())
    for keyword in ("TableTopVerticalPosition", "TableTopLongitudinalPosition", "TableTopLateralPosition"):
        stands = [float(v) for v in inherited(points, keyword) if v is not None]
        moved = max(moved, float(np.ptp(stands)) if stands else 0.0)
    if moved > MOVED_MM:
        raise DicomError(
            f"{path}: {what} moves isocentre or table by {moved:g} mm while it treats, expected an isocentric beam; "
            "no dose is computed for it"
        )
    x, y, z = at[0].tolist()
    return x, y, z


def _named(beam: Any) -> str:
    return f'beam {int(beam.BeamNumber)} "{text(beam, "BeamName")}"'


def _once(notes: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(notes))
