"""Which isodoses are drawn: prescription, boost and cord limit first, then a few for the fall-off."""

from __future__ import annotations

from spondyl.app.report.dvh_chart import mark_position
from spondyl.app.report.inputs import Goal, Level, ReportInputs
from spondyl.app.report.numbers import plain
from spondyl.app.report.points import is_neural

_MOST = 7


def isodose_levels(inputs: ReportInputs) -> tuple[Level, ...]:
    """Levels in order of importance, at most seven, none above the plan's maximum, equal ones joined."""
    wanted: list[Level] = []
    prescription = inputs.prescription_gy
    if prescription is not None:
        wanted.append(Level(prescription, "prescription"))
    if inputs.boost_gy is not None:
        wanted.append(Level(inputs.boost_gy, "boost"))
    wanted += [Level(g.limit, f"{g.structure} {g.metric} limit") for g in inputs.goals if g.limit and _is_cord_dose(g)]
    highest = float(inputs.dose.values.max())
    reference = prescription if prescription is not None else highest
    wanted += [Level(round(reference * f, 1), f"{plain(100 * f)} % of {plain(reference)} Gy") for f in (0.5, 0.25)]
    return tuple(level for level in _joined(wanted) if 0 < level.dose_gy < highest)[:_MOST]


def _is_cord_dose(goal: Goal) -> bool:
    """Whether a goal is a mandatory upper limit on physical dose to cord or sac: EQD2 and means are no isodose."""
    where = mark_position(goal, volume_cm3=1e9)
    of_dose = where is not None and where[2] and goal.unit == "Gy"
    return of_dose and goal.op.startswith("<") and goal.level == "mandatory" and is_neural(goal.structure)


def _joined(levels: list[Level]) -> list[Level]:
    found: dict[float, Level] = {}
    for level in levels:
        same = found.get(level.dose_gy)
        why = level.why if same is None or level.why in same.why else f"{same.why}, {level.why}"
        found[level.dose_gy] = Level(level.dose_gy, why if same is None or level.why not in same.why else same.why)
    return list(found.values())
