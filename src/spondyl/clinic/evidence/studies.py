"""Which published shares may be pooled, and why the others may not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from spondyl.clinic.evidence.outcomes import Outcome
from spondyl.clinic.evidence.pooling import FEWEST, Pooled, Scale, Tau, pool_proportions
from spondyl.clinic.evidence.proportions import Proportion, Refusal, proportion
from spondyl.core.errors import EvidenceError

AT_PROCEDURE = frozenset({"technical_success", "cement_leakage", "immediate_complication", "serious_complication"})
"""Measures that are told at the procedure: an unstated time point is that one."""
_AT_PROCEDURE_TIMES = ("", "intraop", "postop", "day 0")
TOLERANCE_MONTHS = 1.0


@dataclass(frozen=True)
class Included:
    """A study in a pool."""

    outcome: Outcome
    proportion: Proportion


@dataclass(frozen=True)
class Excluded:
    """A row that was left out of a pool, and why."""

    outcome: Outcome
    reason: str


@dataclass(frozen=True)
class Pool:
    """What can be said of one measure of one treatment at one time.

    Parameters
    ----------
    time
        `12 months`, `at the procedure`, or `over each study's own follow-up`.
    included
        The independent studies, one row of each.
    pooled
        None where fewer than 2 are left; `refusal` then says so.
    extremes
        Pooled share with the fewest and the most events that rounded percentages allow; None where counts are exact.
    """

    modality: str
    measure: str
    time: str
    included: tuple[Included, ...]
    excluded: tuple[Excluded, ...]
    pooled: Pooled | None
    refusal: str
    extremes: tuple[float, float] | None


def pool_evidence(
    rows: Iterable[Outcome],
    *,
    months: float | None = None,
    tolerance_months: float = TOLERANCE_MONTHS,
    any_time: bool = False,
    scale: Scale = "logit",
    tau: Tau = "paule-mandel",
) -> tuple[Pool, ...]:
    """Pool what may be pooled: per treatment, measure and time point, one report of each group of patients.

    Parameters
    ----------
    rows
        Outcomes, as `evidence` gives them; measures that no row gives as a share are passed over.
    months, tolerance_months
        Pool what was reported at `months`, give or take the tolerance; by default each time that was reported, those
        no further apart than the tolerance together.
    any_time
        Take shares over each study's own follow-up, whatever its length; these differ, so that the pooled value is
        of no definite time.
    scale, tau
        As `pool_proportions` has them.

    Raises
    ------
    EvidenceError
        If a tolerance is negative, or both `months` and `any_time` are asked.
    """
    if tolerance_months < 0 or (months is not None and any_time):
        raise EvidenceError("pooling: the tolerance is at least 0 months, and a time excludes any time; ask for one")
    by_measure: dict[tuple[str, str], list[Outcome]] = {}
    for row in rows:
        by_measure.setdefault((row.modality, row.measure), []).append(row)
    pools: list[Pool] = []
    for (modality, measure), listed in by_measure.items():
        if not any(row.estimate in ("crude", "actuarial") for row in listed):
            continue
        shared, excluded = _shares(listed)
        for time, group, beside in _at_times(shared, months, tolerance_months, any_time):
            pools.append(_pool(modality, measure, time, group, [*excluded, *beside], scale, tau))
    return tuple(pools)


def _shares(rows: list[Outcome]) -> tuple[list[Included], list[Excluded]]:
    """Rows that are events of n of a treated series, and the others with what they lack."""
    kept: list[Included] = []
    out: list[Excluded] = []
    for row in rows:
        found = _not_a_series(row) or proportion(row)
        if isinstance(found, Refusal):
            out.append(Excluded(row, found.reason))
        elif found.n == 1:
            out.append(Excluded(row, "a case report, n = 1"))
        else:
            kept.append(Included(row, found))
    return kept, out


def _not_a_series(row: Outcome) -> Refusal | None:
    if row.design_kind == "review":
        return Refusal("a number of a review, not of a study")
    if row.design_kind in ("protocol", "experimental"):
        return Refusal(f"{row.design_kind}: no treated series")
    return None


def _moment(row: Outcome) -> float | str:
    if row.measure in AT_PROCEDURE and row.timepoint in _AT_PROCEDURE_TIMES:
        return "at the procedure"
    return row.months if row.months is not None else "unstated"


def _at_times(
    shared: list[Included], months: float | None, tolerance: float, any_time: bool
) -> list[tuple[str, list[Included], list[Excluded]]]:
    if any_time:
        return [("over each study's own follow-up", shared, [])]
    timed = sorted((m, i) for i, one in enumerate(shared) if isinstance(m := _moment(one.outcome), float))
    groups: dict[str, list[Included]] = {}
    if months is not None:
        groups[f"{months:g} months"] = [shared[i] for m, i in timed if abs(m - months) <= tolerance]
    elif timed:
        first = timed[0][0]
        for m, i in timed:
            first = first if m - first <= tolerance else m
            groups.setdefault(f"{first:.2g} months", []).append(shared[i])
    procedure = [one for one in shared if _moment(one.outcome) == "at the procedure"]
    if procedure and months is None:
        groups["at the procedure"] = procedure
    if not groups:
        groups["no time point stated"] = []
    return [(time, group, _elsewhen(shared, group)) for time, group in groups.items()]


def _elsewhen(shared: list[Included], group: list[Included]) -> list[Excluded]:
    return [
        Excluded(
            one.outcome,
            f"another time point, {one.outcome.timepoint}"
            if isinstance(_moment(one.outcome), float)
            else "no time point stated: a share over the study's own follow-up, taken only where any time is asked",
        )
        for one in shared
        if one not in group
    ]


def _pool(
    modality: str, measure: str, time: str, group: list[Included], excluded: list[Excluded], scale: Scale, tau: Tau
) -> Pool:
    kept, left = _independent(group)
    kept = sorted(kept, key=lambda one: one.outcome.id)
    listed = tuple(_with_cohorts(sorted([*excluded, *left], key=lambda one: one.outcome.id), kept))
    pool = Pool(modality, measure, time, tuple(kept), listed, None, "", None)
    if len(kept) < FEWEST:
        word = "study is" if len(kept) == 1 else "studies are"
        return replace(pool, refusal=f"not pooled: {len(kept)} independent {word} left, {FEWEST} are needed")
    n = [one.proportion.n for one in kept]
    pooled = pool_proportions([one.proportion.events for one in kept], n, scale=scale, tau=tau)
    ends = [[getattr(one.proportion, end) for one in kept] for end in ("low_events", "high_events")]
    if ends[0] == ends[1]:
        return replace(pool, pooled=pooled)
    low, high = (pool_proportions(counts, n, scale=scale, tau=tau).share for counts in ends)
    return replace(pool, pooled=pooled, extremes=(min(low, high), max(low, high)))


def _independent(group: list[Included]) -> tuple[list[Included], list[Excluded]]:
    """One row of each study, one study of each group of patients, all counting patients or all lesions."""
    left: list[Excluded] = []
    totals: dict[str | None, int] = {}
    for one in group:
        totals[one.proportion.counted] = totals.get(one.proportion.counted, 0) + one.proportion.n
    unit = max(totals, key=lambda key: totals[key]) if totals else None
    kept: list[Included] = []
    for one in sorted(group, key=lambda one: (-one.proportion.n, -(one.outcome.year or 0), one.outcome.id)):
        row, reasons = one.outcome, list[str]()
        if one.proportion.counted != unit:
            reasons.append(f"counts {one.proportion.counted or 'it does not say what'}, the others {unit}")
        same = next((other.outcome for other in kept if other.outcome.study_id == row.study_id), None)
        if same is not None:
            reasons.append(f"the same study as {same.id}, counted already")
        elif row.cohort and any(other.outcome.cohort == row.cohort for other in kept):
            reasons.append("overlaps")
        if reasons:
            told = "; ".join(reason for reason in reasons if reason != "overlaps")
            left.append(Excluded(row, told or "smaller than the report that is kept of its group"))
        else:
            kept.append(one)
    return kept, left


def _with_cohorts(excluded: list[Excluded], kept: list[Included]) -> list[Excluded]:
    """Say of each left-out report that another of the same group is here, so that its patients may be the same."""
    named = [one.outcome for one in kept] + [one.outcome for one in excluded]
    told: list[Excluded] = []
    for one in excluded:
        row = one.outcome
        others = {other.name for other in named if row.cohort == other.cohort != "" and other.study_id != row.study_id}
        shared = f"; may share patients with {', '.join(sorted(others))}" if others else ""
        told.append(replace(one, reason=one.reason + shared))
    return told
