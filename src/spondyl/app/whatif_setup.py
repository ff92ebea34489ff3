"""What if the patient lies off: a finished plan under set-up errors, into its folder and its report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from spondyl.app.report import ReportInputs, Table, recall, remember, render_report
from spondyl.app.report.numbers import three
from spondyl.core import DISCLAIMER, Grid, Progress, silent, writing_folder
from spondyl.dose import Dose, find_engine
from spondyl.evaluate import load_protocol
from spondyl.evaluate.robustness import Robustness, Row, measured_names, robustness
from spondyl.physics import load_machine, medium_from_ct
from spondyl.plan import Plan, load_plan
from spondyl.plan.external.robust import (
    SHIFT_MM,
    TURN_DEG,
    SetupError,
    grid_around,
    plan_centre,
    scenario_doses,
    setup_errors,
)
from spondyl.plan.external.static_dose import STATIC, static_doses

TITLE = "Set-up errors"
FILE = "robustness.json"
AS_PLANNED = SetupError("as planned")
ANEW = "the dose is computed anew with the beams moved against the patient"
READ = "the dose stays as planned, and tissue is read where it lies moved in it: what depth changes is left out"


def note_on(engine: str) -> str:
    """What a reader must know of the numbers of an engine, `STATIC` among them."""
    how = READ if engine.startswith(STATIC) else ANEW
    return (
        f"One error at a time, the same in every fraction; the patient is rigid, and {how}. Limits on PTV and risk "
        "volumes (margins) are meant for the plan as it stands and are told moved for information."
    )


@dataclass(frozen=True)
class SetupSettings:
    """Size of the errors, and the engine of every dose, or `STATIC`."""

    shift_mm: float = SHIFT_MM
    turn_deg: float = TURN_DEG
    engine: str = "collapsed-cone"

    def check(self) -> None:
        """Refuse what cannot be, before any work.

        Raises
        ------
        PlanError, DoseError
            If errors are negative, absurd or none, or the engine is unknown.
        """
        setup_errors(self.shift_mm, self.turn_deg)
        if self.engine != STATIC:
            find_engine(self.engine)


def add_robustness(
    folder: Path, settings: SetupSettings | None = None, case_folder: Path | None = None, progress: Progress = silent
) -> Robustness:
    """Measure the plan in `folder` under set-up errors; write robustness.json there and the table into its report.

    Parameters
    ----------
    folder
        What `spondyl plan` wrote.
    case_folder
        Where the case is now, if it moved.

    Raises
    ------
    CaseError, PlanError
        If the folder holds no plan of external beams.
    """
    settings = settings or SetupSettings()
    settings.check()
    inputs, found = measured(folder, settings, case_folder, progress)
    kept = tuple(table for table in inputs.tables if table.title != TITLE)
    inputs = replace(inputs, tables=(*kept, robust_table(found)))
    with writing_folder(folder) as part:
        text = json.dumps(_record(found, settings), indent=1, ensure_ascii=False, allow_nan=False)
        (part / FILE).write_text(text + "\n", encoding="utf-8")
        render_report(inputs).save(part / "report.html")
    remember(folder, inputs)
    return found


def measured(
    folder: Path, settings: SetupSettings, case_folder: Path | None = None, progress: Progress = silent
) -> tuple[ReportInputs, Robustness]:
    """The plan's report as it stands, and the plan under errors."""
    inputs, plan = recall(folder, case_folder), load_plan(folder / "plan.json")
    errors = (AS_PLANNED, *setup_errors(settings.shift_mm, settings.turn_deg))
    rules = load_protocol(plan.protocol)
    grid = grid_around(inputs.dose.grid, [inputs.structures[name] for name in measured_names(inputs.structures, rules)])
    doses = _doses(inputs, plan, settings.engine, grid, errors, progress)
    _, nominal = next(doses)
    moved = ((error.name, dose) for error, dose in doses)
    return inputs, robustness(nominal, moved, inputs.structures, rules)


def _doses(
    inputs: ReportInputs, plan: Plan, engine: str, grid: Grid, errors: tuple[SetupError, ...], progress: Progress
) -> Iterator[tuple[SetupError, Dose]]:
    if engine == STATIC:
        planned = replace(inputs.dose, fractions=plan.fractions, engine=f"{STATIC} of {inputs.dose.engine}")
        return static_doses(planned, grid, plan_centre(plan.fields), errors)
    medium, model = medium_from_ct(inputs.case.ct, inputs.case.structures), load_machine(plan.machine)
    return scenario_doses(plan.fields, plan.fractions, medium, model, grid, errors, engine=engine, progress=progress)


def robust_table(found: Robustness) -> Table:
    """For the report and the terminal."""
    columns = ("structure", "metric", "limit", "as planned", "worst", "by", "best", "verdict of the worst")
    rows = tuple(_cells(row) for row in found.rows)
    return Table(TITLE, columns, rows, f"{note_on(found.engine)} Engine: {found.engine}.")


def _cells(row: Row) -> tuple[str, ...]:
    limit = "" if row.limit is None else f"{row.op} {row.limit:g} {row.unit}"
    worst, best = row.worst, row.best
    verdict = "" if row.status is None else row.status
    if row.kind == "margin":
        verdict = "margin"
    return (
        row.structure,
        row.metric,
        limit,
        _number(row.nominal),
        _number(None if worst is None else worst[1]),
        "" if worst is None else worst[0],
        _number(None if best is None else best[1]),
        verdict,
    )


def _number(value: float | None) -> str:
    return "unknown" if value is None else three(value)


def _record(found: Robustness, settings: SetupSettings) -> dict[str, Any]:
    return {"disclaimer": DISCLAIMER, "settings": vars(settings), "note": note_on(settings.engine), **found.record()}
