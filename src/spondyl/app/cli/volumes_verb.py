"""`spondyl volumes`: from the GTV to CTV, PTV, PTV_Eval and the cord's volumes, each with how it was made."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from spondyl.anatomy import Volumes, VolumeSettings, draw_volumes
from spondyl.app.cli.common import out_console, progress_bars, write_json
from spondyl.app.volumes_output import volumes_record, write_volumes
from spondyl.core import DISCLAIMER, check_output
from spondyl.io import open_case

HELP = """Draw CTV, PTV, PTV_Eval, cord PRV and partial cord from a case's GTV.

Example:

    spondyl volumes cases/l3 -o out/volumes

    spondyl volumes cases/l3 --consensus rtog-0631 --ap-margin-mm 3 --json
"""
Margin = Annotated[float, typer.Option()]
_STANDARD = VolumeSettings()


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("volumes", help=HELP)(volumes)


def volumes(
    case: Annotated[Path, typer.Argument(help="Case folder.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for structures.dcm, masks, volumes.json.")
    ] = None,
    consensus: Annotated[str, typer.Option(help="isrc-2012, rtog-0631 or sacrum-2020.")] = "isrc-2012",
    gtv: Annotated[str, typer.Option(help="Name of the GTV where there are several.")] = "",
    lateral_margin_mm: Margin = _STANDARD.lateral_margin_mm,
    sup_inf_margin_mm: Margin = _STANDARD.sup_inf_margin_mm,
    ap_margin_mm: Margin = _STANDARD.ap_margin_mm,
    cord_prv_mm: Margin = _STANDARD.cord_prv_mm,
    partial_cord_mm: Margin = _STANDARD.partial_cord_mm,
    partial_cord_target: Annotated[
        str, typer.Option(help="PTV_Eval, PTV, CTV or GTV.")
    ] = _STANDARD.partial_cord_target,
    touch_cm3: Annotated[float, typer.Option(help="A sector counts as touched from here.")] = _STANDARD.touch_cm3,
    diffuse_fraction: Annotated[
        float, typer.Option(help="Share of the body from which the GTV is diffuse.")
    ] = _STANDARD.diffuse_fraction,
    lateral_share: Annotated[
        float, typer.Option(help="Share on one side from which it is lateralised.")
    ] = _STANDARD.lateral_share,
    transverse_process: Annotated[
        bool, typer.Option(help="Lateralised or diffuse in the body: with the transverse process.")
    ] = True,
    pedicle_adds_body: Annotated[bool, typer.Option(help="A pedicle alone takes the body too.")] = False,
    rtog_b: Annotated[str, typer.Option(help="both-elements or margin.")] = _STANDARD.rtog_b,
    rtog_b_margin_mm: Annotated[float | None, typer.Option(help="For --rtog-b margin.")] = None,
    sacrum_adjacent: Annotated[
        str | None, typer.Option(help="Adjacent sacral sectors to add, S1_body,S1_ala_left or none.")
    ] = None,
    derive_canal: Annotated[bool, typer.Option(help="Compute a missing canal from the vertebra.")] = False,
    clip_to_body: Annotated[bool, typer.Option(help="End the PTV at the skin.")] = True,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No bars, no table.")] = False,
) -> int:
    """Draw the volumes of a case."""
    settings = VolumeSettings(
        lateral_margin_mm=lateral_margin_mm,
        sup_inf_margin_mm=sup_inf_margin_mm,
        ap_margin_mm=ap_margin_mm,
        cord_prv_mm=cord_prv_mm,
        partial_cord_mm=partial_cord_mm,
        partial_cord_target=partial_cord_target,
        touch_cm3=touch_cm3,
        diffuse_fraction=diffuse_fraction,
        lateral_share=lateral_share,
        transverse_process_with_pedicle=transverse_process,
        pedicle_adds_body=pedicle_adds_body,
        rtog_b=rtog_b,
        rtog_b_margin_mm=rtog_b_margin_mm,
        sacrum_adjacent=_names(sacrum_adjacent),
        derive_canal=derive_canal,
        clip_to_body=clip_to_body,
    )
    if out is not None:
        check_output(out)
    opened = open_case(case)
    with progress_bars(quiet or json_) as progress:
        drawn = draw_volumes(opened, consensus=consensus, settings=settings, gtv=gtv, progress=progress)
        if out is not None:
            write_volumes(out, opened, drawn, {"consensus": consensus, "gtv": gtv, **asdict(settings)}, progress)
    if json_:
        write_json(volumes_record(opened, drawn))
    elif not quiet:
        _show(drawn, opened.warnings, out)
    return 0


def _names(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    return () if text.strip().casefold() == "none" else tuple(name.strip() for name in text.split(",") if name.strip())


def _show(drawn: Volumes, warnings: tuple[str, ...], out: Path | None) -> None:
    table = Table(title=f"Volumes by {drawn.consensus}", title_justify="left")
    table.add_column("structure")
    table.add_column("cm3", justify="right")
    table.add_column("how it was made")
    told: set[str] = set()
    for structure in drawn.structures.values():
        if structure.role in ("target", "prv", "canal") or structure.name.startswith(("SpinalCord", "ThecalSac")):
            steps = [step for step in structure.made if step not in told] or ["given"]
            table.add_row(structure.name, f"{structure.volume_cm3:.2f}", "\n".join(steps))
            told.update(structure.made)
    out_console.print(table)
    for found in drawn.involvements:
        touched = ", ".join(found.touched) or "nothing"
        out_console.print(f"{found.level or 'vertebra'}: the GTV touches {touched}", markup=False)
    for rule in drawn.rules:
        out_console.print(f"rule: {rule.row}: {', '.join(rule.adds)} ({rule.source})", markup=False)
    for said in (*drawn.assumptions, *warnings):
        out_console.print(f"note: {said}", markup=False)
    if out is not None:
        out_console.print(f"written to {out}", markup=False)
    out_console.print(DISCLAIMER, markup=False)
