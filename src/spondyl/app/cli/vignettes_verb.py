"""`spondyl vignettes`: constructed patients with expected scores and options, against what the program says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from spondyl.app.cli.common import out_console, write_json
from spondyl.clinic.vignettes import VignetteError, VignetteResult, run_vignette
from spondyl.core import DISCLAIMER
from spondyl.io.vignette_files import bundled_vignettes, read_vignettes

HELP = """Run vignettes: patients with the scores and options that a published table gives them.

FILE is a vignette file; without one, those that come with spondyl. Exit code 1 where something differs.

Examples:

    spondyl vignettes

    spondyl vignettes ours.yaml --json
"""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("vignettes", help=HELP)(vignettes)


def vignettes(
    file: Annotated[list[Path] | None, typer.Argument(help="Vignette files, YAML.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> int:
    """Run vignettes."""
    paths = tuple(file) if file else bundled_vignettes()
    repeated = next((path for place, path in enumerate(paths) if path in paths[:place]), None)
    if repeated is not None:
        raise VignetteError(f"{repeated} is given twice; name each file once")
    results = {path: tuple(run_vignette(each) for each in read_vignettes(path)) for path in paths}
    differ = sum(not result.agrees for of in results.values() for result in of)
    if json_:
        write_json(
            {
                "disclaimer": DISCLAIMER,
                "agree": sum(map(len, results.values())) - differ,
                "differ": differ,
                "files": {str(path): [result.record() for result in of] for path, of in results.items()},
            }
        )
    else:
        _show(results, differ)
    return 1 if differ else 0


def _show(results: dict[Path, tuple[VignetteResult, ...]], differ: int) -> None:
    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in ("", "vignette", "source", "expected, and what came instead"):
        table.add_column(heading, overflow="fold")
    for of in results.values():
        for result in of:
            told = [f"{each.where}: {each.expected}; got {each.got}" for each in result.differences]
            mark = Text("agrees", "green") if result.agrees else Text("differs", "red")
            table.add_row(mark, Text(result.vignette.name), Text(result.vignette.source), Text("\n".join(told)))
    out_console.print(table)
    count = sum(map(len, results.values()))
    out_console.print(f"{count - differ} of {count} vignettes agree. {DISCLAIMER}", markup=False)
