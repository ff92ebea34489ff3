"""A plan under set-up errors: each limit's nominal value, worst and best, and which error is the worst."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from spondyl.anatomy import Structures
from spondyl.dose import Dose
from spondyl.evaluate.dvh import DVH, dvh, is_drawn
from spondyl.evaluate.judge import judge
from spondyl.evaluate.metrics import metric, parse_metric
from spondyl.evaluate.names import resolve
from spondyl.evaluate.protocols import Goal, Protocol
from spondyl.evaluate.verdicts import Status, Verdict

Kind = Literal["tissue", "margin"]
WATCHED: tuple[tuple[str, str, int], ...] = (
    ("SpinalCord", "D0.03cc", 1),
    ("ThecalSac", "D0.03cc", 1),
    ("CaudaEquina", "D0.03cc", 1),
    ("GTV", "D98%", -1),
)
"""Told whatever the protocol limits; +1 where more is worse."""
NOMINAL = "as planned"


@dataclass(frozen=True)
class Row:
    """One metric over all errors.

    Parameters
    ----------
    structure, metric, unit
        What was measured.
    op, limit, level
        Of the protocol; None and empty for a metric that is only watched.
    kind
        "tissue", or "margin" for what is drawn so that tissue may move in it: its limit is meant for the plan as it
        stands, and moved it is told for information.
    values
        By error, `NOMINAL` first; None where unknown.
    status
        Of the worst: "fail" if any error fails, else "unknown" if any is unknown. None where there is no limit.
    more_is_worse
        Which end of the range is the worst.
    """

    structure: str
    metric: str
    unit: str
    op: str
    limit: float | None
    level: str
    kind: Kind
    values: Mapping[str, float | None]
    status: Status | None
    more_is_worse: bool

    @property
    def nominal(self) -> float | None:
        return self.values[NOMINAL]

    @property
    def known(self) -> dict[str, float]:
        return {name: value for name, value in self.values.items() if value is not None}

    @property
    def worst(self) -> tuple[str, float] | None:
        """The error with the worst value, and the value; None where none is known."""
        return self._end(self.more_is_worse)

    @property
    def best(self) -> tuple[str, float] | None:
        return self._end(not self.more_is_worse)

    def _end(self, highest: bool) -> tuple[str, float] | None:
        known = self.known
        if not known:
            return None
        name = max(known, key=lambda key: known[key]) if highest else min(known, key=lambda key: known[key])
        return name, known[name]

    def record(self) -> dict[str, Any]:
        """The row as `robustness.json` keeps it."""
        worst, best = self.worst, self.best
        return {
            "structure": self.structure,
            "metric": self.metric,
            "unit": self.unit,
            "op": self.op or None,
            "limit": self.limit,
            "level": self.level or None,
            "kind": self.kind,
            "status": self.status,
            "nominal": _rounded(self.nominal),
            "worst": None if worst is None else {"error": worst[0], "value": _rounded(worst[1])},
            "best": None if best is None else {"error": best[0], "value": _rounded(best[1])},
            "values": {name: _rounded(value) for name, value in self.values.items()},
        }


@dataclass(frozen=True)
class Robustness:
    """What set-up errors do to a plan.

    Parameters
    ----------
    errors
        Names of the errors, without the plan as it stands.
    engine
        That computed every dose of the table, the nominal one included.
    rows
        What is watched first, then the protocol's mandatory limits.
    """

    errors: tuple[str, ...]
    engine: str
    rows: tuple[Row, ...]

    @property
    def broken(self) -> tuple[Row, ...]:
        """Mandatory limits on tissue that some error breaks."""
        return tuple(row for row in self.rows if row.kind == "tissue" and row.status == "fail")

    @property
    def unknown(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.kind == "tissue" and row.status == "unknown")

    def record(self) -> dict[str, Any]:
        """As `robustness.json` keeps it."""
        return {"engine": self.engine, "errors": list(self.errors), "rows": [row.record() for row in self.rows]}


def robustness(
    nominal: Dose, moved: Iterable[tuple[str, Dose]], structures: Structures, protocol: Protocol
) -> Robustness:
    """Measure a plan under errors.

    Parameters
    ----------
    nominal
        Total dose as planned, by the engine that made the others, with its number of fractions.
    moved
        Name and dose of each error, in the patient's own coordinates: structures stay where they are.
    structures
        Of the plan.
    protocol
        Its mandatory limits are judged in every dose; the limit of a margin also on the organ itself.
    """
    rules = _with_organs(protocol, structures)
    watched = _watched(structures, rules)
    names: list[str] = []
    values: list[dict[str, float | None]] = [{} for _ in watched]
    verdicts: dict[str, tuple[Verdict, ...]] = {}
    for name, dose in _with_nominal(nominal, moved):
        names.append(name)
        curves: dict[str, DVH] = {own: dvh(dose, structures[own]) for own in dict.fromkeys(w[0] for w in watched)}
        for found, (own, wanted, _) in zip(values, watched, strict=True):
            found[name] = metric(curves[own], wanted).value
        verdicts[name] = judge(dose, structures, rules, dvhs=curves).verdicts
    rows = [_watched_row(*what, found) for what, found in zip(watched, values, strict=True)]
    rows += [_limit_row(structures, {n: verdicts[n][k] for n in names}) for k in range(len(verdicts[NOMINAL]))]
    return Robustness(tuple(names[1:]), nominal.engine, tuple(rows))


def measured_names(structures: Structures, protocol: Protocol) -> tuple[str, ...]:
    """Names of the structures that `robustness` measures."""
    rules, present = _with_organs(protocol, structures), _present(structures)
    limited = (resolve(goal.structure, present) for goal in rules.goals)
    watched = (own for own, _, _ in _watched(structures, rules))
    return tuple(dict.fromkeys(name for name in (*watched, *limited) if name is not None))


def _with_nominal(nominal: Dose, moved: Iterable[tuple[str, Dose]]) -> Iterable[tuple[str, Dose]]:
    yield NOMINAL, nominal
    yield from moved


def _present(structures: Structures) -> list[str]:
    return [name for name, structure in structures.items() if is_drawn(structure)]


def _with_organs(protocol: Protocol, structures: Structures) -> Protocol:
    """The mandatory limits alone, and where one is on the margin of an organ that is drawn, the same on the organ.

    The margin stands for the organ's moves: where the organ itself is moved, its limit is the margin's.
    """
    present, goals = _present(structures), list[Goal]()
    for goal in protocol.goals:
        if goal.level != "mandatory":
            continue
        goals.append(goal)
        if goal.organ is not None and resolve(goal.organ, present) is not None:
            goals.append(goal.model_copy(update={"structure": goal.organ, "organ": None, "or_else": None}))
    return protocol.model_copy(update={"goals": tuple(goals)})


def _watched(structures: Structures, rules: Protocol) -> tuple[tuple[str, str, int], ...]:
    """What is told whatever is limited, but for what is."""
    present = _present(structures)
    limited = {(resolve(goal.structure, present), goal.metric) for goal in rules.goals}
    found = ((resolve(wanted, present), asked, sense) for wanted, asked, sense in WATCHED)
    return tuple(dict.fromkeys((own, asked, sense) for own, asked, sense in found
                               if own is not None and (own, asked) not in limited))  # fmt: skip


def _watched_row(own: str, asked: str, sense: int, values: Mapping[str, float | None]) -> Row:
    return Row(own, asked, parse_metric(asked).unit, "", None, "", "tissue", values, None, sense > 0)


def _limit_row(structures: Structures, by_error: Mapping[str, Verdict]) -> Row:
    first = by_error[NOMINAL]
    own = first.judged or first.structure
    statuses: Sequence[Status] = [v.status for v in by_error.values()]
    worst: Status = "fail" if "fail" in statuses else "unknown" if "unknown" in statuses else "pass"
    values = {name: v.value for name, v in by_error.items()}
    kind: Kind = "margin" if _is_margin(structures, own) else "tissue"
    return Row(own, first.metric, first.unit, first.op, first.limit, first.level, kind, values, worst,
               first.op in ("<=", "<", "="))  # fmt: skip


def _is_margin(structures: Structures, name: str) -> bool:
    """Whether a structure is drawn around tissue so that it may move: a PTV or a risk volume."""
    role = structures[name].role if name in structures else ""
    return role == "prv" or name.upper().startswith("PTV")


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
