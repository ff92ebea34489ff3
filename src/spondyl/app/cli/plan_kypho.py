"""`spondyl plan --technique kypho-iort`: a needle plan told while it sharpens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich import box
from rich.table import Table

from spondyl.anatomy.access import Access
from spondyl.app.cli.common import err_console, out_console, progress_bars, write_json
from spondyl.app.cli.mandatory import tell_unmet
from spondyl.app.kypho_job import PROTOCOL, KyphoPlanned, plan_kypho
from spondyl.app.kypho_output import write_kypho
from spondyl.app.kypho_tables import number_columns, number_rows
from spondyl.app.kypho_warnings import mean_uncertainty, minutes_text, warnings
from spondyl.app.plan_folder import check_plan_folder
from spondyl.core import DISCLAIMER
from spondyl.core.errors import PlanError
from spondyl.plan.kypho.doses import Round
from spondyl.plan.kypho.plan import NeedlePlan
from spondyl.plan.kypho.settings import KyphoSettings

COLOURS = {"pass": "green", "fail": "red", "unknown": "yellow"}


def kypho_and_tell(
    case: Path,
    out: Path,
    *,
    settings: KyphoSettings,
    protocol: str | None = None,
    gtv: str = "",
    override: str = "",
    json_: bool = False,
    quiet: bool = False,
) -> int:
    """Plan, write `out`, tell; the exit code says whether every mandatory limit is met."""
    check_plan_folder(out)
    silent = quiet or json_
    with progress_bars(silent) as progress:
        planned = plan_kypho(
            case,
            protocol=protocol,
            gtv=gtv,
            settings=settings,
            override=override,
            show=(lambda plan, found: None) if silent else _tell_round,
            progress=progress,
        )
        kept = {
            "technique": "kypho-iort",
            "protocol": protocol or PROTOCOL,
            "gtv": gtv,
            "override": override,
            **asdict(settings),
        }
        timings = write_kypho(out, planned, kept, progress)
    if json_:
        numbers = [row.record() for row in planned.numbers]
        write_json({**planned.verdicts.record(), "out": str(out), "key_numbers": numbers, "timings_s": timings})
    elif not quiet:
        _tell(planned, out, sum(timings.values()))
    return tell_unmet(planned.verdicts)


def point(text: str | None, option: str) -> tuple[float, float, float] | None:
    """ "12.5,-80,610" as a point in mm, None where nothing is given.

    Raises
    ------
    PlanError
        If it is not three numbers.
    """
    if text is None:
        return None
    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError as error:
        raise PlanError(
            f'{option} is "{text}", expected three numbers x,y,z in mm, for example {option}=12.5,-80,610'
        ) from error
    return x, y, z


def materials(words: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Words STRUCTURE=MATERIAL as pairs.

    Raises
    ------
    PlanError
        If a word is not that.
    """
    pairs: list[tuple[str, str]] = []
    for word in words:
        structure, _, material = (part.strip() for part in word.rpartition("="))
        if not structure or not material:
            raise PlanError(f'--material is "{word}", expected STRUCTURE=MATERIAL, for example Screw_L=titanium')
        pairs.append((structure, material))
    return tuple(pairs)


def _tell_round(plan: NeedlePlan, found: Round) -> None:
    """What is known after a round, above the bars; round 0 is the first dose, before the position is settled."""
    error = mean_uncertainty(found.doses[0], plan.prescription.dose_gy)
    known = "" if error is None else f", mean standard error {100 * error:.1f} %"
    key = ", ".join(f"{name} {gray:.2f} Gy" for name, gray in found.key.items())
    minutes = "" if plan.prescription.kind == "depth" else f"{minutes_text(plan)}, "
    name = f"round {found.number}" if found.number else "first dose, where water places the source"
    err_console.print(f"{name}: {minutes}{key}{known}", markup=False, soft_wrap=True)


def _tell(planned: KyphoPlanned, out: Path, seconds: float) -> None:
    plan = planned.result.plan
    for told in warnings(planned):
        out_console.print(f"warning: {told}", markup=False, soft_wrap=True, style="yellow")
    for path, placed in zip(plan.placement.paths, plan.sources, strict=True):
        wall = "passes no pedicle" if path.wall_mm is None else f"{path.wall_mm:.1f} mm from the pedicle's wall"
        out_console.print(
            f"{path.side}: convergence {path.convergence_deg:.0f} deg, caudal {path.caudal_deg:.0f} deg, source "
            f"{path.depth_in_body_mm:.0f} mm in the body, {wall}, {path.canal_mm:.1f} mm from the canal; "
            f"{placed.minutes:.2f} min{_skin_text(path)}",
            markup=False,
            soft_wrap=True,
        )
    out_console.print(_verdict_table(planned))
    out_console.print(_number_table(planned))
    out_console.print(f"planned in {seconds:.0f} s; report: {out / 'report.html'}", markup=False, soft_wrap=True)
    out_console.print(DISCLAIMER, markup=False)


def _skin_text(path: Access) -> str:
    if path.skin_mm is None or path.skin_to_entry_mm is None:
        return "; skin unknown"
    at = ", ".join(f"{v:.0f}" for v in path.skin_mm)
    return f"; skin at {at} mm, {path.skin_to_entry_mm:.0f} mm before the cortex"


def _verdict_table(planned: KyphoPlanned) -> Table:
    plan = planned.result.plan
    table = _table(
        f"{plan.case}: {plan.prescription.words}, {minutes_text(plan)}",
        ("structure", "metric", "limit", "value", "verdict"),
    )
    for v in planned.verdicts.verdicts:
        value = "" if v.value is None else f"{v.value:.2f}"
        said = f"[{COLOURS[v.status]}]{v.status}[/]"
        table.add_row(v.judged or v.structure, v.metric, f"{v.op} {v.limit:g} {v.unit} ({v.level})", value, said)
    return table


def _number_table(planned: KyphoPlanned) -> Table:
    table = _table("", number_columns(planned))
    for row in number_rows(planned):
        table.add_row(*row)
    return table


def _table(title: str, columns: tuple[str, ...]) -> Table:
    table = Table(title=title or None, title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0))
    for index, name in enumerate(columns):
        table.add_column(name, justify="left" if index == 0 else "right", no_wrap=index == 0)
    return table
