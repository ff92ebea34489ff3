"""A dose judged by a protocol: each goal's structure found, its metric computed, its limit held against it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from spondyl.anatomy import Cap, Structure, Structures
from spondyl.core import Citation, note
from spondyl.core.errors import DoseGridError, ProtocolError
from spondyl.dose import Dose
from spondyl.evaluate.conversion import alpha_beta_for, convert_limit
from spondyl.evaluate.dvh import DVH, dvh, extent_mm, is_drawn
from spondyl.evaluate.metrics import MetricValue, metric, parse_metric
from spondyl.evaluate.names import resolve
from spondyl.evaluate.protocols import Goal, Protocol, load_protocol
from spondyl.evaluate.radiobiology import PriorCourse, cumulative_eqd2, eqd2, fractions_of
from spondyl.evaluate.verdicts import Verdict, Verdicts, verdict

TARGETS = ("GTV", "CTV", "PTV", "PTV_Eval")


def judge(
    dose: Dose,
    structures: Structures,
    protocol: Protocol | str,
    *,
    fractions: int | None = None,
    convert_eqd2: bool = False,
    prior: PriorCourse | None = None,
    plan: str = "",
    cap: Cap = "half-slice",
    dvhs: Mapping[str, DVH] | None = None,
) -> Verdicts:
    """Judge a plan's total dose.

    Parameters
    ----------
    dose
        Total dose in Gy.
    structures
        Of the plan; protocol names are resolved by `names.resolve`.
    protocol
        A protocol or its name.
    fractions
        Of the plan; by default what the dose says.
    convert_eqd2
        Convert the limits to the plan's fractions by equal EQD2, where they differ.
    prior
        A course before this one, for the limits on cumulative dose.
    plan
        The plan's name, for the record.
    cap
        As in `dvh`.
    dvhs
        DVHs of `dose` already made, by structure name.

    Raises
    ------
    ProtocolError
        If the plan's fractions are not the protocol's and `convert_eqd2` is not asked for.
    DoseError
        If nobody knows the number of fractions.
    DoseGridError
        If the dose grid does not cover a target.
    """
    rules = load_protocol(protocol) if isinstance(protocol, str) else protocol
    n = fractions_of(dose, fractions)
    published = _published_fractions(rules, n, convert_eqd2)
    note(Citation(rules.source))
    plan_facts = _PlanFacts(dose, structures, n, prior, cap, dict(dvhs or {}))
    notes: list[str] = []
    verdicts: list[Verdict] = []
    for goal in rules.goals_for(published):
        excuse = _stood_in_for(goal, rules, plan_facts)
        if excuse:
            notes.append(excuse)
        else:
            verdicts.append(_judge_goal(goal, published, plan_facts))
    if published != n:
        notes.append(
            f"{rules.name} is for {published} fractions, the plan has {n}: limits converted to equal EQD2 "
            "(linear-quadratic), as asked; the published ones are shown beside them"
        )
    return Verdicts(rules.name, plan, n, tuple(verdicts), (), tuple(dict.fromkeys(notes)))


def _published_fractions(rules: Protocol, fractions: int, convert: bool) -> int:
    """The protocol's number of fractions to judge by."""
    if fractions in rules.fractions:
        return fractions
    theirs = ", ".join(map(str, rules.fractions))
    if not convert:
        raise ProtocolError(
            f"protocol {rules.name} is for {theirs} fractions, the plan has {fractions}; choose a protocol for "
            f"{fractions} fractions, or ask for --convert-eqd2"
        )
    return min(rules.fractions, key=lambda n: (abs(n - fractions), n))


class _PlanFacts:
    """The plan's structures, doses and DVHs, each made once and only if a goal asks for it."""

    def __init__(
        self,
        dose: Dose,
        structures: Structures,
        fractions: int,
        prior: PriorCourse | None,
        cap: Cap,
        known: dict[str, DVH],
    ) -> None:
        self.dose, self.structures, self.fractions, self.prior = dose, structures, fractions, prior
        self._cap: Cap = cap
        self._made: dict[tuple[str, str], DVH] = {("physical", name): curve for name, curve in known.items()}
        self._doses: dict[str, Dose] = {"physical": dose}

    @cached_property
    def present(self) -> tuple[str, ...]:
        return tuple(name for name, s in self.structures.items() if is_drawn(s))

    def find(self, wanted: str) -> Structure | None:
        name = resolve(wanted, self.present)
        return None if name is None else self.structures[name]

    def value(self, structure: Structure, goal: Goal, asked: str) -> MetricValue:
        key = f"{goal.quantity} {goal.alpha_beta_gy}" if goal.quantity != "physical" else "physical"
        if (key, structure.name) not in self._made:
            self._made[key, structure.name] = dvh(self._dose(goal, key, structure), structure, cap=self._cap)
        return metric(self._made[key, structure.name], asked)

    def _dose(self, goal: Goal, key: str, structure: Structure) -> Dose:
        if goal.quantity in ("physical", "eqd2"):
            if key not in self._doses:
                assert goal.alpha_beta_gy is not None
                self._doses[key] = eqd2(self.dose, goal.alpha_beta_gy, self.fractions)
            return self._doses[key]
        assert goal.alpha_beta_gy is not None
        assert self.prior is not None
        return cumulative_eqd2(self.dose, self.prior, goal.alpha_beta_gy, self.fractions, structure)


def _judge_goal(goal: Goal, published: int, facts: _PlanFacts) -> Verdict:
    needs_prior = goal.quantity in ("eqd2-cumulative", "eqd2-ratio", "interval")
    if needs_prior and facts.prior is None:
        return verdict(goal, None, metric=label(goal), reason="no prior course was given; give --prior-dose")
    if goal.quantity == "interval":
        return _judge_interval(goal, facts)
    structure = facts.find(goal.structure)
    if goal.quantity == "physical" and published != facts.fractions:
        return _judge_converted(goal, published, structure, facts)
    if structure is None:
        return verdict(goal, None, metric=label(goal), reason=_absence(goal, facts))
    if goal.quantity == "eqd2-ratio":
        return _judge_ratio(goal, structure, facts)
    return verdict(goal, *_value(goal, structure, facts, goal.metric), metric=label(goal))


def _value(goal: Goal, structure: Structure, facts: _PlanFacts, asked: str) -> tuple[MetricValue | None, str]:
    """The metric, or why there is none: an organ off the dose grid is unknown, a target there is refused."""
    try:
        return facts.value(structure, goal, asked), ""
    except DoseGridError as error:
        if structure.role == "target" or goal.structure in TARGETS:
            raise
        return None, str(error)


def _judge_converted(goal: Goal, published: int, structure: Structure | None, facts: _PlanFacts) -> Verdict:
    ab, why = (goal.alpha_beta_gy, "protocol") if goal.alpha_beta_gy is not None else alpha_beta_for(goal.structure)
    try:
        asked, limit = convert_limit(parse_metric(goal.metric), goal.limit, published, facts.fractions, ab)
    except ProtocolError as error:
        return verdict(goal, None, reason=str(error))
    told = (
        f"published {goal.metric} {goal.op} {goal.limit:g} {goal.unit} in {published} fractions, "
        f"converted to {facts.fractions} by EQD2 with alpha/beta {ab:g} Gy ({why})"
    )
    found, reason = (None, _absence(goal, facts)) if structure is None else _value(goal, structure, facts, asked.name)
    return verdict(goal, found, reason, metric=asked.name, limit=limit, converted=told)


def _judge_interval(goal: Goal, facts: _PlanFacts) -> Verdict:
    months = facts.prior.months_since if facts.prior is not None else None
    if months is None:
        return verdict(goal, None, reason="the time since the prior course was not given; give --prior-months")
    return verdict(goal, MetricValue("", goal.metric, months, "months", months, months))


def _judge_ratio(goal: Goal, structure: Structure, facts: _PlanFacts) -> Verdict:
    course, why = _value(goal.model_copy(update={"quantity": "eqd2"}), structure, facts, "Dmax")
    both, why_both = _value(goal.model_copy(update={"quantity": "eqd2-cumulative"}), structure, facts, "Dmax")
    if course is None or both is None:
        return verdict(goal, None, reason=why or why_both)
    if course.value is None or both.value is None or both.value <= 0:
        return verdict(goal, None, reason=course.reason or both.reason or "no cumulative dose")
    ratio = course.value / both.value
    return verdict(goal, MetricValue(structure.name, goal.metric, ratio, "ratio", ratio, ratio))


def label(goal: Goal) -> str | None:
    """How a goal on EQD2 is named in a table; None for physical dose, whose metric names itself."""
    if goal.quantity in ("eqd2", "eqd2-cumulative"):
        kind = "cumulative EQD2" if goal.quantity == "eqd2-cumulative" else "EQD2"
        return f"{goal.metric} ({kind}, alpha/beta {goal.alpha_beta_gy:g} Gy)"
    return None if goal.quantity == "physical" else goal.metric


def _absence(goal: Goal, facts: _PlanFacts) -> str:
    if goal.structure in facts.structures:
        return f"{goal.structure} is empty in the plan's structures"
    return f"{goal.structure} is not among the plan's structures"


def _stood_in_for(goal: Goal, rules: Protocol, facts: _PlanFacts) -> str:
    """Why a goal need not be judged: its structure and organ are not drawn, and another spans the target there."""
    if goal.or_else is None or facts.find(goal.structure) is not None:
        return ""
    if goal.organ is not None and facts.find(goal.organ) is not None:
        return ""
    other = facts.find(goal.or_else)
    targets = _targets(rules, facts)
    if other is None or not targets or not all(_spans(other, target) for target in targets):
        return ""
    return f"{goal.structure} {goal.metric}: not drawn; {goal.or_else} spans the target and is judged in its place"


def _targets(rules: Protocol, facts: _PlanFacts) -> tuple[Structure, ...]:
    """What is treated: the prescribed structure, else the one target of a known name, else all that are targets."""
    prescribed = (rules.prescription.structure,) if rules.prescription is not None else ()
    for name in (*prescribed, "PTV_Eval", "PTV", "GTV"):
        target = facts.find(name)
        if target is not None:
            return (target,)
    return tuple(s for s in facts.structures.with_role("target") if is_drawn(s))


def _spans(organ: Structure, target: Structure) -> bool:
    slice_mm = float(np.max((organ.grid.spacing_mm[2], target.grid.spacing_mm[2])))
    (organ_low, organ_high), (low, high) = extent_mm(organ), extent_mm(target)
    return bool(organ_low[2] <= low[2] + slice_mm and organ_high[2] >= high[2] - slice_mm)
