"""`spondyl plan`: from a case folder to a judged plan and its report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from spondyl.app.cli.common import err_console, out_console, progress_bars, write_json
from spondyl.app.cli.mandatory import EXIT_CODES, tell_unmet
from spondyl.app.cli.plan_kypho import kypho_and_tell, materials, point
from spondyl.app.cli.plan_suppositions import PriorOptions, settings_of, supposed_of
from spondyl.app.cli.techniques import given_options, refuse_others
from spondyl.app.cli.whatif_setup import exit_code, tell_robustness
from spondyl.app.compiling_ahead import compiling_ahead
from spondyl.app.plan_output import write_plan
from spondyl.app.planned import Planned
from spondyl.app.supposed import Supposed
from spondyl.app.volume_options import volume_settings
from spondyl.app.whatif_setup import add_robustness
from spondyl.app.workflow import plan_case
from spondyl.core import DISCLAIMER, check_output
from spondyl.plan import TECHNIQUES, PlanSettings
from spondyl.plan.kypho.settings import KyphoSettings

EXAMPLE = f"""Plan a case, compute its dose, judge it and write the report.

Examples:

    spondyl plan cases/l3 --technique imrt --protocol sib-sbrt-30in5 -o out/l3

    spondyl plan cases/l3 --fields 11 --volume-setting ap_margin_mm=3 --json -o out/l3

    spondyl plan cases/l3 --technique vmat --protocol sib-sbrt-30in5 -o out/l3

    spondyl plan cases/l3 --technique conformal --protocol conventional-20in5 -o out/l3

    spondyl plan cases/t11 --technique kypho-iort --source-side right --prescription 8gy-at-13mm -o out/t11

{EXIT_CODES} The best plan found is written all the same.
"""
NEEDLE = KyphoSettings()
LINAC = PlanSettings().linac
COLOURS = {"pass": "green", "fail": "red", "unknown": "yellow"}


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("plan", help=EXAMPLE)(plan)


def plan(
    context: typer.Context,
    case: Annotated[Path, typer.Argument(help="Case folder.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Output folder.")],
    technique: Annotated[
        str, typer.Option(help=f"Beams: {', '.join(TECHNIQUES)}. kypho-iort: a source through the pedicle.")
    ] = "imrt",
    protocol: Annotated[
        str | None,
        typer.Option(help="A protocol's name, or a .yaml file; by default the technique's own or the case's."),
    ] = None,
    consensus: Annotated[str, typer.Option(help="isrc-2012, rtog-0631 or sacrum-2020.")] = "isrc-2012",
    gtv: Annotated[str, typer.Option(help="Name of the GTV where there are several.")] = "",
    volume_setting: Annotated[
        list[str] | None,
        typer.Option("--volume-setting", help="NAME=VALUE, repeated; the settings of `spondyl volumes`."),
    ] = None,
    fields: Annotated[int, typer.Option(min=9, max=11, help="Coplanar fields, 9 to 11.")] = PlanSettings().fields,
    machine: Annotated[str, typer.Option(help="Machine's name, or a .yaml file.")] = PlanSettings().machine,
    linac: Annotated[str, typer.Option(help="Linac's name, or a .yaml file: its leaves, limits and beam.")] = LINAC,
    arc: Annotated[str, typer.Option(help="Range of vmat's two arcs: posterior or full.")] = PlanSettings().arc,
    dose_beyond_mm: Annotated[
        float, typer.Option(help="Reach of the dose grid beyond the fields, up and down; more for whole organs.")
    ] = PlanSettings().dose_beyond_mm,
    robust: Annotated[bool, typer.Option("--robust", help="Measure the plan under set-up errors, too.")] = False,
    robust_optimise: Annotated[bool, typer.Option("--robust-optimise", help="Plan against set-up errors.")] = False,
    prior_dose: Annotated[Path | None, typer.Option(help="Dose of an earlier course; the case's, if any.")] = None,
    prior_fractions: Annotated[int | None, typer.Option(min=1, help="Its fractions.")] = None,
    prior_months: Annotated[float | None, typer.Option(min=0, help="Months since then.")] = None,
    prior_registration: Annotated[
        Path | None, typer.Option(help="registration.json or DICOM REG to its coordinates.")
    ] = None,
    source_side: Annotated[str, typer.Option(help="Needle: right, left, both, or best, the better one.")] = NEEDLE.side,
    entry_mm: Annotated[str | None, typer.Option(help="Needle: x,y,z of its entry, DICOM patient coordinates.")] = None,
    tip_mm: Annotated[str | None, typer.Option(help="Needle: x,y,z of the source.")] = None,
    prescription: Annotated[
        str, typer.Option(help="Needle: 8gy-at-13mm, 10gy-at-boundary or 8gy-minimum, any dose and depth.")
    ] = NEEDLE.prescription,
    source: Annotated[
        str, typer.Option(help="Needle: a source's name, or a calibration file (.yaml).")
    ] = NEEDLE.source,
    cement: Annotated[str, typer.Option(help="Needle: material of the dose after cement, or none.")] = NEEDLE.cement,
    material: Annotated[
        list[str] | None,
        typer.Option(help="Needle: STRUCTURE=MATERIAL, repeated: what a screw or balloon is made of."),
    ] = None,
    sensitivity: Annotated[
        bool, typer.Option("--sensitivity", help="Needle: go through errors of position, CT and calibration.")
    ] = False,
    override: Annotated[str, typer.Option(help="Needle: why it is planned though contraindicated.")] = "",
    engine: Annotated[str, typer.Option(help="Needle: what computes the dose.")] = NEEDLE.engine,
    histories: Annotated[int | None, typer.Option(min=1, help="Needle: photons, the engine's number.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Needle: of the random numbers.")] = NEEDLE.seed,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No bars, no words.")] = False,
) -> int:
    """Plan a case."""
    refuse_others(technique, given_options(context))
    if technique == "kypho-iort":
        points = point(entry_mm, "--entry-mm"), point(tip_mm, "--tip-mm")
        named = "" if cement == "none" else cement
        needle = KyphoSettings(
            source_side,
            *points,
            prescription,
            source,
            named,
            engine,
            histories=histories,
            seed=seed,
            sensitivity=sensitivity,
            materials=materials(material or ()),
        )
        return kypho_and_tell(
            case, out, settings=needle, protocol=protocol, gtv=gtv, override=override, json_=json_, quiet=quiet
        )
    course = PriorOptions(prior_dose, prior_fractions, prior_months, prior_registration)
    return plan_and_tell(
        case,
        out,
        supposed=supposed_of(case, robust_optimise, course),
        robust=robust,
        technique=technique,
        protocol=protocol,
        consensus=consensus,
        volume_words=volume_setting or (),
        gtv=gtv,
        settings=PlanSettings(fields, machine, dose_beyond_mm=dose_beyond_mm, linac=linac, arc=arc),
        json_=json_,
        quiet=quiet,
    )


def plan_and_tell(
    case: Path,
    out: Path,
    *,
    technique: str = "imrt",
    protocol: str | None = None,
    consensus: str = "isrc-2012",
    volume_words: Sequence[str] = (),
    gtv: str = "",
    settings: PlanSettings | None = None,
    supposed: Supposed | None = None,
    robust: bool = False,
    json_: bool = False,
    quiet: bool = False,
) -> int:
    """Plan, write `out`, tell; the exit code says whether every mandatory limit is met."""
    check_output(out)
    volumes, settings = volume_settings(volume_words), settings or PlanSettings()
    with compiling_ahead(_teller(quiet or json_)), progress_bars(quiet or json_) as progress:
        planned = plan_case(
            case,
            technique=technique,
            protocol=protocol,
            consensus=consensus,
            volume_settings=volumes,
            gtv=gtv,
            settings=settings,
            supposed=supposed,
            progress=progress,
        )
        kept = {
            **settings_of(supposed),
            "technique": technique,
            "protocol": planned.plan.protocol,
            "consensus": consensus,
            "gtv": gtv,
            "volumes": asdict(volumes),
            **asdict(settings),
        }
        timings = write_plan(out, planned, kept, progress)
        moved = add_robustness(out, progress=progress) if robust else None
    if json_:
        errors = {} if moved is None else {"robustness": moved.record()}
        told = {**planned.verdicts.record(), "out": str(out), "log": planned.log.record(), "timings_s": timings}
        write_json({**told, **errors})
    elif not quiet:
        _tell(planned, out, sum(timings.values()))
        if moved is not None:
            tell_robustness(moved)
    return max(tell_unmet(planned.verdicts), 0 if moved is None else exit_code(moved))


def _teller(quiet: bool) -> Callable[[str], None]:
    def tell(text: str) -> None:
        if not quiet:
            err_console.print(f"note: {text}", markup=False, soft_wrap=True)

    return tell


def _tell(planned: Planned, out: Path, seconds: float) -> None:
    for line in planned.log.lines():
        out_console.print(line, markup=False, soft_wrap=True)
    table = Table(
        title=f"{planned.plan.case} by {planned.plan.protocol}",
        title_justify="left",
        box=box.SIMPLE,
        padding=(0, 1, 0, 0),
    )
    for name in ("structure", "metric", "limit", "value", "margin", "level", "verdict"):
        table.add_column(name, justify="right" if name in ("value", "margin") else "left", no_wrap=True)
    for v in planned.verdicts.verdicts:
        value = "" if v.value is None else f"{v.value:.2f}"
        margin = "" if v.margin is None else f"{v.margin:+.2f}"
        said = f"[{COLOURS[v.status]}]{v.status}[/]"
        table.add_row(v.judged or v.structure, v.metric, f"{v.op} {v.limit:g} {v.unit}", value, margin, v.level, said)
    out_console.print(table)
    for note in (*planned.case.warnings, *planned.volumes.assumptions, *planned.verdicts.notes):
        out_console.print(f"note: {note}", markup=False, soft_wrap=True)
    out_console.print(f"planned in {seconds:.0f} s; report: {out / 'report.html'}", markup=False, soft_wrap=True)
    out_console.print(DISCLAIMER, markup=False)
