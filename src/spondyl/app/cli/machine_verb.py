"""`spondyl machine`: the treatment machines, and how a clinic fits its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.table import Table

from spondyl.app.cli.common import check_output_file, out_console, progress_bars, write_json
from spondyl.core import DISCLAIMER
from spondyl.core.errors import MachineError
from spondyl.physics import (
    Agreement,
    BeamModel,
    compare,
    fit_machine,
    load_machine,
    machine_names,
    read_measured,
    tolerance_percent,
    write_machine,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress bars.")]
Machine = Annotated[str, typer.Argument(help="A machine's name (see list) or the path of its file.")]
Measured = Annotated[
    Path, typer.Argument(help="Folder with tpr.csv, output_factor.csv, primary_fluence.csv, parameters.csv.")
]
Prefix = Annotated[str, typer.Option(help="What stands before the tables' names, where a folder holds several beams.")]

HELP = """Treatment machines: list, show, fit one's own, check.

Examples:

    spondyl machine list

    spondyl machine fit measured/ -o ours.yaml

    spondyl machine check ours.yaml measured/
"""


def register(app: typer.Typer) -> None:
    """Add the verb and its four words."""
    words = typer.Typer(help=HELP, no_args_is_help=True)
    words.command("list")(list_machines)
    words.command("show")(show)
    words.command("fit")(fit)
    words.command("check")(check)
    app.add_typer(words, name="machine")


def list_machines(as_json: Json = False) -> int:
    """Name the machines that spondyl carries. Example: `spondyl machine list`."""
    models = [load_machine(name) for name in machine_names()]
    if as_json:
        write_json({"machines": [{"name": model.name, "source": model.source} for model in models]})
        return 0
    for model in models:
        out_console.print(f"{model.name}: {model.source}", markup=False)
    out_console.print(DISCLAIMER)
    return 0


def show(machine: Machine, as_json: Json = False) -> int:
    """Print a machine's numbers. Example: `spondyl machine show generic-6mv`."""
    model = load_machine(machine)
    facts = _facts(model)
    if as_json:
        write_json(facts)
        return 0
    table = Table(title=model.name)
    table.add_column("what")
    table.add_column("value")
    for key, value in facts.items():
        table.add_row(key, f"{value:.6g}" if isinstance(value, float) else str(value))
    out_console.print(table)
    out_console.print(DISCLAIMER)
    return 0


def fit(
    measured: Measured,
    out: Annotated[Path, typer.Option("-o", "--out", help="Machine file to write (.yaml).")],
    prefix: Prefix = "",
    name: Annotated[str, typer.Option(help="The machine's name; the file's by default.")] = "",
    source: Annotated[str, typer.Option(help="Where the measurements come from; kept in the file.")] = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Fit a machine to measured tables and print the agreement. Example: `spondyl machine fit measured/ -o ours.yaml`.

    Exit code 1: a field is outside its tolerance; the file is written all the same.
    """
    if out.suffix.lower() not in (".yaml", ".yml"):
        raise MachineError(f"machine file {out} must end in .yaml, so that --machine finds it; rename it")
    check_output_file(out)
    beam = read_measured(measured, prefix)
    with progress_bars(quiet or as_json) as progress:
        found = fit_machine(beam, name=name or out.stem, source=source, progress=progress)
    write_machine(out, found.model, _comment(found.agreement))
    if as_json:
        write_json({"file": str(out), "parameters": found.parameters, **_record(found.agreement)})
    else:
        _tell(found.model, found.agreement)
        out_console.print(f"wrote {out}", markup=False)
    return 0 if found.agreement.within_tolerance() else 1


def check(machine: Machine, measured: Measured, prefix: Prefix = "", as_json: Json = False) -> int:
    """Compare a machine with measured tables. Example: `spondyl machine check ours.yaml measured/`."""
    model = load_machine(machine)
    agreement = compare(model, read_measured(measured, prefix))
    if as_json:
        write_json(_record(agreement))
    else:
        _tell(model, agreement)
    return 0 if agreement.within_tolerance() else 1


def _facts(model: BeamModel) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": model.name,
        "source": model.source,
        "sad_mm": model.sad_mm,
        "mean_energy_mev": model.spectrum.mean_energy_mev,
        "photons_per_cm2_per_mu": model.photons_per_cm2_per_mu,
        "penumbra_fwhm_mm": model.penumbra_fwhm_mm,
    }
    for prefix, part in (
        ("reference", model.reference),
        ("head_scatter", model.head_scatter),
        ("contamination", model.contamination),
    ):
        facts.update({f"{prefix}.{key}": value for key, value in vars(part).items()} if part is not None else {})
    return facts


def _record(agreement: Agreement) -> dict[str, Any]:
    measured = agreement.measured
    return {
        "within_tolerance": agreement.within_tolerance(),
        "reference_gy_per_mu": agreement.reference_gy_per_mu,
        "depths_mm": [measured.parameters["shallowest_depth"], measured.parameters["deepest_depth"]],
        "tpr_worst_percent": _pairs(measured.field_mm, agreement.worst_tpr_percent()),
        "output_factor_percent": _pairs(measured.output_field_mm, agreement.output_percent),
    }


def _pairs(fields: np.ndarray[Any, Any], values: np.ndarray[Any, Any]) -> list[dict[str, float]]:
    return [{"field_mm": float(f), "percent": round(float(v), 3)} for f, v in zip(fields, values, strict=True)]


def _comment(agreement: Agreement) -> str:
    worst = max(np.abs(agreement.worst_tpr_percent()))
    output = max(np.abs(agreement.output_percent))
    return f"{DISCLAIMER}\nWritten by spondyl machine fit; worst TPR {worst:.2f} %, worst output factor {output:.2f} %."


def _tell(model: BeamModel, agreement: Agreement) -> None:
    measured = agreement.measured
    low, high = measured.parameters["shallowest_depth"], measured.parameters["deepest_depth"]
    table = Table(title=f"{model.name} against {measured.name}: computed over measured, less one, in %")
    for heading in ("field mm", f"worst TPR, {low:g}-{high:g} mm", "output factor", "asked"):
        table.add_column(heading, justify="right")
    worst = dict(zip(measured.field_mm.tolist(), agreement.worst_tpr_percent().tolist(), strict=True))
    for side in sorted({*measured.field_mm.tolist(), *measured.output_field_mm.tolist()}):
        asked = float(tolerance_percent(np.asarray(side)))
        output = agreement.output_at(side) if side in measured.output_field_mm else None
        cells = [_cell(value, asked) for value in (worst.get(side), output)]
        table.add_row(f"{side:g}", *cells, f"{asked:g}")
    out_console.print(table)
    if agreement.reference_gy_per_mu is not None and model.reference is not None:
        place = model.reference
        out_console.print(
            f"{100 * agreement.reference_gy_per_mu:.4f} cGy per MU at {place.depth_mm:g} mm depth, "
            f"SSD {place.ssd_mm:g} mm, field {place.field_mm:g} mm"
        )
    out_console.print(DISCLAIMER)


def _cell(value: float | None, asked: float) -> str:
    if value is None:
        return ""
    return f"[green]{value:+.2f}[/green]" if abs(value) <= asked else f"[red]{value:+.2f}[/red]"
