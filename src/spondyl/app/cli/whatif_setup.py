"""`spondyl whatif setup`: a finished plan under set-up errors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from spondyl.app.cli.common import err_console, out_console, progress_bars, write_json
from spondyl.app.whatif_setup import FILE, SetupSettings, add_robustness, robust_table
from spondyl.core import DISCLAIMER
from spondyl.evaluate.robustness import Robustness

HELP = """Move the patient under a finished plan: 1.5 mm along and 1 degree about each axis, both ways.

Examples:

    spondyl whatif setup out/l3

    spondyl whatif setup out/l3 --shift-mm 3 --turn-deg 0 --engine static-dose

Exit code 1: some error breaks a mandatory limit on tissue, or one is unknown.
"""
STANDARD = SetupSettings()


def register(words: typer.Typer) -> None:
    """Add the word."""
    words.command("setup", help=HELP)(setup)


def setup(
    plan: Annotated[Path, typer.Argument(help="What `spondyl plan` wrote.")],
    shift_mm: Annotated[float, typer.Option(help="Shift along each axis.")] = STANDARD.shift_mm,
    turn_deg: Annotated[float, typer.Option(help="Turn about each axis.")] = STANDARD.turn_deg,
    engine: Annotated[
        str, typer.Option(help="collapsed-cone, pencil-beam, or static-dose: seconds, the planned dose read elsewhere.")
    ] = STANDARD.engine,
    case: Annotated[Path | None, typer.Option("--case", help="The case folder, where it has moved.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No bars, no table.")] = False,
) -> int:
    """Measure a plan under set-up errors."""
    settings = SetupSettings(shift_mm, turn_deg, engine)
    settings.check()
    with progress_bars(quiet or json_) as progress:
        found = add_robustness(plan, settings, case, progress)
    if json_:
        write_json(found.record())
    elif not quiet:
        tell_robustness(found)
        out_console.print(f"written to {plan / FILE} and the report", markup=False, soft_wrap=True)
        out_console.print(DISCLAIMER, markup=False)
    return exit_code(found)


def tell_robustness(found: Robustness) -> None:
    """The table and its note."""
    made = robust_table(found)
    table = Table(title=made.title, title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0))
    for index, name in enumerate(made.columns):
        table.add_column(name, justify="right" if index in (3, 4, 6) else "left", no_wrap=index < 3)
    for row in made.rows:
        table.add_row(*row)
    out_console.print(table)
    out_console.print(f"note: {made.note}", markup=False, soft_wrap=True)


def exit_code(found: Robustness) -> int:
    """1 where some error breaks a mandatory limit on tissue or leaves it unknown, which stderr names; else 0."""
    for rows, word in ((found.broken, "broken by set-up errors"), (found.unknown, "unknown under set-up errors")):
        named = ", ".join(f"{row.structure} {row.metric} {row.op} {row.limit:g} {row.unit}" for row in rows)
        if rows:
            err_console.print(f"mandatory limits {word}: {named}; exit code 1", markup=False, soft_wrap=True)
    return 1 if found.broken or found.unknown else 0
