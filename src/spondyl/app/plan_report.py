"""From a finished planning job to what its report shows."""

from __future__ import annotations

from importlib.metadata import version

from spondyl.app.planned import Planned
from spondyl.app.report import Fact, Goal, ReportInputs, Step, curves_of
from spondyl.core import sha256_of
from spondyl.evaluate import Protocol, Verdict, load_protocol
from spondyl.plan import Step as LogStep

TECHNIQUE_NAMES = {"imrt": "fixed-field IMRT"}


def report_inputs(planned: Planned) -> ReportInputs:
    """Everything the report shows, in words and numbers."""
    plan, log = planned.plan, planned.log
    rules = load_protocol(plan.protocol)
    asked = plan.prescription
    case = planned.case
    return ReportInputs(
        case=case,
        structures=planned.volumes.structures,
        dose=planned.dose,
        technique=TECHNIQUE_NAMES[plan.technique],
        protocol=rules.title,
        prescription_gy=asked.dose_gy,
        boost_gy=_boost_gy(rules),
        plan_facts=_plan_facts(planned),
        made_facts=_made_facts(planned),
        goals=tuple(_goal(v) for v in planned.verdicts.verdicts),
        curves=curves_of(planned.dvhs),
        indices=tuple(Fact(i.name, i.text, i.source) for i in planned.indices),
        binding=tuple(f"{goal.structure} {goal.metric}" for goal, _ in log.binding),
        assumptions=(*planned.volumes.assumptions, *planned.verdicts.notes),
        warnings=case.warnings,
        log=tuple(_step(number, step) for number, step in enumerate(log.steps, 1)),
        citations=tuple(str(citation) for citation in planned.citations),
        inputs_sha256=sha256_of({"case": case.folder}) if case.folder else {},
        timings_s=planned.timings_s,
        version=version("spondyl"),
    )


def _boost_gy(rules: Protocol) -> float | None:
    """What half of the GTV shall reach, where the protocol asks for more there than it prescribes."""
    prescribed = rules.prescription.dose_gy if rules.prescription else 0.0
    asked = [
        g.limit for g in rules.goals if (g.structure, g.metric, g.op) == ("GTV", "D50%", ">=") and g.limit > prescribed
    ]
    return max(asked, default=None)


def _plan_facts(planned: Planned) -> tuple[Fact, ...]:
    plan = planned.plan
    angles = ", ".join(f"{field.gantry_deg:.0f}" for field in plan.fields)
    return (
        Fact("Fields", f"{len(plan.fields)}, gantry {angles} deg"),
        Fact("Machine", plan.machine),
        Fact(
            "Monitor units", f"{plan.total_mu:.0f} MU a fraction ({plan.modulation:.1f} MU per cGy)", "sliding window"
        ),
    )


def _made_facts(planned: Planned) -> tuple[Fact, ...]:
    grid = planned.dose.grid
    spacing = " x ".join(f"{s:.2f}" for s in grid.spacing_mm)
    return (
        Fact("Dose engine", planned.dose.engine),
        Fact("Dose is", planned.dose.kind.replace("-", " ")),
        Fact("Dose grid", f"{spacing} mm, {' x '.join(str(n) for n in grid.shape[::-1])} voxels"),
        *(Fact("Dose", step) for step in planned.dose.made),
        *(
            Fact("Optimiser", line)
            for line in planned.log.lines()
            if line.startswith(("final dose", "missed", "binding"))
        ),
    )


def _goal(verdict: Verdict) -> Goal:
    return Goal(
        verdict.judged or verdict.structure, verdict.metric, verdict.op, verdict.limit, verdict.value, verdict.unit,
        verdict.level, verdict.status, verdict.margin, f"{verdict.source} [{verdict.source_status}]", verdict.reason,
    )  # fmt: skip


def _step(number: int, step: LogStep) -> Step:
    def told(changes: dict[str, tuple[float, float]]) -> str:
        return ", ".join(f"{label} {a:.3g} to {b:.3g}" for label, (a, b) in changes.items())

    gained = {goal.label: pair for goal, pair in step.gained().items()}
    cost = {goal.label: pair for goal, pair in step.cost().items()}
    return Step(str(number), step.name, told(gained) or "held", told(cost) or "nothing")
