"""Table 2: the dosimetry of the index plans, what the protocol asks, and every deviation by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from spondyl.app.trial.table import Row, Table, spread
from spondyl.followup.records import Cohort, PatientRecord, PlanRecord, PlanVerdict

COLUMNS = ("metric", "median (range)", "plans", "goal", "met", "not met", "unknown")
MANDATORY = "mandatory"


@dataclass(frozen=True)
class IndexPlan:
    """The plan of an index treatment."""

    patient: PatientRecord
    lesion_id: str
    plan: PlanRecord | None


def index_plans(cohort: Cohort) -> tuple[IndexPlan, ...]:
    """One for each lesion whose index treatment is radiotherapy; `plan` is None where none is recorded."""
    found: list[IndexPlan] = []
    for patient, lesion in cohort.lesions():
        index = patient.index_treatment(lesion.lesion_id)
        if index is not None and index.irradiates:
            plan = patient.plan(index.plan_id) if index.plan_id is not None else None
            found.append(IndexPlan(patient, lesion.lesion_id, plan))
    return tuple(found)


def dosimetry(cohort: Cohort) -> Table:
    """Table 2, one row a metric and goal, protocol by protocol."""
    every = index_plans(cohort)
    plans = [each.plan for each in every if each.plan is not None]
    rows: list[Row] = []
    for protocol in sorted({plan.protocol or "no protocol" for plan in plans}):
        own = [plan for plan in plans if (plan.protocol or "no protocol") == protocol]
        rows.append(Row(f"{protocol}: {len(own)} plans{_prescriptions(own)}", ("",) * (len(COLUMNS) - 1), heads=True))
        rows += _protocol_rows(own)
    absent = len(every) - len(plans)
    notes = [f"Plans of index treatments; {absent} of {len(every)} irradiated lesions have no plan recorded."]
    if not every:
        notes = ["No index treatment of this cohort is radiotherapy: there is no dosimetry to tell of."]
    return Table("table2_dosimetry", "Table 2. Dosimetry against protocol", COLUMNS, tuple(rows), tuple(notes))


def deviations(cohort: Cohort) -> Table:
    """Every goal that a plan did not meet; mandatory ones first."""
    failed = sorted(
        ((each, verdict) for each, verdict in _verdicts(cohort) if verdict.status == "fail"),
        key=lambda found: (found[1].level != MANDATORY, found[0].patient.pseudonym, found[0].lesion_id),
    )
    rows = tuple(
        Row(
            each.patient.pseudonym,
            (each.lesion_id, verdict.level, f"{verdict.structure} {verdict.metric}", _goal(verdict),
             "unknown" if verdict.value is None else f"{verdict.value:g} {verdict.unit}"),
        )
        for each, verdict in failed
    )  # fmt: skip
    mandatory = sum(verdict.level == MANDATORY for _, verdict in failed)
    note = f"{mandatory} mandatory goals not met, {len(failed) - mandatory} others."
    columns = ("patient", "lesion", "level", "metric", "goal", "plan")
    return Table("table2_deviations", "Deviations from protocol", columns, rows, (note,), words=True)


def _verdicts(cohort: Cohort) -> Iterator[tuple[IndexPlan, PlanVerdict]]:
    for each in index_plans(cohort):
        for verdict in each.plan.verdicts if each.plan is not None else ():
            yield each, verdict


def _prescriptions(plans: list[PlanRecord]) -> str:
    told = {(plan.prescription_gy, plan.fractions) for plan in plans}
    words = [f"{dose:g} Gy in {n}" for dose, n in sorted(told, key=str) if dose is not None and n is not None]
    return f" ({'; '.join(words)})" if words else ""


def _protocol_rows(plans: list[PlanRecord]) -> list[Row]:
    goals: dict[tuple[str, str], dict[str, list[PlanVerdict]]] = {}
    for plan in plans:
        for metric in plan.metrics:
            if metric.metric != "volume":
                goals.setdefault((metric.structure, metric.metric), {})
        for verdict in plan.verdicts:
            goals.setdefault((verdict.structure, verdict.metric), {}).setdefault(_goal(verdict), []).append(verdict)
    rows: list[Row] = []
    for (structure, name), asked in goals.items():
        values = [value for plan in plans if (value := plan.value(structure, name)) is not None]
        first = (spread(values, 1, _unit(plans, structure, name)), f"{len(values)} of {len(plans)}")
        lines = [_counts(goal, judged, len(plans)) for goal, judged in asked.items()] or [("none",) + ("",) * 3]
        rows.append(Row(f"{structure} {name}", (*first, *lines[0])))
        rows += [Row("", ("", "", *line)) for line in lines[1:]]
    return rows


def _unit(plans: list[PlanRecord], structure: str, name: str) -> str:
    every = (each for plan in plans for each in (*plan.metrics, *plan.verdicts))
    return next((each.unit for each in every if (each.structure, each.metric) == (structure, name)), "")


def _goal(verdict: PlanVerdict) -> str:
    sign = {"<=": "≤", ">=": "≥"}.get(verdict.op, verdict.op)
    return f"{sign} {verdict.limit:g} {verdict.unit} ({verdict.level})"


def _counts(goal: str, judged: list[PlanVerdict], plans: int) -> tuple[str, str, str, str]:
    passed, failed = (sum(verdict.status == word for verdict in judged) for word in ("pass", "fail"))
    return goal, str(passed), str(failed), str(plans - passed - failed)
