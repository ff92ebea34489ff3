"""From a finished planning job to what its report shows."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING

from spondyl.app.delivery_facts import delivery_facts, delivery_warnings, gantry_text
from spondyl.app.delivery_view import delivery_of
from spondyl.app.plan_indices import Index
from spondyl.app.planned import Planned
from spondyl.app.report import Fact, Goal, ReportInputs, Step, curves_of
from spondyl.app.report.numbers import plain, three
from spondyl.core import sha256_of
from spondyl.evaluate import Protocol, Verdict
from spondyl.plan import TECHNIQUE_TITLES

if TYPE_CHECKING:
    from spondyl.plan.goals import Goal as WishedGoal
    from spondyl.plan.lexicographic import Step as WishStep
    from spondyl.plan.log import PlanLog

SOURCE_WORDS = {
    "confirmed": "",
    "confirmed_in_seed": "",
    "confirmed_secondary": "from a secondary source",
    "conflict": "sources conflict",
    "unconfirmed": "unconfirmed",
}
"""What a reader must know of a limit's standing; nothing where it was seen in its paper."""


def report_inputs(planned: Planned) -> ReportInputs:
    """Everything the report shows, in words and numbers."""
    plan, log, case, rules = planned.plan, planned.log, planned.case, planned.rules
    return ReportInputs(
        case=case,
        structures=planned.volumes.structures,
        dose=planned.dose,
        technique=TECHNIQUE_TITLES.get(plan.technique, plan.technique),
        protocol=rules.title,
        prescription_gy=plan.prescription.dose_gy,
        boost_gy=boost_gy(rules),
        plan_facts=_plan_facts(planned),
        made_facts=_made_facts(planned),
        goals=tuple(goal_row(v, bound_by(v, log)) for v in planned.verdicts.verdicts),
        curves=curves_of(planned.dvhs),
        indices=tuple(_index(i) for i in planned.indices),
        binding=_binding(planned),
        assumptions=tuple(dict.fromkeys((*planned.volumes.assumptions, *planned.verdicts.notes, *rules.notes))),
        warnings=(*case.warnings, *delivery_warnings(plan.beams)),
        log=tuple(_step(number, step) for number, step in enumerate(log.steps, 1)),
        citations=tuple(str(citation) for citation in planned.citations),
        inputs_sha256=sha256_of({"case": case.folder}) if case.folder else {},
        timings_s=planned.timings_s,
        version=version("spondyl"),
        delivery=delivery_of(plan.beams, planned.volumes.structures),
    )


def boost_gy(rules: Protocol) -> float | None:
    """What half of the GTV shall reach, where the protocol asks for more there than it prescribes."""
    prescribed = rules.prescription.dose_gy if rules.prescription else 0.0
    asked = [g.limit for g in rules.goals if (g.structure, g.metric, g.op) == ("GTV", "D50%", ">=")]
    return max((limit for limit in asked if limit > prescribed), default=None)


def bound_by(verdict: Verdict, log: PlanLog) -> str:
    """ "bound by ThecalSac D0.03cc ≤ 30 Gy" for a goal that is not met: the strongest bound of the step after it."""
    if verdict.status != "fail":
        return ""
    wanted = (verdict.judged or verdict.structure, verdict.metric)
    for step in log.steps:
        pursued = [g for g in step.goals if (g.structure, g.metric) == wanted]
        strongest = _strongest(step, pursued[0]) if pursued else None
        if strongest is not None:
            return f"bound by {_shown(strongest)}"
    return ""


def _strongest(step: WishStep, missed: WishedGoal) -> WishedGoal | None:
    """The bound with the largest multiplier that pulls the other way, by preference on another structure."""
    against = {g: m for g, m in step.binding.items() if g.label != missed.label and g.sense != missed.sense}
    other = {g: m for g, m in against.items() if g.structure != missed.structure}
    among = other or against
    return max(among, key=lambda g: among[g], default=None)


def _shown(goal: WishedGoal) -> str:
    if goal.limit is None:
        return goal.label
    return f"{goal.label} {'≤' if goal.sense > 0 else '≥'} {plain(goal.limit)}{_unit(goal)}"


def _unit(goal: WishedGoal) -> str:
    return "" if goal.structure == "fluence" else " Gy"


def _binding(planned: Planned) -> tuple[str, ...]:
    """One sentence a goal that is missed and whose bound is known, mandatory first; else the organ limit that binds."""
    missed = sorted(planned.verdicts.of("fail"), key=lambda v: v.level != "mandatory")
    told = ((v, bound_by(v, planned.log)) for v in missed)
    sentences = tuple(dict.fromkeys(f"{v.judged or v.structure} {v.metric} {bound}" for v, bound in told if bound))
    if sentences:
        return sentences
    targets = {s.name for s in planned.volumes.structures.with_role("target")}
    limits = (g for g, _ in planned.log.binding if g.sense > 0 and g.limit is not None and g.structure not in targets)
    return tuple(f"{_shown(goal)} binds" for goal in limits)[:1]


def _plan_facts(planned: Planned) -> tuple[Fact, ...]:
    plan, asked = planned.plan, planned.plan.prescription
    return (
        Fact(
            "prescription",
            f"{plain(asked.dose_gy)} Gy in {asked.fractions} fraction{'s' if asked.fractions > 1 else ''} to "
            f"{asked.structure} {asked.coverage}",
        ),
        Fact("beams", f"{len(plan.beams)}") if plan.beams else Fact("fields", f"{len(plan.fields)}"),
        Fact("MU", f"{three(plan.total_mu)} per fraction ({three(plan.modulation)} MU per cGy)"),
        *delivery_facts(plan.beams),
        Fact("machine", ", ".join(dict.fromkeys(beam.linac for beam in plan.beams)) or plan.machine),
    )


def _made_facts(planned: Planned) -> tuple[Fact, ...]:
    plan, dose, log = planned.plan, planned.dose, planned.log
    spacing = " × ".join(plain(s) for s in dose.grid.spacing_mm)
    uncertain = "statistical" if dose.relative_uncertainty is not None else "none that is statistical"
    isocentre = ", ".join(f"{v:.1f}" for v in plan.fields[0].isocentre_mm) if plan.fields else "none"
    return (
        Fact("dose engine", f"{dose.engine}, {dose.kind.replace('-', ' ')}"),
        Fact("dose grid", f"{spacing} mm, {' × '.join(str(n) for n in dose.grid.shape[::-1])} voxels"),
        Fact("uncertainty; seed", f"{uncertain}; no seed, the same input gives the same plan"),
        Fact("gantry angles", ", ".join(_angles(planned))),
        Fact("isocentre x, y, z", f"{isocentre} mm".replace("-", "−")),
        *(Fact("final dose", _round(log)) for _ in log.rounds[-1:]),
        *(Fact("left out", f"{goal}: no such structure in the beams") for goal in log.left_out),
    )


def _angles(planned: Planned) -> list[str]:
    beams = [f"{beam.name} {gantry_text(beam)}" for beam in planned.plan.beams]
    return beams or [f"{plain(f.gantry_deg)}°" for f in planned.plan.fields]


def _round(log: PlanLog) -> str:
    kept = next((r for r in log.rounds if r.kept), log.rounds[-1])
    return (
        f"computed {log.rounds[-1].number} times; against the optimiser's the {kept.agreement}, single points within "
        f"{three(kept.difference_gy)} Gy; normalised by {log.factor:.3f}"
    )


def _index(index: Index) -> Fact:
    number = "unknown" if index.value is None else f"{three(index.value)} {index.unit}".strip()
    return Fact(index.name, number, "; ".join(part for part in (index.remark, index.source) if part))


def goal_row(v: Verdict, bound: str = "") -> Goal:
    """A verdict as a row of the report."""
    standing = SOURCE_WORDS.get(v.source_status, v.source_status)
    source = "; ".join(part for part in (v.source, standing, v.converted) if part)
    return Goal(
        v.judged or v.structure, v.metric, v.op, v.limit, v.value, v.unit, v.level, v.status, v.margin, source,
        v.reason or bound,
    )  # fmt: skip


def _step(number: int, step: WishStep) -> Step:
    held = ", ".join(_shown(g) for g in sorted(step.binding, key=lambda g: -step.binding[g])[:3])
    cost = _changes(_worst(step)) or "nothing"
    name = f"{step.name}, beyond its goals" if step.phase == 2 else step.name
    return Step(str(number), name, _changes(step.gained()) or "held", f"{cost}; held by {held}" if held else cost)


def _worst(step: WishStep) -> dict[WishedGoal, tuple[float, float]]:
    """The three metrics that lost most, relative; what the step raised on purpose is no cost of it."""
    pursued = {goal.label for goal in step.goals}
    cost = {goal: pair for goal, pair in step.cost().items() if goal.label not in pursued}
    ranked = sorted(cost, key=lambda g: -abs(cost[g][1] - cost[g][0]) / max(abs(cost[g][0]), 1.0))
    first_of_label = {goal.label: goal for goal in reversed(ranked)}
    kept = [goal for goal in ranked if first_of_label[goal.label] is goal][:3]
    return {goal: cost[goal] for goal in kept}


def _changes(changes: Mapping[WishedGoal, tuple[float, float]]) -> str:
    by_label = {goal.label: (goal, pair) for goal, pair in changes.items()}
    return ", ".join(f"{label} {three(a)} → {three(b)}{_unit(g)}" for label, (g, (a, b)) in by_label.items())
