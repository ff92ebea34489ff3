"""A comparison with one row a plan: how it is delivered, and what target, cord and sac get."""

from __future__ import annotations

from spondyl.app.compare.comparison import Cell, Comparison
from spondyl.app.compare.contestant import Contestant
from spondyl.app.report.numbers import plain, three

METRICS: tuple[tuple[str, str], ...] = (
    ("GTV", "D98%"), ("GTV", "D50%"), ("PTV_Eval", "D98%"), ("PTV_Eval", "D90%"), ("SpinalCord", "D0.03cc"),
    ("ThecalSac", "D0.03cc"),
)  # fmt: skip
"""By the protocols' names; those that the case has are shown."""
DELIVERY = ("plan", "prescribed", "MU", "MU/cGy", "beam time")
NOTE = (
    "MU and beam time per fraction; beam time at the highest dose rate, gantry and leaf speed, and only where the "
    "machine's are known: not of fluence without leaves, nor of a robot. In brackets EQD2."
)


def overview(comparison: Comparison) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Columns and rows as text."""
    rows = [row for row in comparison.rows if (row.protocol_name, row.metric) in METRICS]
    columns = (*DELIVERY, *(f"{row.structure} {row.metric}" for row in rows), "mandatory limits")
    made = [
        (*_delivery(plan), *(_words(row.cells[number]) for row in rows), _judged(plan))
        for number, plan in enumerate(comparison.plans)
    ]
    return columns, tuple(made)


def _delivery(plan: Contestant) -> tuple[str, ...]:
    gray = "" if plan.prescription_gy is None else f"{plain(plan.prescription_gy)} Gy in {plan.dose.fractions}"
    units = "" if plan.mu_per_fraction is None else f"{plan.mu_per_fraction:.0f}"
    modulation = "" if plan.mu_per_cgy is None else f"{plan.mu_per_cgy:.2f}"
    return plan.name, gray, units, modulation, "" if plan.beam_s is None else f"{three(plan.beam_s)} s"


def _words(cell: Cell) -> str:
    return cell.gy.text if cell.gy.value is None else f"{cell.gy.text} ({cell.eqd2_gy.text})"


def _judged(plan: Contestant) -> str:
    if plan.unmet is None:
        return "not judged"
    return "met" if not plan.unmet else f"{plan.unmet.count(';') + 1} not met"
