"""A plan computed again on its CT: an independent check of a dose, ours or another planning system's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from spondyl import evaluate, io
from spondyl.anatomy import Case, Structures
from spondyl.app.recompute_agreement import Agreement, agreement, side_by_side
from spondyl.app.recompute_plan import GivenPlan, plan_of_ours, plan_of_rtplan
from spondyl.app.stages import Stages
from spondyl.core import Citation, Grid, Progress, collecting, silent
from spondyl.core.errors import DoseGridError, PlanError
from spondyl.dose import Dose, compute_dose
from spondyl.evaluate import DVH, Protocol, Verdicts
from spondyl.physics import BeamModel, ReferenceCondition, calibrated, load_machine, medium_from_ct
from spondyl.plan.recompute import total_dose
from spondyl.plan.setup import DOSE_SPACING_MM, dose_grid

SAME_GRID_MM = 0.5
"""A reference's grid is taken as it is where its voxels are within this of the planner's: nothing is interpolated."""
CALIBRATED_FIELD_MM = 100.0
PLAN_JSON, DOSE, STRUCTURES = "plan.json", "dose.dcm", "structures.dcm"


@dataclass(frozen=True)
class Asked:
    """What is to be recomputed, against what.

    Parameters
    ----------
    plan
        An RTPLAN, a plan.json, or the folder that holds one with its dose and structures.
    dose
        The reference's RTDOSE, None for none; by default the folder's.
    structures
        An RTSTRUCT whose structures are measured; by default the folder's, else the case's.
    linac, fractions
        Where the RTPLAN does not say them in a way that is known.
    protocol
        Judged by; by default a plan.json's own, none for an RTPLAN.
    engine
        Of the dose.
    calibration
        (distance from source to surface, depth in water) in mm at which 1 MU gives 1 cGy in a field of 100 x 100 mm,
        where the machine's MU are not as the linac's beam has them.
    """

    plan: Path
    dose: Path | None = None
    structures: Path | None = None
    linac: str = ""
    fractions: int | None = None
    protocol: str = ""
    engine: str = "collapsed-cone"
    calibration: tuple[float, float] | None = None

    def files(self) -> dict[str, Path]:
        """Every file that is read, by what it is; a folder gives what is not named.

        Raises
        ------
        PlanError
            If the plan is not there, or a file that is named is not.
        """
        folder = self.plan if self.plan.is_dir() else None
        found = {"plan": folder / PLAN_JSON if folder else self.plan}
        for kind, named, name in (("dose", self.dose, DOSE), ("structures", self.structures, STRUCTURES)):
            beside = folder / name if folder else None
            path = named or (beside if beside is not None and beside.is_file() else None)
            if path is not None:
                found[kind] = path
        for kind, path in found.items():
            if not path.is_file():
                raise PlanError(f"{kind} {path} not found, expected a file; check the path")
        return found


@dataclass(frozen=True)
class Recomputed:
    """A finished recomputation.

    Parameters
    ----------
    case, plan, structures
        On what, what, and what was measured.
    model
        The photon beam, as it was calibrated.
    dose
        Total dose in Gy as RTDOSE stores it.
    dvhs
        Of every structure that the dose grid reaches.
    verdicts, reference_verdicts
        Of the recomputed dose, and of the reference; None without protocol or reference.
    agreement
        None without reference.
    rules
        The protocol that was judged by, None for none.
    notes
        What was left out or assumed.
    files
        What was read, by what it is.
    """

    case: Case
    plan: GivenPlan
    structures: Structures
    model: BeamModel
    dose: Dose
    dvhs: Mapping[str, DVH]
    verdicts: Verdicts | None
    reference_verdicts: Verdicts | None
    agreement: Agreement | None
    rules: Protocol | None
    notes: tuple[str, ...]
    files: Mapping[str, Path]
    citations: tuple[Citation, ...]
    timings_s: Mapping[str, float]


def recompute(folder: Path, asked: Asked, progress: Progress = silent) -> Recomputed:
    """Compute a plan's dose on the case's CT and hold it against the reference and a protocol.

    Raises
    ------
    SpondylError
        If the case, plan, dose or structures cannot be used, or do not belong to each other.
    """
    stage, files = Stages(), asked.files()
    with collecting() as cited:
        with stage("open case"):
            case = io.open_case(folder, progress=progress)
            plan = _given(files["plan"], case, asked)
            structures = io.read_rtstruct(files["structures"], case.ct.grid) if "structures" in files else None
            structures = case.structures if structures is None else structures
            reference = _reference(files.get("dose"), case, plan.fractions)
            name = asked.protocol or plan.protocol
            rules = evaluate.load_protocol(name) if name else None
        with stage("dose"):
            grid = _grid(case, plan, reference)
            model, medium = _model(plan.machine, asked), medium_from_ct(case.ct, case.structures)
            dose = compute_dose(plan.fields, medium, model, engine=asked.engine, grid=grid, progress=progress)
            dose = io.as_stored(total_dose(dose, plan.fractions))
        with stage("dose-volume histograms"):
            curves, notes = _curves(dose, structures)
            theirs, _ = _curves(reference, structures) if reference is not None else ({}, ())
        with stage("gamma"):
            rows = side_by_side(structures, curves, theirs)
            held = None if reference is None else agreement(reference, dose, rows)
        with stage("verdicts"):
            judged, other = (
                None
                if rules is None or given is None
                else evaluate.judge(given, structures, rules, plan=plan.label, dvhs=made)
                for given, made in ((dose, curves), (reference, theirs))
            )
    said = (*plan.notes, *notes)
    return Recomputed(
        case,
        plan,
        structures,
        model,
        dose,
        curves,
        judged,
        other,
        held,
        rules,
        said,
        files,
        tuple(cited),
        stage.seconds,
    )


def _given(path: Path, case: Case, asked: Asked) -> GivenPlan:
    if path.suffix.lower() != ".json":
        return plan_of_rtplan(path, case, asked.linac, asked.fractions)
    if asked.linac or asked.fractions:
        raise PlanError(f"--linac and --fractions are for an RTPLAN, {path} says both; leave them out")
    return plan_of_ours(path, case)


def _model(machine: str, asked: Asked) -> BeamModel:
    """The photon beam, with the MU of the calibration that was asked for."""
    model = load_machine(machine)
    if asked.calibration is None:
        return model
    return calibrated(replace(model, reference=ReferenceCondition(*asked.calibration, CALIBRATED_FIELD_MM, 0.01)))


def _reference(path: Path | None, case: Case, fractions: int) -> Dose | None:
    if path is None:
        return None
    return replace(
        io.read_rtdose(path, frame_of_reference_uid=case.ct.grid.frame_of_reference_uid), fractions=fractions
    )


def _grid(case: Case, plan: GivenPlan, reference: Dose | None) -> Grid:
    """The reference's grid where its voxels are like the planner's, else the planner's."""
    if reference is not None:
        spacing = np.asarray(reference.grid.spacing_mm)
        if bool((np.abs(spacing - DOSE_SPACING_MM) <= SAME_GRID_MM).all()):
            return replace(reference.grid, frame_of_reference_uid=case.ct.grid.frame_of_reference_uid)
    return dose_grid(case, case.structures, plan.fields)


def _curves(dose: Dose, structures: Structures) -> tuple[dict[str, DVH], tuple[str, ...]]:
    """DVHs of every structure that the dose reaches, and what is left out, in words."""
    made: dict[str, DVH] = {}
    left_out: list[str] = []
    for structure in structures.values():
        if not evaluate.is_drawn(structure):
            continue
        try:
            made |= evaluate.dvhs(dose, [structure])
        except DoseGridError as error:
            left_out.append(str(error))
    return made, tuple(left_out)
