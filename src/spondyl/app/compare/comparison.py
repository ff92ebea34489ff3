"""The same metrics of every plan, in Gy and as EQD2."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from spondyl.anatomy import Structure, Structures
from spondyl.anatomy.levels import level_in_name
from spondyl.app.compare.contestant import Contestant
from spondyl.app.report.numbers import three
from spondyl.core import DISCLAIMER, Progress, silent
from spondyl.core.errors import DoseGridError
from spondyl.dose import Dose
from spondyl.evaluate import MetricValue, dvh, eqd2, is_drawn, meets, metric, resolve
from spondyl.evaluate.conversion import ALPHA_BETA_GY, alpha_beta_for
from spondyl.plan.kypho.plan import RBE_TOLD, TECHNIQUE

TARGETS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("GTV", ("D98%", "D90%", "D50%")),
    ("CTV", ("D98%", "D90%")),
    ("PTV_Eval", ("D98%", "D90%")),
)
NEURAL: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("SpinalCord", ("D0.03cc", "Dmax")),
    ("SpinalCord_PRV02", ("D0.03cc",)),
    ("ThecalSac", ("D0.03cc",)),
    ("CaudaEquina", ("D0.03cc",)),
)
NEXT_TO_NOTHING_GY = 0.01
"""A lower bound below this is left out of what people read."""
LQ_TO_GY = 10.0
"""Dose a fraction beyond which the linear-quadratic model is said to overstate the effect (Kirkpatrick, Meyer and
Marks 2008, Semin Radiat Oncol 18:240, doi:10.1016/j.semradonc.2008.04.005)."""


@dataclass(frozen=True)
class Quantity:
    """A metric's value; None where it cannot be known, with what it is at least and at most (None: no bound)."""

    value: float | None
    low: float | None = None
    high: float | None = None

    @property
    def text(self) -> str:
        """ "12.3"; "0.500 to 2.10" or "at most 0.166" where only bounds are known."""
        if self.value is not None:
            return three(self.value)
        if self.low is None or self.high is None:
            return "unknown"
        return (
            f"at most {three(self.high)}"
            if self.low < NEXT_TO_NOTHING_GY
            else f"{three(self.low)} to {three(self.high)}"
        )


@dataclass(frozen=True)
class Cell:
    """One metric of one plan in Gy and as EQD2, and why a value is not known."""

    gy: Quantity
    eqd2_gy: Quantity
    reason: str = ""

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {"gy": vars(self.gy), "eqd2_gy": vars(self.eqd2_gy), "reason": self.reason}


@dataclass(frozen=True)
class Row:
    """A structure's metric in every plan, with the alpha/beta of its EQD2 and where that comes from.

    `protocol_name` is what protocols call the structure.
    """

    structure: str
    metric: str
    alpha_beta_gy: float
    alpha_beta_source: str
    cells: tuple[Cell, ...]
    protocol_name: str = ""


@dataclass(frozen=True)
class Comparison:
    """Plans, and what they give."""

    case: str
    plans: tuple[Contestant, ...]
    rows: tuple[Row, ...]

    def alpha_betas(self) -> tuple[str, ...]:
        """ "6 Gy for GTV, CTV (spine metastases, HyTEC ...)", one a ratio and source."""
        found: dict[tuple[float, str], list[str]] = {}
        for row in self.rows:
            names = found.setdefault((row.alpha_beta_gy, row.alpha_beta_source), [])
            if row.structure not in names:
                names.append(row.structure)
        return tuple(f"{ratio:g} Gy for {', '.join(names)} ({source})" for (ratio, source), names in found.items())

    def notes(self) -> tuple[str, ...]:
        """What a reader must know of the numbers."""
        found = [
            "EQD2 by the linear-quadratic model, voxel by voxel with its own dose a fraction; above "
            f"{LQ_TO_GY:g} Gy a fraction, as near a needle, it overstates the effect"
        ]
        found += [f"{p.name}: {RBE_TOLD}" for p in self.plans if p.technique == TECHNIQUE]
        found += [
            f"{p.name}: interrupted, its dose is that of the last complete round" for p in self.plans if p.interrupted
        ]
        found += [f"{p.name}: mandatory limits not met: {p.unmet}" for p in self.plans if p.unmet]
        return tuple(found)

    def record(self) -> dict[str, Any]:
        """As compare.json keeps it."""
        plans = [
            {
                "name": p.name, "title": p.title, "folder": str(p.folder), "fractions": p.dose.fractions,
                "prescription_gy": p.prescription_gy, "mandatory_unmet": p.unmet,
                "mu_per_fraction": p.mu_per_fraction, "mu_per_cgy": p.mu_per_cgy, "beam_s": p.beam_s,
            }
            for p in self.plans
        ]  # fmt: skip
        rows = [
            {
                "structure": row.structure, "metric": row.metric, "alpha_beta_gy": row.alpha_beta_gy,
                "alpha_beta_source": row.alpha_beta_source,
                "plans": {p.name: cell.record() for p, cell in zip(self.plans, row.cells, strict=True)},
            }
            for row in self.rows
        ]  # fmt: skip
        return {"disclaimer": DISCLAIMER, "case": self.case, "plans": plans, "rows": rows, "notes": list(self.notes())}


def compare_plans(
    case: str, plans: Sequence[Contestant], structures: Structures, progress: Progress = silent
) -> Comparison:
    """Measure every plan on the same structures.

    Parameters
    ----------
    structures
        On the CT's grid, the targets among them.
    """
    wanted = _wanted(structures)
    rows: list[Row] = []
    for number, (protocol_name, structure, metrics) in enumerate(wanted):
        ratio, source = alpha_beta_for(protocol_name)
        cells = [_cells(plan.dose, structure, metrics, ratio) for plan in plans]
        for place, asked in enumerate(metrics):
            rows.append(Row(structure.name, asked, ratio, source, tuple(c[place] for c in cells), protocol_name))
        progress("compare", (number + 1) / len(wanted))
    return Comparison(case, tuple(plans), tuple(rows))


def _wanted(structures: Structures) -> list[tuple[str, Structure, tuple[str, ...]]]:
    """Protocol name, structure and metrics: targets, cord and sac, then the mean of other vertebrae and of organs."""
    found: list[tuple[str, Structure, tuple[str, ...]]] = []
    for protocol_name, metrics in (*TARGETS, *NEURAL):
        own = resolve(protocol_name, structures)
        if own is not None and is_drawn(structures[own]):
            found.append((protocol_name, structures[own], metrics))
    taken = {structure.name for _, structure, _ in found}
    bones = [s for s in structures.values() if level_in_name(s.name) is not None]
    neural = {resolve(name, structures) for name in ALPHA_BETA_GY} | taken
    organs = sorted((s for s in structures.values() if s.role == "oar" and s.name not in neural), key=lambda s: s.name)
    return found + [(s.name, s, ("Dmean",)) for s in (*bones, *organs) if is_drawn(s)]


def _cells(dose: Dose, structure: Structure, metrics: Sequence[str], alpha_beta_gy: float) -> list[Cell]:
    """Each metric in Gy and in EQD2, or why it is unknown."""
    if not meets(dose, structure):
        return [_unknown(f"{structure.name} lies outside the dose grid")] * len(metrics)
    try:
        physical, biological = dvh(dose, structure), dvh(eqd2(dose, alpha_beta_gy), structure)
    except DoseGridError as error:
        return [_unknown(str(error))] * len(metrics)
    cells: list[Cell] = []
    for asked in metrics:
        given, effect = (metric(curve, asked) for curve in (physical, biological))
        cells.append(Cell(_quantity(given), _quantity(effect), given.reason))
    return cells


def _quantity(found: MetricValue) -> Quantity:
    bounded = math.isfinite(found.high)
    return Quantity(found.value, found.low if bounded else None, found.high if bounded else None)


def _unknown(reason: str) -> Cell:
    return Cell(Quantity(None), Quantity(None), reason)
