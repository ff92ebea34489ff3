"""The plan that is recomputed: an RTPLAN of any system, or a plan.json of ours, checked against the case."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spondyl.anatomy import Case
from spondyl.core.errors import DicomError, PlanError, ProtocolError
from spondyl.dose import Field
from spondyl.evaluate import parse_metric
from spondyl.io import PlannedBeams, read_beams
from spondyl.physics import load_linac, load_machine
from spondyl.plan import Plan, Prescription, load_plan
from spondyl.plan.external import Beam, beam_fields, check_deliverable


@dataclass(frozen=True)
class GivenPlan:
    """What a machine is to deliver, whoever planned it.

    Parameters
    ----------
    label
        What the file calls itself.
    technique, protocol
        Names, empty where the file has none of ours.
    machine
        Name or path for `load_machine`: the photon beam.
    fields
        Fluence in MU per fraction.
    beams
        Control points; empty for a plan of fluences.
    prescription
        None where the file does not say a dose; its coverage is empty where the file does not say the metric.
    sop_uid
        Of the RTPLAN, empty for a plan.json.
    notes
        What was left out or assumed on reading.
    """

    label: str
    technique: str
    protocol: str
    machine: str
    fractions: int
    fields: tuple[Field, ...]
    beams: tuple[Beam, ...]
    prescription: Prescription | None
    sop_uid: str
    notes: tuple[str, ...]

    def as_plan(self, case: str) -> Plan | None:
        """The plan as plan.json keeps it, None where nothing is prescribed."""
        if self.prescription is None:
            return None
        return Plan(case, self.technique, self.protocol, self.machine, self.prescription, self.fields, self.beams)


def plan_of_rtplan(path: Path, case: Case, linac: str = "", fractions: int | None = None) -> GivenPlan:
    """Read an RTPLAN and see that it is one of this case.

    Parameters
    ----------
    linac
        Name or file of the linac, where the RTPLAN's machine is not one of ours.
    fractions
        Where the RTPLAN does not say them.

    Raises
    ------
    DicomError
        If the file cannot be computed, lies in another frame of reference or beside the CT, says no fractions, or
        needs two photon beams.
    """
    read = read_beams(path, linac)
    _check_place(read, case, path)
    count = fractions or read.fractions
    if not count:
        raise DicomError(f"{path} does not say its number of fractions; give --fractions N")
    machines = {load_linac(beam.linac).beam for beam in read.beams}
    if len(machines) > 1:
        raise DicomError(f"{path} needs the photon beams {', '.join(sorted(machines))}, expected one; give --linac")
    (machine,) = machines
    model = load_machine(machine)
    fields = tuple(field for beam in read.beams for field in beam_fields(beam, model))
    notes = [*read.notes, *_undeliverable(read.beams)]
    if fractions and read.fractions and fractions != read.fractions:
        notes.append(f"{path.name} has {read.fractions} fractions; computed for {fractions}, as --fractions says")
    prescription = _prescription(read, count)
    if prescription is None:
        notes.append(f"{path.name} does not say what dose is prescribed")
    return GivenPlan(
        read.facts.label or path.stem, "rtplan", "", machine, count, fields, read.beams, prescription,
        read.facts.sop_uid, tuple(notes),
    )  # fmt: skip


def _undeliverable(beams: tuple[Beam, ...]) -> list[str]:
    """What the linac, as it is known here, could not deliver; the dose is computed all the same."""
    found: list[str] = []
    for beam in beams:
        try:
            check_deliverable(beam, load_linac(beam.linac))
        except PlanError as error:
            found.append(f'linac "{beam.linac}" as it is described here could not deliver this: {error}')
    return found


def plan_of_ours(path: Path, case: Case) -> GivenPlan:
    """Read a plan.json and see that it is one of this case.

    Raises
    ------
    PlanError
        If the file is not a plan of external beams, or is one of another case.
    """
    plan = load_plan(path)
    if plan.case != case.name:
        raise PlanError(f'plan {path} is one of case "{plan.case}", expected "{case.name}"; give its case folder')
    return GivenPlan(
        f"{plan.case} {plan.technique}", plan.technique, plan.protocol, plan.machine, plan.fractions, plan.fields,
        plan.beams, plan.prescription, "", (),
    )  # fmt: skip


def _check_place(read: PlannedBeams, case: Case, path: Path) -> None:
    grid, frame = case.ct.grid, read.facts.frame_of_reference_uid
    if frame and grid.frame_of_reference_uid and frame != grid.frame_of_reference_uid:
        raise DicomError(
            f"{path}: frame of reference is {frame}, expected the CT's {grid.frame_of_reference_uid}; give the case of "
            "the CT that it was planned on, or register first"
        )
    low, high = grid.bounds_mm()
    for beam in read.beams:
        at = np.asarray(beam.isocentre_mm)
        if bool((at < low).any()) or bool((at > high).any()):
            raise DicomError(
                f'{path}: the isocentre of beam "{beam.name}" ({_place(at)}) lies outside the CT ({_place(low)} to '
                f"{_place(high)}); give the case of the CT that it was planned on"
            )


def _place(point: np.ndarray) -> str:
    return ", ".join(f"{x:.1f}" for x in point) + " mm"


def _prescription(read: PlannedBeams, fractions: int) -> Prescription | None:
    """The dose of the file's highest target reference; structure and metric where its description has them, as ours
    has: "PTV_Eval D90%"."""
    dose = read.facts.prescription_gy
    if not dose:
        return None
    name, _, wanted = read.facts.prescribed_to.rpartition(" ")
    try:
        return Prescription(name, dose, fractions, parse_metric(wanted).name)
    except ProtocolError:
        return Prescription(read.facts.prescribed_to, dose, fractions, "")
