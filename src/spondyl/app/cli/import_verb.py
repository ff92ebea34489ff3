"""`spondyl import`: a folder of DICOM files becomes a case folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from spondyl.app.cli.common import out_console, progress_bars, write_json
from spondyl.core.provenance import DISCLAIMER, Provenance, sha256_of
from spondyl.io import ImportReport, check_new_case, import_dicom, write_case

EXAMPLE = """Sort a folder of DICOM files (CT, RTSTRUCT, RTPLAN, RTDOSE) and write a case folder.

Names and identifiers are taken out of the copies; every file that is not used is named with the reason.

Examples:

    spondyl import ~/export -o cases/l3

    spondyl import ~/export -o cases/l3 --series 1.2.840.1 --json
"""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("import", help=EXAMPLE)(import_)


def import_(
    folder: Annotated[Path, typer.Argument(help="Folder with DICOM files, searched in depth.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Case folder to write.")],
    series: Annotated[str, typer.Option(help="SeriesInstanceUID of the CT, where there are several.")] = "",
    structures: Annotated[
        str, typer.Option(help="File name or SOPInstanceUID of the RTSTRUCT, where there are several.")
    ] = "",
    keep_identity: Annotated[bool, typer.Option(help="Copy the files with names and identifiers.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bars.")] = False,
) -> int:
    """Import a DICOM folder."""
    check_new_case(out)
    with progress_bars(quiet or json) as progress:
        report = import_dicom(folder, series=series, structures=structures, progress=progress)
        inputs = {"ct": report.ct[0].parent if len({p.parent for p in report.ct}) == 1 else folder}
        if report.structures is not None:
            inputs["structures"] = report.structures
        settings = {"series": report.series_uid, "keep_identity": keep_identity}
        record = Provenance("import", sha256_of(inputs), settings)
        write_case(report, out, keep_identity=keep_identity, record=record, progress=progress)
    if json:
        write_json({**report.as_json(), "case": str(out)})
    else:
        _print(report, out)
    return 0


def _print(report: ImportReport, out: Path) -> None:
    grid = report.grid
    spacing = " x ".join(f"{s:g}" for s in grid.spacing_mm)
    out_console.print(
        f"CT          {len(report.ct)} slices, {grid.shape[2]} x {grid.shape[1]} x {grid.shape[0]} voxels of "
        f"{spacing} mm"
    )
    drawn = sum(count > 0 for count in report.rois.values())
    out_console.print(f"structures  {len(report.rois)}, {drawn} with contours")
    out_console.print(f"plans       {len(report.plans)}\ndoses       {len(report.doses)}")
    if report.skipped:
        table = Table("not used", "why", box=None, pad_edge=False)
        for skipped in report.skipped:
            table.add_row(escape(skipped.file), escape(skipped.reason))
        out_console.print(table)
    for warning in report.warnings:
        out_console.print(f"note: {warning}", style="yellow", markup=False)
    out_console.print(
        f"case folder {out}: fill in level, histology and prescription in {out / 'case.yaml'}", markup=False
    )
    out_console.print(DISCLAIMER)
