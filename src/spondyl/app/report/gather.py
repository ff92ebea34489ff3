"""From a planned case to what its report shows."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING

from spondyl.app.report.inputs import Fact, Goal, ReportInputs, Step
from spondyl.app.report.memory import curves_of
from spondyl.app.report.numbers import plain, three
from spondyl.evaluate import Protocol, Verdict, Verdicts, load_protocol

if TYPE_CHECKING:
    from spondyl.app.workflow import Planned
    from spondyl.dose import Dose
    from spondyl.plan import Plan, PlanLog
    from spondyl.plan.goals import Goal as WishedGoal
    from spondyl.plan.lexicographic import Step as WishStep

_TECHNIQUES = {"imrt": "fixed-field SIB-IMRT, sliding window"}
_SOURCE_WORDS = {
    "confirmed": "",
    "confirmed_in_seed": "",
    "confirmed_secondary": "from a secondary source",
    "conflict": "sources conflict",
    "unconfirmed": "unconfirmed",
}


def report_inputs(
    planned: Planned, *, inputs_sha256: Mapping[str, str] | None = None, indices: tuple[Fact, ...] = ()
) -> ReportInputs:
    """What the report of a planned case shows.

    Parameters
    ----------
    planned
        As `workflow.plan_case` gives it.
    inputs_sha256
        Hashes of the inputs by name, as in provenance.json; "case" is the case folder's.
    indices
        Plan indices, in words.
    """
    rules = load_protocol(planned.plan.protocol)
    goals = goals_of(planned.verdicts, planned.log)
    return ReportInputs(
        case=planned.case,
        structures=planned.volumes.structures,
        dose=planned.dose,
        technique=_TECHNIQUES.get(planned.plan.technique, planned.plan.technique),
        protocol=rules.title,
        prescription_gy=planned.plan.prescription.dose_gy,
        boost_gy=boost_gy(rules, planned.plan.prescription.dose_gy),
        plan_facts=_plan_facts(planned.plan),
        made_facts=_made_facts(planned.plan, planned.dose, planned.log),
        goals=goals,
        curves=curves_of(planned.dvhs),
        indices=indices,
        binding=_binding(planned.log, planned.verdicts),
        assumptions=tuple(dict.fromkeys((*planned.volumes.assumptions, *planned.verdicts.notes, *rules.notes))),
        warnings=tuple(f"left out, no such structure in the beams: {goal}" for goal in planned.log.left_out),
        log=tuple(_step(step) for step in planned.log.steps),
        citations=tuple(str(c) for c in planned.citations),
        inputs_sha256=dict(inputs_sha256 or {}),
        timings_s=dict(planned.timings_s),
        version=version("spondyl"),
    )


def goals_of(verdicts: Verdicts, log: PlanLog | None = None) -> tuple[Goal, ...]:
    """Verdicts under the plan's own names, each missed one with what bound it where the log knows."""
    return tuple(_goal(v, _bound_by(v, log)) for v in verdicts.verdicts)


def boost_gy(rules: Protocol, prescription_gy: float) -> float | None:
    """The dose a protocol escalates to: the optimal lower limit of the GTV's D50%, where above the prescription."""
    wanted = [
        g.limit
        for g in rules.goals
        if g.structure == "GTV" and g.metric == "D50%" and g.op.startswith(">") and g.level == "optimal"
    ]
    return max((limit for limit in wanted if limit > prescription_gy), default=None)


def _goal(v: Verdict, bound: str) -> Goal:
    source = "; ".join(
        part for part in (v.source, _SOURCE_WORDS.get(v.source_status, v.source_status), v.converted) if part
    )
    return Goal(
        v.judged or v.structure, v.metric, v.op, v.limit, v.value, v.unit, v.level, v.status, v.margin, source,
        v.reason or bound,
    )  # fmt: skip


def _bound_by(v: Verdict, log: PlanLog | None) -> str:
    """ "bound by ThecalSac D0.03cc <= 30" for a missed lower limit, from the step that pursued it."""
    if log is None or v.status != "fail":
        return ""
    for step in log.steps:
        pursued = [g for g in step.goals if (g.structure, g.metric) == (v.judged or v.structure, v.metric)]
        if pursued and (strongest := _strongest(step, pursued[0])) is not None:
            return f"bound by {_shown(strongest)}"
    return ""


def _strongest(step: WishStep, missed: WishedGoal) -> WishedGoal | None:
    """The bound with the largest multiplier that pulls the other way, by preference on another structure."""
    against = {g: m for g, m in step.binding.items() if g.label != missed.label and g.sense != missed.sense}
    other = {g: m for g, m in against.items() if g.structure != missed.structure}
    among = other or against
    return max(among, key=lambda g: among[g], default=None)


def _shown(goal: WishedGoal) -> str:
    sign = "≤" if goal.sense > 0 else "≥"
    return f"{goal.label} {sign} {plain(goal.limit)} Gy" if goal.limit is not None else goal.label


def _binding(log: PlanLog, verdicts: Verdicts) -> tuple[str, ...]:
    missed = [v for v in verdicts.verdicts if v.status == "fail" and _bound_by(v, log)]
    return tuple(dict.fromkeys(f"{v.judged or v.structure} {v.metric} {_bound_by(v, log)}" for v in missed))


def _plan_facts(plan: Plan) -> tuple[Fact, ...]:
    asked = plan.prescription
    return (
        Fact(
            "prescription",
            f"{plain(asked.dose_gy)} Gy in {asked.fractions} fractions, {asked.structure} {asked.coverage}",
        ),
        Fact("fields", str(len(plan.fields))),
        Fact("MU", f"{three(plan.total_mu)} per fraction ({three(plan.modulation)} MU per cGy)"),
        Fact("machine", plan.machine),
    )


def _made_facts(plan: Plan, dose: Dose, log: PlanLog) -> tuple[Fact, ...]:
    x, y, z = dose.grid.spacing_mm
    uncertain = "statistical, see dose" if dose.relative_uncertainty is not None else "no statistical uncertainty"
    angles = ", ".join(f"{plain(f.gantry_deg)}°" for f in plan.fields)
    iso = ", ".join(f"{v:.1f}" for v in plan.fields[0].isocentre_mm).replace("-", "−") if plan.fields else "none"
    return (
        Fact("dose engine", f"{dose.engine}, {dose.kind}"),
        Fact("dose grid", f"{plain(x)} × {plain(y)} × {plain(z)} mm"),
        Fact("uncertainty", uncertain),
        Fact("seed", "none needed: the same input gives the same plan"),
        Fact("gantry angles", angles),
        Fact("isocentre (x, y, z)", f"{iso} mm"),
        Fact("optimiser's last dose", _last_round(log)),
    )


def _last_round(log: PlanLog) -> str:
    if not log.rounds:
        return "not recomputed"
    last = log.rounds[-1]
    return (
        f"{len(log.rounds)} final-engine computations; last differs by up to {three(last.difference_gy)} Gy "
        f"from the optimiser's, normalised by {log.factor:.3f}"
    )


def _step(step: WishStep) -> Step:
    priority = "beyond goals" if step.phase == 2 else "wish"
    bound = ", ".join(_shown(g) for g in sorted(step.binding, key=lambda g: -step.binding[g])[:3])
    cost = _changes(step.cost()) or "nothing"
    return Step(priority, step.name, _changes(step.gained()), f"{cost} (held by {bound})" if bound else cost)


def _changes(changes: Mapping[WishedGoal, tuple[float, float]]) -> str:
    by_label = {goal.label: (goal, pair) for goal, pair in changes.items()}
    return ", ".join(
        f"{label} {three(a)} → {three(b)}{'' if goal.metric == 'roughness' else ' Gy'}"
        for label, (goal, (a, b)) in by_label.items()
    )
