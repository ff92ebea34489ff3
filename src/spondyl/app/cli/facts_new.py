"""`spondyl facts new`: a commented case.yaml of every fact."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from spondyl.app.cli.common import err_console
from spondyl.clinic.facts import facts_template
from spondyl.core import writing
from spondyl.core.errors import OutputError

HELP = """Write a case.yaml of every fact, empty, each with what it means and what it may be.

Example:

    spondyl facts new -o cases/new/case.yaml
"""


def new(
    out: Annotated[Path | None, typer.Option("-o", "--out", help="File to write; without it, on stdout.")] = None,
) -> int:
    """Write the template."""
    if out is None:
        sys.stdout.write(facts_template())
        return 0
    if out.is_dir():
        raise OutputError(f"{out} is a folder, expected a file such as {out / 'case.yaml'}")
    if out.exists():
        raise OutputError(f"{out} is there already and is not written over; choose another name with -o")
    with writing(out) as path:
        path.write_text(facts_template(), encoding="utf-8")
    err_console.print(f"written to {out}", markup=False)
    return 0
