"""`spondyl facts propose`: facts measured on CT and masks, for a person to confirm."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from spondyl.anatomy.measured import Measurements, Proposal, measure, proposals_from
from spondyl.app.cli.common import err_console, out_console, progress_bars, write_json
from spondyl.app.measured_output import proposals_record, shown, write_proposals
from spondyl.core import DISCLAIMER, check_output
from spondyl.core.errors import OutputError
from spondyl.io import open_case

HELP = """Measure heights, angles, involvement, canal and density, and propose facts beside those of case.yaml.

Nothing is written into the case: a person confirms.

Example:

    spondyl facts propose cases/t11 -o out/facts
"""
_STYLE = {"agrees": "green", "contradicts": "red", "new": "cyan", "not measured": "yellow", "no key": "default"}


def propose(
    case: Annotated[Path, typer.Argument(help="Case folder.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for proposals.yaml, proposals.json and pictures.")
    ] = None,
    gtv: Annotated[str, typer.Option(help="Name of the GTV where there are several.")] = "",
    derive_canal: Annotated[bool, typer.Option(help="Compute a missing canal from the vertebra.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No bars, no table.")] = False,
) -> int:
    """Propose facts from measurements."""
    if out is not None:
        if out.resolve() == case.resolve():
            raise OutputError(f"output {out} is the case folder, which stays as it is; choose another folder with -o")
        check_output(out)
    with progress_bars(quiet or json_) as progress:
        opened = open_case(case, progress=progress)
        found = measure(opened, gtv=gtv, derive_canal=derive_canal, progress=progress)
        proposals = proposals_from(found, opened.facts)
        if out is not None:
            write_proposals(out, opened, found, proposals, {"gtv": gtv, "derive_canal": derive_canal}, progress)
    if json_:
        write_json(proposals_record(opened, found, proposals))
    elif not quiet:
        _show(found, proposals, opened.warnings, out)
    return 0


def _show(found: Measurements, proposals: tuple[Proposal, ...], warnings: tuple[str, ...], out: Path | None) -> None:
    for warning in warnings:
        err_console.print(f"warning: {warning}", markup=False, style="yellow")
    table = Table(title=f"Proposed from measurements, level {found.level or 'unknown'}", title_justify="left")
    for heading in ("fact", "measured", "case.yaml", ""):
        table.add_column(heading, overflow="fold")
    for proposal in proposals:
        present = "" if proposal.present is None else _short(proposal.present)
        cells = (proposal.name, shown(proposal), present, proposal.agreement)
        table.add_row(*(Text(cell) for cell in cells), style=_STYLE[proposal.agreement])
    out_console.print(table)
    for proposal in proposals:
        if proposal.reason:
            out_console.print(f"{proposal.name}: {proposal.reason}", markup=False)
    for note in found.notes:
        out_console.print(f"note: {note}", markup=False)
    if out is not None:
        out_console.print(f"written to {out}; case.yaml is as it was: copy there what you confirm", markup=False)
    out_console.print(DISCLAIMER, markup=False)


def _short(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(v) for v in value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
