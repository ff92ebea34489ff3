"""The patient's way through spondyl, on one page.

Each function is one step of care and a few lines of the rooms below; `plan_case` is the whole way.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from spondyl import anatomy, evaluate, io, plan
from spondyl.anatomy import Case, Volumes, VolumeSettings
from spondyl.app.as_written import as_written
from spondyl.app.plan_indices import plan_indices
from spondyl.app.plan_report import report_inputs
from spondyl.app.planned import Planned
from spondyl.app.report import Report, render_report
from spondyl.app.stages import Stages
from spondyl.app.supposed import Supposed
from spondyl.core import Progress, collecting, silent
from spondyl.core.errors import PlanError
from spondyl.dose import Dose
from spondyl.evaluate import Verdicts
from spondyl.physics import load_machine
from spondyl.plan import Plan, PlanSettings


def open_case(folder: str | Path) -> Case:
    """Read and check a case folder."""
    return io.open_case(Path(folder))


def draw_volumes(
    case: Case,
    *,
    consensus: str = "isrc-2012",
    settings: VolumeSettings | None = None,
    gtv: str = "",
    progress: Progress = silent,
) -> Volumes:
    """GTV to CTV to PTV to PTV_Eval, the cord's margin and partial cord, by a consensus guideline."""
    return anatomy.draw_volumes(case, consensus=consensus, settings=settings, gtv=gtv, progress=progress)


def make_plan(
    case: Case,
    volumes: Volumes,
    *,
    technique: str = "imrt",
    protocol: str = "sib-sbrt-30in5",
    progress: Progress = silent,
) -> Plan:
    """Optimise what a machine would do, by the protocol's wish-list."""
    made = plan.make_plan(case, volumes.structures, technique=technique, protocol=protocol, progress=progress)
    return made.plan


def compute_dose(planned: Plan, case: Case, *, engine: str = "collapsed-cone", progress: Progress = silent) -> Dose:
    """Total dose of a plan in the patient, on the grid the planner uses."""
    return plan.plan_dose(planned, case, engine=engine, progress=progress)


def judge(given: Dose, volumes: Volumes, *, protocol: str = "sib-sbrt-30in5") -> Verdicts:
    """Hold a total dose against a protocol."""
    return evaluate.judge(given, volumes.structures, protocol)


def report(planned: Planned) -> Report:
    """The report of a finished job; `.save(path)` writes the page."""
    return render_report(report_inputs(planned))


def plan_case(
    folder: str | Path,
    *,
    technique: str = "imrt",
    protocol: str | None = None,
    consensus: str = "isrc-2012",
    volume_settings: VolumeSettings | None = None,
    gtv: str = "",
    settings: PlanSettings | None = None,
    supposed: Supposed | None = None,
    progress: Progress = silent,
) -> Planned:
    """From a case folder to a judged plan, by `protocol`, or else the technique's own, or else the case's prescription.

    The dose that is judged is the dose as RTDOSE stores it, so that the file and the verdict agree to the bit.
    """
    stage, supposed = Stages(), supposed or Supposed()
    with collecting() as cited:
        with stage("open case"):
            case = supposed.case or open_case(folder)
            plan.check_technique(technique)
            rules = _protocol_of(case, protocol or plan.default_protocol(technique))
            plan.check_protocol(rules)
            load_machine((settings or PlanSettings()).machine)
        with stage("volumes"):
            volumes = draw_volumes(case, consensus=consensus, settings=volume_settings, gtv=gtv, progress=progress)
            structures = plan.draw_targets(case, volumes.structures, technique)
            volumes = replace(volumes, structures=as_written(structures))
        with stage("plan and final dose"):
            asked = evaluate.load_protocol(rules)
            extras = supposed.extras(asked, plan.prescription_of(asked).fractions)
            made = plan.make_plan(
                case, volumes.structures, technique=technique, protocol=supposed.wishes or rules, settings=settings,
                progress=progress, extras=extras,
            )  # fmt: skip
        with stage("dose-volume histograms"):
            stored = io.as_stored(made.dose)
            reached = [s for s in volumes.structures.values() if evaluate.is_drawn(s) and evaluate.meets(stored, s)]
            dvhs = evaluate.dvhs(stored, reached)
        with stage("verdicts"):
            verdicts = evaluate.judge(stored, volumes.structures, rules, plan=f"{case.name} {technique}", dvhs=dvhs)
            verdicts = supposed.judged(verdicts, stored, volumes.structures, case)
        with stage("indices"):
            found = plan_indices(stored, volumes, made.plan.prescription, dvhs, case.facts)
    whole = stage.seconds.pop("plan and final dose")
    seconds = {**stage.seconds, **(made.log.timings_s or {"plan and final dose": whole})}
    return Planned(case, volumes, made.plan, made.log, stored, dvhs, verdicts, found, tuple(cited), seconds, asked)


def _protocol_of(case: Case, asked: str | None) -> str:
    chosen = asked or case.facts.prescription
    if chosen is None:
        known = ", ".join(evaluate.protocol_names())
        raise PlanError(f"case {case.name} names no prescription, expected a protocol: give --protocol, one of {known}")
    return chosen
