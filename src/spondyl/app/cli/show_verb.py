"""`spondyl show`: what a case holds, in numbers and in a picture."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.table import Table
from rich.text import Text

from spondyl.anatomy import Case, Structure
from spondyl.app.cli.common import check_output_file, err_console, out_console, progress_bars, write_json
from spondyl.app.report import draw_case
from spondyl.app.report.numbers import three
from spondyl.core import DISCLAIMER, check_output
from spondyl.io import open_case

EXAMPLE = """Show grids, structures and volumes of a case, and draw it.

Examples:

    spondyl show cases/l3

    spondyl show cases/l3 -o out/l3 --json
"""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("show", help=EXAMPLE)(show)


def show(
    case: Annotated[Path, typer.Argument(help="A case folder.")],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Folder for show.png, or a .png; else CASE-show.png here."),
    ] = None,
    picture: Annotated[bool, typer.Option(help="Draw the picture.")] = True,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No bars, no tables.")] = False,
) -> int:
    """Show a case."""
    if picture:
        _check_picture(out)
    with progress_bars(quiet or json_) as progress:
        opened = open_case(case, progress=progress)
        drawn = None
        if picture:
            progress("draw", 0.0)
            drawn = draw_case(opened, _picture_path(opened, out))
            progress("draw", 1.0)
    record = case_record(opened, drawn)
    if json_:
        write_json(record)
    elif not quiet:
        _print(opened, record)
    return 0


def _check_picture(out: Path | None) -> None:
    """Refuse a place that the picture cannot be written to, before the case is read."""
    if out is not None and out.suffix.casefold() == ".png":
        check_output_file(out)
    else:
        check_output(out or Path())


def _picture_path(case: Case, out: Path | None) -> Path:
    if out is None:
        return Path(re.sub(r"[^\w.+-]", "_", case.name).lstrip(".") + "-show.png")
    return out if out.suffix.casefold() == ".png" else out / "show.png"


def case_record(case: Case, picture: Path | None = None) -> dict[str, Any]:
    """What `show --json` prints: grid in mm as x, y, z; structures with volume in cm3 and slice range."""
    grid = case.ct.grid
    low, high = grid.bounds_mm()
    return {
        "disclaimer": DISCLAIMER,
        "case": case.name,
        "level": case.facts.level,
        "facts": case.facts.model_dump(mode="json"),
        "grid": {
            "modality": case.ct.modality,
            "shape_xyz": list(grid.shape[::-1]),
            "spacing_mm": list(grid.spacing_mm),
            "low_mm": [round(float(v), 3) for v in low],
            "high_mm": [round(float(v), 3) for v in high],
            "value_range": [float(case.ct.values.min()), float(case.ct.values.max())],
            "frame_of_reference_uid": grid.frame_of_reference_uid,
        },
        "structures": [_structure_record(s) for s in case.structures.values()],
        "warnings": list(case.warnings),
        "picture": str(picture) if picture else None,
    }


def _structure_record(structure: Structure) -> dict[str, Any]:
    filled = np.flatnonzero((structure.coverage > 0).any(axis=(1, 2))) if structure.coverage.size else np.array([])
    start = structure.box[0].start or 0
    z_mm = structure.grid.axis_mm("z")
    return {
        "name": structure.name,
        "role": structure.role,
        "colour": structure.colour,
        "volume_cm3": round(structure.volume_cm3, 4),
        "slices": len(filled),
        "z_mm": [round(float(z_mm[start + i]), 3) for i in (filled[0], filled[-1])] if len(filled) else None,
        "contours": len(structure.contours),
        "made": list(structure.made),
    }


def _print(case: Case, record: dict[str, Any]) -> None:
    grid = record["grid"]
    for warning in record["warnings"]:
        err_console.print(f"warning: {warning}", markup=False, style="yellow")
    out_console.print(f"case {case.name}: level {case.facts.level or 'unknown'}", markup=False)
    low, high = grid["low_mm"], grid["high_mm"]
    out_console.print(
        f"{grid['modality']}: {' x '.join(map(str, grid['shape_xyz']))} voxels of "
        f"{' x '.join(f'{s:.4g}' for s in grid['spacing_mm'])} mm; "
        + ", ".join(f"{a} {lo:.1f} to {hi:.1f}" for a, lo, hi in zip("xyz", low, high, strict=True))
        + f" mm; {grid['value_range'][0]:.0f} to {grid['value_range'][1]:.0f} HU",
        markup=False,
        soft_wrap=True,
    )
    out_console.print(_table(record["structures"]))
    if record["picture"]:
        out_console.print(record["picture"], markup=False, soft_wrap=True)
    out_console.print(DISCLAIMER)


def _table(structures: list[dict[str, Any]]) -> Table:
    table = Table()
    for heading in ("", "structure", "role", "cm³", "slices", "z (mm)", "contours"):
        table.add_column(heading, justify="right" if heading in ("cm³", "slices", "contours") else "left")
    for s in structures:
        z = f"{s['z_mm'][0]:.1f} to {s['z_mm'][1]:.1f}" if s["z_mm"] else "empty"
        table.add_row(
            Text("■", style=s["colour"]), Text(s["name"]), s["role"], three(s["volume_cm3"]), str(s["slices"]), z,
            str(s["contours"]) if s["contours"] else "mask",
        )  # fmt: skip
    return table
