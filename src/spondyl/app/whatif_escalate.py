"""What if the tumour's dose went as high as the cord allows: one plan with that wish, and what binds it."""

from __future__ import annotations

from pathlib import Path

from spondyl.app.plan_output import write_plan
from spondyl.app.planned import Planned
from spondyl.app.report import Table
from spondyl.app.supposed import Supposed
from spondyl.app.whatif_pair import Answer, Question, Side, pair_table, side_in, side_of
from spondyl.app.workflow import open_case, plan_case
from spondyl.core import Progress, silent
from spondyl.core.errors import PlanError
from spondyl.evaluate import load_protocol, resolve
from spondyl.plan.escalation import METRIC, STEP, TUMOUR, escalated
from spondyl.plan.lexicographic import BINDS_ABOVE

BEFORE, AFTER = "by the protocol", "escalated"


def what_if_escalated(
    folder: Path,
    out: Path,
    question: Question,
    keep_ceilings: bool = False,
    before: Path | None = None,
    progress: Progress = silent,
) -> Answer:
    """Find the highest GTV D50% under the protocol's other limits, and compare with the plan by the protocol.

    Raises
    ------
    PlanError
        If neither spinal cord nor thecal sac is drawn: nothing then says how high is too high.
    ProtocolError
        If the protocol has no boost.
    """
    case = open_case(folder)
    if not any(resolve(name, tuple(case.structures)) for name in ("SpinalCord", "ThecalSac", "CaudaEquina")):
        raise PlanError(
            "neither spinal cord nor thecal sac is drawn, expected one of them: what they allow is the question; "
            "contour it"
        )
    protocol = question.words["protocol"] or case.facts.prescription
    if protocol is None:
        raise PlanError(f"case {case.name} names no prescription, expected a protocol; give --protocol")
    wishes = escalated(load_protocol(protocol), keep_ceilings)
    if before is None:
        as_is = plan_case(folder, **question.words, supposed=Supposed(case), progress=progress)
        write_plan(out / "before", as_is, question.settings, progress)
        was = side_of(BEFORE, as_is)
    else:
        was = side_in(BEFORE, before, folder)
    planned = plan_case(folder, **question.words, supposed=Supposed(case, wishes), progress=progress)
    write_plan(out / "after", planned, {**question.settings, "keep_ceilings": keep_ceilings}, progress)
    now = side_of(AFTER, planned)
    binding = what_binds(planned)
    facts = {"highest_gtv_d50_gy": now.value(TUMOUR, METRIC), "binding": list(binding), "keep_ceilings": keep_ceilings}
    return Answer("escalate", was, now, _table(was, now, binding, keep_ceilings), facts, planned.verdicts)


def what_binds(planned: Planned) -> tuple[str, ...]:
    """The bounds that held the escalation, strongest first, each with its share of the pull."""
    step = next(step for step in planned.log.steps if step.name == STEP)
    against = {goal: m for goal, m in step.binding.items() if m > BINDS_ABOVE and goal.structure != TUMOUR}
    total = sum(against.values())
    ordered = sorted(against, key=lambda goal: -against[goal])
    return tuple(f"{goal} ({100 * against[goal] / total:.0f} %)" for goal in ordered)


def _table(was: Side, now: Side, binding: tuple[str, ...], keep_ceilings: bool) -> Table:
    lifted = "kept" if keep_ceilings else "lifted in the plan, and judged all the same"
    found = now.value(TUMOUR, METRIC)
    note = (
        f"Highest {TUMOUR} {METRIC}: {'unknown' if found is None else f'{found:.1f} Gy'}, within 1 % that later wishes "
        f"may take. Held by: {'; '.join(binding) or 'nothing'}. Upper limits on hot spots of targets (D2%): {lifted}."
    )
    return pair_table("Escalation", was, now, note)
