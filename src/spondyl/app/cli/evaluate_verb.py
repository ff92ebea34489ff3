"""`spondyl evaluate`: is this dose a good one, by which protocol, and what are its numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.table import Table

from spondyl.anatomy import CAPS, Cap
from spondyl.app.cli.common import err_console, out_console, progress_bars, write_json
from spondyl.app.cli.evaluate_inputs import Inputs, find_structure, gather, read_prior, split_metric
from spondyl.core import DISCLAIMER, Progress, Provenance, sha256_of, silent
from spondyl.core.errors import DoseGridError, StructureError
from spondyl.evaluate import (
    DVH,
    MetricValue,
    PriorCourse,
    Verdict,
    Verdicts,
    bounds_text,
    dvh,
    is_drawn,
    judge,
    load_protocol,
    meets,
    metric,
    metric_records,
    parse_metric,
    write_dvh_csv,
    write_verdicts,
)

STANDARD = ("volume", "Dmean", "D98%", "D2%", "D0.03cc")
COLOURS = {"pass": "green", "fail": "red", "unknown": "yellow"}
EXAMPLE = """Judge a dose by a protocol, or ask for metrics.

Examples:

    spondyl evaluate out/l3

    spondyl evaluate --dose d.dcm --structures s.dcm --plan p.dcm --protocol hytec-cord

    spondyl evaluate --dose d.dcm --structures s.dcm --metric "Heart:Dmean" --metric "Cord:D0.03cc" --json

Exit code 1: a mandatory limit fails.
"""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("evaluate", help=EXAMPLE)(evaluate)


def evaluate(
    folder: Annotated[
        Path | None, typer.Argument(help="A plan's output folder, or a case folder with --dose.")
    ] = None,
    dose: Annotated[Path | None, typer.Option(help="RTDOSE, or NIfTI in Gy.")] = None,
    structures: Annotated[Path | None, typer.Option(help="RTSTRUCT, or a case folder.")] = None,
    plan: Annotated[
        Path | None, typer.Option(help="RTPLAN or plan.json, for the number of fractions.")
    ] = None,
    protocol: Annotated[str | None, typer.Option(help="A protocol's name, or a .yaml file.")] = None,
    metric_: Annotated[
        list[str] | None, typer.Option("--metric", help='"STRUCTURE:METRIC", repeated.')
    ] = None,
    cap: Annotated[str, typer.Option(help="Beyond the last contour: half-slice or none.")] = "half-slice",
    fractions: Annotated[int | None, typer.Option(min=1, help="Fractions of the plan.")] = None,
    convert_eqd2: Annotated[
        bool, typer.Option(help="Convert limits to the plan's fractions by EQD2.")
    ] = False,
    prior_dose: Annotated[Path | None, typer.Option(help="Dose of a prior course.")] = None,
    prior_fractions: Annotated[int | None, typer.Option(min=1, help="Fractions of the prior course.")] = None,
    prior_months: Annotated[float | None, typer.Option(min=0, help="Months since the prior course.")] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for dvh.csv and verdicts.json.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No bars, no table.")] = False,
) -> int:
    """Judge a dose."""
    if cap not in CAPS:
        raise StructureError(f'--cap is "{cap}", expected {" or ".join(CAPS)}')
    reach = cast(Cap, cap)
    asked = [split_metric(text) for text in metric_ or ()]
    for _, wanted in asked:
        parse_metric(wanted)
    inputs = gather(folder, dose, structures, plan, fractions, reach)
    prior = read_prior(prior_dose, prior_fractions, prior_months)
    chosen = protocol or inputs.protocol
    rules = load_protocol(chosen) if chosen else None
    with progress_bars(quiet or json_) as progress:
        curves: dict[str, DVH] = {}
        warnings = list(inputs.warnings)
        if out is not None or (rules is None and not asked):
            warnings += _all_curves(inputs, reach, curves, progress)
        values = _ask(inputs, asked, reach, curves)
        if rules is None and not asked:
            values = tuple(metric(curve, m) for curve in curves.values() for m in STANDARD)
        judged = Verdicts("", inputs.plan, inputs.dose.fractions, ())
        if rules is not None:
            judged = judge(
                inputs.dose, inputs.structures, rules, convert_eqd2=convert_eqd2, prior=prior, plan=inputs.plan,
                cap=reach, dvhs=curves,
            )  # fmt: skip
    judged = replace(
        judged, values=values, notes=(*judged.notes, *(bounds_text(v) for v in values if v.value is None))
    )
    if out is not None:
        _write(out, inputs, judged, curves, _settings(chosen, reach, convert_eqd2, prior))
    _tell(judged, warnings, json_=json_, quiet=quiet)
    return 1 if judged.mandatory_fails else 0


def _all_curves(inputs: Inputs, cap: Cap, curves: dict[str, DVH], progress: Progress = silent) -> list[str]:
    """DVHs of every structure that the dose reaches; what is left out, in words."""
    left_out: list[str] = []
    drawn = [s for s in inputs.structures.values() if is_drawn(s)]
    for index, structure in enumerate(drawn):
        try:
            if meets(inputs.dose, structure):
                curves[structure.name] = dvh(inputs.dose, structure, cap=cap)
            else:
                left_out.append(f'"{structure.name}" lies wholly outside the dose grid and has no DVH')
        except DoseGridError as error:
            left_out.append(str(error))
        progress("dose-volume histograms", (index + 1) / len(drawn))
    return left_out


def _ask(
    inputs: Inputs, asked: list[tuple[str, str]], cap: Cap, curves: dict[str, DVH]
) -> tuple[MetricValue, ...]:
    """The metrics asked for, each under the words it was asked by."""
    values: list[MetricValue] = []
    for name, wanted in asked:
        structure = find_structure(inputs.structures, name)
        if not is_drawn(structure):
            raise StructureError(
                f'structure "{structure.name}" has no contours, expected a volume; contour it, or ask for another one'
            )
        if structure.name not in curves:
            curves[structure.name] = dvh(inputs.dose, structure, cap=cap)
        values.append(replace(metric(curves[structure.name], wanted), metric=wanted))
    return tuple(values)


def _settings(protocol: str | None, cap: str, convert: bool, prior: PriorCourse | None) -> dict[str, Any]:
    settings: dict[str, Any] = {"protocol": protocol, "cap": cap, "convert_eqd2": convert}
    if prior is not None:
        settings |= {"prior_fractions": prior.fractions, "prior_months": prior.months_since}
    return settings


def _write(
    out: Path, inputs: Inputs, judged: Verdicts, curves: dict[str, DVH], settings: dict[str, Any]
) -> None:
    """dvh.csv, verdicts.json where there was a protocol, provenance.json where the folder has none of its own."""
    write_dvh_csv(out / "dvh.csv", curves)
    if judged.protocol:
        write_verdicts(out / "verdicts.json", judged)
    record = out / "provenance.json"
    Provenance("evaluate", sha256_of(inputs.files), settings).write(
        record if not record.exists() else out / "evaluate-provenance.json"
    )


def _tell(judged: Verdicts, warnings: list[str], *, json_: bool, quiet: bool) -> None:
    if json_:
        write_json({**judged.record(), "metrics": metric_records(judged.values)})
    elif not quiet:
        if judged.protocol:
            out_console.print(_verdict_table(judged))
        if judged.values:
            out_console.print(_metric_table(judged.values))
    told = [
        *(f"{v.structure} {v.metric}: {v.reason}" for v in judged.verdicts if v.reason),
        *judged.notes,
        *warnings,
    ]
    for line in dict.fromkeys(told):
        err_console.print(f"note: {line}", markup=False)
    if not json_ and not quiet:
        out_console.print(DISCLAIMER)


def _verdict_table(judged: Verdicts) -> Table:
    table = Table(title=f"{judged.protocol}: {judged.plan}", caption=_tally(judged))
    for heading in ("", "structure", "metric", "limit", "value", "margin", "level", "source"):
        table.add_column(heading, justify="right" if heading in ("value", "margin") else "left")
    for v in judged.verdicts:
        table.add_row(
            f"[{COLOURS[v.status]}]{v.status}[/]", v.structure, v.metric, f"{v.op} {v.limit:.4g} {v.unit}",
            "unknown" if v.value is None else f"{v.value:.2f}", "" if v.margin is None else f"{v.margin:+.2f}",
            v.level, _source(v),
        )  # fmt: skip
    return table


def _source(v: Verdict) -> str:
    told = f"{v.source} \\[{v.source_status}]"
    return f"{told}\n{v.converted}" if v.converted else told


def _tally(judged: Verdicts) -> str:
    def count(level: Any) -> str:
        return ", ".join(f"{len(judged.of(s, level))} {s}" for s in ("pass", "fail", "unknown"))

    return f"mandatory: {count('mandatory')}; optimal: {count('optimal')}"


def _metric_table(values: tuple[MetricValue, ...]) -> Table:
    table = Table()
    for heading in ("structure", "metric", "value", "unit"):
        table.add_column(heading, justify="right" if heading == "value" else "left")
    for v in values:
        table.add_row(v.structure, v.metric, "unknown" if v.value is None else f"{v.value:.4g}", v.unit)
    return table
