"""`spondyl recompute`: a plan's dose again on its CT, held against the dose that came with it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table as RichTable

from spondyl.app.cli.common import err_console, out_console, progress_bars, write_json
from spondyl.app.cli.mandatory import tell_unmet
from spondyl.app.recompute import Asked, Recomputed, recompute
from spondyl.app.recompute_agreement import CRITERIA, TOLERANCE_PERCENT
from spondyl.app.recompute_output import write_recomputed
from spondyl.app.recompute_report import recompute_report
from spondyl.core import DISCLAIMER, check_output
from spondyl.core.errors import PlanError

EXAMPLE = """Compute a plan's dose again on its CT, as an independent check.

The plan is an RTPLAN of any planning system, or a plan.json of spondyl's; with its RTDOSE the two doses are held
against each other.

Examples:

    spondyl recompute cases/l3 --rtplan p.dcm --dose d.dcm -o out/check

    spondyl recompute cases/l3 --rtplan p.dcm --linac m120-6mv --protocol hytec-cord --json -o out/check

    spondyl recompute cases/l3 --plan out/l3 -o out/check

Exit code 1: fewer than 95 % of points pass gamma at 3 %/2 mm, or a mandatory limit fails or is unknown.
"""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("recompute", help=EXAMPLE)(recompute_)


def recompute_(
    case: Annotated[Path, typer.Argument(help="Case folder with the CT that was planned on.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Output folder.")],
    rtplan: Annotated[Path | None, typer.Option(help="RTPLAN of any planning system.")] = None,
    plan: Annotated[
        Path | None, typer.Option(help="A plan.json, or the folder that `spondyl plan` wrote with its dose.")
    ] = None,
    dose: Annotated[Path | None, typer.Option(help="RTDOSE of the whole plan to hold against.")] = None,
    structures: Annotated[Path | None, typer.Option(help="RTSTRUCT to measure, in place of the case's.")] = None,
    linac: Annotated[str, typer.Option(help="Linac's name, or a .yaml file, where the RTPLAN's is unknown.")] = "",
    fractions: Annotated[int | None, typer.Option(min=1, help="Fractions, where the RTPLAN does not say.")] = None,
    protocol: Annotated[str, typer.Option(help="A protocol's name, or a .yaml file, to judge both doses by.")] = "",
    engine: Annotated[str, typer.Option(help="collapsed-cone or pencil-beam.")] = "collapsed-cone",
    calibration: Annotated[
        str, typer.Option(help="SSD,DEPTH in mm at which the machine's MU give 1 cGy, 100 x 100 mm: 1000,15.")
    ] = "",
    json_: Annotated[bool, typer.Option("--json", help="Print recompute.json and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No bars, no words.")] = False,
) -> int:
    """Recompute a plan."""
    check_output(out)
    given = [path for path in (rtplan, plan) if path is not None]
    if len(given) != 1:
        got = "both" if given else "neither"
        raise PlanError(f"got {got} of --rtplan FILE and --plan FILE, expected one; leave the other out")
    asked = Asked(given[0], dose, structures, linac, fractions, protocol, engine, _calibration(calibration))
    with progress_bars(quiet or json_) as progress:
        made = recompute(case, asked, progress)
        record = write_recomputed(out, made, asdict(asked), progress)
    if json_:
        write_json({**record, "out": str(out)})
    elif not quiet:
        _tell(made, out)
    return max(_tell_gamma(made), tell_unmet(made.verdicts) if made.verdicts else 0)


def _calibration(text: str) -> tuple[float, float] | None:
    """ "1000,15" as distance from source to surface and depth, None where nothing is given.

    Raises
    ------
    PlanError
        If it is not two positive numbers.
    """
    if not text:
        return None
    try:
        ssd_mm, depth_mm = (float(part) for part in text.split(","))
    except ValueError:
        ssd_mm = depth_mm = 0.0
    if not (0 < ssd_mm <= 2000 and 0 < depth_mm <= 400):
        raise PlanError(
            f'--calibration is "{text}", expected SSD,DEPTH in mm, for example --calibration 1000,15 where 1 MU gives '
            "1 cGy at the depth of the maximum"
        )
    return ssd_mm, depth_mm


def _tell_gamma(made: Recomputed) -> int:
    """Say on stderr that the doses do not agree; the exit code."""
    if made.agreement is None or made.agreement.within:
        return 0
    found, (percent, mm) = made.agreement.gammas[-1], CRITERIA[-1]
    err_console.print(
        f"{found.passing_percent:.1f} % of points pass gamma at {percent:g} %/{mm:g} mm, expected at least "
        f"{TOLERANCE_PERCENT:g} %; exit code 1",
        markup=False,
        soft_wrap=True,
    )
    return 1


def _tell(made: Recomputed, out: Path) -> None:
    inputs = recompute_report(made)
    for fact in inputs.plan_facts:
        out_console.print(f"{fact.name}: {fact.value}", markup=False, soft_wrap=True)
    for told in inputs.tables:
        table = RichTable(*told.columns, title=told.title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
        for row in told.rows:
            table.add_row(*row)
        out_console.print(table)
        if told.note:
            out_console.print(told.note, markup=False, soft_wrap=True)
    for note in dict.fromkeys(inputs.assumptions):
        err_console.print(f"note: {note}", markup=False, soft_wrap=True)
    out_console.print(f"report: {out / 'report.html'}", markup=False, soft_wrap=True)
    out_console.print(DISCLAIMER, markup=False)
