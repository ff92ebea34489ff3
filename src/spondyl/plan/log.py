"""How a plan came about: what each step gained and cost, what is missed and what binds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from spondyl.plan.agreement import Agreement
from spondyl.plan.goals import Goal
from spondyl.plan.lagrangian import MET_WITHIN
from spondyl.plan.lexicographic import BINDS_ABOVE, Step


@dataclass(frozen=True)
class Round:
    """One computation in the final engine.

    Parameters
    ----------
    quality
        Of the computation: "final" for the engine's own, "fast" where a coarser one is enough to correct by.
    difference_gy
        Largest difference of the final engine from what the optimiser believed, over all rows.
    broken
        Relative violation of each bound in the final engine's dose.
    agreement
        Of what is judged: limits and targets.
    kept
        Whether the plan is this round's.
    """

    number: int
    quality: str
    difference_gy: float
    broken: Mapping[Goal, float]
    agreement: Agreement
    kept: bool = False

    @property
    def worst(self) -> float:
        return max(self.broken.values(), default=0.0)


@dataclass(frozen=True)
class PlanLog:
    """What happened.

    Parameters
    ----------
    steps
        Of the wish-list, in order.
    rounds
        Of the final engine.
    final
        Each goal's metric in the final dose, as the optimiser's sample points give it.
    multipliers
        Of each bound at the end: how much the objective would gain per relative change of the limit.
    left_out
        Goals on structures that the case does not have.
    factor
        Of the last normalisation.
    reported
        What the protocol's own patients received, beside this plan, one line each.
    timings_s
        Seconds by stage; not in the record, which is the same for the same input.
    """

    steps: tuple[Step, ...]
    rounds: tuple[Round, ...]
    final: Mapping[Goal, float]
    multipliers: Mapping[Goal, float]
    left_out: tuple[Goal, ...] = ()
    factor: float = 1.0
    timings_s: Mapping[str, float] = field(default_factory=dict[str, float])
    reported: tuple[str, ...] = ()

    @property
    def misses(self) -> tuple[Goal, ...]:
        """Goals with a limit that the final dose does not reach."""
        return tuple(
            goal
            for goal, value in self.final.items()
            if goal.limit is not None and goal.sense * (value - goal.limit) > MET_WITHIN * abs(goal.limit)
        )

    @property
    def binding(self) -> tuple[tuple[Goal, float], ...]:
        """Bounds that hold the plan back, the strongest first."""
        active = [(goal, m) for goal, m in self.multipliers.items() if m > BINDS_ABOVE and goal.limit is not None]
        return tuple(sorted(active, key=lambda pair: (-pair[1], str(pair[0]))))

    def lines(self) -> tuple[str, ...]:
        """The log as text, one line each."""
        told = [_step_line(number, step) for number, step in enumerate(self.steps, 1)]
        for r in self.rounds:
            worst = max(r.broken, key=lambda goal: r.broken[goal], default=None)
            what = f"worst bound {worst} off by {100 * r.worst:.2f} %" if worst and r.worst > 0 else "all bounds hold"
            name = f"{'final' if r.quality == 'final' else 'quick'} dose {r.number}"
            told.append(
                f"{name}: single points up to {r.difference_gy:.2f} Gy off the optimiser's; {r.agreement}; {what}"
            )
        told.append(f"normalised by {self.factor:.4f}")
        told.extend(self.reported)
        told.extend(f"left out, no such structure in the beams: {goal}" for goal in self.left_out)
        told.extend(f"missed: {goal}, reached {self.final[goal]:.2f}" for goal in self.misses)
        if self.binding:
            told.append("binding, strongest first: " + "; ".join(str(goal) for goal, _ in self.binding[:5]))
        return tuple(told)

    def record(self) -> dict[str, Any]:
        """The log for `plan.json`."""
        return {
            "steps": [_step_record(step) for step in self.steps],
            "rounds": [
                {
                    "round": r.number,
                    "quality": r.quality,
                    "kept": r.kept,
                    "largest_difference_gy": round(r.difference_gy, 3),
                    "worst_violation": round(r.worst, 5),
                    "limits_agree_within": round(r.agreement.worst_metric, 5),
                    "targets_agree_within_rms": round(r.agreement.targets_rms, 5),
                    "targets_volume_within_1_percent": round(r.agreement.targets_within, 4),
                }
                for r in self.rounds
            ],
            "final": [{"goal": str(goal), "value": round(value, 4)} for goal, value in self.final.items()],
            "missed": [{"goal": str(goal), "value": round(self.final[goal], 4)} for goal in self.misses],
            "binding": [{"goal": str(goal), "multiplier": float(f"{m:.4g}")} for goal, m in self.binding],
            "left_out": [str(goal) for goal in self.left_out],
            "reported": list(self.reported),
            "normalisation": round(self.factor, 6),
        }


def _changes(changes: Mapping[Goal, tuple[float, float]]) -> str:
    return ", ".join(f"{goal.label} {a:.2f} -> {b:.2f}" for goal, (a, b) in _unique(changes).items()) or "nothing"


def _unique(changes: Mapping[Goal, tuple[float, float]]) -> dict[Goal, tuple[float, float]]:
    """One entry a metric, since a metric may have a limit on both sides."""
    by_label = {goal.label: goal for goal in changes}
    return {goal: changes[goal] for goal in by_label.values()}


def _step_line(number: int, step: Step) -> str:
    return f"{number}. {step.name}: gained {_changes(step.gained())}; cost {_changes(step.cost())}"


def _step_record(step: Step) -> dict[str, Any]:
    def pairs(changes: Mapping[Goal, tuple[float, float]]) -> list[dict[str, Any]]:
        return [{"goal": str(goal), "from": round(a, 4), "to": round(b, 4)} for goal, (a, b) in changes.items()]

    return {
        "name": step.name,
        "phase": step.phase,
        "gained": pairs(step.gained()),
        "cost": pairs(step.cost()),
        "binding": [{"goal": str(goal), "multiplier": float(f"{m:.4g}")} for goal, m in step.binding.items()],
        "evaluations": step.evaluations,
    }
