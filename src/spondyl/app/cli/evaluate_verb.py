"""`spondyl evaluate`: is this dose a good one, by which protocol, and what are its numbers."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from spondyl.anatomy import CAPS, Cap, Structure, sample_points
from spondyl.app.cli.common import progress_bars
from spondyl.app.cli.evaluate_inputs import (
    Inputs,
    beside,
    find_structure,
    gather,
    read_prior,
    split_metric,
    with_fractions,
)
from spondyl.app.cli.evaluate_tables import tell
from spondyl.app.cli.mandatory import EXIT_CODES, tell_unmet
from spondyl.app.plan_indices import Index, dose_indices
from spondyl.core import Progress, Provenance, check_output, sha256_of, silent, writing_folder
from spondyl.core.errors import DoseGridError, StructureError
from spondyl.evaluate import (
    DVH,
    MetricValue,
    PriorCourse,
    Protocol,
    Verdicts,
    bounds_text,
    check_frame,
    dvh,
    is_drawn,
    judge,
    load_protocol,
    meets,
    metric,
    overlap_mm,
    parse_metric,
    resolve,
    write_dvh_csv,
    write_verdicts,
)

STANDARD = ("volume", "Dmean", "D98%", "D2%", "D0.03cc")
EXAMPLE = f"""Judge a dose by a protocol, or ask for metrics.

Examples:

    spondyl evaluate out/l3

    spondyl evaluate --dose d.dcm --structures s.dcm --plan p.dcm --protocol hytec-cord

    spondyl evaluate --dose d.dcm --structures s.dcm --metric "Heart:Dmean" --metric "Cord:D0.03cc" --json

{EXIT_CODES}
"""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("evaluate", help=EXAMPLE)(evaluate)


def evaluate(
    folder: Annotated[Path | None, typer.Argument(help="A plan's output folder, or a case folder with --dose.")] = None,
    dose: Annotated[Path | None, typer.Option(help="RTDOSE, or NIfTI in Gy.")] = None,
    structures: Annotated[Path | None, typer.Option(help="RTSTRUCT, or a case folder.")] = None,
    plan: Annotated[Path | None, typer.Option(help="RTPLAN or plan.json, for the number of fractions.")] = None,
    protocol: Annotated[str | None, typer.Option(help="A protocol's name, or a .yaml file.")] = None,
    metric_: Annotated[list[str] | None, typer.Option("--metric", help='"STRUCTURE:METRIC", repeated.')] = None,
    cap: Annotated[str, typer.Option(help="Beyond the last contour: half-slice or none.")] = "half-slice",
    fractions: Annotated[int | None, typer.Option(min=1, help="Fractions of the plan.")] = None,
    convert_eqd2: Annotated[bool, typer.Option(help="Convert limits to the plan's fractions by EQD2.")] = False,
    prior_dose: Annotated[Path | None, typer.Option(help="Dose of a prior course.")] = None,
    prior_fractions: Annotated[int | None, typer.Option(min=1, help="Fractions of the prior course.")] = None,
    prior_months: Annotated[float | None, typer.Option(min=0, help="Months since the prior course.")] = None,
    prior_registration: Annotated[
        Path | None, typer.Option(help="registration.json or DICOM REG to the prior course's coordinates.")
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Folder for dvh.csv and verdicts.json.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No bars, no table.")] = False,
) -> int:
    """Judge a dose."""
    if cap not in CAPS:
        raise StructureError(f'--cap is "{cap}", expected {" or ".join(CAPS)}')
    if out is not None:
        check_output(out)
    reach = cast(Cap, cap)
    asked = [split_metric(text) for text in metric_ or ()]
    for _, wanted in asked:
        parse_metric(wanted)
    inputs = gather(folder, dose, structures, plan, fractions, reach)
    kept = beside(folder, "prior_dose.dcm")
    before, frame = prior_dose or (kept if prior_fractions else None), inputs.dose.grid.frame_of_reference_uid
    prior = read_prior(before, prior_fractions, prior_months, prior_registration, frame)
    chosen = protocol or inputs.protocol
    rules = load_protocol(chosen) if chosen else None
    inputs = with_fractions(inputs, rules)
    curves: dict[str, DVH] = {}
    warnings = list(inputs.warnings)
    if kept is not None and prior is None:
        warnings.append(f"{kept} is there but is not counted; give --prior-fractions N")
    plain = rules is None and not asked
    with progress_bars(quiet or json_) as progress:
        if out is not None or plain:
            warnings += _all_curves(inputs, reach, curves, progress)
        values = _ask(inputs, asked, reach, curves)
        if plain:
            values = tuple(metric(curve, m) for curve in curves.values() for m in STANDARD)
        judged, found = _judge(inputs, rules, convert_eqd2, prior, reach, curves)
    unknown = (bounds_text(v) for v in values if v.value is None)
    judged = replace(judged, values=values, notes=(*judged.notes, *unknown))
    if out is not None:
        _write(out, inputs, judged, found, curves, _settings(chosen, reach, convert_eqd2, prior))
    tell(judged, found, warnings, json_=json_, quiet=quiet)
    return tell_unmet(judged)


def _judge(
    inputs: Inputs,
    rules: Protocol | None,
    convert: bool,
    prior: PriorCourse | None,
    cap: Cap,
    curves: dict[str, DVH],
) -> tuple[Verdicts, tuple[Index, ...]]:
    if rules is None:
        return Verdicts("", inputs.plan, inputs.dose.fractions, ()), ()
    judged = judge(
        inputs.dose, inputs.structures, rules, convert_eqd2=convert, prior=prior, plan=inputs.plan, cap=cap, dvhs=curves
    )  # fmt: skip
    return judged, _indices(inputs, rules, curves, cap)


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


def _ask(inputs: Inputs, asked: list[tuple[str, str]], cap: Cap, curves: dict[str, DVH]) -> tuple[MetricValue, ...]:
    """The metrics asked for, each under the words it was asked by."""
    values: list[MetricValue] = []
    for name, wanted in asked:
        structure = find_structure(inputs.structures, name)
        if not is_drawn(structure):
            reason = f'"{structure.name}" has no contours; contour it, or leave it out'
            values.append(MetricValue(structure.name, wanted, None, parse_metric(wanted).unit, 0.0, math.inf, reason))
            continue
        if structure.role != "target" and not meets(inputs.dose, structure):
            check_frame(inputs.dose, structure)
            values.append(_beyond(structure, wanted, cap))
            continue
        if structure.name not in curves:
            curves[structure.name] = dvh(inputs.dose, structure, cap=cap)
        values.append(replace(metric(curves[structure.name], wanted), metric=wanted))
    return tuple(values)


def _indices(inputs: Inputs, rules: Protocol, curves: dict[str, DVH], cap: Cap) -> tuple[Index, ...]:
    """Indices of the prescribed target, where the protocol prescribes and the target is drawn."""
    asked, present = rules.prescription, [n for n, s in inputs.structures.items() if is_drawn(s)]
    name = resolve(asked.structure, present) if asked is not None else None
    if asked is None or name is None:
        return ()
    neural = [resolve(wanted, present) for wanted in ("SpinalCord", "ThecalSac", "CaudaEquina")]
    target = inputs.structures[name]
    beside = [inputs.structures[n] for n in neural if n is not None and overlap_mm(inputs.structures[n], target) > 0]
    nearest = max(beside, key=lambda s: overlap_mm(s, target), default=None)
    gtv = resolve("GTV", present)
    if gtv is not None and gtv not in curves:
        curves[gtv] = dvh(inputs.dose, inputs.structures[gtv], cap=cap)
    named = {**curves, **({"GTV": curves[gtv]} if gtv is not None else {})}
    return dose_indices(inputs.dose, target, nearest, asked.dose_gy, inputs.dose.fractions or asked.fractions, named)


def _beyond(structure: Structure, wanted: str, cap: Cap) -> MetricValue:
    """A metric of an organ wholly outside the dose grid: unknown, but for its volume."""
    asked = parse_metric(wanted)
    if asked.kind == "volume":
        cm3 = float(sample_points(structure, None, cap)[1].sum())
        return MetricValue(structure.name, wanted, cm3, asked.unit, cm3, cm3)
    reason = f"{structure.name} lies wholly outside the dose grid; a larger one tells (spondyl plan --dose-beyond-mm)"
    return MetricValue(structure.name, wanted, None, asked.unit, 0.0, math.inf, reason)


def _settings(protocol: str | None, cap: str, convert: bool, prior: PriorCourse | None) -> dict[str, Any]:
    settings: dict[str, Any] = {"protocol": protocol, "cap": cap, "convert_eqd2": convert}
    if prior is not None:
        settings |= {"prior_fractions": prior.fractions, "prior_months": prior.months_since}
        settings |= {"prior_registered": prior.registration is not None}
    return settings


def _write(
    out: Path,
    inputs: Inputs,
    judged: Verdicts,
    found: tuple[Index, ...],
    curves: dict[str, DVH],
    settings: dict[str, Any],
) -> None:
    """dvh.csv, with a protocol verdicts.json and indices.json, and the run's provenance: all of them or none."""
    record = "evaluate-provenance.json" if (out / "provenance.json").exists() else "provenance.json"
    made = Provenance("evaluate", sha256_of(inputs.files), settings)
    with writing_folder(out) as folder:
        if found and not (out / "indices.json").exists():
            text = json.dumps([index.record() for index in found], indent=2, ensure_ascii=False)
            (folder / "indices.json").write_text(text + "\n", encoding="utf-8")
        write_dvh_csv(folder / "dvh.csv", curves)
        if judged.protocol:
            write_verdicts(folder / "verdicts.json", judged)
        made.write(folder / record)
